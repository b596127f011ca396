import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import type { Issue } from '../decision.js'
import { isObject } from '../lib/json-value.js'
import { shown } from '../lib/options.js'
import { schemaCompiler } from './ajv.js'
import { closed } from './closed.js'
import type { Schema } from './from-schema.js'

/** One part of the input, checked. */
export type Check = (value: unknown) => Issue | undefined

/**
 * Compiles a schema.
 *
 * @param part - Where the value stands in the request: the first token of the issue's pointer.
 * @throws TypeError for a schema that is not valid JSON Schema draft 2020-12, or that has unknown keywords.
 */
export function compile(part: string, schema: Schema): Check {
  if (typeof schema !== 'boolean' && !isObject(schema)) {
    throw new TypeError(`validate(): ${part}: expected a JSON Schema, got ${shown(schema)}`)
  }
  const validate = compiled(part, schema)
  return (value) => (validate(value) ? undefined : issueOf(part, validate.errors?.[0]))
}

function compiled(part: string, schema: Schema): ValidateFunction {
  const compileSchema = schemaCompiler()
  try {
    const validate = compileSchema(closed(schema))
    // its answer would be a promise, which is never false
    if ('$async' in validate) throw new Error('$async is not supported')
    return validate
  } catch (cause) {
    throw new TypeError(`validate(): ${part}: ${(cause as Error).message}`, { cause })
  }
}

const MAX_POINTER = 200

function issueOf(part: string, error: ErrorObject | undefined): Issue {
  const { instancePath = '', message = 'is refused', params = {} } = error ?? {}
  const extra: unknown = params.additionalProperty ?? params.unevaluatedProperty
  if (typeof extra !== 'string') return { pointer: cut(`/${part}${instancePath}`), detail: message }
  return { pointer: cut(`/${part}${instancePath}/${escaped(extra)}`), detail: 'is not accepted' }
}

/** RFC 6901 section 3. */
const escaped = (token: string): string => token.replaceAll('~', '~0').replaceAll('/', '~1')

/** Names come from the request: bounded, and well-formed for JSON. */
const cut = (pointer: string): string => pointer.slice(0, MAX_POINTER).toWellFormed()
