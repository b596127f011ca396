import type { NoFacts } from '../../context.js'
import type { Guard, MaybePromise } from '../../guard.js'
import { callable, integerBetween, knownOptions, shown } from '../../lib/options.js'
import { ISSUER_OPTIONS, type IssuerOptions } from '../issuers/issuer-options.js'
import { Issuers } from '../issuers/issuers.js'
import { type IssuerResolver, ResolvedIssuers } from '../issuers/resolved-issuers.js'
import { issuerFrom, type TrustedIssuer } from '../issuers/trusted-issuer.js'
import type { RevocationStore } from '../revocation/revocation.js'
import type { TokenVerdict } from './accepted-token.js'
import { type PrincipalFacts, type RememberedToken, tokenGuard } from './token-guard.js'
import type { TokenProof } from './token-proof.js'
import { VerifiedTokens } from './verified-tokens.js'

/** How tokens are taken from requests, whoever issued them. */
export interface TokenOptions {
  /**
   * Proofs of possession to ask for: `dpop()`, `mtls()`. A token that is bound to something none of them answers for is
   * refused. Default: none; then every bound token is.
   */
  readonly proofs?: readonly TokenProof[] | undefined
  /** Asked at every request whether the token was revoked, remembered ones included. Default: nothing is. */
  readonly revocation?: RevocationStore | undefined
  /** Longest token to look at, in characters, 256 to 65 536. Default: 8192. */
  readonly maxTokenLength?: number | undefined
  /** Verified tokens to remember, 0 to 1 million; all of them together take at most 16 MiB. Default: 10 000. */
  readonly cachedTokens?: number | undefined
  /** `realm` of the challenge. Default: the (first) audience. */
  readonly realm?: string | undefined
}

/** One issuer. */
export interface JwtOptions extends IssuerOptions, TokenOptions {}

/** Several issuers: the token says which one, and is held against that one's rules only. */
export interface FederatedJwtOptions extends TokenOptions {
  /** The only issuers whose tokens are looked at, 1 to 100. */
  readonly issuers: readonly (IssuerOptions | TrustedIssuer)[]
  /**
   * Finds issuers that are not known at start, such as those of tenants, by an `iss` that is not verified yet: answer from
   * your own records only, never from the name itself. What it gives, or that it gives nothing, is remembered.
   */
  readonly resolveIssuer?: IssuerResolver | undefined
  /** Resolved issuers to keep, the longest unused forgotten first; 1 to 10 000. Default: 100. */
  readonly maxResolvedIssuers?: number | undefined
  /** Milliseconds for which a resolved issuer is kept, 1000 to a day. Default: 600 000. */
  readonly resolvedForMs?: number | undefined
}

const TOKEN_OPTIONS = ['proofs', 'revocation', 'maxTokenLength', 'cachedTokens', 'realm']
const FEDERATION_OPTIONS = ['issuers', 'resolveIssuer', 'maxResolvedIssuers', 'resolvedForMs']

/**
 * Verifies access tokens: JWTs (RFC 9068) sent as bearer tokens (RFC 6750), or with a proof (RFC 9449, RFC 8705); and
 * opaque ones, where an issuer says how to look them up (RFC 7662). Gives the fact `principal`.
 *
 * The algorithm comes from the configuration and the key, never from the token (RFC 8725); no token causes a request
 * but the one refresh of the issuer's keys that a cooldown bounds. Denies with 401 `invalid_token`, 400 for a malformed
 * Authorization field, 503 `keys_unavailable` while no keys can be had; recovers by itself.
 *
 * @throws TypeError for an option out of its range.
 */
export function jwt(options: JwtOptions | FederatedJwtOptions): Guard<NoFacts, PrincipalFacts> {
  const isFederated = typeof options === 'object' && options !== null && 'issuers' in options
  const issuers = isFederated ? several(options) : one(options)
  const proofs = checkedProofs(options.proofs ?? [])
  return tokenGuard({
    name: 'jwt',
    requires: issuers.requires,
    realm: realmOf(options.realm ?? issuers.audience),
    maxTokenLength: integerBetween('maxTokenLength', options.maxTokenLength ?? 8192, 256, 65_536),
    proofs,
    revocation: checkedRevocation(options.revocation),
    remembered: new VerifiedTokens<RememberedToken>(
      integerBetween('cachedTokens', options.cachedTokens ?? 10_000, 0, 1_000_000),
    ),
    verify: (token, nowMs): MaybePromise<TokenVerdict> => issuers.verify(token, proofs, nowMs),
  })
}

function one(options: JwtOptions): Issuers {
  knownOptions('jwt()', options, [...ISSUER_OPTIONS, ...TOKEN_OPTIONS])
  const own = Object.entries(options).filter(([name]) => !TOKEN_OPTIONS.includes(name))
  return new Issuers([issuerFrom('jwt()', Object.fromEntries(own) as unknown as IssuerOptions)])
}

function several(options: FederatedJwtOptions): Issuers {
  knownOptions('jwt()', options, [...FEDERATION_OPTIONS, ...TOKEN_OPTIONS])
  const { issuers, resolveIssuer } = options
  if (!Array.isArray(issuers) || issuers.length > 100 || (issuers.length === 0 && resolveIssuer === undefined)) {
    throw new TypeError(`issuers must be a list of 1 to 100 issuers, got ${shown(issuers)}`)
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

export function checkedProofs(proofs: readonly TokenProof[]): readonly TokenProof[] {
  if (!Array.isArray(proofs)) throw new TypeError(`proofs must be a list, got ${shown(proofs)}`)
  for (const proof of proofs) {
    if (typeof proof?.prove !== 'function')
      throw new TypeError(`proofs must hold what dpop() or mtls() gives, got ${shown(proof)}`)
  }
  const members = proofs.map(({ confirms }) => confirms)
  if (new Set(members).size < members.length) throw new TypeError('proofs must hold one proof of a kind')
  return Object.freeze([...proofs])
}

export function checkedRevocation(store: RevocationStore | undefined): RevocationStore | undefined {
  if (store !== undefined) callable('revocation.isRevoked', store?.isRevoked)
  return store
}

export function realmOf(realm: unknown): string {
  if (typeof realm === 'string' && /^[\x20-\x7e]{1,200}$/.test(realm)) return realm
  throw new TypeError(`realm must be 1 to 200 printable ASCII characters, got ${shown(realm)}`)
}
