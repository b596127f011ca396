import { decide, memoryStore, rateLimit } from 'wardline'
import { gcraFloor } from '../floor/gcra.mjs'
import { addressOf } from './address-of.mjs'
import { requestContext } from './context.mjs'

/** As long as any benchmark runs: what is counted in it stays. */
const WINDOW_MS = 3_600_000
/** The most that all contenders take for a limit. */
export const LIMIT = 1_000_000
export const MOST_KEYS = 1_000_000

const MAX_KEYS = MOST_KEYS + 1

/** What counts one request of a key: `(limit) => ({ take, close })`, by name. */
export const stores = {
  wardline: () => (limit) => {
    const store = memoryStore({ maxKeys: MAX_KEYS })
    const take = (key, nowMs) =>
      store.take([{ policy: 'address', key, limit, windowMs: WINDOW_MS, cost: 1 }], nowMs)[0].allowed
    return { take }
  },
  floor: () => (limit) => {
    const gcra = gcraFloor({ limit, windowMs: WINDOW_MS })
    return { take: (key, nowMs) => gcra(key, nowMs).allowed }
  },
  'express-rate-limit': async () => {
    const { MemoryStore } = await import('express-rate-limit')
    return (limit) => {
      const store = new MemoryStore()
      store.init({ windowMs: WINDOW_MS })
      return { take: async (key) => (await store.increment(key)).totalHits <= limit, close: () => store.shutdown() }
    }
  },
  'rate-limiter-flexible': async () => {
    const { RateLimiterMemory } = await import('rate-limiter-flexible')
    return (points) => {
      const limiter = new RateLimiterMemory({ points, duration: WINDOW_MS / 1000 })
      const close = async () => {
        for (let index = 0; index < MOST_KEYS; index++) await limiter.delete(addressOf(index)) // each has a timer
      }
      return { take: (key) => limiter.consume(key), close }
    }
  },
}

/** The same as a service meets it: the guard's check, the taking, and what the response tells. */
export const guards = {
  wardline: () => (limit) => {
    const store = memoryStore({ maxKeys: MAX_KEYS })
    const guard = rateLimit({ name: 'address', limit, windowMs: WINDOW_MS, store })
    const ctx = requestContext()
    const clock = () => ctx.nowMs
    const take = (client, nowMs) => {
      ctx.client = client
      ctx.nowMs = nowMs
      return decide(guard, ctx, clock)
    }
    return { take }
  },
  floor: () => (limit) => {
    const gcra = gcraFloor({ limit, windowMs: WINDOW_MS })
    const policy = `"address";q=${limit};w=${WINDOW_MS / 1000}`
    const take = (client, nowMs) => {
      const { allowed, remaining, resetMs } = gcra(client, nowMs)
      const standing = `"address";r=${remaining};t=${Math.ceil(resetMs / 1000)}`
      return {
        allowed,
        headers: [
          ['ratelimit-policy', policy],
          ['ratelimit', standing],
        ],
      }
    }
    return { take }
  },
}
