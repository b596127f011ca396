import { decide, memoryStore, rateLimit } from 'wardline'
import { gcraFloor } from '../floor/gcra.mjs'
import { addressOf } from './address-of.mjs'
import { requestContext } from './context.mjs'

/** As long as any benchmark runs: what is counted in it stays. */
export const WINDOW_MS = 3_600_000
/** The most that all contenders take for a limit. */
export const LIMIT = 1_000_000
export const MOST_KEYS = 1_000_000

export const MAX_KEYS = MOST_KEYS + 1

/** What counts one request of a key: `(limit) => ({ take, close })`, by name. */
export const stores = {
  wardline: () => (limit) => {
    const store = memoryStore({ maxKeys: MAX_KEYS })
    const rule = { id: 'address', algorithm: 'token-bucket', limit, windowMs: WINDOW_MS, burst: limit, debt: 0 }
    const take = (key, nowMs) => store.take([{ rule, key, cost: 1 }], nowMs)[0].allowed
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
  'koa-ratelimit': async () => {
    const { default: Limiter } = await import('koa-ratelimit/limiter/memory.js')
    return (max) => {
      const db = new Map()
      // its middleware makes one of these for each request
      const take = async (id) => (await new Limiter({ id, db, max, duration: WINDOW_MS }).get()).remaining > 0
      return { take }
    }
  },
}

/** The same as a service meets it: the guard's check, the taking, and what the response tells. */
export const guards = {
  wardline: () => (limit) => {
    const store = memoryStore({ maxKeys: MAX_KEYS })
    const guard = rateLimit({ name: 'address', limit, windowMs: WINDOW_MS, store })
    const ctx = requestContext()
    const take = (client, nowMs) => {
      ctx.client = client
      ctx.nowMs = nowMs
      return decide(guard, ctx)
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
  'express-rate-limit': async () => {
    const { MemoryStore, rateLimit: middlewareOf } = await import('express-rate-limit')
    return (limit) => {
      const store = new MemoryStore()
      const middleware = middlewareOf({ limit, windowMs: WINDOW_MS, store, validate: false })
      const req = { ip: undefined }
      const take = async (client) => {
        const res = new Answer()
        let isAllowed = false
        req.ip = client
        await middleware(req, res, () => {
          isAllowed = true
        })
        return isAllowed
      }
      return { take, close: () => store.shutdown() }
    }
  },
  'koa-ratelimit': async () => {
    const { default: middlewareOf } = await import('koa-ratelimit')
    return (max) => {
      const middleware = middlewareOf({ driver: 'memory', db: new Map(), max, duration: WINDOW_MS })
      const take = async (client) => {
        const ctx = new Answer()
        let isAllowed = false
        ctx.ip = client
        await middleware(ctx, () => {
          isAllowed = true
        })
        return isAllowed
      }
      return { take }
    }
  },
}

/** What these middlewares need of a response of Express, or of a context of Koa. */
class Answer {
  fields = []
  headersSent = false
  state = {}
  ip
  status(code) {
    this.code = code
    return this
  }
  send() {}
  setHeader(name, value) {
    this.fields.push([name, value])
  }
  set(fields) {
    this.fields.push(fields)
  }
}
