import { transform } from 'esbuild'
import type { Plugin } from 'vitest/config'

/** A line that begins with a decorator. */
const DECORATOR = /^\s*@[A-Za-z]/m

/** Lowers TC39 decorators, which the test runner's own transform leaves as they are and Node does not know yet. */
export const standardDecorators = (): Plugin => ({
  name: 'standard-decorators',
  enforce: 'pre',
  async transform(code, id) {
    if (!/\.ts$/.test(id) || id.includes('node_modules') || id.includes('/legacy/') || !DECORATOR.test(code))
      return null
    return transform(code, { loader: 'ts', target: 'node20', sourcefile: id, sourcemap: true, tsconfigRaw: '{}' })
  },
})
