import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countNames } from '../../src/input/count-names.js'
import { jsonText, namesOf } from './json-texts.js'

test.each([
  ['0', 0],
  ['null', 0],
  ['"a"', 0],
  ['""', 0],
  ['":"', 0],
  ['"a:"', 0],
  ['"\\":"', 0],
  ['["a",":","\\\\"]', 0],
  ['{}', 0],
  ['{"a":1}', 1],
  ['{"":""}', 1],
  ['{"a":":"}', 1],
  ['{":":":"}', 1],
  ['{"a":"\\\\"}', 1],
  ['{"a\\"":1}', 1],
  ['{"a\\\\":1}', 1],
  ['{"a\\\\\\"":1}', 1],
  ['{"a\\":":"b\\":"}', 1],
  ['{"\\u0022":"\\u0022:"}', 1],
  ['{"a":1,"a":2}', 2],
  ['{"a":{"b":1},"a":{"b":1}}', 4],
  ['[{"a":1},{"a":1}]', 2],
  ['{ "a" \t\r\n : 1 }', 1],
  ['{"\u20ac":"\u20ac:","\u{1f600}":"\\":"}', 2],
])('%s has %i', (text, names) => expect(countNames(text)).toBe(names))

test('in any text, as many as there are, token by token', () => {
  fc.assert(
    fc.property(jsonText, (text) => {
      expect(countNames(text)).toBe(namesOf(text).flat().length)
    }),
    { numRuns: 2_000 },
  )
})

test('on text that is not JSON it ends all the same', () => {
  const near = fc.array(fc.constantFrom('"', '\\', ':', ' ', 'a', '{'), { maxLength: 12 })
  fc.assert(
    fc.property(near, (pieces) => {
      expect(countNames(pieces.join(''))).toBeLessThanOrEqual(pieces.filter((piece) => piece === ':').length)
    }),
    { numRuns: 1_000 },
  )
})
