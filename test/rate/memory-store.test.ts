import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../src/index.js'
import type { BucketRequest } from '../../src/rate/store.js'
import { ask } from './rules.js'
import { TokenBucket } from './token-bucket.js'

const START_MS = 1_700_000_000_000

/** The store's answers are at hand: it is this process's memory. */
const storeOf = (options?: { maxKeys: number }) => {
  const { take, look } = memoryStore(options)
  return {
    look: (request: BucketRequest, atMs: number) => look(request, START_MS + atMs),
    take: (requests: readonly BucketRequest[], atMs: number) => {
      const states = take(requests, START_MS + atMs)
      if (!Array.isArray(states)) throw new Error('the memory store made its caller wait')
      return states as Exclude<typeof states, PromiseLike<unknown>>
    },
  }
}

const allowedOf = (states: readonly { readonly allowed: boolean }[]) => states.map((state) => state.allowed)

describe('beside token buckets drawn by hand', () => {
  const someTake = (keys: number) =>
    fc.record({
      stepMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30 })),
      key: fc.integer({ min: 0, max: keys - 1 }),
      cost: fc.integer({ min: 1, max: 4 }),
    })
  const someSize = fc.record({ limit: fc.integer({ min: 1, max: 9 }), windowMs: fc.integer({ min: 1, max: 90 }) })

  test('one key at a time', () =>
    fc.assert(
      fc.property(someSize, fc.array(someTake(3), { maxLength: 40 }), ({ limit, windowMs }, takes) => {
        const store = storeOf()
        const buckets = [0, 1, 2].map(() => new TokenBucket({ limit, windowMs }))
        let now = 0
        for (const { stepMs, key, cost } of takes) {
          now += stepMs
          const request = ask(`${key}`, limit, windowMs, cost)
          const expected = buckets[key]!.take(cost, now)
          const { allowed, retryAfterMs } = store.look(request, now)!
          expect(store.take([request], now)).toEqual([expected])
          expect({ allowed, retryAfterMs }).toEqual({ allowed: expected.allowed, retryAfterMs: expected.retryAfterMs })
        }
      }),
    ))

  test('one key, under a clock that also steps back', () =>
    fc.assert(
      fc.property(
        someSize,
        fc.array(fc.tuple(fc.integer({ min: -150, max: 150 }), fc.integer({ min: 1, max: 4 })), { maxLength: 40 }),
        ({ limit, windowMs }, takes) => {
          const store = storeOf()
          const bucket = new TokenBucket({ limit, windowMs })
          let now = 0
          for (const [stepMs, cost] of takes) {
            now += stepMs
            expect(store.take([ask('k', limit, windowMs, cost)], now)).toEqual([bucket.take(cost, now)])
          }
        },
      ),
    ))

  test('the largest limits, as far from the epoch as today', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 900_000, max: 1_000_000 }),
        fc.integer({ min: 1, max: 86_400_000 }),
        fc.array(fc.tuple(fc.nat(1000), fc.integer({ min: 1, max: 900_000 })), { minLength: 5, maxLength: 30 }),
        (limit, windowMs, takes) => {
          const store = storeOf()
          const bucket = new TokenBucket({ limit, windowMs })
          let now = 0
          for (const [stepMs, cost] of takes) {
            now += stepMs
            expect(store.take([ask('k', limit, windowMs, cost)], now)).toEqual([bucket.take(cost, now)])
          }
        },
      ),
    ))

  test('several buckets at once are taken all or none', () =>
    fc.assert(
      fc.property(
        fc.tuple(someSize, someSize, someSize),
        fc.array(fc.uniqueArray(someTake(3), { minLength: 1, selector: ({ key }) => key }), { maxLength: 25 }),
        (sizes, takes) => {
          const store = storeOf()
          const buckets = sizes.map((size) => new TokenBucket(size))
          let now = 0
          for (const group of takes) {
            now += group[0]!.stepMs
            const requests = group.map(({ key, cost }) => ask(`${key}`, sizes[key]!.limit, sizes[key]!.windowMs, cost))
            const wanted = [0, 1, 2].map((key) =>
              group.reduce((sum, take) => sum + (take.key === key ? take.cost : 0), 0),
            )
            const fits = wanted.every((cost, key) => buckets[key]!.holds(cost, now))
            const states = store.take(requests, now)
            expect(states.every((state) => state.allowed)).toBe(fits)
            if (fits) expect(states).toEqual(group.map(({ key, cost }) => buckets[key]!.take(cost, now)))
            else expect(states.map(standing)).toEqual(group.map(({ key }) => standing(buckets[key]!.take(0, now))))
          }
        },
      ),
    ))

  const standing = ({ remaining, resetMs }: { readonly remaining: number; readonly resetMs: number }) => ({
    remaining,
    resetMs,
  })
})

describe('several buckets in one taking', () => {
  test('are left as found when one refuses', () => {
    const store = storeOf()
    store.take([ask('small', 1, 1000)], 0)
    for (let i = 0; i < 3; i++) {
      const states = store.take([ask('large', 5, 1000), ask('small', 1, 1000)], 0)
      expect(states).toEqual([
        { allowed: true, remaining: 5, retryAfterMs: 0, resetMs: 0 },
        { allowed: false, remaining: 0, retryAfterMs: 1000, resetMs: 1000 },
      ])
    }
    expect(allowedOf(store.take([ask('large', 5, 1000, 5)], 0))).toEqual([true])
  })

  test('an empty list is allowed and asks nothing', () => expect(storeOf().take([], 0)).toEqual([]))
})

describe('looking', () => {
  test('takes nothing and makes no bucket', () => {
    const store = storeOf({ maxKeys: 1 })
    store.take([ask('kept', 2, 1000)], 0)
    for (let i = 0; i < 10; i++) {
      expect(store.look(ask(`looked-${i}`, 2, 1000), 0)).toEqual({
        allowed: true,
        remaining: 2,
        retryAfterMs: 0,
        resetMs: 0,
      })
      expect(store.look(ask('kept', 2, 1000), 0)).toMatchObject({ allowed: true, remaining: 1, resetMs: 500 })
    }
  })

  test('tells how long until a cost that is not there', () =>
    expect(storeOf().look(ask('k', 10, 1000, 11), 0)).toEqual({
      allowed: false,
      remaining: 10,
      retryAfterMs: 100,
      resetMs: 0,
    }))
})

describe('the clock', () => {
  const empty = (atMs: number) => {
    const store = storeOf()
    store.take([ask('k', 2, 1000, 2)], atMs)
    return store
  }

  test.each([
    ['a second', 1000],
    ['an hour', 3_600_000],
    ['ten years', 315_360_000_000],
  ])('that steps back by %s locks nobody for longer than a window', (_by, backMs) => {
    const store = empty(0)
    expect(store.take([ask('k', 2, 1000)], -backMs)).toMatchObject([{ allowed: false, retryAfterMs: 500 }])
    expect(allowedOf(store.take([ask('k', 2, 1000)], -backMs + 499))).toEqual([false])
    expect(allowedOf(store.take([ask('k', 2, 1000)], -backMs + 500))).toEqual([true])
    expect(allowedOf(store.take([ask('k', 2, 1000)], -backMs + 500))).toEqual([false])
    expect(store.look(ask('k', 2, 1000), -backMs + 1500)).toMatchObject({ allowed: true, remaining: 2 })
  })

  test('that stepped back is still behind a bucket after others were taken', () => {
    const store = empty(0)
    store.take([ask('other', 2, 1000)], -3_600_000)
    expect(store.look(ask('k', 2, 1000), -3_600_000)).toBeUndefined()
    expect(store.look(ask('other', 2, 1000), -3_600_000)).toMatchObject({ allowed: true, remaining: 1 })
  })

  test('behind the bucket, looking leaves the answer to the taking', () => {
    const store = empty(0)
    expect(store.look(ask('k', 2, 1000), -1)).toBeUndefined()
    expect(store.look(ask('k', 2, 1000), 0)).toMatchObject({ allowed: false })
  })

  test('of a request that waited while others took refuses nothing that is still there', () => {
    const store = storeOf()
    store.look(ask('k', 2, 1000), 0)
    store.take([ask('k', 2, 1000)], 100)
    expect(store.look(ask('k', 2, 1000), 0)).toBeUndefined()
    expect(store.take([ask('k', 2, 1000)], 100)).toMatchObject([{ allowed: true, remaining: 0 }])
  })

  test('of a request that waited gives back nothing, however often it is looked with', () => {
    const store = empty(10_000)
    for (let i = 0; i < 20; i++) store.look(ask('k', 2, 1000), i * 100)
    expect(store.take([ask('k', 2, 1000)], 10_000)).toMatchObject([{ allowed: false, retryAfterMs: 500 }])
  })

  test('with fractions of milliseconds never gives more than whole ones', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { maxLength: 40 }),
        (limit, windowMs, steps) => {
          const { take } = memoryStore()
          const bucket = new TokenBucket({ limit, windowMs })
          let now = 0
          for (const step of steps) {
            now += step
            expect(take([ask('k', limit, windowMs)], now)).toEqual([bucket.take(1, Math.floor(now))])
          }
        },
      ),
    ))

  test.each([[Number.NaN], [1.7e18], [Number.POSITIVE_INFINITY], [undefined], ['0'], [null]])(
    'that reads %s is no time to take at',
    (nowMs) => {
      const { take, look } = memoryStore()
      const message = /^nowMs must be milliseconds since 1970/
      expect(() => take([ask('k', 1, 1000)], nowMs as number)).toThrow(message)
      expect(() => look(ask('k', 1, 1000), nowMs as number)).toThrow(message)
      expect(take([ask('k', 1, 1000)], 0)).toMatchObject([{ allowed: true, remaining: 0 }])
    },
  )
})

test.each([
  ['zero', { maxKeys: 0 }, 'maxKeys must be an integer from 1 to 8000000, got 0'],
  ['negative', { maxKeys: -1 }, 'maxKeys must be an integer from 1 to 8000000, got -1'],
  ['a fraction', { maxKeys: 1.5 }, 'maxKeys must be an integer from 1 to 8000000, got 1.5'],
  ['NaN', { maxKeys: Number.NaN }, 'maxKeys must be an integer from 1 to 8000000, got NaN'],
  ['unbounded', { maxKeys: Number.POSITIVE_INFINITY }, 'maxKeys must be an integer from 1 to 8000000, got Infinity'],
  ['text', { maxKeys: '5' }, 'maxKeys must be an integer from 1 to 8000000, got "5"'],
  ['another option', { max: 5 }, 'memoryStore(): unknown option max; known are maxKeys, maxBytes'],
  ['a number', 5, 'memoryStore(): options must be an object, got 5'],
  ['null', null, 'memoryStore(): options must be an object, got null'],
])('memoryStore of %s is a TypeError', (_input, options, message) =>
  expect(() => memoryStore(options as never)).toThrow(new TypeError(message)),
)
