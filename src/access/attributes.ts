/**
 * A read-only view of `value` that calls `onUnknown` whenever an attribute is read that is not there, or is `null`:
 * `undefined === undefined` must not make two parties equal. `in` tells whether an attribute is there without reading.
 *
 * Objects are viewed all the way down; arrays, collections, dates, bytes and primitives are handed out as they are.
 */
export function attributesOf<T extends object>(value: T, onUnknown: (attribute: string) => void): T {
  const read = (key: string | symbol): unknown => {
    const found: unknown = Reflect.get(value, key, value)
    if (typeof found === 'function') return found.bind(value)
    if (typeof key === 'string' && isUnknown(found)) onUnknown(key)
    return isRecord(found) ? attributesOf(found, onUnknown) : found
  }
  // An empty stand-in is the proxy's target: frozen members of the real one may not be answered with a view.
  return new Proxy({} as T, {
    get: (_standIn, key) => read(key),
    has: (_standIn, key) => !isUnknown(Reflect.get(value, key, value)),
    ownKeys: () => Reflect.ownKeys(value),
    getPrototypeOf: () => Reflect.getPrototypeOf(value),
    getOwnPropertyDescriptor(_standIn, key) {
      const own = Reflect.getOwnPropertyDescriptor(value, key)
      return own && { get: () => read(key), enumerable: own.enumerable === true, configurable: true }
    },
    set: refuse,
    deleteProperty: refuse,
    defineProperty: refuse,
    setPrototypeOf: refuse,
    preventExtensions: refuse,
  })
}

const isUnknown = (found: unknown): boolean => found === undefined || found === null

/** Plain objects and instances of classes, whatever name they give themselves. */
const isRecord = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  !ArrayBuffer.isView(value) &&
  !AS_THEY_ARE.some((kind) => value instanceof kind)

const AS_THEY_ARE = [Array, Set, Map, Date]

const refuse = (): never => {
  throw new TypeError('attributes are read-only')
}
