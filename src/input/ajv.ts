import { createRequire } from 'node:module'
import type { Ajv2020, ValidateFunction } from 'ajv/dist/2020.js'
import type { FormatsPlugin } from 'ajv-formats'
import type { Schema } from './from-schema.js'

const OPTIONS = {
  allErrors: false,
  strictSchema: true,
  strictTypes: false,
  ownProperties: true,
  allowUnionTypes: true,
  logger: false,
} as const

/** RFC 9562 section 4. The package's own takes a `urn:uuid:` URN for a UUID as well. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Compiles a schema; throws for one that is not valid JSON Schema draft 2020-12, or that has unknown keywords. */
export type SchemaCompiler = (schema: Schema) => ValidateFunction

let compiler: SchemaCompiler | undefined

/**
 * The compiler of JSON Schemas. Loaded when first asked for: ajv takes longer to load than all else here, and a service
 * that validates nothing need not wait for it. By `require`, since `validate` answers at once.
 *
 * @throws Error when the packages cannot be loaded.
 */
export function schemaCompiler(): SchemaCompiler {
  compiler ??= load()
  return compiler
}

function load(): SchemaCompiler {
  try {
    const require = createRequire(import.meta.url)
    const ajv = require('ajv/dist/2020.js') as { readonly Ajv2020: typeof Ajv2020 }
    const formats = require('ajv-formats') as { readonly default: FormatsPlugin }
    return compilerOf(ajv.Ajv2020, formats.default)
  } catch (cause) {
    const reason = (cause as Error).message.split('\n', 1)[0]
    throw new Error(
      `validate() could not load ajv and ajv-formats: ${reason}. A bundler must leave wardline, or these two, external.`,
      { cause },
    )
  }
}

/**
 * One instance per schema, so that two schemas may have the same `$id`. Stops at the first fault: that is what bounds
 * the work on hostile input, and why `maxLength` is checked before `pattern` runs.
 */
function compilerOf(Ajv: typeof Ajv2020, addFormats: FormatsPlugin): SchemaCompiler {
  // compiling the schema of schemas takes 20 ms, once; checking one against it, none to speak of
  const metaSchema = new Ajv(OPTIONS)
  return (schema) => {
    metaSchema.validateSchema(schema as boolean, true)
    const ajv = new Ajv({ ...OPTIONS, validateSchema: false })
    addFormats(ajv)
    ajv.addFormat('uuid', UUID)
    return ajv.compile(schema as boolean)
  }
}
