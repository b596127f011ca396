import { setTimeout as pause } from 'node:timers/promises'
import { commandCount } from '@wardline/test-kit'
import { describe, expect, test } from 'vitest'
import { type BucketState, type LimitRule, memoryStore } from 'wardline'
import { Denials } from '../src/rate/denials.js'
import { redisRateLimitStore } from '../src/rate/store.js'
import { ask, bucketRule, fixedRule, isIn, linkTo, MINUTE, placesRule, RULES, serve, setUp } from './rate-support.js'

setUp()

const one = bucketRule({ limit: 1, windowMs: MINUTE })
const five = bucketRule({ limit: 5, windowMs: MINUTE })
const state = (allowed: boolean, retryAfterMs: number, remaining = 0): BucketState => ({
  allowed,
  remaining,
  retryAfterMs,
  resetMs: 60_000,
})

describe('on a server', () => {
  const { concurrency: _, ...ending } = RULES

  test.each(Object.entries(ending))('%s: who was refused and asks again costs no command', async (_name, of) => {
    const server = await serve()
    const store = redisRateLimitStore(linkTo(server))
    const rule = of(1)
    expect(store.look(ask(rule), 0)).toBeUndefined()
    await store.take([ask(rule)], 0)
    expect(store.look(ask(rule), 0)).toBeUndefined()
    await store.take([ask(rule)], 0)
    const before = await commandCount(server, 'evalsha')
    for (let i = 0; i < 50; i++) {
      expect(store.look(ask(rule), 0)).toMatchObject({ allowed: false, remaining: 0 })
      expect(isIn(await store.take([ask(rule), ask(five)], 0))).toBe(false)
    }
    expect(await commandCount(server, 'evalsha')).toBe(before)
    expect(store.stats()).toMatchObject({ requests: 2, remembered: 50 })
  })

  test('the bucket of another key is asked', async () => {
    const store = redisRateLimitStore(linkTo(await serve()))
    for (let i = 0; i < 2; i++) await store.take([ask(one)], 0)
    expect(store.look(ask(one, 'bob'), 0)).toBeUndefined()
    expect(isIn(await store.take([ask(one, 'bob')], 0))).toBe(true)
  })

  test('a refusal ends when it said', async () => {
    const store = redisRateLimitStore(linkTo(await serve()))
    const short = fixedRule({ limit: 1, window: 150, aligned: false })
    await store.take([ask(short)], 0)
    const [refused] = await store.take([ask(short)], 0)
    await pause(refused!.retryAfterMs)
    while (store.look(ask(short), 0) !== undefined) await pause(1)
    expect(isIn(await store.take([ask(short)], 0))).toBe(true)
  })

  test('places come free at any time', async () => {
    const store = redisRateLimitStore(linkTo(await serve()))
    const places = placesRule({ limit: 1, leaseMs: MINUTE })
    await store.take([ask(places)], 0)
    expect(isIn(await store.take([ask(places)], 0))).toBe(false)
    expect(store.look(ask(places), 0)).toBeUndefined()
    store.correct([ask(places, 'alice', -1)], 0)
    expect(isIn(await store.take([ask(places)], 0))).toBe(true)
  })

  test('a failure taken back ends the wait', async () => {
    const store = redisRateLimitStore(linkTo(await serve()))
    const size = { limit: 1, windowMs: MINUTE, delayMs: MINUTE, lockoutMs: MINUTE } as const
    const failures: LimitRule = { id: 'o', algorithm: 'backoff', ...size }
    await store.take([ask(failures)], 0)
    expect(isIn(await store.take([ask(failures)], 0))).toBe(false)
    store.correct([ask(failures, 'alice', -1)], 0)
    expect(isIn(await store.take([ask(failures)], 0))).toBe(true)
  })
})

describe('in memory', () => {
  let nowMs = 0
  const denials = (max = 10) => {
    nowMs = 1_000
    return new Denials(max, () => nowMs)
  }

  test('time goes by', () => {
    const known = denials()
    known.note([ask(one)], [state(false, 500)])
    nowMs += 200.5
    expect(known.look(ask(one))).toEqual({ allowed: false, remaining: 0, retryAfterMs: 300, resetMs: 59_800 })
    nowMs += 299
    expect(known.look(ask(one))).toMatchObject({ retryAfterMs: 1 })
    nowMs += 0.5
    expect(known.look(ask(one))).toBeUndefined()
    expect(known.answer([ask(one)])).toBeUndefined()
  })

  test.each([
    [2, 1, false],
    [2, 2, true],
    [2, 3, true],
    [1, 0, true],
    [0, 1, true],
    [0, 0, true],
    [2, 0, false],
  ])('what refuses a cost of %i and is asked for %i: refuses is %s', (refused, cost, isKnown) => {
    const known = denials()
    known.note([ask(five, 'alice', refused)], [state(false, 500)])
    expect(known.look(ask(five, 'alice', cost)) !== undefined).toBe(isKnown)
  })

  test('the others of the request stand as they were seen beside the refusal', () => {
    const known = denials()
    known.note([ask(five), ask(one), ask(five, 'bob')], [state(true, 0, 3), state(false, 500), state(true, 0, 2)])
    nowMs += 100
    expect(known.answer([ask(five, 'bob'), ask(five, 'eve'), ask(five), ask(one)])).toEqual([
      { allowed: true, remaining: 2, retryAfterMs: 0, resetMs: 59_900 },
      { allowed: true, remaining: 5, retryAfterMs: 0, resetMs: 0 }, // never seen
      { allowed: true, remaining: 3, retryAfterMs: 0, resetMs: 59_900 },
      { allowed: false, remaining: 0, retryAfterMs: 400, resetMs: 59_900 },
    ])
    expect(known.look(ask(five))).toBeUndefined()
  })

  test('all that are known to refuse are told', () => {
    const known = denials()
    known.note([ask(five)], [state(false, 700)])
    known.note([ask(one)], [state(false, 500)])
    expect(known.answer([ask(one), ask(five)])).toMatchObject([
      { allowed: false, retryAfterMs: 500 },
      { allowed: false, retryAfterMs: 700 },
    ])
  })

  test('at the bound the one that was used longest ago is forgotten', () => {
    const known = denials(2)
    for (const key of ['a', 'b']) known.note([ask(one, key)], [state(false, 500)])
    known.look(ask(one, 'a'))
    known.note([ask(one, 'c')], [state(false, 500)])
    expect(['a', 'b', 'c'].map((key) => known.look(ask(one, key)) !== undefined)).toEqual([true, false, true])
  })

  test('says what a store in memory says, until the refusal ends', () => {
    const known = denials()
    const memory = memoryStore()
    const rule = bucketRule({ limit: 3, windowMs: 900 })
    const take = () => memory.take([ask(rule)], nowMs) as readonly BucketState[]
    for (let i = 0; i < 3; i++) take()
    known.note([ask(rule)], take())
    for (; known.look(ask(rule)) !== undefined; nowMs++) {
      expect(known.look(ask(rule))).toEqual(memory.look(ask(rule), nowMs))
    }
    expect(memory.look(ask(rule), nowMs)).toMatchObject({ allowed: true })
  })
})
