import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, buildSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { schemaCompiler } from '../../src/input/ajv.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The core as one file: `inside` can reach the packages it needs, `outside` has nothing but itself. */
const inside = join(ROOT, 'node_modules/.cache/wardline-ajv')
const outside = mkdtempSync(join(tmpdir(), 'wardline-ajv-'))

const bundle = (outfile: string, options: BuildOptions) =>
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: ['src/index.ts'],
    bundle: true,
    platform: 'node',
    target: 'node20',
    outfile,
    logLevel: 'silent',
    ...options,
  })

beforeAll(() => {
  mkdirSync(inside, { recursive: true })
  bundle(join(inside, 'core.mjs'), { format: 'esm', packages: 'external' })
  bundle(join(outside, 'core.mjs'), { format: 'esm' })
  bundle(join(outside, 'core.cjs'), { format: 'cjs' })
})
afterAll(() => {
  for (const folder of [inside, outside]) rmSync(folder, { recursive: true, force: true })
})

/** What `code` prints, a new process with the core of `file` as `core`. */
const run = (file: string, code: string): string =>
  execFileSync(
    process.execPath,
    ['--input-type=module', '--eval', `const core = await import(${JSON.stringify(file)});${code}`],
    { encoding: 'utf8' },
  ).trim()

describe('loading', () => {
  const LOADED = `
    const { createRequire } = await import('node:module')
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('ajv')).length > 0`

  test('waits until a schema is to be compiled', () => {
    const code = `${LOADED}; const before = loaded(); core.validate({ query: {} }); console.log(before, loaded())`
    expect(run(join(inside, 'core.mjs'), code)).toBe('false true')
  })

  test('is over when validate() returns, and its errors are thrown there', () => {
    const code = `try { core.validate({ query: { typ: 1 } }) } catch (error) { console.log(error instanceof TypeError, error.message) }`
    expect(run(join(inside, 'core.mjs'), code)).toBe('true validate(): query: strict mode: unknown keyword: "typ"')
  })

  test('happens once', () => expect(schemaCompiler()).toBe(schemaCompiler()))
})

describe('packages that a bundler left behind', () => {
  test.each(['core.mjs', 'core.cjs'])('%s can be imported, and validate() says what to do', (file) => {
    const code = `
      core.wellFormed()
      try { core.validate({ query: {} }) } catch (error) { console.log(error.constructor.name, error.message) }`
    expect(run(join(outside, file), code)).toMatch(
      /^Error validate\(\) could not load ajv and ajv-formats: .+\. A bundler must leave wardline, or these two, external\.$/,
    )
  })
})
