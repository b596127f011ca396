import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../src/index.js'
import type { BucketState } from '../../src/rate/store.js'
import { ask } from './rules.js'
import { TokenBucket } from './token-bucket.js'

const WINDOW_MS = 1000

/** A store of `maxKeys`; takes one request of one key at a time. */
const storeOf = (maxKeys: number, limit: number, windowMs = WINDOW_MS) => {
  const store = memoryStore({ maxKeys })
  return (key: string, atMs: number, cost = 1, size = { limit, windowMs }): BucketState =>
    (store.take([ask(key, size.limit, size.windowMs, cost)], atMs) as readonly BucketState[])[0]!
}

/** Fresh keys, one request each; how many of them were let in. */
const flood = (take: ReturnType<typeof storeOf>, count: number, atMs: number) =>
  Array.from({ length: count }, (_, i) => take(`flood-${atMs}-${i}`, atMs)).filter(({ allowed }) => allowed).length

describe('at the bound', () => {
  test('the bucket used longest ago gives way', () => {
    const take = storeOf(2, 5)
    take('old', 0)
    take('new', 0)
    take('old', 0) // used again: now the younger one
    take('next', 0)
    expect(take('old', 0).remaining).toBe(2)
    expect(take('new', 0).remaining).toBe(4)
  })

  test('no more buckets are remembered than there is room for', () => {
    const take = storeOf(10, 5)
    for (let i = 0; i < 100; i++) take(`k${i}`, 0)
    const remembered = Array.from({ length: 100 }, (_, i) => `k${99 - i}`).filter((key) => take(key, 0).remaining === 3)
    expect(remembered).toEqual(Array.from({ length: 10 }, (_, i) => `k${99 - i}`))
  })

  test('a spent bucket that is full again gives way before one that still counts', () => {
    const take = storeOf(2, 2, 100)
    take('counting', 0, 1, { limit: 2, windowMs: 10_000 })
    take('full', 0, 2)
    take('next', 100)
    expect(take('counting', 100, 1, { limit: 2, windowMs: 10_000 })).toMatchObject({ remaining: 0 })
    expect(take('counting', 100, 1, { limit: 2, windowMs: 10_000 })).toMatchObject({ allowed: false })
  })

  test('keys of one request never push each other out', () => {
    const store = memoryStore({ maxKeys: 2 })
    const both = ['a', 'b'].map((key) => ask(key, 3, WINDOW_MS))
    for (const remaining of [2, 1, 0]) expect(store.take(both, 0)).toMatchObject([{ remaining }, { remaining }])
    expect(store.take(both, 0)).toMatchObject([{ allowed: false }, { allowed: false }])
  })

  test('a request of more keys than the store holds is refused, not half counted', () => {
    const store = memoryStore({ maxKeys: 1 })
    const [a, b] = [ask('a', 3, WINDOW_MS), ask('b', 3, WINDOW_MS)]
    expect(store.take([a, b], 0)).toMatchObject([
      { allowed: false, retryAfterMs: 1 },
      { allowed: false, retryAfterMs: 1 },
    ])
    expect(store.take([a], 0)).toMatchObject([{ allowed: true, remaining: 2 }])
  })
})

// threats.md, Keys and availability: eviction never frees a key that has used up its quota.
describe('a flood of fresh keys', () => {
  test.each([
    ['one at a time', 3, 1],
    ['at once', 3, 3],
    ['in pieces that leave a rest', 5, 2],
    ['in one large piece that leaves a rest', 9, 6],
  ])('does not free a key that spent its quota %s', (_how, limit, cost) => {
    const take = storeOf(4, limit)
    while (take('victim', 0, cost).allowed);
    flood(take, 100, 0)
    expect(take('victim', 0, cost).allowed).toBe(false)
  })

  test('does not free one that is partly refilled', () => {
    const take = storeOf(4, 4)
    for (let i = 0; i < 4; i++) take('victim', 0)
    flood(take, 100, 500)
    expect(take('victim', 500)).toMatchObject({ allowed: true, remaining: 1 })
    flood(take, 100, 500)
    expect(take('victim', 500)).toMatchObject({ allowed: true, remaining: 0 })
    flood(take, 100, 500)
    expect(take('victim', 500)).toMatchObject({ allowed: false, retryAfterMs: 250 })
  })

  test('does not free one of several limits that a request spent', () => {
    const store = memoryStore({ maxKeys: 4 })
    const pair = (client: string) => [ask(client, 2, WINDOW_MS), ask(client, 100, 86_400_000)]
    store.take(pair('victim'), 0)
    store.take(pair('victim'), 0)
    for (let i = 0; i < 100; i++) store.take(pair(`flood-${i}`), 0)
    expect(store.take(pair('victim'), 0)).toMatchObject([{ allowed: false }, { allowed: true }])
  })

  test('lets the key go once its quota is whole again', () => {
    const take = storeOf(1, 2)
    take('victim', 0, 2)
    expect(flood(take, 10, 999)).toBe(0)
    expect(flood(take, 10, 1000)).toBe(10)
    expect(take('victim', 1000).remaining).toBe(1)
  })
})

describe('when every bucket is spent', () => {
  test('a new key is refused until the first of them is full, to the millisecond', () => {
    const take = storeOf(3, 1)
    for (const [key, atMs] of [
      ['a', 30],
      ['b', 10],
      ['c', 20],
    ] as const)
      take(key, atMs)
    expect(take('newcomer', 100)).toEqual({
      allowed: false,
      remaining: 0,
      retryAfterMs: 910,
      resetMs: 910,
      notice: 'store_full',
    })
    expect(take('newcomer', 1009)).toMatchObject({ allowed: false, retryAfterMs: 1 })
    expect(take('newcomer', 1010)).toMatchObject({ allowed: true })
  })

  test('a look says so, while it is known', () => {
    const store = memoryStore({ maxKeys: 1 })
    store.take([ask('a', 1, WINDOW_MS)], 0)
    const newcomer = ask('newcomer', 1, WINDOW_MS)
    expect(store.look(newcomer, 999)).toMatchObject({ allowed: false, retryAfterMs: 1, notice: 'store_full' })
    expect(store.look(newcomer, 1000)).toMatchObject({ allowed: true })
    expect(store.look(ask('a', 1, WINDOW_MS), 999)).not.toHaveProperty('notice')
  })

  test('a clock that steps back lets nobody wait longer for one of them to be full', () => {
    const take = storeOf(2, 1)
    take('a', 1_000_000)
    take('b', 1_000_000)
    expect(take('newcomer', 1000)).toMatchObject({ allowed: false, retryAfterMs: WINDOW_MS })
    expect(take('newcomer', 1000 + WINDOW_MS).allowed).toBe(true)
  })

  test('a large store looks at them once in a while, not for each new key', () => {
    const take = storeOf(3000, 1, 10_000)
    for (let i = 0; i < 3000; i++) take(`k${i}`, i)
    expect(take('first', 10_000).allowed).toBe(true)
    expect(take('second', 10_001)).toMatchObject({ allowed: false, retryAfterMs: 2 })
    expect(take('second', 10_002)).toMatchObject({ allowed: false, retryAfterMs: 1 })
    expect(flood(take, 5, 10_003)).toBe(3)
  })

  test('those known already are asked as ever', () => {
    const take = storeOf(2, 2)
    take('a', 0, 2)
    take('b', 0, 2)
    expect(take('newcomer', 500)).toMatchObject({ allowed: false })
    expect(take('a', 500)).toMatchObject({ allowed: true, remaining: 0 })
  })

  test('long windows do not hide a short one that is full', () => {
    const take = storeOf(8, 1)
    for (let i = 0; i < 7; i++) take(`day-${i}`, 0, 1, { limit: 1, windowMs: 86_400_000 })
    take('short', 0, 1, { limit: 1, windowMs: 10 })
    expect(take('newcomer', 9).allowed).toBe(false)
    expect(take('newcomer', 10).allowed).toBe(true)
  })

  test('keys that never rest do not keep the others from being forgotten', () => {
    const take = storeOf(20, 1)
    let refused = 0
    for (let atMs = 0; atMs < 100_000; atMs += 500) {
      for (const restless of ['x', 'y']) take(restless, atMs)
      if (!take(`guest-${atMs}`, atMs).allowed) refused++
    }
    expect(refused).toBe(0)
  })
})

test('beside token buckets, whatever the flood: a spent key is known to the drop, and newcomers wait for one to be full', () =>
  fc.assert(
    fc.property(
      fc.record({
        maxKeys: fc.integer({ min: 1, max: 4 }),
        limit: fc.integer({ min: 1, max: 5 }),
        windowMs: fc.integer({ min: 1, max: 40 }),
        cost: fc.integer({ min: 1, max: 5 }),
      }),
      fc.array(fc.record({ key: fc.integer({ min: 0, max: 7 }), stepMs: fc.oneof(fc.constant(0), fc.nat(15)) }), {
        minLength: 10,
        maxLength: 120,
      }),
      ({ maxKeys, limit, windowMs, cost: any }, takes) => {
        const cost = Math.min(any, limit)
        const take = storeOf(maxKeys, limit, windowMs)
        const spent = new Map<number, TokenBucket>()
        const known = new Map<number, TokenBucket>()
        let now = 0
        for (const { key, stepMs } of takes) {
          now += stepMs
          for (const [other, bucket] of spent) if (bucket.isFull(now)) spent.delete(other)
          const state = take(`${key}`, now, cost)
          const fresh = new TokenBucket({ limit, windowMs })
          if (spent.has(key)) {
            expect(state).toEqual(spent.get(key)!.take(cost, now))
          } else if (!state.allowed) {
            expect(spent.size).toBe(maxKeys)
          } else {
            // Forgotten or not: a bucket that is not spent may have given way.
            const remembered = known.get(key)?.take(cost, now)
            if (remembered?.remaining !== state.remaining || remembered.resetMs !== state.resetMs) {
              expect(state).toEqual(fresh.take(cost, now))
              known.set(key, fresh)
            }
            if (!known.get(key)!.holds(cost, now)) spent.set(key, known.get(key)!)
          }
        }
      },
    ),
    { numRuns: 1000 },
  ))
