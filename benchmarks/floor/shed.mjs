import { monitorEventLoopDelay } from 'node:perf_hooks'

const ALLOWED = { allowed: true }

/**
 * One service's rule by hand: so many at once, less for batch jobs, nobody while the event loop is late, and health checks
 * always.
 */
export function shedFloor(most, mostDelayMs) {
  const places = { default: Math.round(0.9 * most) || 1, sheddable: Math.round(0.7 * most) || 1 }
  const ticks = monitorEventLoopDelay({ resolution: 10 })
  ticks.enable()
  let isLate = false
  const timer = setInterval(() => {
    isLate = ticks.mean / 1e6 - 10 > mostDelayMs
    ticks.reset()
  }, 250).unref()
  let inFlight = 0
  const release = () => {
    inFlight--
  }
  const take = (ctx) => {
    if (ctx.path === '/healthz') return ALLOWED
    const name = ctx.path.startsWith('/batch/') ? 'sheddable' : 'default'
    if (isLate || inFlight >= places[name]) return { allowed: false, code: 'overloaded', retryAfterSeconds: 5 }
    inFlight++
    ctx.onFinished(release)
    return ALLOWED
  }
  const close = () => {
    clearInterval(timer)
    ticks.disable()
  }
  return { take, close }
}
