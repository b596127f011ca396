import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isoTime } from '../../src/audit/time.js'

test.each([
  [0, '1970-01-01T00:00:00.000Z'],
  [7, '1970-01-01T00:00:00.007Z'],
  [-0.5, '1970-01-01T00:00:00.000Z'],
  [1_699_999_999_999, '2023-11-14T22:13:19.999Z'],
  [1_700_000_000_000, '2023-11-14T22:13:20.000Z'],
  [1_700_000_000_042.9, '2023-11-14T22:13:20.042Z'],
])('isoTime(%d) is %s', (nowMs, expected) => expect(isoTime(nowMs)).toBe(expected))

test('any times, one after the other, are what Date writes', () => {
  const time = fc.oneof(
    fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_003_000 }), // of few seconds, so that they meet again
  )
  fc.assert(
    fc.property(fc.array(time, { minLength: 1, maxLength: 20 }), (times) => {
      expect(times.map(isoTime)).toEqual(times.map((nowMs) => new Date(nowMs).toISOString()))
    }),
  )
})

test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [8.64e15 + 1]])('isoTime(%d) is no time', (nowMs) =>
  expect(() => isoTime(nowMs)).toThrow(RangeError),
)
