import type { BodyRead, RequestContext } from '../context.js'
import { type Denial, internal, invalid } from '../decision.js'
import type { MaybePromise } from '../guard.js'
import { BODY_FAULT } from '../lib/body-fault.js'
import { andThen } from '../lib/maybe-promise.js'
import { mediaTypeFault } from './media-type.js'
import { type JsonBounds, JsonFault, parseJson, refuseUnsafe } from './safe-json.js'

export interface BodyBounds extends JsonBounds {
  readonly maxBodyBytes: number
  readonly bodyTimeoutMs: number
}

export type BodyAnswer = { readonly value: unknown } | Denial

/** The JSON body: as the framework parsed it, where it did, or read and parsed here. */
export function jsonBody(ctx: RequestContext, bounds: BodyBounds): MaybePromise<BodyAnswer> {
  const fault = mediaTypeFault(ctx.headers)
  if (fault !== undefined) return fault
  if (Number(ctx.headers.get('content-length') ?? 0) > bounds.maxBodyBytes) return TOO_LARGE
  const parsed = ctx.body.parsed()
  if (parsed !== undefined) return checked(refuseUnsafe, parsed, bounds)
  return andThen(ctx.body.bytes(bounds.maxBodyBytes, bounds.bodyTimeoutMs), (read) =>
    read.ok ? checked(parseJson, read.bytes, bounds) : unread(read.reason),
  )
}

function checked<T>(parse: (source: T, bounds: JsonBounds) => unknown, source: T, bounds: JsonBounds): BodyAnswer {
  try {
    return { value: parse(source, bounds) }
  } catch (cause) {
    if (cause instanceof JsonFault) {
      return invalid(cause.code, 'The body is refused.', { issues: [{ pointer: '/body', detail: cause.message }] })
    }
    throw cause
  }
}

const told = ({ code, detail, status }: (typeof BODY_FAULT)[keyof typeof BODY_FAULT]): Denial =>
  Object.freeze(invalid(code, detail, { status }))

const TOO_LARGE = told(BODY_FAULT.too_large)

const unread = (reason: Extract<BodyRead, { readonly ok: false }>['reason']): Denial =>
  reason === 'already_read'
    ? internal(new Error('the body was read before validate() and left no parsed value'), 'body_already_read')
    : told(BODY_FAULT[reason])
