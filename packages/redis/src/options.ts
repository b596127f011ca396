/** Checks of options at construction. Each throws a TypeError that names the option and the value it got. */

/** The options as an object with no member outside `known`: a misspelt option would silently be a default. */
export function knownOptions(owner: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${owner}: options must be an object, got ${shown(options)}`)
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) throw new TypeError(`${owner}: unknown option ${unknown}; known are ${known.join(', ')}`)
}

export function integerBetween(name: string, value: unknown, min: number, max: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number
  throw new TypeError(`${name} must be an integer from ${min} to ${max}, got ${shown(value)}`)
}

export function callable<F extends (...args: never[]) => unknown>(name: string, value: F): F {
  if (typeof value === 'function') return value
  throw new TypeError(`${name} must be a function, got ${shown(value)}`)
}

/** Braces would be a hash tag of their own. */
const PREFIX = /^[\w.:-]{1,40}$/

export function keyPrefix(name: string, value: unknown): string {
  if (typeof value === 'string' && PREFIX.test(value)) return value
  throw new TypeError(`${name} must be 1 to 40 letters, digits and -_.:, got ${shown(value)}`)
}

/** A value in an error message: short, and on one line. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100))
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return String(value)
}
