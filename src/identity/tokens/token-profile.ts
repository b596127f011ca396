import { isText } from '../../lib/json-value.js'
import { isPromiseLike } from '../../lib/maybe-promise.js'
import { callable, knownOptions, nonEmptyStrings, oneOf, shown } from '../../lib/options.js'
import { checkedAlgorithms, type JwtAlgorithm } from '../keys/algorithms.js'
import { type ClaimPath, claimPath, claimPaths, isTime } from './claim-path.js'
import { RefusedToken } from './refused-token.js'

type Claims = Readonly<Record<string, unknown>>

/** What the header may say of the token's type; `none`: it may say nothing. Letter case does not count (RFC 7515 section 4.1.9). */
export type TokenType = 'at+jwt' | 'JWT' | 'JOSE' | 'none'

/**
 * What a token must say beside the claims that are always checked: `true` for any non-empty text (for `exp`, `iat`, `nbf`
 * and `auth_time` a number), a text for exactly that, a list for one of several.
 */
export type RequiredClaims = Readonly<Record<string, true | string | readonly string[]>>

/** Where an issuer keeps what a principal is made of. */
export interface ClaimMapping {
  /** Default: `['sub']`. */
  readonly id?: ClaimPath | undefined
  /** The first text counts. Default: `[['client_id']]`. */
  readonly client?: readonly ClaimPath[] | undefined
  /** All of them together: texts, apart by spaces, or lists. Default: the text of `scope` (RFC 8693 section 4.2). */
  readonly scopes?: readonly ClaimPath[] | undefined
  /** All of them together. Default: the list `roles`. */
  readonly roles?: readonly ClaimPath[] | undefined
  /** The first text counts. Default: `[['tenant']]`. */
  readonly tenant?: readonly ClaimPath[] | undefined
  /** What is held against the configured audience. Default: `['aud']`. */
  readonly audience?: ClaimPath | undefined
  /**
   * A person or a program. Where it throws, or gives anything else than `user` or `service`, the token is refused as
   * `token_claim_invalid`, with the `cause` for the audit trail. Default: a program where the subject is the client itself
   * (RFC 9068 section 2.2).
   */
  readonly kind?: ((claims: Claims) => 'user' | 'service') | undefined
}

/** The shape of one kind of token: `RFC9068`, or that of a product, such as `keycloak()`. */
export interface TokenProfile {
  /** Types to accept. Default: `['at+jwt']`. */
  readonly typ?: readonly TokenType[] | undefined
  /** Default: what RFC 9068 section 2.2 requires beside issuer, audience, subject and expiry. */
  readonly requiredClaims?: RequiredClaims | undefined
  /** Where a principal's members are. Default: where RFC 9068 has them. */
  readonly mapping?: ClaimMapping | undefined
  /** Signature algorithms that such tokens have; an issuer's `algorithms` may name fewer. Default: any. */
  readonly algorithms?: readonly JwtAlgorithm[] | undefined
  /**
   * What else must hold of the claims. Where it throws, or gives anything but true, the token is refused as
   * `token_claim_invalid`.
   */
  readonly check?: ((claims: Claims) => boolean) | undefined
  /** `use` of the issuer's keys (RFC 7517 section 4.2). Default: `sig`; then keys that name none are taken as well. */
  readonly keyUse?: string | undefined
}

/** JWT access tokens as RFC 9068 has them. */
export const RFC9068 = Object.freeze({
  typ: Object.freeze(['at+jwt'] as const),
  requiredClaims: Object.freeze({ client_id: true, jti: true, iat: true } as const),
  mapping: Object.freeze({}),
  keyUse: 'sig',
}) satisfies TokenProfile

/**
 * A profile with nothing missing: what is not said is as in RFC 9068. Its functions are asked within `judged`: they throw
 * where they make nothing of the claims.
 */
export interface CheckedProfile {
  readonly typ: readonly TokenType[]
  readonly requiredClaims: RequiredClaims
  readonly mapping: ClaimMapping
  readonly algorithms: readonly JwtAlgorithm[] | undefined
  readonly check: ((claims: Claims) => boolean) | undefined
  readonly keyUse: string
}

/** `given`, with what the issuer's own options say of it on top. */
export function checkedProfile(
  given: TokenProfile,
  own: Omit<TokenProfile, 'algorithms' | 'keyUse' | 'check'>,
): CheckedProfile {
  knownOptions('profile', given, ['typ', 'requiredClaims', 'mapping', 'algorithms', 'check', 'keyUse'])
  const keyUse = given.keyUse ?? RFC9068.keyUse
  if (typeof keyUse !== 'string') throw new TypeError(`profile.keyUse must be a string, got ${shown(keyUse)}`)
  return Object.freeze({
    typ: nonEmptyStrings('typ', own.typ ?? given.typ ?? RFC9068.typ).map((typ) => oneOf('typ', typ, TOKEN_TYPES)),
    requiredClaims: Object.freeze({
      ...requiredClaims(given.requiredClaims ?? RFC9068.requiredClaims),
      ...requiredClaims(own.requiredClaims ?? {}),
    }),
    mapping: Object.freeze({ ...mapping(given.mapping ?? {}), ...mapping(own.mapping ?? {}) }),
    algorithms: given.algorithms === undefined ? undefined : checkedAlgorithms('profile.algorithms', given.algorithms),
    check: given.check === undefined ? undefined : refusing(callable('profile.check', given.check)),
    keyUse,
  })
}

const TOKEN_TYPES: readonly TokenType[] = ['at+jwt', 'JWT', 'JOSE', 'none']

function requiredClaims(given: RequiredClaims): RequiredClaims {
  knownOptions('requiredClaims', given, Object.keys(given ?? {}))
  const checked = Object.entries(given).map(([name, wanted]) => {
    if (wanted === true || typeof wanted === 'string') return [name, wanted] as const
    return [name, nonEmptyStrings(`requiredClaims.${name}`, wanted)] as const
  })
  return Object.fromEntries(checked)
}

function mapping(given: ClaimMapping): ClaimMapping {
  knownOptions('mapping', given, ['id', 'client', 'scopes', 'roles', 'tenant', 'audience', 'kind'])
  const { id, client, scopes, roles, tenant, audience, kind } = given
  return {
    ...(id !== undefined && { id: claimPath('mapping.id', id) }),
    ...(client !== undefined && { client: claimPaths('mapping.client', client) }),
    ...(scopes !== undefined && { scopes: claimPaths('mapping.scopes', scopes) }),
    ...(roles !== undefined && { roles: claimPaths('mapping.roles', roles) }),
    ...(tenant !== undefined && { tenant: claimPaths('mapping.tenant', tenant) }),
    ...(audience !== undefined && { audience: claimPath('mapping.audience', audience) }),
    ...(kind !== undefined && { kind: kindBy(callable('mapping.kind', kind)) }),
  }
}

const kindBy = (kind: NonNullable<ClaimMapping['kind']>): NonNullable<ClaimMapping['kind']> => {
  const ask = refusing(kind)
  return refusing((claims) => oneOf('what mapping.kind gives', ask(claims), ['user', 'service']))
}

/** A function of the service's own made nothing of the claims of one token. */
class RefusedClaims extends Error {}

const refusing =
  <T>(ask: (claims: Claims) => T) =>
  (claims: Claims): T => {
    try {
      const said = ask(claims)
      if (!isPromiseLike(said)) return said
      said.then(undefined, () => {}) // whatever becomes of it is no use
      throw new TypeError('it must answer at once, and not by a promise')
    } catch (cause) {
      if (cause instanceof RefusedClaims) throw cause
      throw new RefusedClaims('the claims are refused', { cause })
    }
  }

/** What `judge` finds. Where a function of the profile throws, that is a refusal of this token, and fails nothing else. */
export function judged<T>(judge: () => T): T | RefusedToken {
  try {
    return judge()
  } catch (cause) {
    if (cause instanceof RefusedClaims) return new RefusedToken('token_claim_invalid', cause.cause)
    throw cause
  }
}

/** Whether a header's `typ` is one of `accepted`. */
export function isAcceptedType(typ: string | undefined, accepted: readonly TokenType[]): boolean {
  if (typ === undefined) return accepted.includes('none')
  const name = typ.toLowerCase().replace(/^application\//, '')
  return accepted.some((one) => one !== 'none' && one.toLowerCase() === name)
}

const TIMES: readonly string[] = ['exp', 'iat', 'nbf', 'auth_time']

/** Whether `claims` say what they must. */
export const hasRequired = (claims: Claims, required: RequiredClaims): boolean =>
  Object.entries(required).every(([name, wanted]) => {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined
    if (wanted === true) return TIMES.includes(name) ? isTime(value) : isText(value)
    return typeof wanted === 'string' ? value === wanted : wanted.includes(value as string)
  })
