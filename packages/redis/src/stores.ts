import type { ReplayStore, RevocationStore } from 'wardline'
import { RedisLink, type RedisLinkOptions } from './link.js'
import { knownOptions } from './options.js'
import type { RedisRateLimitOptions } from './rate/options.js'
import { type RedisRateLimitStore, redisRateLimitStore } from './rate/store.js'
import { redisReplayStore } from './replay.js'
import { redisRevocationStore } from './revocation.js'

/** How the stores reach Redis, and how limits are counted. */
export interface RedisStoresOptions extends RedisLinkOptions {
  /** For the limits alone. Default: what `redisRateLimitStore()` has. */
  readonly rateLimits?: RedisRateLimitOptions | undefined
}

/** Everything that the processes of a service share, over one client. */
export interface RedisStores {
  /** For `rateLimit({ store })` and its like. */
  readonly rateLimits: RedisRateLimitStore
  /** For `dpop({ replay })` and `backChannelLogout({ replay })`. */
  readonly replay: ReplayStore
  /** For `jwt({ revocation })` and its like. */
  readonly revocation: RevocationStore
  /** What they share: how it stands, and its counts. */
  readonly link: RedisLink
}

/**
 * The stores of a service on one client of ioredis or node-redis.
 *
 * @throws TypeError for an option out of its range, and for a client that is neither of ioredis nor of node-redis.
 */
export function redisStores(options: RedisStoresOptions): RedisStores {
  knownOptions('redisStores()', options, ['client', 'prefix', 'timeoutMs', 'onEvent', 'rateLimits'])
  const { rateLimits, ...rest } = options
  const link = new RedisLink(rest)
  return Object.freeze({
    rateLimits: redisRateLimitStore(link, rateLimits),
    replay: redisReplayStore(link),
    revocation: redisRevocationStore(link),
    link,
  })
}
