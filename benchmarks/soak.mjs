// node --expose-gc soak.mjs [--requests N]: every request has a token and an address that were never seen before.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { addressOf } from './lib/address-of.mjs'
import { startIssuer } from './lib/issuer.mjs'
import { machine } from './lib/machine.mjs'
import { median } from './lib/statistics.mjs'
import { SAMPLE_ORDER } from './services/orders.mjs'

const { values: flags } = parseArgs({ options: { requests: { type: 'string', default: '1000000' } } })
const REQUESTS = Number(flags.requests)
const CONNECTIONS = 200
/** Readings in thirds need some in each. */
const STEP = Math.min(50_000, Math.ceil(REQUESTS / 12))
const MEASURES = ['heapUsed', 'external', 'arrayBuffers', 'rss']
/** Of what is small altogether, no tenth is told from chance. */
const NOISE_MIB = 1
const BODY = JSON.stringify(SAMPLE_ORDER)
const SERVICE = fileURLToPath(new URL('services/soak.mjs', import.meta.url))

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
  const child = fork(SERVICE, { env: settings(issuer, folder), execArgv: ['--expose-gc'] })
  try {
    const [{ port }] = await once(child, 'message')
    const service = { port, issuer, agent: new Agent({ keepAlive: true, maxSockets: CONNECTIONS }) }
    const readings = await load(service, () => ask(child, 'memory'))
    service.agent.destroy()
    const areBound = isBound(await ask(child, 'bounds'))
    return isFlat(readings) && areBound
  } finally {
    child.disconnect()
    await once(child, 'exit')
    await issuer.close()
    rmSync(folder, { recursive: true })
  }
}

/** The defaults, or less for a short run: what is bounded is to be full in the first third. */
function settings({ issuer }, folder) {
  return {
    ...process.env,
    NODE_ENV: 'production',
    ISSUER: issuer,
    AUDIT_LOG: join(folder, 'audit.log'),
    CACHED_TOKENS: Math.min(10_000, Math.floor(REQUESTS / 5)),
    MAX_KEYS: Math.min(100_000, Math.floor(REQUESTS / 5)),
  }
}

async function ask(child, what) {
  child.send(what)
  return (await once(child, 'message'))[0]
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
    const shown = MEASURES.map((name) => `${name} ${(reading[name] / 2 ** 20).toFixed(1).padStart(6)}`).join('  ')
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

function isBound(bounds) {
  console.log()
  let isMet = true
  for (const { what, count, most } of bounds) {
    const met = count <= most && (count > 0 || most === 0) // nothing at all was not counted
    isMet &&= met
    console.log(`${met ? 'met   ' : 'MISSED'}  ${what.padEnd(28)}${String(count).padStart(8)} (at most ${most})`)
  }
  return isMet
}

/** Memory that grows goes on growing: the last third of the readings is held against the middle one. */
function isFlat(readings) {
  const third = Math.floor(readings.length / 3)
  let isMet = true
  for (const name of MEASURES) {
    const middle = (part) => median(part.map((reading) => reading[name] / 2 ** 20))
    const before = middle(readings.slice(-2 * third, -third))
    const grown = middle(readings.slice(-third)) - before
    const met = grown <= Math.max(0.1 * before, NOISE_MIB)
    isMet &&= met
    const text = `${((100 * grown) / before).toFixed(1)} %`
    console.log(`${met ? 'met   ' : 'MISSED'}  growth of ${name.padEnd(18)}${text.padStart(8)} (at most 10 %)`)
  }
  return isMet
}
