import type { BucketRequest, BucketState } from './store.js'

/**
 * The generic cell rate algorithm (ITU-T I.371 annex A), which is a token bucket kept as one number: the theoretical
 * arrival time (TAT), when the bucket will be full again.
 *
 * Times are counted in `1 / limit` milliseconds, so that a token is worth exactly `windowMs` units and all arithmetic
 * is on integers: `limit` requests at once fit, and not one more. Exact while elapsed milliseconds times limit stay
 * below 2^53: for a limit of 1 million, 104 days of one process; beyond that, to the nearest float.
 */
export interface GcraStep {
  readonly state: BucketState
  /** The TAT to keep: on a refusal as before, or earlier where the clock stepped back. */
  readonly tat: number
}

/**
 * @param tat - As kept; undefined for a bucket never used.
 * @param elapsedMs - Now, in whole milliseconds since an origin that stays the same for the bucket.
 * @param cost - Tokens to take; 0 tells how the bucket stands.
 */
export function gcra(
  tat: number | undefined,
  { limit, windowMs, cost: asked }: BucketRequest,
  elapsedMs: number,
  cost = asked,
): GcraStep {
  const now = elapsedMs * limit
  const capacity = limit * windowMs
  // A clock that stepped back must not lock the bucket for longer than a window.
  const before = Math.min(tat ?? now, now + capacity)
  const used = Math.max(0, before - now)
  const wanted = used + cost * windowMs
  if (wanted > capacity) {
    const retryAfterMs = Math.ceil((wanted - capacity) / limit)
    return { tat: before, state: { allowed: false, ...standing(used, capacity, limit, windowMs), retryAfterMs } }
  }
  return {
    tat: now + wanted,
    state: { allowed: true, ...standing(wanted, capacity, limit, windowMs), retryAfterMs: 0 },
  }
}

const standing = (used: number, capacity: number, limit: number, windowMs: number) => ({
  remaining: Math.floor((capacity - used) / windowMs),
  resetMs: Math.ceil(used / limit),
})
