import { isObject } from '../lib/json-value.js'
import type { Schema } from './from-schema.js'

type SchemaObject = Exclude<Schema, boolean>

/** Keywords that say what becomes of members that `properties` does not name. */
const SAYS_SO = ['additionalProperties', 'unevaluatedProperties']
/** Keywords that describe members, of which `additionalProperties` sees none but those of `patternProperties`. */
const COMPOSES = ['$ref', '$dynamicRef', 'allOf', 'anyOf', 'oneOf', 'if', 'dependentSchemas', 'patternProperties']

/** Keywords that describe values inside the value: each is closed by itself. */
const MEMBERS = ['properties', 'patternProperties', 'additionalProperties', 'unevaluatedProperties']
const ELEMENTS = ['items', 'prefixItems', 'unevaluatedItems']
/** Keywords whose schemas describe the same value together with their neighbours, or that are referred to from there. */
const BRANCHES = ['allOf', 'anyOf', 'oneOf', 'then', 'else', 'dependentSchemas', '$defs', 'definitions']
/** Keywords that hold schemas by name. */
const NAMED = ['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions']

/**
 * The schema with every object closed that does not say itself what other members are: JSON Schema lets them pass, and
 * a handler that copies its input would assign what nobody described (OWASP ASVS 5.0, 15.3.3). A branch of a
 * composition is not closed, since the object it describes is closed as a whole, but what is inside that object is.
 * Conditions (`if`, `not`, `contains`) are left as they are: closing one would make it match less.
 */
export function closed(schema: Schema): Schema {
  if (typeof schema === 'boolean') return schema
  const has = (keyword: string): boolean => schema[keyword] !== undefined
  const composes = COMPOSES.some(has)
  const isOpen = (composes || has('properties')) && !SAYS_SO.some(has)
  const inside = closedInside(schema)
  return isOpen ? { ...inside, [composes ? 'unevaluatedProperties' : 'additionalProperties']: false } : inside
}

function closedInside(schema: SchemaObject): SchemaObject {
  const copy: Record<string, unknown> = { ...schema }
  for (const keyword of [...MEMBERS, ...ELEMENTS]) copy[keyword] = mapSchemas(keyword, copy[keyword], closed)
  for (const keyword of BRANCHES) copy[keyword] = mapSchemas(keyword, copy[keyword], closedInside)
  return Object.fromEntries(Object.entries(copy).filter(([, value]) => value !== undefined))
}

/** Anything that is not a schema stays as it is, for the compiler to refuse. */
function mapSchemas(keyword: string, value: unknown, map: (schema: SchemaObject) => Schema): unknown {
  const mapped = (item: unknown): unknown => (isObject(item) ? map(item) : item)
  if (Array.isArray(value)) return value.map(mapped)
  if (!NAMED.includes(keyword) || !isObject(value)) return mapped(value)
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapped(item)]))
}
