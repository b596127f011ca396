import type { RequestContext } from '../../context.js'
import { type Denial, internal, invalid } from '../../decision.js'
import type { MaybePromise } from '../../guard.js'
import { BODY_FAULT } from '../../lib/body-fault.js'
import { andThen } from '../../lib/maybe-promise.js'
import { mediaTypeInUtf8 } from '../../lib/media-type.js'

const FORM = 'application/x-www-form-urlencoded'
const isForm = mediaTypeInUtf8(FORM)
/** A token of a few hundred bytes, and whatever else an issuer likes to add. */
const MAX_BYTES = 16 * 1024
const TIMEOUT_MS = 5_000

/**
 * The one `logout_token` of a form (OpenID Connect Back-Channel Logout 1.0 section 2.5), as a parser of the framework
 * left it, or read here. Other members are ignored, as the specification asks.
 */
export function logoutTokenIn(ctx: RequestContext): MaybePromise<string | Denial> {
  const { headers, body } = ctx
  if (!isForm(headers.get('content-type') ?? '') || headers.count('content-encoding') > 0) return UNSUPPORTED
  const parsed = body.parsed()
  if (parsed !== undefined) return theOne(membersOf(parsed))
  return andThen(body.bytes(MAX_BYTES, TIMEOUT_MS), (read) => {
    if (read.ok) return theOne(membersOf(read.bytes))
    if (read.reason === 'already_read') return internal(new Error(ALREADY_READ), 'body_already_read')
    const { code, detail, status } = BODY_FAULT[read.reason]
    return invalid(code, detail, { status })
  })
}

const ALREADY_READ = 'the body was read before backChannelLogout() and left no parsed value'

const UNSUPPORTED: Denial = Object.freeze(
  invalid('unsupported_media_type', `The body must be ${FORM}, not encoded otherwise.`, {
    status: 415,
    headers: [['accept', FORM]],
  }),
)

/** All values that stand under `logout_token`, in a form or in what a parser made of one. */
function membersOf(body: unknown): readonly unknown[] {
  if (body instanceof Uint8Array) return membersOf(Buffer.from(body).toString('latin1')) // a token is ASCII
  if (typeof body === 'string') return new URLSearchParams(body).getAll('logout_token')
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'logout_token')) return []
  const { logout_token: value } = body as { readonly logout_token: unknown }
  return Array.isArray(value) ? value : [value]
}

function theOne(values: readonly unknown[]): string | Denial {
  const [value] = values
  if (values.length === 0) return invalid('logout_token_missing', 'The form has no logout_token.')
  if (values.length > 1) return invalid('logout_token_repeated', 'The form has more than one logout_token.')
  if (typeof value !== 'string' || value.length > MAX_BYTES) return invalid('logout_malformed', REFUSED)
  return value
}

export const REFUSED = 'The logout token is refused.'
