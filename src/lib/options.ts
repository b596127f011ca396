import { isObject } from './json-value.js'

/** Checks of options at construction. Each throws a TypeError that names the option and the value it got. */

/** The options as an object with no member outside `known`: a misspelt option would silently be a default. */
export function knownOptions(owner: string, options: unknown, known: readonly string[]): void {
  if (!isObject(options)) {
    const hint = typeof options === 'function' ? ' (call it?)' : ''
    throw new TypeError(`${owner}: options must be an object, got ${shown(options)}${hint}`)
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) throw new TypeError(`${owner}: unknown option ${unknown}; known are ${known.join(', ')}`)
}

export function integerBetween(name: string, value: unknown, min: number, max: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number
  throw new TypeError(`${name} must be an integer from ${min} to ${max}, got ${shown(value)}`)
}

export function nonEmptyString(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new TypeError(`${name} must be a non-empty string, got ${shown(value)}`)
}

/** One or several, as an array of at least one. */
export function nonEmptyStrings(name: string, value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw new TypeError(`${name} must not be empty`)
  return Object.freeze(list.map((item) => nonEmptyString(name, item)))
}

export function oneOf<const T extends string>(name: string, value: unknown, choices: readonly T[]): T {
  if (choices.includes(value as T)) return value as T
  throw new TypeError(`${name} must be one of ${choices.join(', ')}, got ${shown(value)}`)
}

export function boolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw new TypeError(`${name} must be true or false, got ${shown(value)}`)
}

export function callable<F extends (...args: never[]) => unknown>(name: string, value: F): F {
  if (typeof value === 'function') return value
  throw new TypeError(`${name} must be a function, got ${shown(value)}`)
}

/** A value in an error message: short, and on one line. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100))
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return String(value)
}
