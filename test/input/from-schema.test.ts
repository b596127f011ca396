import { describe, expectTypeOf, test } from 'vitest'
import type { NoFacts } from '../../src/context.js'
import type { Guard } from '../../src/guard.js'
import type { FromSchema, Input, Schema } from '../../src/input/index.js'
import { validate } from '../../src/input/validate.js'

/** The type of a schema written in place, as `validate` infers it. */
const typeOf = <const S extends Schema>(_schema: S): FromSchema<S> => ({}) as FromSchema<S>

describe('scalars', () => {
  test('each type', () => {
    expectTypeOf(typeOf({ type: 'string', maxLength: 5 })).toEqualTypeOf<string>()
    expectTypeOf(typeOf({ type: 'number' })).toEqualTypeOf<number>()
    expectTypeOf(typeOf({ type: 'integer' })).toEqualTypeOf<number>()
    expectTypeOf(typeOf({ type: 'boolean' })).toEqualTypeOf<boolean>()
    expectTypeOf(typeOf({ type: 'null' })).toEqualTypeOf<null>()
  })

  test('a list of types is their union', () => {
    expectTypeOf(typeOf({ type: ['string', 'null'] })).toEqualTypeOf<string | null>()
  })

  test('const and enum are literals', () => {
    expectTypeOf(typeOf({ const: 'eur' })).toEqualTypeOf<'eur'>()
    expectTypeOf(typeOf({ type: 'string', enum: ['eur', 'usd'] })).toEqualTypeOf<'eur' | 'usd'>()
    expectTypeOf(typeOf({ enum: ['a', 1, null] })).toEqualTypeOf<'a' | 1 | null>()
  })

  test('what types cannot say is unknown, and nothing is never', () => {
    expectTypeOf(typeOf({})).toBeUnknown()
    expectTypeOf(typeOf(true)).toBeUnknown()
    expectTypeOf(typeOf({ $ref: '#/$defs/a' })).toBeUnknown()
    expectTypeOf(typeOf(false)).toBeNever()
  })
})

describe('objects', () => {
  test('required members are there, others may be missing, all are read-only', () => {
    const order = typeOf({
      type: 'object',
      properties: { sku: { type: 'string' }, quantity: { type: 'integer' } },
      required: ['sku'],
    })
    expectTypeOf(order).toEqualTypeOf<{ readonly sku: string; readonly quantity?: number }>()
  })

  test('nested objects', () => {
    const order = typeOf({
      type: 'object',
      properties: { ship: { type: 'object', properties: { zip: { type: 'string' } }, required: ['zip'] } },
      required: ['ship'],
    })
    expectTypeOf(order.ship).toEqualTypeOf<{ readonly zip: string }>()
  })

  test('a closed object has no other members, an open one has', () => {
    const properties = { a: { type: 'string' } } as const
    const shut = typeOf({ type: 'object', properties, additionalProperties: false })
    expectTypeOf(shut).toEqualTypeOf<{ readonly a?: string }>()
    const open = typeOf({ type: 'object', properties, additionalProperties: true, required: ['a'] })
    expectTypeOf(open.a).toEqualTypeOf<string>()
    expectTypeOf(open.other).toBeUnknown()
    // @ts-expect-error nobody described it
    expectTypeOf(shut.other).toBeAny()
  })

  test('a record', () => {
    const record = typeOf({ type: 'object', additionalProperties: { type: 'number' } })
    expectTypeOf(record).toEqualTypeOf<{ readonly [name: string]: number }>()
    expectTypeOf(typeOf({ type: 'object' })).toEqualTypeOf<{ readonly [name: string]: unknown }>()
  })
})

describe('arrays', () => {
  test('of one type', () => {
    expectTypeOf(typeOf({ type: 'array', items: { type: 'string' } })).toEqualTypeOf<readonly string[]>()
    expectTypeOf(typeOf({ type: 'array' })).toEqualTypeOf<readonly unknown[]>()
  })

  test('a tuple has its elements only where minItems asks for them', () => {
    const prefixItems = [{ type: 'string' }, { type: 'number' }] as const
    const whole = typeOf({ type: 'array', prefixItems, minItems: 2, items: false })
    expectTypeOf(whole).toEqualTypeOf<readonly [string, number]>()
    const maybe = typeOf({ type: 'array', prefixItems, items: false })
    expectTypeOf(maybe).toEqualTypeOf<readonly [string?, number?]>()
    const open = typeOf({ type: 'array', prefixItems, minItems: 2 })
    expectTypeOf(open).toEqualTypeOf<readonly [string, number, ...unknown[]]>()
  })
})

describe('compositions', () => {
  test('anyOf and oneOf are unions', () => {
    expectTypeOf(typeOf({ anyOf: [{ type: 'string' }, { type: 'number' }] })).toEqualTypeOf<string | number>()
    expectTypeOf(typeOf({ oneOf: [{ const: 'a' }, { const: 'b' }] })).toEqualTypeOf<'a' | 'b'>()
  })

  test('allOf is an intersection, beside properties too', () => {
    const both = typeOf({
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      allOf: [{ type: 'object', properties: { b: { type: 'number' } }, required: ['b'] }],
    })
    expectTypeOf(both.a).toEqualTypeOf<string>()
    expectTypeOf(both.b).toEqualTypeOf<number>()
  })
})

describe('the fact that validate gives', () => {
  const guard = validate({
    params: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
    body: { type: 'object', properties: { quantity: { type: 'integer' } }, required: ['quantity'] },
  })

  type Given = typeof guard extends Guard<NoFacts, infer Facts> ? Facts : never

  test('has one member for each schema, typed by it', () => {
    expectTypeOf<keyof Given['input']>().toEqualTypeOf<'params' | 'body'>()
    expectTypeOf<Given['input']['params']>().toEqualTypeOf<{ readonly id: string }>()
    expectTypeOf<Given['input']['body']>().toEqualTypeOf<{ readonly quantity: number }>()
  })

  test('has a name of its own', () => {
    type Found = Input<{
      readonly query: { readonly type: 'object'; readonly properties: { page: { type: 'integer' } } }
    }>
    expectTypeOf<Found>().toEqualTypeOf<{ readonly query: { readonly page?: number } }>()
  })
})
