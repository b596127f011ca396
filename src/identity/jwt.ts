import type { NoFacts, RequestContext } from '../context.js'
import { type Allowance, allow, type Decision, unavailable } from '../decision.js'
import type { Guard, MaybePromise } from '../guard.js'
import { andThen } from '../lib/maybe-promise.js'
import { callable, integerBetween, knownOptions, nonEmptyStrings, oneOf, shown } from '../lib/options.js'
import type { Principal } from '../principal.js'
import { type ClaimRules, claimFault, principalOf } from './access-token.js'
import { ALGORITHMS, type JwtAlgorithm } from './algorithms.js'
import { bearerToken, invalidToken, unreadBearerToken } from './bearer.js'
import { type CompactToken, compactToken, decodeObject } from './compact-token.js'
import { type Fetch, isSecureUrl } from './fetch-json.js'
import { IssuerKeys, type KeyAnswer } from './issuer-keys.js'
import type { VerificationKey } from './key-set.js'
import { type VerifiedToken, VerifiedTokens } from './verified-tokens.js'

export interface JwtOptions {
  /** The issuer identifier, compared byte for byte with `iss`. `https`, or `http` on loopback while developing. */
  readonly issuer: string
  /** This service's identifier; `aud` must hold it, or one of several. */
  readonly audience: string | readonly string[]
  /** Signature algorithms to accept; asymmetric ones only. Default: RS256, PS256, ES256, EdDSA, Ed25519. */
  readonly algorithms?: readonly JwtAlgorithm[] | undefined
  /** Where the keys are. Default: found by OpenID Connect discovery at the issuer, when they are first needed. */
  readonly jwksUri?: string | undefined
  /** Difference of clocks to allow for, in seconds, 0 to 300. Default: 30. */
  readonly clockToleranceSeconds?: number | undefined
  /** Longest token to look at, in characters, 256 to 65 536. Default: 8192. */
  readonly maxTokenLength?: number | undefined
  /** Verified tokens to remember, 0 to 1 million; all of them together take at most 16 MiB. Default: 10 000. */
  readonly cachedTokens?: number | undefined
  /** Milliseconds after which keys are fetched anew, beside the requests. Default: 600 000 (10 minutes). */
  readonly refreshMs?: number | undefined
  /** Milliseconds for which keys go on being used while the issuer is away. Default: 21 600 000 (6 hours). */
  readonly maxStaleMs?: number | undefined
  /** Milliseconds between two fetches on account of unknown key ids. Default: 10 000. */
  readonly cooldownMs?: number | undefined
  /** `realm` of the challenge. Default: the (first) audience. */
  readonly realm?: string | undefined
  /** The network. Default: the global `fetch`. */
  readonly fetch?: Fetch | undefined
}

const KNOWN = [
  'issuer',
  'audience',
  'algorithms',
  'jwksUri',
  'clockToleranceSeconds',
  'maxTokenLength',
  'cachedTokens',
  'refreshMs',
  'maxStaleMs',
  'cooldownMs',
  'realm',
  'fetch',
]

const DAY_MS = 24 * 3_600_000

type Facts = { readonly principal: Principal }

/**
 * Verifies a JWT access token (RFC 9068) sent as a bearer token (RFC 6750) and gives the fact `principal`.
 *
 * The algorithm comes from the configuration and the key, never from the token (RFC 8725); no token causes a request
 * but the one refresh of the issuer's keys that a cooldown bounds. Denies with 401 `invalid_token`, 400 for a malformed
 * Authorization field, 503 `keys_unavailable` while no keys can be had; recovers by itself.
 *
 * @throws TypeError for an option out of its range.
 */
export function jwt(options: JwtOptions): Guard<NoFacts, Facts> {
  const settings = checked(options)
  const { realm, algorithms, maxTokenLength } = settings
  const keys = new IssuerKeys(settings)
  const verified = new VerifiedTokens<Allowance<Facts>>(settings.cachedTokens)

  /** A token that was not seen before, or whose entry no longer holds. */
  const verify = (token: string, nowMs: number): MaybePromise<Decision<Facts>> => {
    if (token.length > maxTokenLength) return invalidToken('token_too_long', realm)
    const parts = compactToken(token)
    if (typeof parts === 'string') return invalidToken(parts, realm)
    if (!algorithms.includes(parts.alg as JwtAlgorithm)) return invalidToken('token_algorithm_refused', realm)
    if (!isAccessTokenType(parts.typ)) return invalidToken('token_type_refused', realm)
    return andThen(keys.find(parts.kid, parts.alg, nowMs), (found) => verifyWith(found, token, parts, nowMs))
  }

  const verifyWith = (
    found: KeyAnswer,
    token: string,
    parts: CompactToken,
    nowMs: number,
  ): MaybePromise<Decision<Facts>> => {
    const { key } = found
    if (key === undefined) {
      if (found.reason === 'unknown') return invalidToken('token_key_unknown', realm)
      return unavailable('keys_unavailable', found.retryAfterMs / 1000, found.cause)
    }
    const signed = Buffer.from(parts.signed, 'latin1')
    const signature = Buffer.from(parts.signature, 'base64url')
    return andThen(key.verify(signed, signature), (isSigned) =>
      isSigned ? accept(token, parts, key, nowMs) : invalidToken('token_signature_invalid', realm),
    )
  }

  const accept = (token: string, { payload }: CompactToken, key: VerificationKey, nowMs: number): Decision<Facts> => {
    const claims = decodeObject(payload)
    if (claims === undefined) return invalidToken('token_malformed', realm)
    const fault = claimFault(claims, settings, nowMs)
    if (fault !== undefined) return invalidToken(fault, realm)
    const answer = Object.freeze(allow(Object.freeze({ principal: principalOf(claims) })))
    const expiresAtMs = ((claims.exp as number) + settings.clockToleranceSeconds) * 1000
    verified.remember({ token, answer, verifiedAtMs: nowMs, expiresAtMs, key })
    return answer
  }

  return Object.freeze({
    name: 'jwt',
    about: { room: 'identity', requires: { issuer: settings.issuer, audience: settings.audience } } as const,
    check: (ctx: RequestContext): MaybePromise<Decision<Facts>> => {
      const { nowMs } = ctx
      const unread = unreadBearerToken(ctx)
      const known = unread === undefined ? undefined : verified.find(unread)
      if (known !== undefined && isWithin(known, nowMs) && keys.isCurrent(known.key, nowMs)) return known.answer
      const token = bearerToken(ctx, realm)
      return typeof token === 'string' ? verify(token, nowMs) : token
    },
  })
}

const isWithin = ({ verifiedAtMs, expiresAtMs }: VerifiedToken<unknown>, nowMs: number): boolean =>
  verifiedAtMs <= nowMs && nowMs < expiresAtMs

/** RFC 9068 section 4: `at+jwt`, with or without `application/`, in any letter case (RFC 7515 section 4.1.9). */
const isAccessTokenType = (typ: string | undefined): boolean => /^(?:application\/)?at\+jwt$/i.test(typ ?? '')

function checked(options: JwtOptions) {
  knownOptions('jwt()', options, KNOWN)
  const { issuer, jwksUri } = options
  if (!isSecureUrl(issuer) || /[?#]/.test(issuer)) {
    throw new TypeError(
      `issuer must be an https URL (http on loopback only) without query or fragment, got ${shown(issuer)}`,
    )
  }
  if (jwksUri !== undefined && !isSecureUrl(jwksUri))
    throw new TypeError(`jwksUri must be an https URL, got ${shown(jwksUri)}`)
  const audience = nonEmptyStrings('audience', options.audience)
  const algorithms = nonEmptyStrings('algorithms', options.algorithms ?? DEFAULT_ALGORITHMS)
  return {
    issuer,
    jwksUri,
    audience,
    algorithms: algorithms.map((algorithm) => oneOf('algorithms', algorithm, ALGORITHMS)),
    clockToleranceSeconds: integerBetween('clockToleranceSeconds', options.clockToleranceSeconds ?? 30, 0, 300),
    maxTokenLength: integerBetween('maxTokenLength', options.maxTokenLength ?? 8192, 256, 65_536),
    cachedTokens: integerBetween('cachedTokens', options.cachedTokens ?? 10_000, 0, 1_000_000),
    refreshMs: integerBetween('refreshMs', options.refreshMs ?? 600_000, 1_000, DAY_MS),
    maxStaleMs: integerBetween('maxStaleMs', options.maxStaleMs ?? 6 * 3_600_000, 1_000, 7 * DAY_MS),
    cooldownMs: integerBetween('cooldownMs', options.cooldownMs ?? 10_000, 1_000, DAY_MS),
    realm: realmOf(options.realm ?? audience[0]),
    fetch: callable('fetch', options.fetch ?? ((url, init) => globalThis.fetch(url, init))),
  } satisfies ClaimRules & Record<string, unknown>
}

const DEFAULT_ALGORITHMS: readonly JwtAlgorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519']

function realmOf(realm: unknown): string {
  if (typeof realm === 'string' && /^[\x20-\x7e]{1,200}$/.test(realm)) return realm
  throw new TypeError(`realm must be 1 to 200 printable ASCII characters, got ${shown(realm)}`)
}
