import { describe, expect, test } from 'vitest'
import { methodDecorator } from '../src/index.js'

/** Notes its calls, and lets those with an even number pass. */
const evenOnly = methodDecorator<[number]>(
  (method) =>
    function (value) {
      return value % 2 === 0 ? method.call(this, value) : 'refused'
    },
)

type Legacy = (target: object, key: string | symbol | undefined, descriptor?: unknown) => unknown
const legacy = evenOnly as unknown as Legacy

class Orders {
  readonly name = 'orders'

  @evenOnly
  public(value: number): string {
    return `${this.name} ${value}`
  }

  @evenOnly
  static shared(value: number): string {
    return `shared ${value}`
  }

  @evenOnly
  #hidden(value: number): string {
    return `${this.name} hidden ${value}`
  }

  hidden(value: number): string {
    return this.#hidden(value)
  }

  plain(value: number): string {
    return `${this.name} ${value}`
  }
}

describe('TC39 decorators', () => {
  const orders = new Orders()

  test.each<[string, (value: number) => string, string]>([
    ['a method, with its this', (value) => orders.public(value), 'orders 2'],
    ['a static method', (value) => Orders.shared(value), 'shared 2'],
    ['a private method', (value) => orders.hidden(value), 'orders hidden 2'],
  ])('guard %s', (_name, call, allowed) => {
    expect(call(2)).toBe(allowed)
    expect(call(3)).toBe('refused')
  })

  test.each([
    ['class', class Bare {}],
    ['getter', () => 1],
    ['setter', () => 1],
    ['accessor', { get: () => 1, set: () => 1 }],
    ['field', undefined],
    ['made-up', () => 1],
  ])('refuse a %s', (kind, target) =>
    expect(() => evenOnly(target as never, { kind, name: 'total' } as never)).toThrow(
      new TypeError('a guard decorates methods only, not total'),
    ),
  )
})

/** What the compiler's helper does with the decorator of a member, under `experimentalDecorators`. */
function decorateLegacy(decorator: Legacy, target: object, key: string | symbol): void {
  const descriptor = Object.getOwnPropertyDescriptor(target, key)
  Object.defineProperty(target, key, (decorator(target, key, descriptor) ?? descriptor) as PropertyDescriptor)
}

describe('legacy decorators', () => {
  test('guard a method, with its this', () => {
    class Legacy extends Orders {
      override plain(value: number): string {
        return super.plain(value)
      }
    }
    decorateLegacy(legacy, Legacy.prototype, 'plain')
    expect(new Legacy().plain(2)).toBe('orders 2')
    expect(new Legacy().plain(3)).toBe('refused')
    expect(Object.getOwnPropertyDescriptor(Legacy.prototype, 'plain')).toMatchObject({
      enumerable: false,
      writable: true,
      configurable: true,
    })
  })

  test('guard a method whose name is a symbol', () => {
    const key = Symbol('key')
    const target = { [key]: (value: number) => value }
    decorateLegacy(legacy, target, key)
    expect([target[key](2), target[key](3)]).toEqual([2, 'refused'])
  })

  const accessor = { get: () => 1, set: () => {}, configurable: true, enumerable: false }

  test.each<[string, Parameters<Legacy>, string]>([
    ['a class', [Orders, undefined], 'undefined'],
    ['a field', [Orders.prototype, 'total', undefined], 'total'],
    ['an accessor', [Orders.prototype, 'total', accessor], 'total'],
    ['a parameter', [Orders.prototype, 'total', 0], 'total'],
    ['a member that holds no function', [Orders.prototype, 'total', { value: 7 }], 'total'],
    ['a field named by a symbol', [Orders.prototype, Symbol('key'), undefined], 'Symbol(key)'],
  ])('refuse %s', (_name, args, shown) =>
    expect(() => legacy(...args)).toThrow(new TypeError(`a guard decorates methods only, not ${shown}`)),
  )
})
