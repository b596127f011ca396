import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startService } from '@wardline/test-kit'
import { meetTheCast } from './cast.js'
import { curlLines } from './curl.js'
import { bold, dim, HEADING, line } from './table.js'
import { isAsExpected, type Stop, tour, type World } from './tour.js'

const SERVICE = fileURLToPath(new URL('../../orders/dist/main.js', import.meta.url))
/** Whose audit lines are shown at the end. */
const SHOWN = ['token_missing', 'access_denied', 'rate_limited']

const say = (text = ''): void => void process.stdout.write(`${text}\n`)

// A reader that has seen enough (`| head`) must not leave the service behind.
process.stdout.on('error', () => {})

const unknown = process.argv.slice(2).filter((argument) => argument !== '--serve')
if (unknown.length > 0) {
  process.stderr.write(`demo: unknown argument ${unknown[0]}; the only one is --serve\n`)
  process.exit(2)
}
process.exitCode = await demo(process.argv.includes('--serve'))

async function demo(serve: boolean): Promise<number> {
  const endings: (() => Promise<unknown>)[] = []
  try {
    const folder = await mkdtemp(join(tmpdir(), 'wardline-demo-'))
    endings.unshift(() => rm(folder, { recursive: true }))
    const cast = await meetTheCast()
    endings.unshift(cast.idp.close)
    const auditLog = join(folder, 'audit.jsonl')
    const service = await startService(SERVICE, { ISSUER: cast.idp.issuer, PORT: '0', AUDIT_LOG: auditLog })
    endings.unshift(() => service.stop())

    say(`${bold('Identity provider')}  ${cast.idp.issuer}  (oidc-provider)`)
    say(`${bold('Orders service')}     ${service.origin}  (Express, guarded by wardline)`)
    say()
    const failed = await show({ origin: service.origin, cast, auditLine: auditLineIn(auditLog) })
    if (serve) {
      say()
      for (const text of await curlLines(service.origin, cast)) say(text)
      await interrupted()
    }
    return failed === 0 ? 0 : 1
  } finally {
    for (const end of endings) await end()
  }
}

/** Walks the tour and prints it; the number of answers that were not as expected. */
async function show(world: World): Promise<number> {
  const startedAt = performance.now()
  const stops: Stop[] = []
  say(HEADING)
  for await (const stop of tour(world)) {
    stops.push(stop)
    say(line(stop))
  }
  say()
  say(bold('Three of them in the audit log'))
  for (const code of SHOWN) {
    const stop = stops.find((candidate) => candidate.code === code)
    if (stop !== undefined) say(dim(await world.auditLine(stop.traceId)))
  }
  say()
  const failed = stops.filter((stop) => !isAsExpected(stop)).length
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  say(`${stops.length - failed} of ${stops.length} answers as expected, in ${seconds} s.`)
  return failed
}

const AUDIT_TIMEOUT_MS = 2_000

/** Reads the log until the request's line is there: events are written in batches, a moment after the answer. */
function auditLineIn(path: string): (traceId: string) => Promise<string> {
  return async (traceId) => {
    const deadline = performance.now() + AUDIT_TIMEOUT_MS
    for (;;) {
      const lines = (await readFile(path, 'utf8')).split('\n')
      const found = lines.find((candidate) => candidate.includes(traceId))
      if (found !== undefined) return found
      if (performance.now() > deadline) throw new Error(`no audit line for trace ${traceId}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}
