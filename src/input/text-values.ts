import { type Denial, invalid } from '../decision.js'
import type { Schema } from './from-schema.js'

/**
 * Values that came as text: parameters of a query, a path or a header; a list where one came several times. Always a
 * new object, without prototype.
 */
export type TextValues = Record<string, unknown>

/** More parameters than any form has. */
const MAX_PARAMETERS = 256

/**
 * The parameters of a query (application/x-www-form-urlencoded, WHATWG URL section 5.1), decoded once. A name that
 * occurs twice has an array for its value.
 */
export function parseQuery(query: string): TextValues | Denial {
  const values: TextValues = Object.create(null)
  if (query === '') return values
  const pairs = query.split('&', MAX_PARAMETERS + 1)
  if (pairs.length > MAX_PARAMETERS) return TOO_MANY
  for (const pair of pairs) {
    if (pair === '') continue // as URL section 5.1 says
    const equals = pair.indexOf('=')
    const name = decode(equals === -1 ? pair : pair.slice(0, equals))
    const value = decode(equals === -1 ? '' : pair.slice(equals + 1))
    if (name === undefined || value === undefined) return MALFORMED
    const before = values[name]
    if (before === undefined) values[name] = value
    else if (Array.isArray(before)) before.push(value)
    else values[name] = [before, value]
  }
  return values
}

const TOO_MANY: Denial = Object.freeze(
  invalid('too_many_parameters', `The query has more than ${MAX_PARAMETERS} parameters.`),
)
const MALFORMED: Denial = Object.freeze(invalid('malformed_query', 'The query is not percent-encoded UTF-8.'))

function decode(text: string): string | undefined {
  if (!text.includes('%')) return text.includes('+') ? text.replaceAll('+', ' ') : text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

/**
 * Gives each value, in place, the type that its property in `schema` asks for, when the text is exactly one of that
 * type; anything else stays text and fails the schema. One value for an array becomes an array of one.
 */
export function typing(schema: Schema): (values: TextValues) => void {
  const properties = typeof schema === 'object' ? (schema.properties ?? {}) : {}
  const plan = Object.entries(properties)
    .map(([name, property]) => ({ name, reading: readingOf(property) }))
    .filter(({ reading }) => reading !== asItIs)
  return (values) => {
    for (const { name, reading } of plan) if (name in values) values[name] = reading(values[name])
  }
}

type Reading = (value: unknown) => unknown

function readingOf({ type, items }: Readonly<Record<string, unknown>>): Reading {
  if (type !== 'array') return ofType(type)
  const item = ofType((items as Readonly<Record<string, unknown>> | undefined)?.type)
  return (value) => (Array.isArray(value) ? value.map(item) : [item(value)])
}

const ofType = (type: unknown): Reading =>
  type === 'integer' || type === 'number' ? asNumber : type === 'boolean' ? asBoolean : asItIs

/** RFC 8259 section 6, number. */
const NUMBER = /^-?(?:0|[1-9]\d{0,20})(?:\.\d{1,20})?$/

const asNumber: Reading = (value) => (typeof value === 'string' && NUMBER.test(value) ? Number(value) : value)
const asBoolean: Reading = (value) => (value === 'true' ? true : value === 'false' ? false : value)
const asItIs: Reading = (value) => value
