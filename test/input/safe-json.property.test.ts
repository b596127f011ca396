import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { JsonFault, parseJson } from '../../src/input/safe-json.js'

const BOUNDS = { maxDepth: 200, maxMembers: 100_000 }
const parse = (text: string): unknown => parseJson(Buffer.from(text), BOUNDS)

/** What every object and array here inherits: names, and the functions behind them. */
const inherited = () =>
  [Object.prototype, Array.prototype].flatMap((prototype) =>
    Reflect.ownKeys(prototype).map((key) => {
      const { value, get } = Object.getOwnPropertyDescriptor(prototype, key)!
      return [key, value ?? get]
    }),
  )

let before: ReturnType<typeof inherited>
beforeEach(() => {
  before = inherited()
})
afterEach(() => expect(inherited()).toEqual(before))

const name = fc.string({ unit: 'grapheme' }).filter((text) => text !== '__proto__' && text !== 'constructor')
const { value: jsonValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constantFrom(null, true, false, -1, 0, ''),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (number === 0 ? 0 : number)),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(name, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}))

/** JSON, and text that is nearly JSON: tokens in any order, with space and escapes. */
const nearJson = fc
  .array(
    fc.oneof(
      fc.constantFrom(...'{}[]:,', ' ', '\n', '"a"', '"\\u0061"', '"__proto__"', '"constructor"', '"\\ud800"', '1e999'),
      fc.constantFrom('null', 'true', '0', '-1', '"\\""', '"\\\\"', '\\', '"', '\ufeff', '\u2028'),
      fc.jsonValue().map((value) => JSON.stringify(value)),
    ),
    { maxLength: 30 },
  )
  .map((tokens) => tokens.join(''))

/** Objects as text, with names that occur twice and names that harm. */
const objects = fc
  .array(fc.tuple(fc.constantFrom('a', '\\u0061', 'b', '__proto__', 'constructor'), fc.json()), { maxLength: 4 })
  .map((members) => `{${members.map(([key, text]) => `"${key}":${text}`).join()}}`)

test('a value that JSON.stringify wrote is parsed back', () => {
  fc.assert(
    fc.property(jsonValue, fc.constantFrom(0, 1, 2, '\t'), (value, space) => {
      expect(parse(JSON.stringify(value, null, space))).toStrictEqual(value)
    }),
  )
})

test.each<[string, fc.Arbitrary<Uint8Array>]>([
  ['bytes', fc.uint8Array({ maxLength: 64 })],
  ['text', fc.string({ unit: 'binary' }).map((text) => Buffer.from(text))],
  ['nearly JSON', nearJson.map((text) => Buffer.from(text))],
  ['objects', objects.map((text) => Buffer.from(text))],
])('any %s are what JSON.parse makes of them, or a JsonFault', (_label, arbitrary) => {
  fc.assert(
    fc.property(arbitrary, (bytes) => {
      let value: unknown
      try {
        value = parseJson(bytes, BOUNDS)
      } catch (error) {
        expect(error).toBeInstanceOf(JsonFault)
        return
      }
      expect(value).toStrictEqual(JSON.parse(Buffer.from(bytes).toString()))
    }),
    { numRuns: 1_000 },
  )
})

test('an object is refused for a name exactly when one occurs twice or harms', () => {
  const member = fc.tuple(
    fc.constantFrom('a', '\\u0061', 'b', 'c', '__proto__', 'constructor'),
    fc.constantFrom('0', '{}'),
  )
  fc.assert(
    fc.property(fc.array(member, { maxLength: 4 }), (members) => {
      const names = members.map(([key]) => JSON.parse(`"${key}"`) as string)
      const isSound =
        new Set(names).size === names.length && !names.some((key) => /^(__proto__|constructor)$/.test(key))
      const parsing = () => parse(`[{${members.map(([key, text]) => `"${key}" : ${text}`).join(' , ')}}]`)
      if (isSound) expect(parsing).not.toThrow()
      else expect(parsing).toThrow(JsonFault)
    }),
  )
})
