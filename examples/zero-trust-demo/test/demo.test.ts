import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const DEMO = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const run = promisify(execFile)

test('tours both services, prints every answer and three audit lines each, and exits 0', {
  timeout: 60_000,
}, async () => {
  const { stdout } = await run(process.execPath, [DEMO])
  for (const framework of ['Express', 'Koa']) expect(stdout).toContain(`(${framework}, guarded by wardline)`)
  for (const route of [
    'GET /healthz',
    'GET /.well-known/oauth-protected-resource',
    'GET /accounts/me',
    'POST /payments',
    'GET /internal/ledger',
    'GET /reports',
    'GET /partner',
    'POST /backchannel-logout',
  ]) {
    expect(stdout.split('\n').filter((line) => line.startsWith(`${route} `)).length, route).toBeGreaterThanOrEqual(2)
  }
  expect(stdout).toMatch(/^GET \/accounts\/me +a thief, the same proof +401 +dpop_replayed$/m)
  expect(stdout.match(/^29 of 29 answers as expected, in \d+\.\d s\.$/gm)).toHaveLength(2)
  expect(stdout.match(/^\{.*"decision":"deny".*\}$/gm)).toHaveLength(6)
  expect(stdout).not.toMatch(/eyJ|\u001b/)
})

test('refuses an argument it does not know', async () => {
  await expect(run(process.execPath, [DEMO, '--serve'])).rejects.toMatchObject({
    code: 2,
    stderr: 'demo:zero-trust: unknown argument --serve; there are none\n',
  })
})
