import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

/** What the event loop has been through since it was read last. */
export interface LoopReading {
  /** Mean delay of what was due, in milliseconds. */
  readonly delayMs: number
  /** Part of the time in which the loop was at work, 0 to 1. */
  readonly utilization: number
}

/** Measures the event loop of this thread while it is asked to. */
export interface LoopMonitor {
  /** Begins anew: what was before is not counted. */
  readonly start: () => void
  readonly read: () => LoopReading
  readonly stop: () => void
}

const RESOLUTION_MS = 10

/**
 * By node:perf_hooks. The histogram is reset at the start alone: a reset forgets when the last tick was, so that turns longer
 * than the interval between two resets would never be seen. Readings are the difference to the one before.
 */
export function perfHooksMonitor(): LoopMonitor {
  const ticks = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  let seen = { count: 0, sumNs: 0 }
  let utilized = performance.eventLoopUtilization()

  return {
    start: () => {
      ticks.reset()
      ticks.enable()
      seen = { count: 0, sumNs: 0 }
      utilized = performance.eventLoopUtilization()
    },
    read: () => {
      const before = { seen, utilized }
      const { count } = ticks
      seen = { count, sumNs: count === 0 ? 0 : ticks.mean * count }
      utilized = performance.eventLoopUtilization()
      return {
        delayMs: delayOf(seen.count - before.seen.count, seen.sumNs - before.seen.sumNs),
        utilization: performance.eventLoopUtilization(utilized, before.utilized).utilization,
      }
    },
    stop: () => void ticks.disable(),
  }
}

/** From one tick to the next it takes the resolution at least; what is beyond that is delay. */
const delayOf = (count: number, sumNs: number): number =>
  count === 0 ? 0 : Math.max(0, sumNs / count / 1e6 - RESOLUTION_MS)
