import { performance } from 'node:perf_hooks'
import { describe, expect, test } from 'vitest'
import { JsonFault, parseJson } from '../../src/input/safe-json.js'

const BOUNDS = { maxDepth: 200, maxMembers: 1_000_000 }

function codeOf(bytes: Uint8Array): string | undefined {
  try {
    parseJson(bytes, BOUNDS)
    return undefined
  } catch (error) {
    if (error instanceof JsonFault) return error.code
    throw error
  }
}

const members = (length: number, member: (index: number) => string): string =>
  `{${Array.from({ length: length / 16 }, (_, index) => member(index)).join()}}`

const KINDS: readonly (readonly [label: string, textOf: (length: number) => string, code: string | undefined])[] = [
  ['arrays left open', (length) => '['.repeat(length), 'malformed_json'],
  ['arrays in arrays', (length) => '['.repeat(length / 2) + ']'.repeat(length / 2), 'too_deep'],
  ['objects left open', (length) => '{"a":'.repeat(length / 5), 'malformed_json'],
  ['objects in objects', (length) => `${'{"a":'.repeat(length / 6)}1${'}'.repeat(length / 6)}`, 'too_deep'],
  ['quotes', (length) => '"'.repeat(length), 'malformed_json'],
  ['empty strings', (length) => `[${'"",'.repeat(length / 4)}""]`, undefined],
  ['escaped quotes', (length) => `"${'\\"'.repeat(length / 2)}"`, undefined],
  ['escaped backslashes', (length) => `"${'\\\\'.repeat(length / 2)}"`, undefined],
  ['strings that end in a backslash', (length) => `[${'"\\\\",'.repeat(length / 5)}1]`, undefined],
  ['colons in a string', (length) => `"${':'.repeat(length)}"`, undefined],
  ['one long name', (length) => `{"${'a'.repeat(length)}":1}`, undefined],
  [
    'one long name twice',
    (length) => `{"${'a'.repeat(length / 2)}":1,"${'a'.repeat(length / 2)}":1}`,
    'duplicate_member',
  ],
  ['space ahead of a colon', (length) => `{"a"${' '.repeat(length)}:1}`, undefined],
  ['space ahead of many colons', (length) => members(length, (index) => `"${index}"        :1`), undefined],
  ['one name many times', (length) => members(length, () => '"a":{"b":[1,2]}'), 'duplicate_member'],
  ['many names', (length) => members(length, (index) => `"name-${index}":1`), undefined],
  ['names that are numbers', (length) => members(length, (index) => `"${index * 7}":1`), undefined],
  ['one long number', (length) => '1'.repeat(length), 'number_out_of_range'],
]

// What JSON.parse takes is the measure, since a busy machine slows both; work that grows with the square of the length
// would take thousands of times as long.
describe('takes a small multiple of what JSON.parse takes', () => {
  /** The fastest of several readings: what the work takes when nothing disturbs it. */
  const timeFor = (work: () => unknown): number => {
    const readings = Array.from({ length: 9 }, () => {
      const start = performance.now()
      work()
      return performance.now() - start
    })
    return Math.min(...readings)
  }

  const parseAlone = (text: string): void => {
    try {
      JSON.parse(text)
    } catch {
      // refusing takes time too
    }
  }

  test.each(KINDS)('%s', (_label, textOf, code) => {
    const text = textOf(128 * 1024)
    const bytes = Buffer.from(text)
    expect(codeOf(bytes)).toBe(code)
    expect(timeFor(() => codeOf(bytes))).toBeLessThan(
      40 *
        Math.max(
          timeFor(() => parseAlone(text)),
          0.05,
        ),
    )
  })
})

test.each([
  ['escaped quotes', '\\"'],
  ['escaped backslashes', '\\\\'],
  ['colons', '::'],
])('the longest body may be one string of %s', (_label, piece) => {
  expect(codeOf(Buffer.from(`"${piece.repeat(8 * 1024 * 1024 - 1)}"`))).toBeUndefined()
})
