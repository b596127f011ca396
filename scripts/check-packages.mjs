// Lints every published package as npm would pack it: publint for the manifest, attw for the types.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const checks = [
  ['publint', '--strict'],
  ['attw', '--pack', '.', '--profile', 'esm-only', '--format', 'ascii'],
]

for (const folder of ['.', 'packages/express', 'packages/koa', 'packages/redis']) {
  for (const [tool, ...args] of checks) {
    const { status, stdout, stderr } = spawnSync('npx', ['--no-install', tool, ...args], {
      cwd: root + folder,
      encoding: 'utf8',
    })
    process.stdout.write(`${folder} ${tool}: ${status === 0 ? 'ok' : `failed\n${stdout}${stderr}`}\n`)
    if (status !== 0) process.exitCode = 1
  }
}
