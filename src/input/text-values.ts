import { type Denial, invalid } from '../decision.js'
import type { Schema } from './from-schema.js'

/** Values that came as text: parameters of a query, a path or a header. */
export type TextValues = Readonly<Record<string, string | readonly string[]>>

/** More parameters than any form has. */
const MAX_PARAMETERS = 256

/**
 * The parameters of a query (application/x-www-form-urlencoded, WHATWG URL section 5.1), decoded once. A name that
 * occurs twice has an array for its value.
 */
export function parseQuery(query: string): TextValues | Denial {
  const values: Record<string, string | string[]> = Object.create(null)
  const pairs = query === '' ? [] : query.split('&', MAX_PARAMETERS + 1)
  if (pairs.length > MAX_PARAMETERS) return TOO_MANY
  for (const pair of pairs) {
    if (pair === '') continue // as URL section 5.1 says
    const equals = pair.indexOf('=')
    const name = decode(equals === -1 ? pair : pair.slice(0, equals))
    const value = decode(equals === -1 ? '' : pair.slice(equals + 1))
    if (name === undefined || value === undefined) return MALFORMED
    const before = values[name]
    values[name] = before === undefined ? value : typeof before === 'string' ? [before, value] : [...before, value]
  }
  return values
}

const TOO_MANY: Denial = Object.freeze(
  invalid('too_many_parameters', `The query has more than ${MAX_PARAMETERS} parameters.`),
)
const MALFORMED: Denial = Object.freeze(invalid('malformed_query', 'The query is not percent-encoded UTF-8.'))

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

/**
 * Gives each value the type that its property in `schema` asks for, when the text is exactly one of that type; anything
 * else stays text and fails the schema. One value for an array becomes an array of one.
 */
export function typed(values: TextValues, schema: Schema): Readonly<Record<string, unknown>> {
  const properties = typeof schema === 'object' ? ((schema.properties ?? {}) as Readonly<Record<string, unknown>>) : {}
  const result: Record<string, unknown> = Object.create(null)
  for (const [name, value] of Object.entries(values)) {
    const property = Object.hasOwn(properties, name) ? (properties[name] as Readonly<Record<string, unknown>>) : {}
    result[name] =
      property.type === 'array'
        ? [value].flat().map((item) => ofType(item, itemType(property)))
        : ofType(value, property.type)
  }
  return result
}

const itemType = ({ items }: Readonly<Record<string, unknown>>): unknown =>
  (items as Readonly<Record<string, unknown>> | undefined)?.type

/** RFC 8259 section 6, number. */
const NUMBER = /^-?(?:0|[1-9]\d{0,20})(?:\.\d{1,20})?$/

function ofType(value: unknown, type: unknown): unknown {
  if (typeof value !== 'string') return value
  if ((type === 'integer' || type === 'number') && NUMBER.test(value)) return Number(value)
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}
