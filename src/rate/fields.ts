import type { HeaderList } from '../decision.js'
import type { BucketState } from './store.js'

/** One limit as the response fields name it. Made once per limit. */
export interface LimitItem {
  readonly name: string
  /** Its item of `RateLimit-Policy`. */
  readonly policyItem: string
}

/** The item of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11, section 3). */
export const policyItem = (name: string, limit: number, windowMs: number): string =>
  `"${name}";q=${limit};w=${seconds(windowMs)}`

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4): structured lists, one
 * item per limit whose state is known; nothing when none is.
 *
 * @param states - Of `limits`, in the same order.
 */
export function rateLimitFields(
  limits: readonly { readonly limit: LimitItem }[],
  states: readonly (BucketState | undefined)[],
): HeaderList {
  let policies = ''
  let current = ''
  for (let i = 0; i < limits.length; i++) {
    const { limit } = limits[i]!
    const state = states[i]
    if (state === undefined) continue
    policies = listed(policies, limit.policyItem)
    current = listed(current, currentItem(limit.name, state))
  }
  if (policies === '') return []
  return [
    ['ratelimit-policy', policies],
    ['ratelimit', current],
  ]
}

const listed = (list: string, item: string): string => (list === '' ? item : `${list}, ${item}`)

/**
 * `t` is when the quota is whole again; for a limit that refused, when the request would be let in, so that
 * `Retry-After` names no earlier time than any of those.
 */
const currentItem = (name: string, { allowed, remaining, resetMs, retryAfterMs }: BucketState): string =>
  `"${name}";r=${remaining};t=${seconds(allowed ? resetMs : retryAfterMs)}`

/** Whole seconds, rounded up: a client that waits so long has waited long enough. */
export const seconds = (milliseconds: number): number => Math.ceil(milliseconds / 1000)
