import { describe, expect, test } from 'vitest'
import { memoryReplayStore } from '../../../src/index.js'
import { NOW_MS } from '../../support/fake-issuer.js'
import { replayTable } from './replay-table.js'

const SECOND = 1_000

replayTable('memoryReplayStore', () => ({ store: memoryReplayStore(), advance: () => undefined }), SECOND)

describe('memoryReplayStore', () => {
  test('is full at its bound, and forgets nothing early; what expires makes room', () => {
    const store = memoryReplayStore({ maxEntries: 3 })
    for (const key of ['a', 'b', 'c']) expect(store.claim(key, NOW_MS + SECOND, NOW_MS)).toBe('fresh')
    expect(store.claim('d', NOW_MS + SECOND, NOW_MS)).toBe('full')
    expect(store.claim('a', NOW_MS + SECOND, NOW_MS)).toBe('used')
    expect(store.claim('d', NOW_MS + 5 * SECOND, NOW_MS + 2 * SECOND)).toBe('fresh')
    expect(store.claim('e', NOW_MS + 5 * SECOND, NOW_MS + 2 * SECOND)).toBe('fresh')
  })

  test('a clock that steps back frees nothing that was forgotten', () => {
    const store = memoryReplayStore()
    store.claim('a', NOW_MS + SECOND, NOW_MS)
    store.claim('b', NOW_MS + 60 * SECOND, NOW_MS + 10 * SECOND)
    expect(store.claim('a', NOW_MS + SECOND, NOW_MS)).toBe('used')
    expect(store.claim('c', NOW_MS + 60 * SECOND, NOW_MS)).toBe('fresh')
  })

  test.each([
    ['none', 0],
    ['too many', 10_000_001],
    ['half', 1.5],
  ])('maxEntries: %s', (_name, maxEntries) =>
    expect(() => memoryReplayStore({ maxEntries })).toThrow(/^maxEntries must be an integer from 1 to 10000000/),
  )
})
