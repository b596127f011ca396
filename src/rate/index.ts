export { type MemoryStoreOptions, memoryStore } from './memory-store.js'
export { byClient, byPrincipal, type RateLimitOptions, rateLimit } from './rate-limit.js'
export type { BucketRequest, BucketState, RateLimitStore } from './store.js'
