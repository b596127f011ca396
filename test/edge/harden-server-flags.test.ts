import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { expect, onTestFinished, test } from 'vitest'

/** Two lengths in one request, which a lax parser lets pass. */
const SERVICE = `
  import { createServer } from 'node:http'
  import { connect } from 'node:net'
  import { hardenServer } from ${JSON.stringify(fileURLToPath(new URL('../../src/edge/harden-server.ts', import.meta.url)))}
  const server = createServer((request, response) => response.end())
  if (process.argv[2] === 'hardened') hardenServer(server)
  server.listen(0, '127.0.0.1', () => {
    const client = connect(server.address().port, '127.0.0.1')
    client.write('POST / HTTP/1.1\\r\\nhost: a\\r\\ncontent-length: 3\\r\\ntransfer-encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n')
    client.once('data', (answer) => {
      console.log(String(answer).slice(9, 12))
      process.exit()
    })
  })
`

test.each([
  ['bare', '200'],
  ['hardened', '400'],
])('with --insecure-http-parser a %s server answers two lengths with %s', async (kind, status) => {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const script = join(folder, 'service.mjs')
  const stdin = { contents: SERVICE, resolveDir: folder }
  await build({ stdin, outfile: script, bundle: true, platform: 'node', format: 'esm' })
  const { stdout } = await promisify(execFile)(process.execPath, ['--insecure-http-parser', script, kind])
  expect(stdout.trim()).toBe(status)
})
