import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { row } from '../lib/row.mjs'
import { usualPackages } from '../lib/usual-packages.mjs'
import { NEW_ORDER } from '../services/orders.mjs'

const HERE = fileURLToPath(new URL('..', import.meta.url))

const EMPTY = 'export {}'
const UNUSED = `import 'wardline'`
const USED = `
import { all, auditTrail, byPrincipal, clientAddress, jsonLines, jwt, rateLimit, requireRole, requireScope,
  responseHeaders, validate, wellFormed } from 'wardline'
clientAddress({ trustedProxies: ['127.0.0.0/8'] })
auditTrail({ sink: jsonLines() })
all(
  responseHeaders(),
  rateLimit({ name: 'address', limit: 100, windowMs: 60_000 }),
  jwt({ issuer: 'https://id.example.com', audience: 'orders-api' }),
  rateLimit({ name: 'principal', limit: 100, windowMs: 60_000, key: byPrincipal }),
  wellFormed(),
  all(requireScope('orders:write'), requireRole('clerk')),
  validate({ body: ${JSON.stringify(NEW_ORDER)} }, { maxBodyBytes: 64 * 1024 }),
)`
const WITH_ADAPTER = `${USED}
import { createGuard } from '@wardline/express'
createGuard({ audit: auditTrail({ sink: jsonLines() }) }).guard()`
const usual = () => usualPackages().map((name) => `import '${name}'`)

export default {
  about: 'milliseconds from the start of a process to its end, with nothing, with wardline, with what it replaces',
  run: async ({ check, chosen }) => {
    const peers = chosen({ 'with @wardline/express': WITH_ADAPTER, 'usual packages, not set up': usual().join('\n') })
    const { empty, unused, used, ...others } = readings(
      { empty: EMPTY, unused: UNUSED, used: USED, ...peers },
      check ? 5 : 31,
    )
    const overEmpty = (bounds) => ({ what: 'ms over empty', of: ({ wardline, bare }) => wardline - bare, ...bounds })
    return [
      row({
        name: 'import, nothing used',
        unit: 'ms',
        readings: { wardline: unused, bare: empty },
        goals: [overEmpty({ atMost: 20, check: 60 })],
      }),
      row({
        name: 'import, all rooms built, a schema compiled',
        unit: 'ms',
        readings: { wardline: used, bare: empty, ...others },
        goals: [overEmpty({ atMost: 115, check: 300 })],
      }),
    ]
  },
}

/** Every program in turn, each time in a process of its own; one round ahead of the others fills the disk's cache. */
function readings(programs, rounds) {
  const entries = Object.entries(programs)
  const values = Object.fromEntries(entries.map(([name]) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    for (const [name, program] of entries) {
      const ms = timeOf(name, program)
      if (round >= 0) values[name].push(ms)
    }
  }
  return values
}

function timeOf(name, program) {
  const started = process.hrtime.bigint()
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { cwd: HERE })
  const elapsed = process.hrtime.bigint() - started
  if (status !== 0) throw new Error(`${name}: ${stderr}`)
  return Number(elapsed) / 1e6
}
