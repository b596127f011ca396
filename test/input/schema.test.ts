import { describe, expect, test } from 'vitest'
import type { Schema } from '../../src/input/from-schema.js'
import { compile } from '../../src/input/schema.js'

describe('a schema that is not one', () => {
  test.each<[label: string, schema: unknown, message: string]>([
    ['null', null, 'expected a JSON Schema, got null'],
    ['a string', 'string', 'expected a JSON Schema, got "string"'],
    ['a number', 1, 'expected a JSON Schema, got 1'],
    ['an array', [], 'expected a JSON Schema, got an array'],
    ['a function', () => true, 'expected a JSON Schema, got a function'],
    ['an unknown type', { type: 'strin' }, 'schema is invalid'],
    ['a misspelt keyword', { type: 'string', maxLenght: 5 }, 'unknown keyword: "maxLenght"'],
    ['a misspelt keyword of a property', { properties: { a: { minlength: 1 } } }, 'unknown keyword: "minlength"'],
    ['a misspelt keyword in $defs', { $ref: '#/$defs/a', $defs: { a: { typo: 1 } } }, 'unknown keyword: "typo"'],
    ['a property that is no schema', { properties: { a: 'string' } }, 'data/properties/a must be object,boolean'],
    ['properties that are no object', { properties: [] }, 'data/properties must be object'],
    ['required that is no array', { required: 'a' }, 'data/required must be array'],
    ['a keyword with a value of the wrong type', { maxLength: '5' }, 'data/maxLength must be integer'],
    ['an unknown format', { format: 'colour' }, 'unknown format "colour"'],
    ['a pattern that is no regular expression', { pattern: '(' }, 'Invalid regular expression'],
    ['a reference to nothing', { $ref: '#/$defs/a' }, "can't resolve reference #/$defs/a"],
    ['a reference to the network', { $ref: 'https://schemas.example/a' }, "can't resolve reference https://schemas"],
    ['another draft', { $schema: 'http://json-schema.org/draft-07/schema#' }, 'no schema with key or ref'],
    ['a draft of its own', { $id: 'urn:x:a', $schema: 'urn:x:a' }, 'no schema with key or ref "urn:x:a"'],
    ['an asynchronous one', { $async: true, type: 'string' }, '$async is not supported'],
    ['an asynchronous part', { properties: { a: { $async: true, type: 'string' } } }, 'async schema in sync schema'],
    ['a library that is no JSON Schema', { safeParse: () => ({}), parse: () => ({}) }, 'unknown keyword'],
  ])('%s is a TypeError that names the part', (_label, schema, message) => {
    const compiling = () => compile('query', schema as Schema)
    expect(compiling).toThrow(TypeError)
    expect(compiling).toThrow(expect.objectContaining({ message: expect.stringMatching(/^validate\(\): query: /) }))
    expect(compiling).toThrow(message)
  })

  test('a circular schema is one too', () => {
    const schema: Record<string, unknown> = { type: 'object' }
    schema.properties = { self: schema }
    expect(() => compile('body', schema)).toThrow(TypeError)
  })
})

describe('the issue says where and what', () => {
  const order = {
    type: 'object',
    properties: {
      quantity: { type: 'integer', minimum: 1 },
      'a/b~c': { type: 'string' },
      items: { type: 'array', items: { type: 'object', properties: { sku: { type: 'string', pattern: '^[A-Z]+$' } } } },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
    },
    required: ['quantity'],
  }
  const check = compile('body', order)

  test.each([
    [{}, '/body', "must have required property 'quantity'"],
    ['text', '/body', 'must be object'],
    [{ quantity: 0 }, '/body/quantity', 'must be >= 1'],
    [{ quantity: '1' }, '/body/quantity', 'must be integer'],
    [{ quantity: 1, 'a/b~c': 1 }, '/body/a~1b~0c', 'must be string'],
    [{ quantity: 1, items: [{ sku: 'A' }, { sku: 'a' }] }, '/body/items/1/sku', 'must match pattern "^[A-Z]+$"'],
    [{ quantity: 1, 'x/y~z': 1 }, '/body/x~1y~0z', 'is not accepted'],
    [{ quantity: 1, labels: { 'k/1': 1 } }, '/body/labels/k~11', 'must be string'],
  ])('%j: %s %s', (value, pointer, detail) => expect(check(value)).toEqual({ pointer, detail }))

  test.each([
    ['a name nobody described', { quantity: 1, ['x'.repeat(10_000)]: 1 }],
    ['a name in a record', { quantity: 1, labels: { ['~'.repeat(10_000)]: 1 } }],
  ])('a pointer is cut: %s', (_label, value) => {
    const { pointer } = check(value)!
    expect(pointer).toHaveLength(200)
    expect(pointer).toMatch(/^\/body\//)
  })

  test('a pointer that is cut stays well-formed', () => {
    const { pointer } = check({ quantity: 1, [`${'x'.repeat(193)}\u{1f600}`]: 1 })!
    expect(pointer).toHaveLength(200)
    expect(pointer.isWellFormed()).toBe(true)
  })
})

describe('formats', () => {
  test.each([
    ['uuid', '2b1c3e4f-0a1b-4c2d-8e3f-1a2b3c4d5e6f', '2b1c3e4f0a1b4c2d8e3f1a2b3c4d5e6f'],
    ['uuid', '2B1C3E4F-0A1B-4C2D-8E3F-1A2B3C4D5E6F', ' 2b1c3e4f-0a1b-4c2d-8e3f-1a2b3c4d5e6f'],
    ['uuid', '00000000-0000-0000-0000-000000000000', 'urn:uuid:2b1c3e4f-0a1b-4c2d-8e3f-1a2b3c4d5e6f'],
    ['date-time', '2024-02-29T12:30:00Z', '2023-02-29T12:30:00Z'],
    ['date-time', '2024-01-01T00:00:00+02:00', '2024-01-01T00:00:00'],
    ['date-time', '2024-12-31T23:59:60Z', '2024-01-01T24:00:00Z'],
    ['date', '2024-02-29', '2024-02-30'],
    ['email', 'ada@example.com', 'ada@'],
    ['email', 'ada+orders@mail.example', 'ada@example.com\n'],
    ['ipv4', '192.0.2.1', '192.0.2.256'],
  ])('%s: %j, not %j', (format, accepted, refused) => {
    const check = compile('body', { type: 'string', format })
    expect(check(accepted)).toBeUndefined()
    expect(check(refused)).toEqual({ pointer: '/body', detail: `must match format "${format}"` })
  })
})

describe('work on hostile input is bounded', () => {
  // 2^60000 steps if it ran
  const CATASTROPHIC = '^(?:a+)+$'
  const hostile = `${'a'.repeat(60_000)}!`

  test.each<[label: string, schema: Schema]>([
    ['written first', { type: 'string', maxLength: 20, pattern: CATASTROPHIC }],
    ['written last', { pattern: CATASTROPHIC, type: 'string', maxLength: 20 }],
    ['ahead of a format', { format: 'email', type: 'string', maxLength: 20 }],
  ])('maxLength is checked before the pattern runs: %s', (_label, schema) => {
    expect(compile('body', schema)(hostile)).toEqual({
      pointer: '/body',
      detail: 'must NOT have more than 20 characters',
    })
  })

  test('maxItems is checked before the items', () => {
    const items = { type: 'string', pattern: CATASTROPHIC }
    const check = compile('body', { uniqueItems: true, items, type: 'array', maxItems: 3 })
    expect(check([hostile, hostile, hostile, hostile])).toMatchObject({ detail: 'must NOT have more than 3 items' })
  })

  test('only the first fault is looked for', () => {
    const check = compile('body', {
      type: 'object',
      properties: { a: { type: 'number' }, b: { type: 'string', pattern: CATASTROPHIC } },
    })
    expect(check({ a: 'no number', b: hostile })).toEqual({ pointer: '/body/a', detail: 'must be number' })
  })
})

describe('what a schema accepts', () => {
  test('a tuple may be shorter than prefixItems, unless minItems asks for more', () => {
    const tuple = { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false }
    expect(compile('body', tuple)([])).toBeUndefined()
    expect(compile('body', { ...tuple, minItems: 2 })(['a'])).toMatchObject({
      detail: 'must NOT have fewer than 2 items',
    })
    expect(compile('body', tuple)(['a', 1, 2])).toMatchObject({ pointer: '/body' })
  })

  test('nothing is coerced and no default is filled in', () => {
    const check = compile('body', { type: 'object', properties: { n: { type: 'integer', default: 1 } } })
    const value = {}
    expect(check(value)).toBeUndefined()
    expect(value).toEqual({})
    expect(check({ n: '1' })).toEqual({ pointer: '/body/n', detail: 'must be integer' })
  })

  test('members that are inherited do not count', () => {
    const check = compile('body', {
      type: 'object',
      properties: { toString: { type: 'string' } },
      required: ['toString'],
    })
    expect(check({})).toEqual({ pointer: '/body', detail: "must have required property 'toString'" })
    expect(check({ toString: 'own' })).toBeUndefined()
  })

  test('false accepts nothing, true everything', () => {
    expect(compile('body', false)(null)).toEqual({ pointer: '/body', detail: 'boolean schema is false' })
    expect(compile('body', true)(null)).toBeUndefined()
  })

  test('two schemas may have one $id, and neither sees the other', () => {
    const check = compile('body', { $id: 'https://schemas.example/a', type: 'string' })
    const other = compile('query', { $id: 'https://schemas.example/a', type: 'number' })
    expect(check('text')).toBeUndefined()
    expect(other('text')).toEqual({ pointer: '/query', detail: 'must be number' })
  })

  test('one answer does not stay for the next', () => {
    const check = compile('body', { type: 'string' })
    expect(check(1)).toEqual({ pointer: '/body', detail: 'must be string' })
    expect(check('text')).toBeUndefined()
  })
})
