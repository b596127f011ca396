import type { NoFacts } from '../context.js'
import type { Guard } from '../guard.js'
import { boolean, integerBetween, knownOptions, oneOf } from '../lib/options.js'
import {
  COST_OPTIONS,
  type CostOptions,
  LIMIT_OPTIONS,
  type LimitOptions,
  LONGEST_WINDOW_MS,
  limitGuard,
  limitName,
  MOST,
  TOLD_OPTIONS,
  type ToldOptions,
} from './limit-guard.js'
import { type LimitRule, ruleOf } from './rule.js'

/** Who may ask how often. */
export interface RateLimitOptions<Needs extends object = NoFacts>
  extends LimitOptions<Needs>,
    ToldOptions,
    CostOptions<Needs> {
  /** Requests allowed per window. 1 to 1 000 000 000. */
  readonly limit: number
  /** Milliseconds of the window. 1 to 2 678 400 000 (31 days). */
  readonly windowMs: number
  /**
   * `token-bucket` lets `burst` through at once and refills evenly, `limit` per window (GCRA). `sliding-window` never
   * lets more than `limit` through in any window, and gives back up to a tenth of a window late. `fixed-window` gives all
   * back at once when a window ends: twice the limit may pass around its end. Default: `token-bucket`.
   */
  readonly algorithm?: 'token-bucket' | 'sliding-window' | 'fixed-window' | undefined
  /** Requests that a `token-bucket` lets through at once, 1 to 1 000 000 000. Default: `limit`. */
  readonly burst?: number | undefined
  /**
   * Whether windows of `fixed-window` begin with the clock, at multiples of `windowMs` since the epoch, for all keys at
   * once; otherwise with the first request of a key. Default: false.
   */
  readonly aligned?: boolean | undefined
}

/**
 * Lets so many requests of one key through. Exact under concurrency.
 *
 * Every limit of a policy is looked at where it stands and taken when the policy has decided, together with the others:
 * a request refused by one limit spends none of them, and any other denial behind a limit still counts. Denies with
 * 429 `rate_limited`; sends `RateLimit` and `RateLimit-Policy` on every answer.
 *
 * @throws TypeError for an option out of its range.
 */
export function rateLimit<Needs extends object = NoFacts>(options: RateLimitOptions<Needs>): Guard<Needs> {
  knownOptions('rateLimit()', options, [
    ...['limit', 'windowMs', 'algorithm', 'burst', 'aligned'],
    ...LIMIT_OPTIONS,
    ...TOLD_OPTIONS,
    ...COST_OPTIONS,
  ])
  const name = limitName(options.name)
  const limit = integerBetween('limit', options.limit, 1, MOST)
  const windowMs = integerBetween('windowMs', options.windowMs, 1, LONGEST_WINDOW_MS)
  const requires = { name, limit, windowMs }
  return limitGuard({ verb: 'rateLimit', options, rule: ruleFor(name, limit, windowMs, options), requires })
}

type Size = Pick<RateLimitOptions, 'algorithm' | 'burst' | 'aligned'> & { readonly chargeAfter?: unknown }

function ruleFor(name: string, limit: number, windowMs: number, options: Size): LimitRule {
  const { burst, aligned, chargeAfter } = options
  const algorithm = oneOf('algorithm', options.algorithm ?? 'token-bucket', ALGORITHMS)
  if (burst !== undefined && algorithm !== 'token-bucket') throw new TypeError(`burst has no meaning for ${algorithm}`)
  if (aligned !== undefined && algorithm !== 'fixed-window')
    throw new TypeError(`aligned has no meaning for ${algorithm}`)
  switch (algorithm) {
    case 'token-bucket':
      return ruleOf(name, {
        algorithm,
        limit,
        windowMs,
        burst: integerBetween('burst', burst ?? limit, 1, MOST),
        debt: chargeAfter === undefined ? 0 : DEBT_WINDOWS * limit,
      })
    case 'sliding-window':
      return ruleOf(name, { algorithm, limit, windowMs })
    case 'fixed-window':
      return ruleOf(name, { algorithm, limit, window: windowMs, aligned: boolean('aligned', aligned ?? false) })
  }
}

const ALGORITHMS = ['token-bucket', 'sliding-window', 'fixed-window'] as const

/** What is charged afterwards may be owed for so many windows: an answer of any size ends some time. */
const DEBT_WINDOWS = 9
