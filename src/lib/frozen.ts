/** A set that cannot be changed by accident: cached principals are shared between requests. */
export function frozenSet<T>(values: Iterable<T>): ReadonlySet<T> {
  const set = new Set(values)
  return Object.freeze(Object.assign(set, { add: refuse, delete: refuse, clear: refuse }))
}

const refuse = (): never => {
  throw new TypeError('this set is read-only')
}

/** Freezes plain data all the way down. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const member of Object.values(value)) deepFreeze(member)
  }
  return value
}
