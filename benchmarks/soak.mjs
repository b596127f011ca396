// node --expose-gc soak.mjs [--requests N]: every request has a token and an address that were never seen before.
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { addressOf } from './lib/address-of.mjs'
import { startChild } from './lib/child.mjs'
import { isBound, isFlat } from './lib/flat.mjs'
import { startIssuer } from './lib/issuer.mjs'
import { machine } from './lib/machine.mjs'
import { SAMPLE_ORDER } from './services/orders.mjs'

const { values: flags } = parseArgs({ options: { requests: { type: 'string', default: '1000000' } } })
const REQUESTS = Number(flags.requests)
const CONNECTIONS = 200
/** Readings in thirds need some in each. */
const STEP = Math.min(50_000, Math.ceil(REQUESTS / 12))
/** In MiB: what is small altogether, and where no tenth is told from chance. */
const MEASURES = { heapUsed: 1, external: 1, arrayBuffers: 1, rss: 1 }
const BODY = JSON.stringify(SAMPLE_ORDER)

if (!Number.isInteger(REQUESTS) || REQUESTS < 1200 || REQUESTS > 2 ** 24) {
  console.error('--requests takes a number from 1200 to 16777216')
  process.exitCode = 2
} else {
  process.exitCode = (await soak()) ? 0 : 1
}

async function soak() {
  console.log(`${machine()}\n`)
  const issuer = await startIssuer('Ed25519')
  const folder = mkdtempSync(join(tmpdir(), 'soak-'))
  const { port, ask, end } = await startChild('soak', settings(issuer, folder))
  try {
    const service = { port, issuer, agent: new Agent({ keepAlive: true, maxSockets: CONNECTIONS }) }
    const readings = await load(service, () => ask('memory'))
    service.agent.destroy()
    const areBound = isBound(await ask('bounds'))
    return isFlatAtLast(readings) && areBound
  } finally {
    await end()
    await issuer.close()
    rmSync(folder, { recursive: true })
  }
}

/** The defaults, or less for a short run: what is bounded is to be full in the first third. */
function settings({ issuer }, folder) {
  return {
    ISSUER: issuer,
    AUDIT_LOG: join(folder, 'audit.log'),
    CACHED_TOKENS: Math.min(10_000, Math.floor(REQUESTS / 5)),
    MAX_KEYS: Math.min(100_000, Math.floor(REQUESTS / 5)),
  }
}

async function load(service, memory) {
  const readings = []
  for (let from = 0; from < REQUESTS; from += STEP) {
    const startedMs = performance.now()
    const to = Math.min(from + STEP, REQUESTS)
    await loadBetween(from, to, service)
    const perSecond = ((to - from) * 1000) / (performance.now() - startedMs)
    const reading = await memory()
    readings.push(reading)
    const shown = Object.entries(reading)
      .map(([name, value]) => `${name} ${value.toFixed(1).padStart(6)}`)
      .join('  ')
    console.log(`${String(to).padStart(9)}  ${shown} MiB  ${perSecond.toFixed(0)}/s`)
  }
  return readings
}

/** As many callers at once as there are connections, each signing its next token while others wait for answers. */
async function loadBetween(from, to, service) {
  let next = from
  const caller = async () => {
    while (next < to) {
      const index = next++
      const status = await send(index, await service.issuer.token(index), service)
      if (status !== 200 && status !== 201) throw new Error(`request ${index} was answered with ${status}`)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, caller))
}

function send(index, token, { port, agent }) {
  const isPost = index % 2 === 1
  const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': addressOf(index) }
  const options = isPost
    ? { method: 'POST', path: '/orders', headers: { ...headers, 'content-type': 'application/json' } }
    : { method: 'GET', path: `/orders/o-${index}`, headers }
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, agent, ...options }, (response) => {
      response.on('end', () => resolve(response.statusCode)).on('error', reject)
      response.resume()
    })
      .on('error', reject)
      .end(isPost ? BODY : undefined)
  })
}

/** Memory that grows goes on growing: the last third of the readings is held against the middle one. */
function isFlatAtLast(readings) {
  const third = Math.floor(readings.length / 3)
  return isFlat(readings.slice(-2 * third, -third), readings.slice(-third), MEASURES)
}
