import type { NoFacts } from '../context.js'
import type { Guard } from '../guard.js'
import { integerBetween, knownOptions } from '../lib/options.js'
import {
  LIMIT_OPTIONS,
  type LimitOptions,
  limitGuard,
  limitName,
  TOLD_OPTIONS,
  type ToldOptions,
} from './limit-guard.js'
import { ruleOf } from './rule.js'

/** How many at a time. */
export interface ConcurrencyLimitOptions<Needs extends object = NoFacts> extends LimitOptions<Needs>, ToldOptions {
  /** Requests under way at the same time, 1 to 1 000 000. */
  readonly limit: number
  /**
   * Milliseconds after which the places of a process that is gone are free again, 1 000 to 3 600 000 (one hour). Only stores
   * that processes share need it. Default: 30 000.
   */
  readonly leaseMs?: number | undefined
}

/**
 * Lets `limit` requests of one key be under way at the same time. A place is free again when the answer has ended, or the
 * connection has.
 *
 * Taken and refused like `rateLimit()`: 429 `rate_limited`, with a `Retry-After` of one second, since nobody knows.
 *
 * @throws TypeError for an option out of its range.
 */
export function concurrencyLimit<Needs extends object = NoFacts>(
  options: ConcurrencyLimitOptions<Needs>,
): Guard<Needs> {
  knownOptions('concurrencyLimit()', options, ['limit', 'leaseMs', ...LIMIT_OPTIONS, ...TOLD_OPTIONS])
  const name = limitName(options.name)
  const limit = integerBetween('limit', options.limit, 1, 1_000_000)
  const leaseMs = integerBetween('leaseMs', options.leaseMs ?? 30_000, 1_000, 3_600_000)
  return limitGuard({
    verb: 'concurrencyLimit',
    options,
    rule: ruleOf(name, { algorithm: 'concurrency', limit, leaseMs }),
    requires: { name, concurrent: limit },
    correction: () => -1,
  })
}
