import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import type { Issue } from '../decision.js'
import { shown } from '../lib/options.js'
import { closed } from './closed.js'
import type { Schema } from './from-schema.js'

/** One part of the input, checked. */
export type Check = (value: unknown) => Issue | undefined

/**
 * One instance per schema, so that two schemas may have the same `$id`. Stops at the first fault: that is what bounds
 * the work on hostile input, and why `maxLength` is checked before `pattern` runs.
 */
const newAjv = (): Ajv2020 => {
  const ajv = new Ajv2020({
    allErrors: false,
    strictSchema: true,
    strictTypes: false,
    ownProperties: true,
    allowUnionTypes: true,
    logger: false,
  })
  // The package's default export is the function to one loader and its namespace to another.
  const addFormats = 'default' in ajvFormats ? (ajvFormats.default as unknown as (ajv: Ajv2020) => void) : ajvFormats
  addFormats(ajv)
  ajv.addFormat('uuid', UUID)
  return ajv
}

/** RFC 9562 section 4. The package's own takes a `urn:uuid:` URN for a UUID as well. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Compiles a schema.
 *
 * @param part - Where the value stands in the request: the first token of the issue's pointer.
 * @throws TypeError for a schema that is not valid JSON Schema draft 2020-12, or that has unknown keywords.
 */
export function compile(part: string, schema: Schema): Check {
  if (typeof schema !== 'boolean' && (typeof schema !== 'object' || schema === null || Array.isArray(schema))) {
    throw new TypeError(`validate(): ${part}: expected a JSON Schema, got ${shown(schema)}`)
  }
  const validate = compiled(part, schema)
  return (value) => (validate(value) ? undefined : issueOf(part, validate.errors?.[0]))
}

function compiled(part: string, schema: Schema): ValidateFunction {
  try {
    const validate = newAjv().compile(closed(schema) as boolean)
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
