import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Schema } from '../../src/input/from-schema.js'
import { parseQuery, type TextValues, typing } from '../../src/input/text-values.js'

/** A copy of the values, typed. */
function typed(values: object, schema: Schema): TextValues {
  const copy: TextValues = Object.assign(Object.create(null), values)
  typing(schema)(copy)
  return copy
}

/** The values as entries, so that a comparison sees `__proto__` too. */
const entries = (values: object): unknown => Object.entries(values)

describe('a query', () => {
  test.each([
    ['', []],
    ['a=1', [['a', '1']]],
    [
      'a=1&b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['a', [['a', '']]],
    ['a=', [['a', '']]],
    ['=1', [['', '1']]],
    ['a=b=c', [['a', 'b=c']]],
    ['a=1+2', [['a', '1 2']]],
    ['a+b=1', [['a b', '1']]],
    ['a=1%2B2', [['a', '1+2']]],
    ['a=%252B', [['a', '%2B']]],
    ['%61=1&a=2', [['a', ['1', '2']]]],
    ['a=1&a=2', [['a', ['1', '2']]]],
    ['a=1&a&a=3', [['a', ['1', '', '3']]]],
    ['&a=1&&', [['a', '1']]],
    [
      'a[]=1&a[0]=2&a.b=3',
      [
        ['a[]', '1'],
        ['a[0]', '2'],
        ['a.b', '3'],
      ],
    ],
    ['a=1;b=2', [['a', '1;b=2']]],
    ['a=1?b', [['a', '1?b']]],
    ['a=%26b%3D2', [['a', '&b=2']]],
    ['a=%e2%82%ac', [['a', '\u20ac']]],
    ['a=%F0%9F%98%80', [['a', '\u{1f600}']]],
    ['a=%00', [['a', '\0']]],
    ['a=%EF%BB%BF', [['a', '\ufeff']]],
  ])('%j', (query, expected) => expect(entries(parseQuery(query))).toEqual(expected))

  test.each([
    ['a percent sign alone', 'a=%'],
    ['one digit', 'a=%2'],
    ['no digits', 'a=%zz'],
    ['a sign for a digit', 'a=%-1'],
    ['in a name', '%=1'],
    ['an overlong slash', 'a=%c0%af'],
    ['a surrogate', 'a=%ed%a0%80'],
    ['a character cut off', 'a=%e2%82'],
    ['Latin-1', 'a=%e9'],
    ['IIS Unicode', 'a=%u0041'],
    ['in the last pair', 'a=1&b=2&c=%'],
  ])('malformed: %s', (_label, query) => {
    expect(parseQuery(query)).toMatchObject({ kind: 'invalid', code: 'malformed_query' })
  })

  test.each<[label: string, pair: (index: number) => string]>([
    ['names that differ', (index) => `k${index}=1`],
    ['one name', () => 'a=1'],
    ['nothing in them', () => ''],
  ])('256 parameters, not 257: %s', (_label, pair) => {
    const query = (count: number) => Array.from({ length: count }, (_, index) => pair(index)).join('&')
    expect(parseQuery(query(256))).not.toHaveProperty('kind')
    expect(parseQuery(query(257))).toMatchObject({ kind: 'invalid', code: 'too_many_parameters' })
    expect(parseQuery(query(100_000))).toMatchObject({ kind: 'invalid', code: 'too_many_parameters' })
  })

  test.each([['__proto__'], ['constructor'], ['hasOwnProperty'], ['toString'], ['__defineGetter__']])(
    'a parameter may be named %s, and is no more than that',
    (name) => {
      const values = parseQuery(`${name}=1&${name}=2&__proto__[admin]=1&constructor[prototype][admin]=1`)
      expect(Object.getPrototypeOf(values)).toBeNull()
      expect(Object.entries(values)[0]).toEqual([name, ['1', '2']])
      expect(({} as { admin?: unknown }).admin).toBeUndefined()
    },
  )

  test('any query is what URLSearchParams reads, or malformed', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '+',
      '%41',
      '%2b',
      '%',
      '%e2%82%ac',
      '%c3',
      '__proto__',
      '[]',
      '\u00e9',
      ';',
    )
    const text = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''))
    const pair = fc.tuple(text, fc.constantFrom('=', '=='), text).map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 5 }), (pairs) => {
        const query = pairs.join('&')
        const values = parseQuery(query)
        if (isDecodable(query)) {
          const ours = Object.entries(values).flatMap(([name, value]) => [value].flat().map((item) => [name, item]))
          expect(ours.sort()).toEqual([...new URLSearchParams(query)].sort())
        } else {
          expect(values).toMatchObject({ kind: 'invalid', code: 'malformed_query' })
        }
      }),
    )
  })
})

function isDecodable(query: string): boolean {
  try {
    return decodeURIComponent(query) !== undefined
  } catch {
    return false
  }
}

describe('text takes the type its schema asks for', () => {
  const of = (type: string, text: string | readonly string[]) => {
    const schema: Schema = { type: 'object', properties: { v: { type } } }
    return typed({ v: text }, schema).v
  }

  test.each([
    ['0', 0],
    ['-0', -0],
    ['1', 1],
    ['-1', -1],
    ['10', 10],
    ['1.5', 1.5],
    ['-0.25', -0.25],
    ['1.0', 1],
    ['0.0000000001', 1e-10],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['999999999999999999999', 1e21],
  ])('%j is a number', (text, expected) => {
    expect(of('number', text)).toBe(expected)
    expect(of('integer', text)).toBe(expected)
  })

  test.each([
    [''],
    [' '],
    [' 1'],
    ['1 '],
    ['1\n'],
    ['+1'],
    ['--1'],
    ['-'],
    ['01'],
    ['-01'],
    ['00'],
    ['.5'],
    ['1.'],
    ['1e3'],
    ['1E3'],
    ['0x10'],
    ['0b1'],
    ['0o7'],
    ['1_000'],
    ['1,5'],
    ['1n'],
    ['NaN'],
    ['Infinity'],
    ['null'],
    ['true'],
    ['\u0661'],
    ['\uff11'],
    ['1'.repeat(22)],
    ['1'.repeat(100_000)],
    [`1.${'0'.repeat(21)}`],
  ])('%j is no number', (text) => {
    expect(of('number', text)).toBe(text)
    expect(of('integer', text)).toBe(text)
  })

  test.each([
    ['true', true],
    ['false', false],
  ])('%j is a boolean', (text, expected) => expect(of('boolean', text)).toBe(expected))

  test.each([[''], ['True'], ['TRUE'], ['1'], ['0'], ['yes'], ['on'], [' true'], ['true\n'], ['null']])(
    '%j is no boolean',
    (text) => expect(of('boolean', text)).toBe(text),
  )

  test.each([['1'], ['true'], ['null'], ['']])('%j stays text for a string', (text) =>
    expect(of('string', text)).toBe(text),
  )

  test.each(['null', 'object'])('nothing becomes %s', (type) => {
    expect(of(type, 'null')).toBe('null')
    expect(of(type, '{}')).toBe('{}')
  })

  test('any text that becomes a number is the one that JSON reads', () => {
    const near = fc.array(fc.constantFrom(...'0123456789.-+eEx _', '\u0661'), { maxLength: 8 })
    fc.assert(
      fc.property(
        fc.oneof(
          near.map((parts) => parts.join('')),
          fc.string(),
          fc.double().map(String),
        ),
        (text) => {
          const value = of('number', text)
          if (value !== text) expect(JSON.parse(text)).toBe(value)
        },
      ),
    )
  })
})

describe('a name that occurs twice', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      tag: { type: 'array', items: { type: 'string' } },
      size: { type: 'array', items: { type: 'integer' } },
      any: { type: 'array' },
      id: { type: 'integer' },
      open: true,
    },
  }

  test.each([
    ['one value for an array', { tag: 'a' }, { tag: ['a'] }],
    ['several', { tag: ['a', 'b'] }, { tag: ['a', 'b'] }],
    ['each element takes the type of the items', { size: ['1', '2x', '3'] }, { size: [1, '2x', 3] }],
    ['one element does too', { size: '1' }, { size: [1] }],
    ['items without a schema', { any: ['1', '2'] }, { any: ['1', '2'] }],
    ['two values where the schema asks for one stay two', { id: ['1', '2'] }, { id: ['1', '2'] }],
    ['a name that the schema does not know', { x: '1' }, { x: '1' }],
    ['a property that may be anything', { open: '1' }, { open: '1' }],
  ])('%s', (_label, values, expected) => expect({ ...typed(values, schema) }).toEqual(expected))

  test.each([['__proto__'], ['constructor'], ['hasOwnProperty'], ['toString']])(
    '%s is a name like any other',
    (name) => {
      const result = typed(parseQuery(`${name}=1`), schema)
      expect(Object.getPrototypeOf(result)).toBeNull()
      expect(entries(result)).toEqual([[name, '1']])
    },
  )

  test.each([[true], [{}], [{ type: 'object' }], [{ $ref: '#/$defs/a' }]])('%j leaves text as it is', (open) => {
    expect({ ...typed({ a: '1', b: ['1'] }, open) }).toEqual({ a: '1', b: ['1'] })
  })
})
