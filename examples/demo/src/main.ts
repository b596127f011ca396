import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { auditLineIn, bold, runDemo, say, show } from '@wardline/example-tour'
import { startService } from '@wardline/test-kit'
import { meetTheCast } from './cast.js'
import { curlLines } from './curl.js'
import { tour } from './tour.js'

const SERVICE = fileURLToPath(new URL('../../orders/dist/main.js', import.meta.url))
/** Whose audit lines are shown at the end. */
const SHOWN = ['token_missing', 'access_denied', 'rate_limited']

await runDemo('demo', ['--serve'], async (atTheEnd, flags) => {
  const folder = await mkdtemp(join(tmpdir(), 'wardline-demo-'))
  atTheEnd(() => rm(folder, { recursive: true }))
  const cast = await meetTheCast()
  atTheEnd(cast.idp.close)
  const auditLog = join(folder, 'audit.jsonl')
  const service = await startService(SERVICE, { ISSUER: cast.idp.issuer, PORT: '0', AUDIT_LOG: auditLog })
  atTheEnd(() => service.stop())

  say(`${bold('Identity provider')}  ${cast.idp.issuer}  (oidc-provider)`)
  say(`${bold('Orders service')}     ${service.origin}  (Express, guarded by wardline)`)
  say()
  const auditLine = auditLineIn(auditLog)
  const failed = await show(tour({ origin: service.origin, cast, auditLine }), auditLine, SHOWN)
  if (flags.has('--serve')) {
    say()
    for (const text of await curlLines(service.origin, cast)) say(text)
    await interrupted()
  }
  return failed
})

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}
