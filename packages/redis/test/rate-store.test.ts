import { commandCount } from '@wardline/test-kit'
import { describe, expect, test } from 'vitest'
import type { BucketState, LimitRule } from 'wardline'
import type { RedisLink } from '../src/link.js'
import { redisRateLimitStore } from '../src/rate/store.js'
import {
  admitted,
  ask,
  bucketRule,
  fixedRule,
  isIn,
  linkTo,
  MINUTE,
  placesRule,
  RULES,
  serve,
  setUp,
} from './rate-support.js'

setUp()

const three = bucketRule({ limit: 3, windowMs: MINUTE })
const ten = bucketRule({ limit: 10, windowMs: MINUTE })

describe.each(['ioredis', 'node-redis'])('by %s', (kind) => {
  test('takes from all limits of a request, or from none', async () => {
    const store = redisRateLimitStore(linkTo(await serve(), kind))
    for (let left = 2; left >= 0; left--) {
      expect(await store.take([ask(three), ask(ten)], 0)).toMatchObject([
        { allowed: true, remaining: left, retryAfterMs: 0 },
        { allowed: true, remaining: left + 7, retryAfterMs: 0 },
      ])
    }
    const [refused, spared] = await store.take([ask(three), ask(ten)], 0)
    expect(refused).toMatchObject({ allowed: false, remaining: 0 })
    expect(refused!.retryAfterMs).toBeGreaterThan(19_000)
    expect(refused!.retryAfterMs).toBeLessThanOrEqual(20_000)
    expect(spared).toMatchObject({ allowed: true, remaining: 7 })
    expect(await store.take([ask(ten)], 0)).toMatchObject([{ allowed: true, remaining: 6 }])
  })

  test('asks one command for each request, however many limits it has', async () => {
    const server = await serve()
    const store = redisRateLimitStore(linkTo(server, kind))
    const rules = Array.from({ length: 8 }, (_, index) => bucketRule({ limit: 100 + index, windowMs: MINUTE }))
    const asked = () =>
      store.take(
        rules.map((rule) => ask(rule)),
        0,
      )
    await asked()
    const before = await commandCount(server, 'evalsha')
    for (let i = 0; i < 20; i++) await asked()
    expect((await commandCount(server, 'evalsha')) - before).toBe(20)
  })
})

test('500 requests at once share few commands, and each has its own answer, in order', async () => {
  const server = await serve()
  const store = redisRateLimitStore(linkTo(server))
  const wide = bucketRule({ limit: 1_000, windowMs: 60 * MINUTE })
  await store.take([ask(wide, 'first')], 0)
  const before = await commandCount(server, 'evalsha')
  const answers = await Promise.all(Array.from({ length: 500 }, (_, i) => store.take([ask(wide), ask(ten, `${i}`)], 0)))
  expect((await commandCount(server, 'evalsha')) - before).toBe(4)
  expect(answers.map(([state]) => state!.remaining)).toEqual(Array.from({ length: 500 }, (_, i) => 999 - i))
  expect(answers.every(([, own]) => own!.remaining === 9)).toBe(true)
  expect(store.stats()).toMatchObject({ requests: 501, calls: 5 })
})

test('requests of one call are decided one after the other', async () => {
  const store = redisRateLimitStore(linkTo(await serve()))
  const answers = await Promise.all([
    store.take([ask(three, 'a', 2), ask(ten)], 0),
    store.take([ask(three, 'a', 2), ask(ten)], 0), // refused, and spends none of the ten
    store.take([ask(three, 'a', 1), ask(ten)], 0),
  ])
  expect(answers.map(isIn)).toEqual([true, false, true])
  expect(answers[2]![1]!.remaining).toBe(8)
})

test('a request of more limits than a call may have is one call of its own', async () => {
  const server = await serve()
  const store = redisRateLimitStore(linkTo(server), { maxBatch: 2 })
  await store.take([ask(ten)], 0)
  const before = await commandCount(server, 'evalsha')
  const answers = await Promise.all([
    store.take([ask(three, 'a'), ask(three, 'b'), ask(three, 'c')], 0),
    store.take([ask(three, 'a')], 0),
    store.take([ask(three, 'a')], 0),
    store.take([ask(three, 'a')], 0),
  ])
  expect(answers.map(isIn)).toEqual([true, true, true, false])
  expect((await commandCount(server, 'evalsha')) - before).toBe(3)
})

describe('keys', () => {
  const backoff: LimitRule = {
    id: 'o',
    algorithm: 'backoff',
    limit: 1,
    windowMs: MINUTE,
    delayMs: 1,
    lockoutMs: MINUTE,
  }
  const rules: Readonly<Record<string, LimitRule>> = {
    ...Object.fromEntries(Object.entries(RULES).map(([name, of]) => [name, of(50)])),
    backoff,
  }

  test.each(Object.entries(rules))(
    'of %s: no names, 200 bytes at most, gone after two windows',
    async (_name, rule) => {
      const server = await serve()
      const link = linkTo(server)
      // Three processes, in many slices of the window.
      for (let process = 0; process < 3; process++) {
        const store = redisRateLimitStore(link)
        for (let i = 0; i < 11; i++) await store.take([ask(rule, 'issuer.example:alice@example.com')], 0)
      }
      const keys = (await server.cli('KEYS', '*')).split('\n')
      expect(keys).toHaveLength(1)
      expect(keys[0]).toMatch(/^\{wardline\}:[\w-]{22}$/)
      expect(await server.cli('DUMP', keys[0]!)).not.toMatch(/alice|issuer/)
      expect(Number(await server.cli('MEMORY', 'USAGE', keys[0]!))).toBeLessThanOrEqual(200)
      const windowMs = rule.algorithm === 'fixed-window' && rule.window === 'year' ? 366 * 1_440 * MINUTE : 60 * MINUTE
      const ttl = Number(await server.cli('PTTL', keys[0]!))
      expect(ttl).toBeGreaterThan(0)
      expect(ttl).toBeLessThanOrEqual(2 * windowMs)
    },
  )

  test('of a sliding window with counts in all of its slices', async () => {
    const server = await serve()
    const link = linkTo(server)
    const rule: LimitRule = { id: 's', algorithm: 'sliding-window', limit: 1_000_000, windowMs: 500 }
    const store = redisRateLimitStore(link)
    for (;;) {
      await store.take([ask(rule)], 0)
      const [key] = (await server.cli('KEYS', '*')).split('\n')
      if (Number(await server.cli('STRLEN', key!)) < 8 + 44) continue
      expect(Number(await server.cli('MEMORY', 'USAGE', key!))).toBeLessThanOrEqual(200)
      return
    }
  })

  test('are apart for each limit and each of its keys, lone surrogates too', async () => {
    const server = await serve()
    const store = redisRateLimitStore(linkTo(server, 'ioredis', { prefix: 'orders' }))
    for (const key of ['a', 'b', '\ud800', '\ud801']) await store.take([ask(three, key), ask(ten, key)], 0)
    const keys = (await server.cli('KEYS', '*')).split('\n')
    expect(keys.filter((key) => key.startsWith('{orders}:'))).toHaveLength(8)
  })

  test('of what was given back are gone', async () => {
    const server = await serve()
    const store = redisRateLimitStore(linkTo(server))
    const places = placesRule({ limit: 2, leaseMs: MINUTE })
    await store.take([ask(places), ask(backoff)], 0)
    store.correct([ask(places, 'alice', -1), ask(backoff, 'alice', -1)], 0)
    await store.take([ask(ten, 'later')], 0)
    expect((await server.cli('KEYS', '*')).split('\n')).toHaveLength(1)
    expect(store.stats().held).toBe(0)
  })
})

describe('corrections', () => {
  test('charge what is not there, and nobody waits for them', async () => {
    const store = redisRateLimitStore(linkTo(await serve()))
    const owing = bucketRule({ limit: 3, windowMs: MINUTE, debt: 2 })
    await store.take([ask(owing)], 0)
    expect(store.correct([ask(owing, 'alice', 9)], 0)).toBeUndefined()
    const [state] = await store.take([ask(owing)], 0)
    // Five units in use at most, of which three are room: one fits when three have flowed off.
    expect(state!.retryAfterMs).toBeGreaterThan(59_000)
    expect(state!.retryAfterMs).toBeLessThanOrEqual(60_000)
  })

  test('below zero give nothing back where nothing is given back', async () => {
    const store = redisRateLimitStore(linkTo(await serve()))
    const rules = [three, fixedRule({ limit: 3, window: 'day', aligned: true }), RULES['sliding window']!(3)]
    for (const rule of rules) {
      await store.take([ask(rule, 'alice', 3)], 0)
      store.correct([ask(rule, 'alice', -3)], 0)
      expect(isIn(await store.take([ask(rule)], 0))).toBe(false)
    }
  })

  test('share the command of the requests beside them', async () => {
    const server = await serve()
    const store = redisRateLimitStore(linkTo(server))
    await store.take([ask(ten)], 0)
    const before = await commandCount(server, 'evalsha')
    store.correct([ask(ten, 'alice', 5)], 0)
    expect((await store.take([ask(ten)], 0))[0]!.remaining).toBe(3)
    expect((await commandCount(server, 'evalsha')) - before).toBe(1)
  })
})

/** What always answers the same. */
const linkLike = (answer: unknown) =>
  ({
    prefix: '{x}:',
    isOpen: false,
    run: () => Promise.resolve(answer),
    stats: () => ({ retries: 0 }),
  }) as unknown as RedisLink

describe('an answer that is none', () => {
  const answering = (answer: unknown) => redisRateLimitStore(linkLike(answer))

  test.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a status', 'OK'],
    ['an empty list', []],
    ['too few numbers', [0, 1]],
    ['too many numbers', [0, 1, 1, 0]],
    ['a list of lists', [[0, 1, 1]]],
    ['NaN', [Number.NaN, 1, 1]],
    ['a fraction', [0, 0.5, 1]],
    ['below zero', [-1, 1, 1]],
    ['infinite', [0, Number.POSITIVE_INFINITY, 1]],
    ['a word', [0, 'many', 1]],
    ['empty text', ['', '1', '1']],
    ['null in a place', [null, 1, 1]],
    ['a hole', Object.assign([], { 1: 1, 2: 1 })],
  ])('%s rejects', async (_name, answer) => {
    await expect(answering(answer).take([ask(three)], 0)).rejects.toThrow(TypeError)
  })

  test('integers as text are understood', async () =>
    expect(await answering(['0', '2', '17']).take([ask(three)], 0)).toEqual([
      { allowed: true, remaining: 2, retryAfterMs: 0, resetMs: 17 },
    ]))
})

test.each([
  ['text of another length', "redis.call('SET', KEYS[1], 'abc')"],
  ['NaN units', "redis.call('SET', KEYS[1], struct.pack('<dd', 0 / 0, 1))"],
  ['units at NaN', "redis.call('SET', KEYS[1], struct.pack('<dd', 1, 0 / 0))"],
  ['infinite units', "redis.call('SET', KEYS[1], struct.pack('<dd', math.huge, 1))"],
  ['units below zero', "redis.call('SET', KEYS[1], struct.pack('<dd', -1, 1))"],
])('a key that holds %s lets nobody in', async (_name, lua) => {
  const server = await serve()
  const store = redisRateLimitStore(linkTo(server))
  await store.take([ask(three)], 0)
  const key = await server.cli('KEYS', '*')
  await server.cli('EVAL', `redis.call('DEL', KEYS[1]) ${lua}`, '1', key)
  await expect(store.take([ask(three)], 0)).rejects.toThrow()
  expect(isIn(await store.take([ask(three, 'bob')], 0))).toBe(true)
})

describe('what is no request', () => {
  test.each<readonly [string, object]>([
    ['a cost of NaN', ask(three, 'alice', Number.NaN)],
    ['a cost that is a fraction', ask(three, 'alice', 0.5)],
    ['a cost below zero', ask(three, 'alice', -1)],
    ['a cost that is infinite', ask(three, 'alice', Number.POSITIVE_INFINITY)],
    ['a key that is none', { ...ask(three), key: undefined }],
    ['a limit of NaN', ask({ ...three, limit: Number.NaN })],
    ['a window of NaN', ask({ ...three, windowMs: Number.NaN } as LimitRule)],
    ['an unknown period', ask(fixedRule({ limit: 1, window: 'decade' as 'year', aligned: true }))],
    ['an unknown algorithm', ask({ ...three, algorithm: 'none' } as never)],
    ['no rule', { key: 'alice', cost: 1 }],
  ])('%s is an error of its own, and of no request beside it', async (_name, request) => {
    const store = redisRateLimitStore(linkTo(await serve()))
    const beside = store.take([ask(ten)], 0)
    expect(() => store.take([ask(ten), request as never], 0)).toThrow(TypeError)
    expect(await beside).toMatchObject([{ allowed: true, remaining: 9 }])
    expect(store.stats()).toMatchObject({ requests: 1, held: 0 })
  })

  test('a correction by NaN is told as failed', async () => {
    const store = redisRateLimitStore(linkTo(await serve()))
    store.correct([ask(three, 'alice', Number.NaN)], 0)
    expect(await store.take([ask(three)], 0)).toMatchObject([{ remaining: 2 }])
    expect(store.stats().failedCorrections).toBe(1)
  })
})

describe('options', () => {
  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [{ client: {} }, 'an object'],
  ])('no link but %j throws', (link, shown) => {
    expect(() => redisRateLimitStore(link as never)).toThrow(`link must be a RedisLink, got ${shown}`)
  })

  test.each<readonly [object, string]>([
    [{ onUnavailable: 'ignore' }, 'onUnavailable must be deny, allow or { local: share }, got "ignore"'],
    [{ onUnavailable: {} }, 'onUnavailable must be deny, allow or { local: share }, got an object'],
    [{ onUnavailable: { local: 0 } }, 'onUnavailable.local must be above 0 and at most 1, got 0'],
    [{ onUnavailable: { local: -1 } }, 'onUnavailable.local must be above 0 and at most 1, got -1'],
    [{ onUnavailable: { local: 1.5 } }, 'onUnavailable.local must be above 0 and at most 1, got 1.5'],
    [{ onUnavailable: { local: Number.NaN } }, 'onUnavailable.local must be above 0 and at most 1, got NaN'],
    [{ onUnavailable: { local: '1/3' } }, 'onUnavailable.local must be above 0 and at most 1, got "1/3"'],
    [{ maxRemembered: 0 }, 'maxRemembered must be an integer from 1 to 1000000, got 0'],
    [{ maxBatch: 1_001 }, 'maxBatch must be an integer from 1 to 1000, got 1001'],
    [{ maxBatch: 1.5 }, 'maxBatch must be an integer from 1 to 1000, got 1.5'],
    [{ unavailable: 'deny' }, 'redisRateLimitStore(): unknown option unavailable'],
  ])('%j throws', (options, message) => {
    expect(() => redisRateLimitStore(linkLike(undefined), options as never)).toThrow(message)
  })
})

test('admits what fits and no more, over groups that overlap', async () => {
  const store = redisRateLimitStore(linkTo(await serve()))
  const answers = (await Promise.all(
    Array.from({ length: 60 }, (_, i) => store.take([ask(ten, 'all'), ask(three, `${i % 6}`)], 0)),
  )) as (readonly BucketState[])[]
  expect(admitted(answers)).toBe(10)
})
