import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  boolean,
  callable,
  integerBetween,
  knownOptions,
  nonEmptyString,
  nonEmptyStrings,
  oneOf,
  shown,
} from '../../src/lib/options.js'

const message = (text: string) => new TypeError(text)

describe('knownOptions', () => {
  test.each<readonly [string, unknown]>([
    ['an empty object', {}],
    ['every known option', { a: 1, b: 2 }],
    ['a known option left undefined', { a: undefined }],
    ['an object without prototype', Object.create(null)],
    ['a frozen object', Object.freeze({ a: 1 })],
  ])('takes %s', (_name, options) => expect(() => knownOptions('f()', options, ['a', 'b'])).not.toThrow())

  test.each<readonly [string, unknown, string]>([
    ['a misspelt option', { a: 1, A: 2 }, 'f(): unknown option A; known are a, b'],
    ['an unknown option left undefined', { c: undefined }, 'f(): unknown option c; known are a, b'],
    ['__proto__ as an own member', JSON.parse('{"__proto__":1}'), 'f(): unknown option __proto__; known are a, b'],
    ['undefined', undefined, 'f(): options must be an object, got undefined'],
    ['null', null, 'f(): options must be an object, got null'],
    ['a text', 'a', 'f(): options must be an object, got "a"'],
    ['a function', () => ({}), 'f(): options must be an object, got a function (call it?)'],
    ['an array', [], 'f(): options must be an object, got an array'],
  ])('refuses %s', (_name, options, text) =>
    expect(() => knownOptions('f()', options, ['a', 'b'])).toThrow(message(text)),
  )
})

describe('integerBetween', () => {
  test.each([[1], [2], [10]])('takes %i', (value) => expect(integerBetween('n', value, 1, 10)).toBe(value))

  test.each<readonly [unknown, string]>([
    [0, '0'],
    [11, '11'],
    [-1, '-1'],
    [1.5, '1.5'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    ['5', '"5"'],
    [5n, '5'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'undefined'],
    [[5], 'an array'],
    [new Number(5), 'an object'],
  ])('refuses %s', (value, got) =>
    expect(() => integerBetween('n', value, 1, 10)).toThrow(message(`n must be an integer from 1 to 10, got ${got}`)),
  )

  test('refuses what is beyond exact integers', () =>
    expect(() => integerBetween('n', 2 ** 53, 1, Number.POSITIVE_INFINITY)).toThrow(TypeError))
})

describe('nonEmptyString', () => {
  test('takes a text', () => expect(nonEmptyString('s', ' ')).toBe(' '))

  test.each<readonly [unknown, string]>([
    ['', '""'],
    [undefined, 'undefined'],
    [null, 'null'],
    [0, '0'],
    [new String('a'), 'an object'],
    [Symbol('a'), 'Symbol(a)'],
  ])('refuses %s', (value, got) =>
    expect(() => nonEmptyString('s', value)).toThrow(message(`s must be a non-empty string, got ${got}`)),
  )
})

describe('nonEmptyStrings', () => {
  test.each<readonly [unknown, readonly string[]]>([
    ['a', ['a']],
    [['a'], ['a']],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
  ])('%j is %j', (value, list) => expect(nonEmptyStrings('s', value)).toEqual(list))

  test('is a frozen copy', () => {
    const given = ['a']
    const list = nonEmptyStrings('s', given)
    given.push('b')
    expect(list).toEqual(['a'])
    expect(Object.isFrozen(list)).toBe(true)
  })

  test.each<readonly [unknown, string]>([
    [[], 's must not be empty'],
    [[''], 's must be a non-empty string, got ""'],
    [['a', ''], 's must be a non-empty string, got ""'],
    [['a', 1], 's must be a non-empty string, got 1'],
    [[['a']], 's must be a non-empty string, got an array'],
    ['', 's must be a non-empty string, got ""'],
    [undefined, 's must be a non-empty string, got undefined'],
    [new Set(['a']), 's must be a non-empty string, got an object'],
  ])('refuses %j', (value, text) => expect(() => nonEmptyStrings('s', value)).toThrow(message(text)))
})

describe('oneOf', () => {
  test('takes a choice', () => expect(oneOf('mode', 'b', ['a', 'b'])).toBe('b'))

  test.each<readonly [unknown, string]>([
    ['c', '"c"'],
    ['B', '"B"'],
    ['', '""'],
    [undefined, 'undefined'],
    [['a'], 'an array'],
    ['toString', '"toString"'],
  ])('refuses %s', (value, got) =>
    expect(() => oneOf('mode', value, ['a', 'b'])).toThrow(message(`mode must be one of a, b, got ${got}`)),
  )
})

describe('boolean', () => {
  test.each([[true], [false]])('takes %s', (value) => expect(boolean('b', value)).toBe(value))

  test.each<readonly [unknown, string]>([
    ['true', '"true"'],
    [1, '1'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Object(true), 'an object'],
  ])('refuses %s', (value, got) =>
    expect(() => boolean('b', value)).toThrow(new TypeError(`b must be true or false, got ${got}`)),
  )
})

describe('callable', () => {
  const f = () => 1
  test('takes a function', () => expect(callable('f', f)).toBe(f))

  test.each<readonly [unknown, string]>([
    [undefined, 'undefined'],
    [{}, 'an object'],
    ['f', '"f"'],
  ])('refuses %s', (value, got) =>
    expect(() => callable('f', value as never)).toThrow(message(`f must be a function, got ${got}`)),
  )
})

describe('shown', () => {
  test.each<readonly [unknown, string]>([
    ['a "b"\n', '"a \\"b\\"\\n"'],
    ['', '""'],
    [-0, '0'],
    [1n, '1'],
    [Symbol('s'), 'Symbol(s)'],
    [undefined, 'undefined'],
    [null, 'null'],
    [class {}, 'a function'],
    [[1], 'an array'],
    [{ secret: 'hunter2' }, 'an object'],
    [Object.create(null), 'an object'],
  ])('%s', (value, text) => expect(shown(value)).toBe(text))

  test('any text is short, and on one line', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        expect(shown(text)).not.toMatch(/[\0-\x1f]/)
        expect(shown(text).length).toBeLessThan(700)
      }),
    ))
})
