export { type ConcurrencyLimitOptions, concurrencyLimit } from './concurrency-limit.js'
export type { Outcome } from './correction.js'
export { type FailureLimitOptions, failureLimit } from './failure-limit.js'
export type { FieldEncoding } from './fields.js'
export { byClaim, byClient, byEach, byNetwork, byOAuthClient, byPrincipal, byRoute, type RateKey } from './keys.js'
export type { CostOptions, LimitOptions, ToldOptions } from './limit-guard.js'
export { type MemoryStoreOptions, memoryStore } from './memory-store.js'
export { type QuotaOptions, quota } from './quota.js'
export { type RateLimitOptions, rateLimit } from './rate-limit.js'
export type {
  BackoffRule,
  CalendarPeriod,
  ConcurrencyRule,
  FixedWindowRule,
  LimitRule,
  RateAlgorithm,
  SlidingWindowRule,
  TokenBucketRule,
} from './rule.js'
export { type ShedGuard, type ShedLoad, shed } from './shed.js'
export type { PriorityClass, ShedOptions } from './shed-options.js'
export type { BucketRequest, BucketState, RateLimitStore } from './store.js'
export { type ThrottleOptions, throttle } from './throttle.js'
