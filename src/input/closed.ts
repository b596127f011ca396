import type { Schema } from './from-schema.js'

/** Keywords that say what becomes of members that `properties` does not name. */
const SAYS_SO = ['additionalProperties', 'unevaluatedProperties']
/** Keywords beside `properties` whose members `additionalProperties` would not see. */
const COMPOSES = ['$ref', '$dynamicRef', 'allOf', 'anyOf', 'oneOf', 'if', 'dependentSchemas', 'patternProperties']

/**
 * The schema with every object closed that does not say itself what other members are: JSON Schema lets them pass, and
 * a handler that copies its input would assign what nobody described (OWASP ASVS 5.0, 15.3.3). Branches of a
 * composition are left as they are; the object they describe is closed as a whole.
 */
export function closed(schema: Schema): Schema {
  if (typeof schema === 'boolean') return schema
  const copy: Record<string, unknown> = { ...schema }
  for (const keyword of ['properties', 'patternProperties']) {
    if (isRecord(copy[keyword])) copy[keyword] = mapValues(copy[keyword], closedMember)
  }
  for (const keyword of ['items', 'additionalProperties', 'contains']) copy[keyword] = closedMember(copy[keyword])
  if (Array.isArray(copy.prefixItems)) copy.prefixItems = copy.prefixItems.map(closedMember)
  const described = 'properties' in copy || COMPOSES.some((keyword) => keyword in copy)
  if (described && !SAYS_SO.some((keyword) => keyword in schema)) copy[closingKeyword(copy)] = false
  return Object.fromEntries(Object.entries(copy).filter(([, value]) => value !== undefined))
}

/** `additionalProperties` sees only its siblings; `unevaluatedProperties` also what a composition describes. */
const closingKeyword = (schema: object): string =>
  COMPOSES.some((keyword) => keyword in schema) ? 'unevaluatedProperties' : 'additionalProperties'

const closedMember = (member: unknown): unknown => (isRecord(member) ? closed(member) : member)

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const mapValues = (record: object, map: (value: unknown) => unknown): object =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
