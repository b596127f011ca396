import type { RequestContext } from '../context.js'
import { type Challenge, challenge, type Denial, invalid } from '../decision.js'

/** RFC 6750 section 2.1, b64token. */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i
const BEARER_SCHEME = /^Bearer(?: |$)/i

/**
 * The token of the Authorization field; never of a query or form (RFC 6750 section 5.3). Without one: 401 and a
 * challenge with no error code. Two fields, or a malformed one: 400 `invalid_request` (section 3.1).
 */
export function bearerToken({ headers }: RequestContext, realm: string): string | Denial {
  if (headers.count('authorization') > 1) return malformed(realm, 'There is more than one Authorization field.')
  const field = headers.get('authorization')
  if (field === undefined || !BEARER_SCHEME.test(field)) {
    return challenge('token_missing', bearerChallenge(realm))
  }
  return BEARER.exec(field)?.[1] ?? malformed(realm, 'The Authorization field is malformed.')
}

const PREFIX = 'Bearer '

/**
 * What stands behind the scheme, unchecked: good for looking up a token that was checked before, since several fields
 * come joined by a comma, which no token has. Costs no list of fields, and no pattern over all characters.
 */
export function unreadBearerToken({ headers }: RequestContext): string | undefined {
  const field = headers.get('authorization')
  if (field === undefined || (!field.startsWith(PREFIX) && !BEARER_SCHEME.test(field))) return undefined
  let start = PREFIX.length
  while (field[start] === ' ') start++
  return field.slice(start)
}

const malformed = (realm: string, detail: string): Denial =>
  invalid('token_malformed', detail, { challenges: [bearerChallenge(realm, 'invalid_request')] })

/** 401 `invalid_token`, whatever the fault: which one it was is told to the audit trail under `code`. */
export const invalidToken = (code: string, realm: string): Denial =>
  challenge(code, bearerChallenge(realm, 'invalid_token'))

const bearerChallenge = (realm: string, error?: string): Challenge => ({
  scheme: 'Bearer',
  params: error === undefined ? { realm } : { realm, error },
})
