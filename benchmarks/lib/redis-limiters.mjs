import assert from 'node:assert/strict'
import { redisStores } from '@wardline/redis'
import { proven } from './proven.mjs'

const WINDOW_MS = 3_600_000
/** More than is ever asked of one key. */
const LIMIT = 1_000_000

/** What counts one request of a key in Redis, by name: `(client, prefix) => take`. The floor only asks, and is answered. */
export const redisLimiters = {
  floor: async (client) => {
    assert.equal(await client.ping(), 'PONG')
    return () => client.ping()
  },
  wardline: provenLimit((client, prefix) => inOneCommand(client, prefix, ['address'])),
  'wardline (two limits)': provenLimit((client, prefix) => inOneCommand(client, prefix, ['address', 'principal'])),
  'rate-limit-redis': provenLimit(async (client, prefix) => {
    const { RedisStore } = await import('rate-limit-redis')
    const store = new RedisStore({ prefix, sendCommand: (...args) => client.call(...args) })
    await store.init({ windowMs: WINDOW_MS })
    return (limit) => async (key) => (await store.increment(key)).totalHits <= limit
  }),
  'rate-limiter-flexible': provenLimit(async (client, keyPrefix) => {
    const { RateLimiterRedis } = await import('rate-limiter-flexible')
    return (points) => {
      const limiter = new RateLimiterRedis({ storeClient: client, keyPrefix, points, duration: WINDOW_MS / 1000 })
      return (key) => limiter.consume(key)
    }
  }),
  'koa-ratelimit': provenLimit(async (db, namespace) => {
    const { default: Limiter } = await import('koa-ratelimit/limiter/redis.js')
    return (max) => async (id) => {
      // its middleware makes one of these for each request
      const { remaining } = await new Limiter({ db, id, max, namespace, duration: WINDOW_MS }).get()
      return remaining > 0
    }
  }),
}

/** Two pass and the third does not, while another key has its own two. */
function provenLimit(maker) {
  return async (client, prefix) => {
    const limiter = await maker(client, prefix)
    await proven(limiter(2), { good: ['a', 'b', 'a'], bad: ['a'] })
    return limiter(LIMIT)
  }
}

/** All or none of the limits that `names` says. */
function inOneCommand(client, prefix, names) {
  const { rateLimits } = redisStores({ client, prefix })
  return (limit) => {
    const size = { algorithm: 'token-bucket', limit, windowMs: WINDOW_MS, burst: limit, debt: 0 }
    const rules = names.map((name) => Object.freeze({ id: `${name}:${limit}`, ...size }))
    return async (key) => {
      const requests = rules.map((rule) => ({ rule, key, cost: 1 }))
      const states = await rateLimits.take(requests, Date.now())
      return states.every(({ allowed }) => allowed)
    }
  }
}
