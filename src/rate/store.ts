import type { MaybePromise } from '../guard.js'
import type { LimitRule } from './rule.js'

/** What one limit asks of one key. */
export interface BucketRequest {
  /** The limit. */
  readonly rule: LimitRule
  /**
   * Names the bucket among those of its rule: who is counted. At most 128 characters from the guards of this package.
   * A store that needs one text joins the two as `rule.id:key`, which no two buckets share.
   */
  readonly key: string
  /**
   * What is asked for: 1 to one more than the rule can ever give, which never fits. 0 asks whether 1 would fit, and
   * takes nothing.
   */
  readonly cost: number
}

/** How a bucket stands. */
export interface BucketState {
  /** Whether `cost` was there. */
  readonly allowed: boolean
  /** Whole units left, 0 to what the rule gives at most. */
  readonly remaining: number
  /** Milliseconds until `cost` is there; 0 when allowed. */
  readonly retryAfterMs: number
  /** Milliseconds until all is there again. */
  readonly resetMs: number
  /**
   * Code of what is to be told in the request's audit event: that the store is full, or was away and the answer is its
   * fallback's. Default: none.
   */
  readonly notice?: string | undefined
}

/** Where counts live. */
export interface RateLimitStore {
  /**
   * Takes `cost` from every bucket, or from none; atomic, so that two callers never share a count. No two requests name one
   * bucket. Answers one state per request, in order: after the taking, or as found when one was not allowed. Where it
   * throws, rejects or does not answer within two seconds, the answer is a 503 `store_unavailable`.
   *
   * @param nowMs - Milliseconds since the epoch.
   */
  readonly take: (requests: readonly BucketRequest[], nowMs: number) => MaybePromise<readonly BucketState[]>
  /** How the bucket stands as far as this process knows, without taking and without waiting; undefined: unknown. */
  readonly look: (request: BucketRequest, nowMs: number) => BucketState | undefined
  /**
   * Sets right what was taken, once it is known: a positive `cost` is charged whatever is left, a negative one of rules
   * `concurrency` and `backoff` gives a place back, or takes a failure back that was none. What goes wrong here is the
   * store's own to tell: nobody waits for it.
   */
  readonly correct: (requests: readonly BucketRequest[], nowMs: number) => MaybePromise<void>
}
