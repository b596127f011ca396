/**
 * A read-only view of `value` that calls `onUnknown` whenever an attribute is read that is not there, or is `null`:
 * `undefined === undefined` must not make two parties equal. `in` tells whether an attribute is there without reading.
 *
 * Objects are viewed all the way down; arrays, collections, dates and primitives are handed out as they are.
 */
export function attributesOf<T extends object>(value: T, onUnknown: (attribute: string) => void): T {
  // An empty stand-in is the proxy's target: frozen members of the real one may not be answered with a view.
  return new Proxy({} as T, {
    get(_standIn, key) {
      const found: unknown = Reflect.get(value, key, value)
      if (typeof key === 'symbol') return found
      if (found === undefined || found === null) onUnknown(key)
      if (typeof found === 'function') return found.bind(value)
      return isRecord(found) ? attributesOf(found, onUnknown) : found
    },
    has: (_standIn, key) => Reflect.has(value, key),
    ownKeys: () => Reflect.ownKeys(value),
    getPrototypeOf: () => Reflect.getPrototypeOf(value),
    getOwnPropertyDescriptor(_standIn, key) {
      const own = Reflect.getOwnPropertyDescriptor(value, key)
      return own === undefined ? undefined : { ...own, configurable: true }
    },
    set: refuse,
    deleteProperty: refuse,
    defineProperty: refuse,
    setPrototypeOf: refuse,
  })
}

/** Plain objects and instances of classes; not arrays, sets, maps, dates. */
const isRecord = (value: unknown): value is object => Object.prototype.toString.call(value) === '[object Object]'

const refuse = (): never => {
  throw new TypeError('attributes are read-only')
}
