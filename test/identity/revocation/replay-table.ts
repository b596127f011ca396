import { describe, expect, test } from 'vitest'
import type { MaybePromise, ReplayStore } from '../../../src/index.js'
import { NOW_MS } from '../../support/fake-issuer.js'

const SECOND = 1_000

/** A store, empty. */
export interface OpenReplayStore {
  readonly store: ReplayStore
  /** Has time go on for a store that goes by a clock of its own. */
  readonly advance: (ms: number) => MaybePromise<void>
}

/**
 * What every replay store does.
 *
 * @param graceMs - How much longer than asked it knows a key at most.
 */
export function replayTable(name: string, open: () => MaybePromise<OpenReplayStore>, graceMs: number): void {
  describe(`${name}, as a replay store`, () => {
    test('a key is fresh once', async () => {
      const { store } = await open()
      expect(await store.claim('a', NOW_MS + SECOND, NOW_MS)).toBe('fresh')
      expect(await store.claim('a', NOW_MS + SECOND, NOW_MS)).toBe('used')
      expect(await store.claim('a', NOW_MS + 9 * SECOND, NOW_MS + SECOND)).toBe('used')
      expect(await store.claim('b', NOW_MS + SECOND, NOW_MS)).toBe('fresh')
    })

    test('of many claims at once one is fresh', async () => {
      const { store } = await open()
      const claims = await Promise.all(Array.from({ length: 50 }, () => store.claim('a', NOW_MS + SECOND, NOW_MS)))
      expect(claims.filter((claim) => claim === 'fresh')).toHaveLength(1)
      expect(claims.filter((claim) => claim === 'used')).toHaveLength(49)
    })

    test.each([0, 1, 499, 500, 999])('is known until its last moment, %i ms past a second', async (ms) => {
      const until = NOW_MS + 5 * SECOND + ms
      const { store, advance } = await open()
      await store.claim('a', until, NOW_MS)
      await advance(until - NOW_MS)
      expect(await store.claim('a', until, until)).toBe('used')
      await advance(graceMs)
      expect(await store.claim('a', until + graceMs + 9 * SECOND, until + graceMs)).toBe('fresh')
    })

    test('a claim that was refused makes nothing last longer', async () => {
      const { store, advance } = await open()
      await store.claim('a', NOW_MS + SECOND, NOW_MS)
      expect(await store.claim('a', NOW_MS + 3600 * SECOND, NOW_MS)).toBe('used')
      await advance(SECOND + graceMs)
      expect(await store.claim('a', NOW_MS + 3600 * SECOND, NOW_MS + SECOND + graceMs)).toBe('fresh')
    })

    test('keys that leave at other times leave in their own', async () => {
      const { store, advance } = await open()
      await store.claim('late', NOW_MS + 3600 * SECOND, NOW_MS)
      await store.claim('soon', NOW_MS + SECOND, NOW_MS)
      await advance(SECOND + graceMs)
      const nowMs = NOW_MS + SECOND + graceMs
      expect(await store.claim('soon', nowMs + SECOND, nowMs)).toBe('fresh')
      expect(await store.claim('late', NOW_MS + 3600 * SECOND, nowMs)).toBe('used')
    })

    test('what is over is used: it may have been known, and have left', async () => {
      const { store } = await open()
      expect(await store.claim('a', NOW_MS - graceMs - SECOND, NOW_MS)).toBe('used')
    })

    test.each([Number.NaN, Number.POSITIVE_INFINITY])('a time of %s is refused: it would never leave', async (time) => {
      const { store } = await open()
      expect(() => store.claim('a', time, NOW_MS)).toThrow(TypeError)
      expect(() => store.claim('a', NOW_MS, time)).toThrow(TypeError)
    })
  })
}
