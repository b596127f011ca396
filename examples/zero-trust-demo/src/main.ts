import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { auditLineIn, bold, runDemo, say, show } from '@wardline/example-tour'
import { type ServiceProcess, startService, tlsFetch } from '@wardline/test-kit'
import { type Cast, meetTheCast } from './cast.js'
import { connection, TRUST_DOMAIN } from './issuers.js'
import { tour } from './tour.js'

const SERVICES = [
  ['Express', fileURLToPath(new URL('../../zero-trust/dist/main.js', import.meta.url))],
  ['Koa', fileURLToPath(new URL('../../zero-trust-koa/dist/main.js', import.meta.url))],
] as const
/** Whose audit lines are shown at the end. */
const SHOWN = ['dpop_replayed', 'certificate_header_refused', 'token_revoked']

await runDemo('demo:zero-trust', [], async (atTheEnd) => {
  let failed = 0
  for (const [framework, script] of SERVICES) {
    // What ended in the tour of one service, a session, a key, would be over in the next.
    const folder = await mkdtemp(join(tmpdir(), 'wardline-zero-trust-'))
    atTheEnd(() => rm(folder, { recursive: true }))
    const cast = await meetTheCast(folder)
    const { people, partners } = cast.issuers
    atTheEnd(people.close)
    atTheEnd(partners.close)
    const auditLog = join(folder, 'audit.jsonl')
    const service = await startZeroTrust(script, cast, auditLog)
    atTheEnd(() => service.stop())
    await healthy(service.origin, cast)

    say(`${bold('Identity providers')}  ${people.issuer}, ${partners.issuer}  (oidc-provider)`)
    say(`${bold('Zero-trust service')}  ${service.origin}  (${framework}, guarded by wardline)`)
    say()
    const auditLine = auditLineIn(auditLog)
    failed += await show(tour({ origin: service.origin, cast, auditLine }), auditLine, SHOWN)
    say()
  }
  return failed
})

async function startZeroTrust(script: string, { folder, issuers }: Cast, auditLog: string): Promise<ServiceProcess> {
  const port = String(await freePort())
  const file = (name: string) => join(folder, name)
  return startService(script, {
    PORT: port,
    PUBLIC_ORIGIN: `https://127.0.0.1:${port}`,
    TLS_CERT: file('server.pem'),
    TLS_KEY: file('server-key.pem'),
    TLS_CLIENT_CA: file('ca.pem'),
    ISSUERS: JSON.stringify(issuers.configured),
    TRUST_DOMAIN,
    API_KEYS: file('keys.json'),
    AUDIT_LOG: auditLog,
    // The issuers' certificates are of the demo's authority as well.
    NODE_EXTRA_CA_CERTS: file('ca.pem'),
  })
}

/** A port that nobody has: callers must know the origin before the service does. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const HEALTHY_MS = 10_000

/** Waits until the service has keys of an issuer. */
async function healthy(origin: string, { certificates }: Cast): Promise<void> {
  const fetch = tlsFetch(connection(certificates))
  const deadline = performance.now() + HEALTHY_MS
  while ((await fetch(`${origin}/healthz`)).status !== 200) {
    if (performance.now() > deadline) throw new Error(`${origin} has no keys of any issuer`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
