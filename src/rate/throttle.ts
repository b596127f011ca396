import type { NoFacts, RequestContext } from '../context.js'
import type { Guard } from '../guard.js'
import { integerBetween, knownOptions } from '../lib/options.js'
import { LIMIT_OPTIONS, type LimitOptions, LONGEST_WINDOW_MS, limitGuard, limitName, MOST } from './limit-guard.js'
import { Pace } from './pace.js'
import { ruleOf } from './rule.js'

/** How fast requests go on. */
export interface ThrottleOptions<Needs extends object = NoFacts> extends LimitOptions<Needs> {
  /** Requests per window. 1 to 1 000 000. */
  readonly limit: number
  /** Milliseconds of the window. 1 to 2 678 400 000 (31 days). */
  readonly windowMs: number
  /** Requests that go on without a wait, 1 to 1 000 000. Default: 1. */
  readonly burst?: number | undefined
  /**
   * Milliseconds that a request waits at most, 1 to 60 000 and no less than `windowMs / limit`; who would wait longer is
   * refused. Default: 5 000.
   */
  readonly maxDelayMs?: number | undefined
  /** Requests that wait at the same time, of all keys together, 1 to 100 000; further ones are refused. Default: 1 000. */
  readonly maxWaiting?: number | undefined
  /** What one request costs: 1 to `burst`, or a function that gives a positive integer. Default: 1. */
  readonly cost?: number | ((ctx: RequestContext, facts: Needs) => number) | undefined
}

/**
 * Lets requests of one key go on at an even pace, by waiting instead of refusing. A wait ends when the client leaves; the
 * handler is then not called. Requests wait once the policy has decided, so that what is refused does not wait.
 *
 * Denies with 429 `rate_limited` where the wait would be too long, and `queue_full` where too many wait. Callers are
 * told no counts.
 *
 * @throws TypeError for an option out of its range.
 */
export function throttle<Needs extends object = NoFacts>(options: ThrottleOptions<Needs>): Guard<Needs> {
  const own = ['limit', 'windowMs', 'burst', 'maxDelayMs', 'maxWaiting', 'cost']
  knownOptions('throttle()', options, [...own, ...LIMIT_OPTIONS])
  const name = limitName(options.name)
  const limit = integerBetween('limit', options.limit, 1, 1_000_000)
  const windowMs = integerBetween('windowMs', options.windowMs, 1, LONGEST_WINDOW_MS)
  const burst = integerBetween('burst', options.burst ?? 1, 1, 1_000_000)
  const maxDelayMs = integerBetween('maxDelayMs', options.maxDelayMs ?? 5_000, 1, 60_000)
  const maxWaiting = integerBetween('maxWaiting', options.maxWaiting ?? 1_000, 1, 100_000)
  if (typeof options.cost === 'number') integerBetween('cost', options.cost, 1, burst)
  // a bucket that is as much deeper as may wait: what is used of that part is the wait
  const waiting = Math.min(Math.floor((maxDelayMs * limit) / windowMs), MOST)
  if (waiting === 0)
    throw new TypeError(`maxDelayMs must be at least windowMs / limit, or nobody ever waits, got ${maxDelayMs}`)
  return limitGuard({
    verb: 'throttle',
    options: { ...options, fields: 'none' },
    rule: ruleOf(name, { algorithm: 'token-bucket', limit, windowMs, burst: burst + waiting, debt: 0 }),
    requires: { name, limit, windowMs, maxDelayMs },
    own: { pace: new Pace(name, Math.ceil((burst * windowMs) / limit), maxWaiting) },
  })
}
