import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')

/** What the compiler says about a project, with paths from the root. */
function compile(project: string): { readonly status: number | null; readonly messages: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [TSC, '--pretty', 'false', '-p', project], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return { status, messages: stdout.replaceAll('\\', '/') }
}

test('what must compile does, and what must not does not', () =>
  expect(compile('test/types')).toEqual({ status: 0, messages: '' }))

test('the likeliest mistakes are told in words that help', async () => {
  const { status, messages } = compile('test/types/mistakes')
  expect(status).not.toBe(0)
  await expect(messages).toMatchFileSnapshot('./mistakes/messages.txt')
})
