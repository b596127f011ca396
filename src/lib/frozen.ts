/** A set that cannot be changed by accident: cached principals are shared between requests. */
export function frozenSet<T>(values: Iterable<T>): ReadonlySet<T> {
  const set = new Set(values)
  return Object.freeze(Object.assign(set, { add: refuse, delete: refuse, clear: refuse }))
}

const refuse = (): never => {
  throw new TypeError('this set is read-only')
}

/** Freezes plain data all the way down, and no depth of it is too much for the stack: claims are what somebody sent. */
export function deepFreeze<T>(value: T): T {
  const open: unknown[] = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next !== 'object' || next === null || Object.isFrozen(next)) continue
    for (const member of Object.values(Object.freeze(next))) open.push(member)
  }
  return value
}
