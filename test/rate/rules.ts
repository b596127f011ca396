import type { BucketRequest, BucketState, RateLimitStore, TokenBucketRule } from '../../src/index.js'
import { ruleOf } from '../../src/rate/rule.js'

/** The rule of `rateLimit({ name, limit, windowMs })`. */
export const tokenRule = (name: string, limit: number, windowMs: number): TokenBucketRule =>
  ruleOf(name, { algorithm: 'token-bucket', limit, windowMs, burst: limit, debt: 0 }) as TokenBucketRule

export const ask = (key: string, limit: number, windowMs: number, cost = 1, name = 'test'): BucketRequest => ({
  rule: tokenRule(name, limit, windowMs),
  key,
  cost,
})

/** A store that answers with what it is given. */
export const answering = (
  take: RateLimitStore['take'],
  look: RateLimitStore['look'] = () => undefined,
): RateLimitStore => ({ take, look, correct: () => {} })

/** The answer of a store that has it at hand. */
export function now(states: ReturnType<RateLimitStore['take']>): readonly BucketState[] {
  if (Array.isArray(states)) return states
  throw new Error('the store made its caller wait')
}
