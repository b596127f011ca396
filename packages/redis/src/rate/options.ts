import { integerBetween, knownOptions, shown } from '../options.js'

/** What happens to requests while Redis is away. */
export type OnUnavailable =
  /** They are denied, with 503 `store_unavailable`. */
  | 'deny'
  /** They pass uncounted, and their audit trail says `store_unavailable_allowed`. */
  | 'allow'
  /** The process counts for itself, with `local` of each limit, and the audit trail says `store_unavailable_local`. */
  | {
      /** The share of this process: above 0, to 1. With N processes, 1 / N. Each limit allows 1 at least. */
      readonly local: number
    }

/** How the limits of several processes are counted together. */
export interface RedisRateLimitOptions {
  /** What happens while Redis is away. Default: `deny`. */
  readonly onUnavailable?: OnUnavailable | undefined
  /**
   * Refusals that this process remembers until they end, 1 to 1 million. Beyond, that which was used longest ago is
   * forgotten, and asked of Redis again. Default: 10 000.
   */
  readonly maxRemembered?: number | undefined
  /**
   * Limits asked by one script call, over all requests of a turn of the event loop, 1 to 1000: the server does nothing else
   * meanwhile, about 4 microseconds for each. One request is never split. Default: 250.
   */
  readonly maxBatch?: number | undefined
}

/** Options with their defaults. */
export interface CheckedOptions {
  readonly onUnavailable: OnUnavailable
  readonly maxRemembered: number
  readonly maxBatch: number
}

/** @throws TypeError for an option out of its range. */
export function checkedOptions(options: RedisRateLimitOptions): CheckedOptions {
  knownOptions('redisRateLimitStore()', options, ['onUnavailable', 'maxRemembered', 'maxBatch'])
  return Object.freeze({
    onUnavailable: checkedPolicy(options.onUnavailable ?? 'deny'),
    maxRemembered: integerBetween('maxRemembered', options.maxRemembered ?? 10_000, 1, 1_000_000),
    maxBatch: integerBetween('maxBatch', options.maxBatch ?? 250, 1, 1_000),
  })
}

function checkedPolicy(policy: OnUnavailable): OnUnavailable {
  if (policy === 'deny' || policy === 'allow') return policy
  if (typeof policy !== 'object' || policy === null || !('local' in policy)) {
    throw new TypeError(`onUnavailable must be deny, allow or { local: share }, got ${shown(policy)}`)
  }
  knownOptions('onUnavailable', policy, ['local'])
  const { local } = policy
  if (typeof local === 'number' && local > 0 && local <= 1) return Object.freeze({ local })
  throw new TypeError(`onUnavailable.local must be above 0 and at most 1, got ${shown(local)}`)
}
