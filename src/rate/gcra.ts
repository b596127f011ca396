import type { BucketRequest, BucketState } from './store.js'

/**
 * The generic cell rate algorithm (ITU-T I.371 annex A), which is a token bucket kept as one number: the theoretical
 * arrival time (TAT), when the bucket will be full again.
 *
 * Times are counted in `1 / limit` milliseconds, so that a token is worth exactly `windowMs` units and all arithmetic
 * is on integers: `limit` requests at once fit, and not one more. Exact while elapsed milliseconds times limit stay
 * below 2^53: for a limit of 1 million, 104 days of one process; beyond that, to the nearest float.
 *
 * In steps, of numbers alone, so that one request makes no object but its answer: a store looks up a TAT, asks what is
 * `used`, what would be `wanted` and whether that `fits`, and keeps the `tatOf` what holds.
 */

/** How large a bucket is, and how fast it fills. */
export type Size = Pick<BucketRequest, 'limit' | 'windowMs'>

/** The TAT of a bucket never used. */
export const NEVER_USED = Number.NEGATIVE_INFINITY

/**
 * Units in use: 0 of a full bucket, all of an empty one. A clock that stepped back must not lock the bucket for longer
 * than a window.
 *
 * @param tat - As kept.
 * @param elapsedMs - Now, in whole milliseconds since an origin that stays the same for the bucket.
 */
export const used = (tat: number, { limit, windowMs }: Size, elapsedMs: number): number =>
  Math.max(0, Math.min(tat - elapsedMs * limit, limit * windowMs))

/** Whether the clock stepped back so far that the bucket owes more than it holds. */
export const isBehind = (tat: number, { limit, windowMs }: Size, elapsedMs: number): boolean =>
  tat - elapsedMs * limit > limit * windowMs

/** Units in use once `cost` is taken as well. */
export const wanted = (unitsUsed: number, { windowMs, cost }: BucketRequest): number => unitsUsed + cost * windowMs

export const fits = (unitsWanted: number, { limit, windowMs }: Size): boolean => unitsWanted <= limit * windowMs

/** The TAT of a bucket with so many units in use. */
export const tatOf = (unitsUsed: number, { limit }: Size, elapsedMs: number): number => elapsedMs * limit + unitsUsed

/** The first whole millisecond, since the same origin, at which the bucket is full. */
export const fullAtMs = (tat: number, { limit }: Size): number => Math.ceil(tat / limit)

/**
 * What is told of a bucket.
 *
 * @param unitsWanted - Decides whether the cost is there, and when it will be.
 * @param unitsUsed - How the bucket stands: the same once they are taken, as found when they were not.
 */
export function stateOf(size: Size, unitsWanted: number, unitsUsed: number): BucketState {
  const { limit, windowMs } = size
  const missing = unitsWanted - limit * windowMs
  return {
    allowed: missing <= 0,
    remaining: Math.floor((limit * windowMs - unitsUsed) / windowMs),
    retryAfterMs: missing <= 0 ? 0 : Math.ceil(missing / limit),
    resetMs: Math.ceil(unitsUsed / limit),
  }
}
