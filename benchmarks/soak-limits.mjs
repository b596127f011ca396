// node soak-limits.mjs [minutes]: floods every guard of the rate room, over sockets, by clients of whom many leave early.
import { Agent, request } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { startChild } from './lib/child.mjs'
import { isBound, isFlat } from './lib/flat.mjs'
import { floodRequest } from './lib/flood.mjs'
import { machine } from './lib/machine.mjs'

const MINUTES = Number(process.argv[2] ?? 10)
const CALLERS = 100
const STEP_MS = 10_000
/** MiB, and handles: where no tenth is told from chance. */
const MEASURES = { heapUsed: 1, external: 1, arrayBuffers: 1, rss: 4, handles: 10 }
/** What has to have come, or the flood did not reach the guards. */
const EXPECTED = [
  'rate_limited of rateLimit(address)',
  'rate_limited of rateLimit(sliding)',
  'rate_limited of rateLimit(burst)',
  'rate_limited of rateLimit(network)',
  'rate_limited of quota(day)',
  'rate_limited of rateLimit(bytes)',
  'rate_limited of rateLimit(once)',
  'rate_limited of concurrencyLimit(places)',
  'rate_limited of concurrencyLimit(every-place)',
  'too_many_failures of failureLimit(login)',
  'too_many_failures of failureLimit(signin)',
  'queue_full of throttle(pace)',
  'client_left of throttle(pace)',
  'overloaded of shed',
  'notice store_full',
]

if (MINUTES >= 1 && MINUTES <= 24 * 60) {
  process.exitCode = (await soak()) ? 0 : 1
} else {
  console.error('node soak-limits.mjs [minutes]: from 1 to 1440')
  process.exitCode = 2
}

async function soak() {
  console.log(`${machine()}, ${MINUTES} min\n`)
  const { port, ask, end } = await startChild('soak-limits')
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS })
  try {
    const readings = await flood({ port, agent }, () => ask('reading'))
    agent.destroy()
    await setTimeout(1_000) // the service is to see that they are gone
    const hasCome = showTold(await ask('told'))
    const areBound = isBound(await ask('bounds'))
    return isFlatAfterWarming(readings) && areBound && hasCome
  } finally {
    agent.destroy()
    await end()
  }
}

async function flood(service, reading) {
  const readings = []
  const startedMs = performance.now()
  while (performance.now() - startedMs < MINUTES * 60_000) {
    const fromMs = performance.now()
    const count = await floodFor(STEP_MS, service)
    const perSecond = (count * 1000) / (performance.now() - fromMs)
    const found = await reading()
    readings.push(found)
    const shown = Object.entries(found).map(([name, value]) => `${name} ${value.toFixed(name === 'handles' ? 0 : 1)}`)
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
    console.log(`${seconds.padStart(5)} s  ${shown.join('  ')}  ${perSecond.toFixed(0)}/s`)
  }
  return readings
}

/** All callers until the time is up; none is under way when it resolves. */
async function floodFor(ms, service) {
  const untilMs = performance.now() + ms
  let count = 0
  const caller = async () => {
    while (performance.now() < untilMs) {
      await send(floodRequest(), service)
      count++
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  return count
}

/** Whatever the answer; those who leave do not wait for it. */
function send({ path, headers, leavesAfterMs }, { port, agent }) {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, agent, path, headers, signal: leaving(leavesAfterMs) },
      (response) => {
        response.on('close', resolve).on('error', () => {})
        response.resume()
      },
    )
    sent.on('error', (error) => (leavesAfterMs === undefined ? reject(error) : resolve())).end()
  })
}

function leaving(afterMs) {
  return afterMs === undefined ? undefined : AbortSignal.timeout(afterMs)
}

function showTold(told) {
  console.log()
  for (const [what, count] of Object.entries(told).sort()) console.log(`${String(count).padStart(9)}  ${what}`)
  const missing = EXPECTED.filter((what) => told[what] === undefined)
  for (const what of missing) console.log(`MISSED  nothing was ${what}`)
  return missing.length === 0
}

/** Without the first fifth, in which all that is bounded fills: the last third of what is left against the first. */
function isFlatAfterWarming(readings) {
  const warm = readings.slice(Math.ceil(readings.length / 5))
  const third = Math.floor(warm.length / 3)
  return isFlat(warm.slice(0, third), warm.slice(-third), MEASURES)
}
