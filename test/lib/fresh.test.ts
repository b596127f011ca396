import { expect, test } from 'vitest'
import { isFresh, isRecent } from '../../src/lib/fresh.js'

test.each([
  [1_000, true, true],
  [1_099, true, true],
  [1_100, false, false],
  [999, false, true],
  [901, false, true],
  [900, false, false],
  [Number.NEGATIVE_INFINITY, false, false],
  [Number.POSITIVE_INFINITY, false, false],
  [Number.NaN, false, false],
])('what was at 1000 for 100 ms is, at %d, fresh: %s, recent: %s', (nowMs, fresh, recent) => {
  expect([isFresh(1_000, 100, nowMs), isRecent(1_000, 100, nowMs)]).toEqual([fresh, recent])
})

test.each([[Number.NEGATIVE_INFINITY], [undefined]])('what never was (%s) is neither', (never) => {
  expect([isFresh(never, 100, 0), isRecent(never, 100, 0)]).toEqual([false, false])
})
