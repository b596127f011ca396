import type { NoFacts, RequestContext } from '../context.js'
import { allow, type Decision, type Denial, type Issue, invalid } from '../decision.js'
import type { Guard, MaybePromise } from '../guard.js'
import { andThen } from '../lib/maybe-promise.js'
import { integerBetween, knownOptions, shown } from '../lib/options.js'
import { type BodyBounds, jsonBody } from './body.js'
import type { FromSchema, Schema } from './from-schema.js'
import { type Check, compile } from './schema.js'
import { parseQuery, type TextValues, typing } from './text-values.js'

/** A JSON Schema (draft 2020-12) for each part of the request that is to be used. */
export interface InputSchemas {
  /** Of the body, which is JSON. Default: it is not read. */
  readonly body?: Schema | undefined
  /** Properties are names of query parameters. Default: the query is not looked at. */
  readonly query?: Schema | undefined
  /** Properties are names of path parameters. Default: they are not looked at. */
  readonly params?: Schema | undefined
  /** Properties are field names in lower case; other fields are not looked at. */
  readonly headers?: Schema | undefined
}

/** How large, slow, deep and wide a body may be. */
export interface ValidateOptions {
  /** Longest body, in bytes, 1 to 16 MiB. Default: 65 536. */
  readonly maxBodyBytes?: number | undefined
  /** How long the whole body may take to arrive, in milliseconds, 100 to 300 000. Default: 10 000. */
  readonly bodyTimeoutMs?: number | undefined
  /** Deepest nesting of the body, 1 to 200. Default: 32. */
  readonly maxDepth?: number | undefined
  /** Members and array elements in the body, 1 to 1 million. Default: 10 000. */
  readonly maxMembers?: number | undefined
}

/** What was validated, and nothing else. */
export type Input<S extends InputSchemas> = { readonly [K in keyof S]: FromSchema<S[K]> }

/**
 * Validates the parts of the request that have a schema and gives them as the fact `input`. The handler finds there
 * exactly what was validated; a validated body also takes the place of the framework's.
 *
 * Objects are closed: members that a schema does not name are refused unless it says `additionalProperties`. Text in
 * query, params and headers becomes a number or boolean where the schema asks for one and the text is exactly that.
 * The body must be `application/json` in UTF-8, is read only when all else is sound, and is bounded in size, time,
 * depth and width.
 *
 * Denies with 400 (`invalid_query`, `invalid_params`, `invalid_headers` and faults of syntax), 422 `invalid_body`, 413,
 * 415 or 408. In a policy, put it behind every guard that can refuse without a body.
 *
 * @throws TypeError for a schema that is not one, and for an option out of its range.
 */
export function validate<const S extends InputSchemas>(
  schemas: S,
  options: ValidateOptions = {},
): Guard<NoFacts, { readonly input: Input<S> }> {
  knownOptions('validate()', schemas, ['body', 'query', 'params', 'headers'])
  const parts = textParts(schemas)
  const checkBody = schemas.body === undefined ? undefined : compile('body', schemas.body)
  if (parts.length === 0 && checkBody === undefined) throw new TypeError('validate(): expected at least one schema')
  const bounds = checkedBounds(options)

  const withBody = (
    ctx: RequestContext,
    input: Record<string, unknown>,
    check: Check,
  ): MaybePromise<Decision<object>> =>
    andThen(jsonBody(ctx, bounds), (body) => {
      if ('kind' in body) return body
      const issue = check(body.value)
      if (issue !== undefined) return invalidPart('body', issue)
      ctx.body.replace(body.value)
      input.body = body.value
      return allow({ input })
    })

  const guard: Guard<NoFacts, object> = {
    name: 'validate',
    about: { room: 'input', requires: { parts: Object.keys(schemas) } },
    check: (ctx) => {
      const input: Record<string, unknown> = {}
      for (const { name, read, type, check } of parts) {
        const values = read(ctx)
        if (isDenial(values)) return values
        type(values)
        const issue = check(values)
        if (issue !== undefined) return invalidPart(name, issue)
        input[name] = values
      }
      return checkBody === undefined ? allow({ input }) : withBody(ctx, input, checkBody)
    },
  }
  return Object.freeze(guard) as Guard<NoFacts, { readonly input: Input<S> }>
}

interface TextPart {
  readonly name: 'params' | 'query' | 'headers'
  readonly read: (ctx: RequestContext) => TextValues | Denial
  readonly type: (values: TextValues) => void
  readonly check: Check
}

function textParts(schemas: InputSchemas): readonly TextPart[] {
  const readers: Readonly<Record<TextPart['name'], (schema: Schema) => TextPart['read']>> = {
    params: () => (ctx) => copyOf(ctx.params),
    query: () => (ctx) => parseQuery(ctx.query),
    headers: headerReader,
  }
  return (['params', 'query', 'headers'] as const).flatMap((name) => {
    const schema = schemas[name]
    if (schema === undefined) return []
    return [{ name, check: compile(name, schema), read: readers[name](schema), type: typing(schema) }]
  })
}

/** The framework's own stays as it is. */
function copyOf(params: RequestContext['params']): TextValues {
  const values: TextValues = Object.create(null)
  for (const name of Object.keys(params)) values[name] = params[name]
  return values
}

/** Only the fields that the schema names: a request carries many that are nobody's business here. */
function headerReader(schema: Schema): TextPart['read'] {
  const names = Object.keys((typeof schema === 'object' && (schema.properties as object)) || {})
  const upper = names.find((name) => name !== name.toLowerCase())
  if (upper !== undefined) throw new TypeError(`validate(): headers: ${shown(upper)} must be in lower case`)
  return (ctx) => {
    const values: TextValues = Object.create(null)
    for (const name of names) {
      const lines = ctx.headers.all(name)
      if (lines.length > 0) values[name] = lines.length === 1 ? lines[0]! : lines
    }
    return values
  }
}

const isDenial = (value: TextValues | Denial): value is Denial => (value as Denial).allowed === false

const SUBJECT = {
  body: 'The body does',
  query: 'The query does',
  params: 'The path parameters do',
  headers: 'The headers do',
} as const

const invalidPart = (part: keyof InputSchemas, issue: Issue): Denial =>
  invalid(`invalid_${part}`, `${SUBJECT[part]} not match the schema.`, {
    issues: [issue],
    ...(part === 'body' && { status: 422 as const }),
  })

function checkedBounds(options: ValidateOptions): BodyBounds {
  knownOptions('validate()', options, ['maxBodyBytes', 'bodyTimeoutMs', 'maxDepth', 'maxMembers'])
  return {
    maxBodyBytes: integerBetween('maxBodyBytes', options.maxBodyBytes ?? 65_536, 1, 16 * 1024 * 1024),
    bodyTimeoutMs: integerBetween('bodyTimeoutMs', options.bodyTimeoutMs ?? 10_000, 100, 300_000),
    maxDepth: integerBetween('maxDepth', options.maxDepth ?? 32, 1, 200),
    maxMembers: integerBetween('maxMembers', options.maxMembers ?? 10_000, 1, 1_000_000),
  }
}
