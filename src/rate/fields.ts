import type { HeaderList } from '../decision.js'
import type { BucketState } from './store.js'

/** One limit as the response fields tell it. */
export interface PolicyState {
  readonly name: string
  readonly limit: number
  readonly windowMs: number
  readonly state: BucketState
}

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4): structured lists, one
 * item per limit. `t` is when the quota is whole again; for a limit that refused, when the request would be let in, so that
 * `Retry-After` names no earlier time than any of those.
 */
export function rateLimitFields(policies: readonly PolicyState[]): HeaderList {
  const policy = policies.map(({ name, limit, windowMs }) => `"${name}";q=${limit};w=${seconds(windowMs)}`)
  const current = policies.map(({ name, state }) => {
    const resetMs = state.allowed ? state.resetMs : state.retryAfterMs
    return `"${name}";r=${state.remaining};t=${seconds(resetMs)}`
  })
  return [
    ['ratelimit-policy', policy.join(', ')],
    ['ratelimit', current.join(', ')],
  ]
}

/** Whole seconds, rounded up: a client that waits so long has waited long enough. */
export const seconds = (milliseconds: number): number => Math.ceil(milliseconds / 1000)
