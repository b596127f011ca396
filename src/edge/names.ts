import { nonEmptyStrings, shown } from '../lib/options.js'

/** RFC 9110 section 9.1: letter case counts, and every registered method is in capitals. */
const METHOD = /^[A-Z][A-Z-]{0,31}$/
/** Answered by wellFormed() with 405, and by no page to be sent (Fetch standard, forbidden method). */
const NEVER_SERVED: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK'])

/**
 * Methods as options give them, each once; HEAD comes with GET, which it may stand in for (RFC 9110 section 9.3.2).
 *
 * @throws TypeError that names the option.
 */
export function methodNames(name: string, value: unknown): readonly string[] {
  const methods = nonEmptyStrings(name, value)
  const odd = methods.find((method) => !METHOD.test(method) || NEVER_SERVED.has(method))
  if (odd !== undefined) throw new TypeError(`${name}: ${shown(odd)} is not a method such as "GET", in capitals`)
  return Object.freeze([...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))])
}

/** RFC 9110 section 5.1, field-name; without `*`, which in lists of CORS means all names. */
const FIELD_NAME = /^[A-Za-z0-9!#$%&'+.^_`|~-]{1,128}$/

/**
 * Names of fields as options give them, in lower case, each once.
 *
 * @throws TypeError that names the option.
 */
export function fieldNames(name: string, value: unknown): ReadonlySet<string> {
  if (value === undefined) return new Set()
  const names = nonEmptyStrings(name, value)
  const odd = names.find((field) => !FIELD_NAME.test(field))
  if (odd !== undefined) throw new TypeError(`${name}: ${shown(odd)} is not a field name such as "content-type"`)
  return new Set(names.map((field) => field.toLowerCase()))
}
