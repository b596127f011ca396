import { describe, expect, test } from 'vitest'
import { closed } from '../../src/input/closed.js'
import type { Schema } from '../../src/input/from-schema.js'
import { compile } from '../../src/input/schema.js'
import { deepFreeze } from '../../src/lib/frozen.js'

const STRING = { type: 'string' }
const object = (properties: object, rest: object = {}) => ({ type: 'object', properties, ...rest })
/** A member of that name in a literal reads like a promise. */
const THEN = 'then'
const A = object({ a: STRING })

type Row = readonly [label: string, schema: Schema, accepted: unknown, refused: unknown, at: string]

const rows: readonly Row[] = [
  ['the root', A, { a: '' }, { a: '', x: 1 }, '/x'],
  ['no properties at all', object({}), {}, { x: 1 }, '/x'],
  ['without a type', { properties: { a: STRING } }, { a: '' }, { a: '', x: 1 }, '/x'],
  ['one of several types', { ...A, type: ['object', 'null'] }, null, { x: 1 }, '/x'],
  ['a property', object({ inner: A }), { inner: { a: '' } }, { inner: { x: 1 } }, '/inner/x'],
  ['a name of the prototype', A, { a: '' }, { toString: 1 }, '/toString'],
  ['items', { type: 'array', items: A }, [{ a: '' }], [{ a: '' }, { x: 1 }], '/1/x'],
  ['items of items', { type: 'array', items: { type: 'array', items: A } }, [[{}]], [[{ x: 1 }]], '/0/0/x'],
  ['prefixItems', { type: 'array', prefixItems: [STRING, A] }, ['', { a: '' }], ['', { x: 1 }], '/1/x'],
  [
    'items after prefixItems',
    { type: 'array', prefixItems: [STRING], items: A },
    ['', { a: '' }],
    ['', { x: 1 }],
    '/1/x',
  ],
  ['unevaluatedItems', { type: 'array', unevaluatedItems: A }, [{ a: '' }], [{ x: 1 }], '/0/x'],
  ['the values of a record', { additionalProperties: A }, { k: { a: '' } }, { k: { x: 1 } }, '/k/x'],
  ['unevaluatedProperties', { unevaluatedProperties: A }, { k: { a: '' } }, { k: { x: 1 } }, '/k/x'],
  ['patternProperties', { patternProperties: { '^n': A } }, { n1: { a: '' } }, { n1: { x: 1 } }, '/n1/x'],
  [
    'around patternProperties',
    object({ a: STRING }, { patternProperties: { '^n': true } }),
    { a: '', n: 1 },
    { x: 1 },
    '/x',
  ],
  ['a $ref', { $ref: '#/$defs/a', $defs: { a: A } }, { a: '' }, { x: 1 }, '/x'],
  [
    'a property that is a $ref',
    object({ p: { $ref: '#/$defs/a' } }, { $defs: { a: A } }),
    { p: {} },
    { p: { x: 1 } },
    '/p/x',
  ],
  ['items that are a $ref', { items: { $ref: '#/$defs/a' }, $defs: { a: A } }, [{ a: '' }], [{ x: 1 }], '/0/x'],
  ['inside $defs', { $ref: '#/$defs/o', $defs: { o: object({ in: A }) } }, { in: {} }, { in: { x: 1 } }, '/in/x'],
  [
    'inside definitions',
    { $ref: '#/definitions/o', definitions: { o: object({ in: A }) } },
    {},
    { in: { x: 1 } },
    '/in/x',
  ],
  [
    'a tree',
    { $ref: '#/$defs/tree', $defs: { tree: object({ next: { $ref: '#/$defs/tree' } }) } },
    { next: { next: {} } },
    { next: { next: { x: 1 } } },
    '/next/next/x',
  ],
  ['allOf', { allOf: [A, object({ b: STRING })] }, { a: '', b: '' }, { a: '', x: 1 }, '/x'],
  ['allOf beside properties', { ...A, allOf: [object({ b: STRING })] }, { a: '', b: '' }, { x: 1 }, '/x'],
  [
    'a $ref beside properties',
    { ...A, $ref: '#/$defs/b', $defs: { b: object({ b: STRING }) } },
    { a: '', b: '' },
    { x: 1 },
    '/x',
  ],
  ['inside allOf', { allOf: [object({ in: A })] }, { in: {} }, { in: { x: 1 } }, '/in/x'],
  ['anyOf', { anyOf: [A, object({ b: STRING })] }, { b: '' }, { b: '', x: 1 }, '/x'],
  ['inside anyOf', { anyOf: [object({ in: A })] }, { in: {} }, { in: { x: 1 } }, '/in/x'],
  ['anyOf of requirements', { ...A, anyOf: [{ required: ['a'] }] }, { a: '' }, { a: '', x: 1 }, '/x'],
  [
    'what the branch that does not match describes',
    { anyOf: [A, object({ a: { type: 'null' }, b: STRING })] },
    { a: '' },
    { a: '', b: '' },
    '/b',
  ],
  ['oneOf', { oneOf: [A, object({ b: STRING }, { required: ['b'] })] }, { a: '' }, { a: '', x: 1 }, '/x'],
  ['items of anyOf', { items: { anyOf: [STRING, A] } }, ['', { a: '' }], [{ a: '', x: 1 }], '/0/x'],
  [
    'if and then',
    { if: { required: ['a'] }, [THEN]: A, else: object({ b: STRING }) },
    { b: '' },
    { a: '', b: '' },
    '/b',
  ],
  ['inside else', { if: { required: ['a'] }, else: object({ in: A }) }, { in: {} }, { in: { x: 1 } }, '/in/x'],
  ['dependentSchemas', { ...A, dependentSchemas: { a: object({ b: STRING }) } }, { a: '', b: '' }, { b: '' }, '/b'],
  [
    'a name that is a keyword',
    object({ properties: A }),
    { properties: { a: '' } },
    { properties: { x: 1 } },
    '/properties/x',
  ],
  ['additionalProperties that is undefined', { ...A, additionalProperties: undefined }, { a: '' }, { x: 1 }, '/x'],
]

describe('an object that does not say what other members are has none', () => {
  test.each(rows)('%s', (_label, schema, accepted, refused, at) => {
    const check = compile('body', schema)
    expect(check(accepted)).toBeUndefined()
    expect(check(refused)).toEqual({ pointer: `/body${at}`, detail: 'is not accepted' })
  })
})

describe('an object that says so is open', () => {
  test.each<[string, Schema, unknown]>([
    ['additionalProperties: true', { ...A, additionalProperties: true }, { x: 1 }],
    ['unevaluatedProperties: true', { ...A, unevaluatedProperties: true }, { x: 1 }],
    ['a schema for the others', { ...A, additionalProperties: { type: 'number' } }, { x: 1 }],
    ['one property', object({ in: { ...A, additionalProperties: true } }), { in: { x: 1 } }],
    ['in a $ref', { $ref: '#/$defs/a', $defs: { a: { ...A, additionalProperties: true } } }, { x: 1 }],
    ['in a branch', { allOf: [{ ...A, additionalProperties: true }] }, { x: 1 }],
    ['beside a composition', { allOf: [A], unevaluatedProperties: true }, { x: 1 }],
    ['an object of which nothing is described', { type: 'object' }, { x: 1 }],
    ['anything', true, { x: 1 }],
    ['no constraint', {}, { x: { y: 1 } }],
  ])('%s', (_label, schema, value) => expect(compile('body', schema)(value)).toBeUndefined())

  test('additionalProperties: true reaches no further than its own object', () => {
    const check = compile('body', { ...object({ in: A }), additionalProperties: true })
    expect(check({ x: 1, in: { x: 1 } })).toEqual({ pointer: '/body/in/x', detail: 'is not accepted' })
  })
})

describe('a condition matches what it matched before', () => {
  const german = object(
    { address: object({ country: { const: 'DE' } }, { required: ['country'] }) },
    { required: ['address'] },
  )
  const order = object({ address: object({ country: STRING, zip: STRING }), vat: STRING })
  const address = { country: 'DE', zip: '10115' }

  test('if', () => {
    const check = compile('body', { ...order, if: german, else: { required: ['vat'] } })
    expect(check({ address })).toBeUndefined()
    expect(check({ address: { country: 'FR' } })).toEqual({
      pointer: '/body',
      detail: "must have required property 'vat'",
    })
  })

  test('not', () => {
    expect(compile('body', { ...order, not: german })({ address })).toMatchObject({ pointer: '/body' })
  })

  test('contains', () => {
    const primary = object({ primary: { const: true } }, { required: ['primary'] })
    const item = object({ primary: { type: 'boolean' }, id: STRING })
    const check = compile('body', { type: 'array', items: item, contains: primary, maxContains: 1 })
    expect(check([{ primary: true, id: 'a' }, { primary: false }])).toBeUndefined()
    expect(
      check([
        { primary: true, id: 'a' },
        { primary: true, id: 'b' },
      ]),
    ).toMatchObject({ pointer: '/body' })
  })
})

describe('closed()', () => {
  test.each(rows)('leaves the schema it was given as it was: %s', (_label, schema) => {
    const before = structuredClone(schema)
    closed(deepFreeze(schema))
    expect(schema).toEqual(before)
  })

  test.each([[true], [false]])('%s stays', (schema) => expect(closed(schema)).toBe(schema))

  test('closes by unevaluatedProperties only where a composition describes members too', () => {
    expect(closed(A)).toEqual({ ...A, additionalProperties: false })
    expect(closed({ allOf: [A] })).toEqual({ allOf: [A], unevaluatedProperties: false })
  })
})
