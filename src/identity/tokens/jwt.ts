import type { NoFacts } from '../../context.js'
import type { Guard } from '../../guard.js'
import { callable, integerBetween, knownOptions, shown } from '../../lib/options.js'
import type { PrincipalFacts } from '../../principal.js'
import { ISSUER_OPTIONS, type IssuerOptions } from '../issuers/issuer-options.js'
import { Issuers } from '../issuers/issuers.js'
import { type IssuerResolver, ResolvedIssuers } from '../issuers/resolved-issuers.js'
import { issuerFrom, type TrustedIssuer } from '../issuers/trusted-issuer.js'
import { guardOver, TOKEN_OPTIONS, type TokenOptions } from './token-options.js'

/** One issuer. */
export interface JwtOptions extends IssuerOptions, TokenOptions {}

/** Several issuers: the token says which one, and is held against that one's rules only. */
export interface FederatedJwtOptions extends TokenOptions {
  /** The issuers that are known at start, 1 to 100; with `resolveIssuer` there may be none. No other's tokens are looked at. */
  readonly issuers: readonly (IssuerOptions | TrustedIssuer)[]
  /**
   * Finds issuers that are not among `issuers`, such as those of tenants, by an `iss` that is not verified yet: answer from
   * your own records only, never from the name itself. What it gives, or that it gives nothing, is remembered.
   * Default: there are no others.
   */
  readonly resolveIssuer?: IssuerResolver | undefined
  /** Resolved issuers to keep, the longest unused forgotten first; 1 to 10 000. Default: 100. */
  readonly maxResolvedIssuers?: number | undefined
  /** Milliseconds for which a resolved issuer is kept, 1000 to a day. Default: 600 000. */
  readonly resolvedForMs?: number | undefined
}

const FEDERATION_OPTIONS = ['issuers', 'resolveIssuer', 'maxResolvedIssuers', 'resolvedForMs']

/**
 * Verifies access tokens: JWTs (RFC 9068) sent as bearer tokens (RFC 6750), or with a proof (RFC 9449, RFC 8705); and
 * opaque ones, where an issuer says how to look them up (RFC 7662). Gives the fact `principal`.
 *
 * The algorithm comes from the configuration and the key, never from the token (RFC 8725); no token causes a request
 * but the one refresh of the issuer's keys that a cooldown bounds. Denies with 401 `invalid_token`, 400 for a malformed
 * Authorization field. While something that it depends on is away, denies with 503, and recovers by itself:
 * `keys_unavailable`, `introspection_unavailable`, `issuer_unavailable` (the resolver), `revocation_unavailable`, and what the
 * proofs deny with: see `dpop()` and `mtls()`.
 *
 * @throws TypeError for an option out of its range.
 */
export function jwt(options: JwtOptions | FederatedJwtOptions): Guard<NoFacts, PrincipalFacts> {
  return guardOver(isFederated(options) ? several(options) : one(options), 'jwt', options)
}

const isFederated = (options: JwtOptions | FederatedJwtOptions): options is FederatedJwtOptions =>
  typeof options === 'object' && options !== null && ('issuers' in options || 'resolveIssuer' in options)

function one(options: JwtOptions): Issuers {
  knownOptions('jwt()', options, [...ISSUER_OPTIONS, ...TOKEN_OPTIONS])
  const own = Object.entries(options).filter(([name]) => !TOKEN_OPTIONS.includes(name))
  return new Issuers([issuerFrom('jwt()', Object.fromEntries(own) as unknown as IssuerOptions)])
}

function several(options: FederatedJwtOptions): Issuers {
  if ('issuer' in options && 'issuers' in options) throw new TypeError('jwt(): either issuer or issuers, not both')
  knownOptions('jwt()', options, [...FEDERATION_OPTIONS, ...TOKEN_OPTIONS])
  const { issuers, resolveIssuer } = options
  if (!Array.isArray(issuers) || issuers.length > 100 || (issuers.length === 0 && resolveIssuer === undefined)) {
    const orNone = resolveIssuer === undefined ? '' : ', or of none beside resolveIssuer'
    throw new TypeError(`issuers must be a list of 1 to 100 issuers${orNone}, got ${shown(issuers)}`)
  }
  return new Issuers(
    issuers.map((issuer) => issuerFrom('issuers', issuer)),
    resolveIssuer &&
      new ResolvedIssuers(
        callable('resolveIssuer', resolveIssuer),
        integerBetween('maxResolvedIssuers', options.maxResolvedIssuers ?? 100, 1, 10_000),
        integerBetween('resolvedForMs', options.resolvedForMs ?? 600_000, 1_000, 24 * 3_600_000),
      ),
  )
}
