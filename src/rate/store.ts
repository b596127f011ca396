import type { MaybePromise } from '../guard.js'

/** What one limit asks of one key. */
export interface BucketRequest {
  /**
   * Names the limit, with its name and its size, such as `login:5/60000`. All requests of one policy have the same
   * `limit` and `windowMs`.
   */
  readonly policy: string
  /**
   * Names the bucket among those of its policy: who is counted. At most 128 characters from `rateLimit`. A store that
   * needs one text joins the two as `policy:key`, which no two buckets share.
   */
  readonly key: string
  /** Tokens the bucket holds, 1 to 1 million. */
  readonly limit: number
  /** Milliseconds in which an empty bucket fills, 1 to 2 678 400 000 (31 days). */
  readonly windowMs: number
  /** Tokens asked for, 1 to one more than `limit`, which never fits. */
  readonly cost: number
}

/** How a bucket stands. */
export interface BucketState {
  /** Whether `cost` tokens were there. */
  readonly allowed: boolean
  /** Whole tokens left, 0 to `limit`. */
  readonly remaining: number
  /** Milliseconds until `cost` tokens are there again; 0 when allowed. */
  readonly retryAfterMs: number
  /** Milliseconds until the bucket is full again. */
  readonly resetMs: number
}

/** Where counts live. */
export interface RateLimitStore {
  /**
   * Takes `cost` from every bucket, or from none; atomic, so that two callers never share a count. Answers one state
   * per request, in order: after the taking, or as found when one was not allowed. Where it rejects, the answer
   * is a 503 `store_unavailable`.
   *
   * @param nowMs - Milliseconds since the epoch.
   */
  readonly take: (requests: readonly BucketRequest[], nowMs: number) => MaybePromise<readonly BucketState[]>
  /** How the bucket stands as far as this process knows, without taking and without waiting; undefined: unknown. */
  readonly look: (request: BucketRequest, nowMs: number) => BucketState | undefined
}
