import type { RequestContext } from '../../context.js'

/** A token as the Authorization field has it. */
export interface PresentedToken {
  readonly scheme: TokenScheme
  readonly token: string
}

export type TokenScheme = 'Bearer' | 'DPoP'

/** RFC 6750 section 2.1 and RFC 9449 section 7.1: the scheme, then a b64token. */
const CREDENTIALS = /^(Bearer|DPoP) +([A-Za-z0-9\-._~+/]+=*)$/i
const SCHEME = /^(Bearer|DPoP)(?: |$)/i

/**
 * The token of the Authorization field; never of a query or form (RFC 6750 section 5.3). Two fields or a malformed one
 * are `malformed`; a field of a scheme that is not among `schemes` is as good as none.
 */
export function presentedToken(
  { headers }: RequestContext,
  schemes: readonly TokenScheme[],
): PresentedToken | 'missing' | 'malformed' | 'repeated' {
  if (headers.count('authorization') > 1) return 'repeated'
  const field = headers.get('authorization')
  if (field === undefined) return 'missing'
  const named = schemeNamed(SCHEME.exec(field)?.[1], schemes)
  if (named === undefined) return 'missing'
  const token = CREDENTIALS.exec(field)?.[2]
  return token === undefined ? 'malformed' : { scheme: named, token }
}

/**
 * What stands behind the scheme, unchecked: good for looking up a token that was checked before, since several fields
 * come joined by a comma, which no token has. Costs no list of fields, and no pattern over all characters.
 */
export function unreadToken({ headers }: RequestContext, schemes: readonly TokenScheme[]): PresentedToken | undefined {
  const field = headers.get('authorization')
  if (field === undefined) return undefined
  const scheme = field.startsWith(BEARER) ? 'Bearer' : schemeNamed(SCHEME.exec(field)?.[1], schemes)
  if (scheme === undefined || !schemes.includes(scheme)) return undefined
  let start = scheme.length
  while (field[start] === ' ') start++
  return { scheme, token: field.slice(start) }
}

const BEARER = 'Bearer '

/** Scheme names are case-insensitive (RFC 9110 section 11.1). */
const schemeNamed = (text: string | undefined, schemes: readonly TokenScheme[]): TokenScheme | undefined =>
  text === undefined ? undefined : schemes.find((scheme) => scheme.toLowerCase() === text.toLowerCase())
