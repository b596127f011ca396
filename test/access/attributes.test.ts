import { describe, expect, test } from 'vitest'
import { attributesOf } from '../../src/access/attributes.js'
import type { Anything } from './orders.js'

/** A class as services write them: private fields, getters, methods, a name of its own. */
class Order {
  readonly #owner: string | undefined
  readonly lines = [{ sku: 'a' }]
  readonly tenant: string | undefined

  constructor(owner?: string, tenant?: string) {
    this.#owner = owner
    this.tenant = tenant
  }

  get owner(): string | undefined {
    return this.#owner
  }

  isOwnedBy(id: string): boolean {
    return this.#owner === id
  }
}

class Tagged extends Order {
  get [Symbol.toStringTag](): string {
    return 'Tagged'
  }
}

class Bag {
  readonly #items = ['a', 'b'];

  *[Symbol.iterator]() {
    yield* this.#items
  }

  [Symbol.toPrimitive]() {
    return this.#items.length
  }
}

/** What `read` reads of a view of `value`, and which unknown attributes it met. */
function reading<T extends object>(value: T, read: (view: T) => unknown) {
  const unknown: string[] = []
  const result = read(attributesOf(value, (attribute) => unknown.push(attribute)))
  return { result, unknown }
}

describe('attributes that are there', () => {
  const date = new Date(0)
  const [set, map, list, bytes] = [new Set(['a']), new Map([['k', 'v']]), ['a', null, undefined], Buffer.from('a')]
  const value: Anything = Object.freeze({
    ...{ text: 'a', zero: 0, no: false, empty: '', nan: Number.NaN, date, set, map, list, bytes },
    nested: Object.freeze({ deep: Object.freeze({ id: 7 }) }),
    order: new Order('alice', 'acme'),
    tagged: new Tagged('alice', 'acme'),
    bare: Object.assign(Object.create(null), { id: 1 }),
  })

  test.each<readonly [string, (view: Anything) => unknown, unknown]>([
    ['a text', (view) => view.text, 'a'],
    ['zero', (view) => view.zero, 0],
    ['false', (view) => view.no, false],
    ['an empty text', (view) => view.empty, ''],
    ['NaN', (view) => view.nan, Number.NaN],
    ['a frozen nested attribute', (view) => view.nested.deep.id, 7],
    ['an object without prototype', (view) => view.bare.id, 1],
    ['a Date, as it is', (view) => view.date === date, true],
    ['a Date, compared', (view) => view.date < new Date(), true],
    ['a Set, as it is', (view) => view.set === set && view.set.has('a'), true],
    ['a Map, as it is', (view) => view.map === map && view.map.get('k') === 'v', true],
    ['bytes, as they are', (view) => view.bytes === bytes, true],
    ['a list, as it is', (view) => view.list === list && view.list.includes('a'), true],
    ['a getter over a private field', (view) => view.order.owner, 'alice'],
    ['a method over a private field', (view) => view.order.isOwnedBy('alice'), true],
    ['the class of an instance', (view) => view.order instanceof Order, true],
    ['a getter of a tagged class', (view) => view.tagged.owner, 'alice'],
    ['members of a list', (view) => view.order.lines[0].sku, 'a'],
    ['its keys', (view) => Object.keys(view.nested), ['deep']],
    ['its values', (view) => Object.values(view.nested.deep), [7]],
    ['an own member', (view) => Object.hasOwn(view, 'text') && !Object.hasOwn(view, 'other'), true],
    ['a copy', (view) => ({ ...view.nested.deep }), { id: 7 }],
    ['JSON', (view) => JSON.stringify(Object.entries(view.nested.deep)), '[["id",7]]'],
  ])('%s', (_name, read, expected) => expect(reading(value, read)).toEqual({ result: expected, unknown: [] }))

  test.each<readonly [string, object, (view: Anything) => unknown, unknown]>([
    ['an instance of a class', new Order('alice'), (view) => view.owner, 'alice'],
    ['an iterable over a private field', new Bag(), (view) => [...view], ['a', 'b']],
    ['a class with a primitive of its own', new Bag(), (view) => +view, 2],
    ['a list', ['a', 'b'], (view) => [...view, view.length, view.includes('b')], ['a', 'b', 2, true]],
    ['a Map', new Map([['k', 'v']]), (view) => [...view, view.size, view.get('k')], [['k', 'v'], 1, 'v']],
    ['a Set', new Set(['a']), (view) => [...view, view.size, view.has('a')], ['a', 1, true]],
    ['a Date', new Date(5), (view) => [+view, view.getTime()], [5, 5]],
  ])('of %s at the top', (_name, value, read, expected) =>
    expect(reading(value, read)).toEqual({ result: expected, unknown: [] }),
  )
})

describe('attributes that are not there', () => {
  const value: Anything = {
    undef: undefined,
    nil: null,
    nested: { deep: { nil: null } },
    order: new Order(),
    tagged: new Tagged(),
  }

  test.each<readonly [string, (view: Anything) => unknown, string]>([
    ['missing', (view) => view.tenant, 'tenant'],
    ['undefined', (view) => view.undef, 'undef'],
    ['null', (view) => view.nil, 'nil'],
    ['nested', (view) => view.nested.tenant, 'tenant'],
    ['nested deeper', (view) => view.nested.deep.tenant, 'tenant'],
    ['null, nested', (view) => view.nested.deep.nil, 'nil'],
    ['a getter without a value', (view) => view.order.owner, 'owner'],
    ['a field of an instance', (view) => view.order.tenant, 'tenant'],
    ['a field of a tagged instance', (view) => view.tagged.tenant, 'tenant'],
    ['by destructuring with a default', ({ tenant = 'acme' }) => tenant, 'tenant'],
    ['by optional chaining', (view) => view.owner?.tenant, 'owner'],
    ['by computed name', (view) => view[['ten', 'ant'].join('')], 'tenant'],
    ['by Reflect', (view) => Reflect.get(view, 'tenant'), 'tenant'],
  ])('%s: are told', (_name, read, attribute) => expect(reading(value, read).unknown).toEqual([attribute]))

  test.each<readonly [string, (view: Anything) => unknown]>([
    ['missing', (view) => 'tenant' in view],
    ['undefined', (view) => 'undef' in view],
    ['null', (view) => 'nil' in view],
    ['nested', (view) => 'tenant' in view.nested],
    ['a getter without a value', (view) => 'owner' in view.order],
  ])('%s: `in` says so without reading', (_name, read) =>
    expect(reading(value, read)).toEqual({ result: false, unknown: [] }),
  )

  test.each<readonly [string, (view: Anything) => unknown]>([
    ['a nested object', (view) => 'deep' in view.nested],
    ['a getter', (view) => 'owner' in view.full],
    ['a method', (view) => 'isOwnedBy' in view.order],
  ])('and of %s that is there, `in` says that it is', (_name, read) =>
    expect(reading({ ...value, full: new Order('alice') }, read)).toEqual({ result: true, unknown: [] }),
  )

  test('whatever is true of two of them is not hidden', () => {
    const other: Anything = {}
    const { result, unknown } = reading({ a: value, b: other }, (view: Anything) => view.a.tenant === view.b.tenant)
    expect({ result, unknown }).toEqual({ result: true, unknown: ['tenant', 'tenant'] })
  })
})

describe('a view refuses', () => {
  test.each<readonly [string, (view: Anything) => unknown]>([
    ['assignment', (view) => (view.tenant = 'acme')],
    ['assignment to what is there', (view) => (view.id = 8)],
    ['nested assignment', (view) => (view.nested.id = 8)],
    ['assignment to an instance', (view) => (view.order.tenant = 'acme')],
    ['assignment to a tagged instance', (view) => (view.tagged.tenant = 'acme')],
    ['Object.assign', (view) => Object.assign(view, { tenant: 'acme' })],
    ['delete', (view) => delete view.id],
    ['nested delete', (view) => delete view.nested.id],
    ['defineProperty', (view) => Object.defineProperty(view, 'tenant', { value: 'acme' })],
    ['setPrototypeOf', (view) => Object.setPrototypeOf(view, { tenant: 'acme' })],
    ['freezing', (view) => Object.freeze(view)],
    ['sealing', (view) => Object.preventExtensions(view)],
  ])('%s', (_name, change) => {
    const value = { id: 7, nested: { id: 7 }, order: new Order('alice'), tagged: new Tagged('alice') }
    expect(() => reading(value, change)).toThrow(TypeError)
    expect(value).toEqual({ id: 7, nested: { id: 7 }, order: new Order('alice'), tagged: new Tagged('alice') })
    expect([Object.getPrototypeOf(value), Object.isExtensible(value)]).toEqual([Object.prototype, true])
  })

  test('changes through a descriptor', () => {
    const value = { nested: { id: 7 } }
    const change = (view: typeof value) => (Object.getOwnPropertyDescriptor(view, 'nested')!.value.id = 8)
    expect(() => reading(value, change)).toThrow(TypeError)
    expect(value.nested.id).toBe(7)
  })
})
