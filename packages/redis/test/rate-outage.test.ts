import { commandCount, faultyLink } from '@wardline/test-kit'
import { describe, expect, test } from 'vitest'
import type { BucketState, LimitRule } from 'wardline'
import { StoreUnavailable } from '../src/failure.js'
import { redisRateLimitStore } from '../src/rate/store.js'
import {
  admitted,
  ask,
  bucketRule,
  ending,
  fixedRule,
  isIn,
  linkTo,
  MINUTE,
  placesRule,
  RULES,
  serve,
  setUp,
  until,
} from './rate-support.js'

setUp()

const ten = bucketRule({ limit: 10, windowMs: 60 * MINUTE })
const one = bucketRule({ limit: 1, windowMs: 60 * MINUTE })
const kinds = ['ioredis', 'node-redis']

describe('forgetful servers refuse nobody', () => {
  test.each(kinds)('SCRIPT FLUSH, by %s, and the counts stay', async (kind) => {
    const server = await serve()
    const store = redisRateLimitStore(linkTo(server, kind))
    for (let left = 9; left >= 0; left--) {
      expect(await store.take([ask(ten)], 0)).toMatchObject([{ allowed: true, remaining: left }])
      await server.cli('SCRIPT', 'FLUSH')
    }
    expect(isIn(await store.take([ask(ten)], 0))).toBe(false)
  })

  test.each(kinds)('SCRIPT FLUSH while many ask, by %s, and the limit holds', async (kind) => {
    const server = await serve()
    const store = redisRateLimitStore(linkTo(server, kind), { maxBatch: 3 })
    const answers: Promise<readonly BucketState[]>[] = []
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < 10; j++)
        answers.push(Promise.resolve(store.take([ask(bucketRule({ limit: 50, windowMs: 60 * MINUTE }))], 0)))
      await server.cli('SCRIPT', 'FLUSH')
    }
    expect(admitted(await Promise.all(answers))).toBe(50)
  })

  test('FLUSHALL, and counting begins anew', async () => {
    const server = await serve()
    const store = redisRateLimitStore(linkTo(server))
    await store.take([ask(ten, 'alice', 10)], 0)
    await server.cli('FLUSHALL')
    expect(await store.take([ask(ten)], 0)).toMatchObject([{ allowed: true, remaining: 9 }])
  })
})

/** What befalls a server, and how it ends. */
const outages: readonly (readonly [
  string,
  (server: Awaited<ReturnType<typeof serve>>) => unknown,
  (server: Awaited<ReturnType<typeof serve>>) => unknown,
])[] = [
  ['is killed', (server) => server.kill(), (server) => server.restart()],
  ['hangs', (server) => server.pause(), (server) => server.resume()],
  [
    'may not be written',
    (server) => server.cli('REPLICAOF', '127.0.0.1', '1'),
    (server) => server.cli('REPLICAOF', 'NO', 'ONE'),
  ],
  [
    'is out of memory',
    (server) => server.cli('CONFIG', 'SET', 'maxmemory', '1'),
    (server) => server.cli('CONFIG', 'SET', 'maxmemory', '0'),
  ],
]

describe.each(kinds)('by %s', (kind) => {
  test.each(outages)(
    'a server that %s: requests are denied, none is refused, and it comes back by itself',
    async (_how, begin, end) => {
      const server = await serve()
      const store = redisRateLimitStore(linkTo(server, kind, { timeoutMs: 200 }))
      await store.take([ask(one, 'before')], 0)
      await begin(server)
      for (let i = 0; i < 5; i++) {
        const answers = Array.from({ length: 20 }, (_, at) => Promise.resolve(store.take([ask(one, `${i}/${at}`)], 0)))
        for (const answer of answers) await expect(answer).rejects.toThrow(StoreUnavailable)
      }
      expect(store.stats().unavailable).toBe(100)
      await end(server)
      await until('an answer', async () => {
        const states = await Promise.resolve(store.take([ask(one, `${Math.random()}`)], 0)).catch(() => undefined)
        return states !== undefined && isIn(states)
      })
    },
  )
})

describe('onUnavailable', () => {
  const away = async (onUnavailable: 'deny' | 'allow' | { local: number }) => {
    const server = await serve()
    const link = linkTo(server, 'ioredis', { timeoutMs: 100 })
    const store = redisRateLimitStore(link, { onUnavailable })
    await store.take([ask(ten)], 0)
    await server.kill()
    return { server, link, store }
  }
  const back = async ({ server, link }: Awaited<ReturnType<typeof away>>) => {
    await server.restart()
    await until('an answer', async () => !link.isOpen)
  }

  test('allow: all pass, uncounted, with a notice', async () => {
    const parts = await away('allow')
    for (let i = 0; i < 30; i++) {
      expect(await parts.store.take([ask(ten, 'alice', 2), ask(one)], 0)).toEqual([
        { allowed: true, remaining: 8, retryAfterMs: 0, resetMs: 0, notice: 'store_unavailable_allowed' },
        { allowed: true, remaining: 0, retryAfterMs: 0, resetMs: 0, notice: 'store_unavailable_allowed' },
      ])
    }
    await back(parts)
    const [state] = await parts.store.take([ask(ten)], 0)
    expect(state).toMatchObject({ allowed: true, remaining: 9 })
    expect(state).not.toHaveProperty('notice')
  })

  test.each([
    [1 / 2, 5],
    [1 / 3, 3],
    [1, 10],
    [0.01, 1],
  ])('local: with a share of %d, %i of ten', async (local, share) => {
    const { store } = await away({ local })
    const answers: (readonly BucketState[])[] = []
    for (let i = 0; i < 20; i++) answers.push(await store.take([ask(ten)], 1_000))
    expect(admitted(answers)).toBe(share)
    expect(answers.every(([state]) => state!.notice === 'store_unavailable_local')).toBe(true)
    // What this process refuses for lack of Redis is not remembered as a refusal of Redis.
    expect(store.look(ask(ten), 1_000)).toBeUndefined()
  })

  test.each(Object.entries(RULES))(
    'local: %s, all limits or none, and one of the whole size fits once',
    async (_name, of) => {
      const { store } = await away({ local: 1 / 4 })
      const rule = of(12)
      expect(isIn(await store.take([ask(rule, 'whole', 12)], 1_000))).toBe(true)
      expect(isIn(await store.take([ask(rule, 'whole', 1)], 1_000))).toBe(false)
      expect(isIn(await store.take([ask(rule, 'more', 13)], 1_000))).toBe(false)
      const answers: (readonly BucketState[])[] = []
      for (let i = 0; i < 9; i++) answers.push(await store.take([ask(rule), ask(one)], 1_000))
      expect(admitted(answers)).toBe(1)
      for (let i = 0; i < 9; i++) answers.push(await store.take([ask(rule)], 1_000))
      expect(admitted(answers)).toBe(3)
    },
  )

  test('local: places taken from Redis before count, and are given back', async () => {
    const server = await serve()
    const store = redisRateLimitStore(linkTo(server, 'ioredis', { timeoutMs: 100 }), {
      onUnavailable: { local: 1 / 2 },
    })
    const places = placesRule({ limit: 4, leaseMs: MINUTE })
    await store.take([ask(places)], 0)
    await server.kill()
    expect(await store.take([ask(places)], 0)).toMatchObject([{ allowed: true, remaining: 0 }])
    expect(isIn(await store.take([ask(places)], 0))).toBe(false)
    store.correct([ask(places, 'alice', -1)], 0)
    expect(isIn(await store.take([ask(places)], 0))).toBe(true)
    for (let i = 0; i < 2; i++) store.correct([ask(places, 'alice', -1)], 0)
    expect(isIn(await store.take([ask(places, 'alice', 4)], 0))).toBe(true)
  })

  test('local: corrections count here, and that they failed is told', async () => {
    const { store } = await away({ local: 1 / 2 })
    const owing = fixedRule({ limit: 10, window: 60 * MINUTE, aligned: false })
    expect(isIn(await store.take([ask(owing)], 1_000))).toBe(true)
    store.correct([ask(owing, 'alice', 4)], 1_000)
    await until('its failure', async () => store.stats().failedCorrections === 1)
    expect(isIn(await store.take([ask(owing)], 1_000))).toBe(false)
  })

  test.each(['allow', { local: 1 }] as const)('%j: what Redis refused before stays refused', async (onUnavailable) => {
    const server = await serve()
    const store = redisRateLimitStore(linkTo(server, 'ioredis', { timeoutMs: 100 }), { onUnavailable })
    for (let i = 0; i < 2; i++) await store.take([ask(one)], 0)
    await server.kill()
    expect(isIn(await store.take([ask(one)], 0))).toBe(false)
  })
})

test('50 ms on the way are no outage', async () => {
  const server = await serve()
  const way = ending(await faultyLink(server.port), (open) => open.close())
  const store = redisRateLimitStore(linkTo(way))
  await store.take([ask(ten)], 0)
  way.delay(50)
  const failures: LimitRule = { id: 'o', algorithm: 'backoff', limit: 9, windowMs: MINUTE, delayMs: 1, lockoutMs: 9 }
  const before = await commandCount(server, 'evalsha')
  const answers = await Promise.all(Array.from({ length: 100 }, () => store.take([ask(ten), ask(failures)], 0)))
  expect(admitted(answers)).toBe(9)
  expect((await commandCount(server, 'evalsha')) - before).toBe(2)
  expect(store.stats().unavailable).toBe(0)
})
