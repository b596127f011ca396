import { describe, expect, test } from 'vitest'
import { memoryReplayStore } from '../../../src/index.js'
import { NOW_MS } from '../../support/fake-issuer.js'

const SECOND = 1_000

describe('memoryReplayStore', () => {
  test('a key is fresh once', () => {
    const store = memoryReplayStore()
    expect(store.claim('a', NOW_MS + SECOND, NOW_MS)).toBe('fresh')
    expect(store.claim('a', NOW_MS + SECOND, NOW_MS)).toBe('used')
    expect(store.claim('a', NOW_MS + 9 * SECOND, NOW_MS + SECOND)).toBe('used')
    expect(store.claim('b', NOW_MS + SECOND, NOW_MS)).toBe('fresh')
  })

  test.each([0, 1, 499, 500, 999])('is known until its last moment, %i ms past a second', (ms) => {
    const until = NOW_MS + 5 * SECOND + ms
    const store = memoryReplayStore()
    store.claim('a', until, NOW_MS)
    expect(store.claim('a', until, until)).toBe('used')
    expect(store.claim('a', until + 9 * SECOND, until + SECOND)).toBe('fresh')
  })

  test('is full at its bound, and forgets nothing early; what expires makes room', () => {
    const store = memoryReplayStore({ maxEntries: 3 })
    for (const key of ['a', 'b', 'c']) expect(store.claim(key, NOW_MS + SECOND, NOW_MS)).toBe('fresh')
    expect(store.claim('d', NOW_MS + SECOND, NOW_MS)).toBe('full')
    expect(store.claim('a', NOW_MS + SECOND, NOW_MS)).toBe('used')
    expect(store.claim('d', NOW_MS + 5 * SECOND, NOW_MS + 2 * SECOND)).toBe('fresh')
    expect(store.claim('e', NOW_MS + 5 * SECOND, NOW_MS + 2 * SECOND)).toBe('fresh')
  })

  test('keys that leave at other times leave in their own', () => {
    const store = memoryReplayStore({ maxEntries: 2 })
    store.claim('late', NOW_MS + 3600 * SECOND, NOW_MS)
    store.claim('soon', NOW_MS + SECOND, NOW_MS)
    expect(store.claim('x', NOW_MS + 9 * SECOND, NOW_MS + 3 * SECOND)).toBe('fresh')
    expect(store.claim('late', NOW_MS + 3600 * SECOND, NOW_MS + 3 * SECOND)).toBe('used')
  })

  test('a clock that steps back frees nothing that was forgotten', () => {
    const store = memoryReplayStore()
    store.claim('a', NOW_MS + SECOND, NOW_MS)
    store.claim('b', NOW_MS + 60 * SECOND, NOW_MS + 10 * SECOND)
    expect(store.claim('a', NOW_MS + SECOND, NOW_MS)).toBe('used')
    expect(store.claim('c', NOW_MS + 60 * SECOND, NOW_MS)).toBe('fresh')
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('until %s is refused: it would never leave', (until) => {
    expect(() => memoryReplayStore().claim('a', until, NOW_MS)).toThrow(TypeError)
  })

  test.each([
    ['none', 0],
    ['too many', 10_000_001],
    ['half', 1.5],
  ])('maxEntries: %s', (_name, maxEntries) =>
    expect(() => memoryReplayStore({ maxEntries })).toThrow(/^maxEntries must be an integer from 1 to 10000000/),
  )
})
