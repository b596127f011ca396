import type { NoFacts } from '../context.js'
import type { Guard } from '../guard.js'
import { integerBetween, knownOptions, oneOf } from '../lib/options.js'
import {
  COST_OPTIONS,
  type CostOptions,
  LIMIT_OPTIONS,
  type LimitOptions,
  limitGuard,
  limitName,
  MOST,
  TOLD_OPTIONS,
  type ToldOptions,
} from './limit-guard.js'
import { type CalendarPeriod, ruleOf } from './rule.js'

/** What one may use in a period of the calendar. */
export interface QuotaOptions<Needs extends object = NoFacts>
  extends LimitOptions<Needs>,
    ToldOptions,
    CostOptions<Needs> {
  /** Requests, or other units, in each period. 1 to 1 000 000 000. */
  readonly limit: number
  /** `hour`, `day`, `week` (from Monday), `month` or `year`, in UTC. */
  readonly period: CalendarPeriod
}

const PERIODS: readonly CalendarPeriod[] = ['hour', 'day', 'week', 'month', 'year']

/**
 * Lets `limit` through in each period of the calendar. For quotas that are agreed on or paid for; put a `rateLimit()` beside
 * it, since all of it may be asked for at once. Counts of this process end with it: give it a store that lasts.
 *
 * Charged and refused like `rateLimit()`: 429 `rate_limited`.
 *
 * @throws TypeError for an option out of its range.
 */
export function quota<Needs extends object = NoFacts>(options: QuotaOptions<Needs>): Guard<Needs> {
  knownOptions('quota()', options, ['limit', 'period', ...LIMIT_OPTIONS, ...TOLD_OPTIONS, ...COST_OPTIONS])
  const name = limitName(options.name)
  const limit = integerBetween('limit', options.limit, 1, MOST)
  const period = oneOf('period', options.period, PERIODS)
  const rule = ruleOf(name, { algorithm: 'fixed-window', limit, window: period, aligned: true })
  return limitGuard({ verb: 'quota', options, rule, requires: { name, limit, period } })
}
