import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const DEMO = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const run = promisify(execFile)

test('prints the tour, three audit lines and the time it took, without colours, and exits 0', async () => {
  const { stdout } = await run(process.execPath, [DEMO])
  expect(stdout).toMatch(/^request +who +status why$/m)
  expect(stdout).toMatch(/^GET \/orders\/1 +a stranger +401 +token_missing$/m)
  expect(stdout).toMatch(/^POST \/orders +clerk +201 +allowed$/m)
  expect(stdout).toMatch(/^130 x GET \/orders\/\w+\.\.\. +busy client \(\d+ passed\) +429 +rate_limited$/m)
  expect(stdout.match(/^\{.*"decision":"deny".*\}$/gm)).toHaveLength(3)
  expect(stdout).toMatch(/^14 of 14 answers as expected, in \d+\.\d s\.$/m)
  expect(stdout).not.toContain('\u001b')
})

test('refuses an argument it does not know', async () => {
  await expect(run(process.execPath, [DEMO, '--sevre'])).rejects.toMatchObject({
    code: 2,
    stderr: 'demo: unknown argument --sevre; the only one is --serve\n',
  })
})

test('--serve leaves the service up, with curl lines that work when pasted, until it is interrupted', async () => {
  const demo = spawn(process.execPath, [DEMO, '--serve'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(demo, 'exit')
  let output = ''
  for await (const chunk of demo.stdout.setEncoding('utf8')) {
    output += chunk
    if (output.includes('# delete it as admin\n') && output.match(/^curl/gm)?.length === 5) break
  }
  const statuses: number[] = []
  for (const line of output.match(/^curl.*$/gm) ?? []) {
    const { stdout } = await run('sh', ['-c', `${line} -s`]).catch((error: Error) => {
      throw new Error(`curl is needed for this test (Debian: apt-get install curl): ${error.message}`)
    })
    statuses.push(Number(stdout.split(' ')[1]))
  }
  demo.kill('SIGINT')
  expect(statuses).toEqual([201, 200, 401, 403, 204])
  expect(await ended).toEqual([0, null])
})
