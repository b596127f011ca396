import { callable, integerBetween, knownOptions, nonEmptyStrings, shown } from '../../lib/options.js'
import { isTrustDomainId } from '../certificates/spiffe-id.js'
import { type Fetch, isSecureUrl } from '../fetch-json.js'
import type { IntrospectionFactory } from '../introspection/introspection-port.js'
import { checkedAlgorithms, type JwtAlgorithm } from '../keys/algorithms.js'
import type { IssuerKeysOptions } from '../keys/issuer-keys.js'
import type { IssuerEvent } from '../keys/issuer-state.js'
import type { ClaimRules } from '../tokens/access-token.js'
import {
  type ClaimMapping,
  checkedProfile,
  type RequiredClaims,
  RFC9068,
  type TokenProfile,
  type TokenType,
} from '../tokens/token-profile.js'

/** An issuer of tokens, and what its tokens must be like. */
export interface IssuerOptions {
  /**
   * The issuer identifier, compared byte for byte with `iss`. `https`, or `http` on loopback while developing; or a SPIFFE
   * trust domain such as `spiffe://example.org`, for JWT-SVIDs.
   */
  readonly issuer: string
  /** This service's identifier; `aud` must hold it, or one of several. */
  readonly audience: string | readonly string[]
  /** Signature algorithms to accept; asymmetric ones only. Default: those of the profile, or RS256, PS256, ES256, EdDSA, Ed25519. */
  readonly algorithms?: readonly JwtAlgorithm[] | undefined
  /**
   * Where the keys are: `https`, or `http` on loopback while developing. Default: found by discovery at the issuer, when
   * they are first needed (OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3).
   */
  readonly jwksUri?: string | undefined
  /** The keys themselves (RFC 7517 section 5), instead of a place to fetch them from. */
  readonly jwks?: { readonly keys: readonly object[] } | undefined
  /** How this issuer's opaque tokens are looked up. See `introspection()`. Default: they are refused. */
  readonly introspection?: IntrospectionFactory | undefined
  /** The shape of its tokens, such as `keycloak()`. Default: `RFC9068`. */
  readonly profile?: TokenProfile | undefined
  /** Types to accept instead of the profile's. Default: the profile's. */
  readonly typ?: readonly TokenType[] | undefined
  /** Claims to ask for beside the profile's. Default: none. */
  readonly requiredClaims?: RequiredClaims | undefined
  /** Where a principal's members are, on top of what the profile says. Default: the profile's. */
  readonly mapping?: ClaimMapping | undefined
  /** Difference of clocks to allow for, in seconds, 0 to 300. Default: 30. */
  readonly clockToleranceSeconds?: number | undefined
  /** Milliseconds after which keys are fetched anew, beside the requests; 1000 to a day. Default: 600 000 (10 minutes). */
  readonly refreshMs?: number | undefined
  /**
   * Milliseconds for which keys go on being used while the issuer is away, since they were last fetched; 1000 to a week.
   * Default: 21 600 000 (6 hours).
   */
  readonly maxStaleMs?: number | undefined
  /** Milliseconds between two fetches on account of unknown key ids, 1000 to a day. Default: 10 000. */
  readonly cooldownMs?: number | undefined
  /** The network. Default: the global `fetch`. */
  readonly fetch?: Fetch | undefined
  /** Told of rotations, outages and recoveries. What it throws, or rejects with, is ignored. Default: nobody is told. */
  readonly onEvent?: ((event: IssuerEvent) => void) | undefined
}

export const ISSUER_OPTIONS = [
  'issuer',
  'audience',
  'algorithms',
  'jwksUri',
  'jwks',
  'introspection',
  'profile',
  'typ',
  'requiredClaims',
  'mapping',
  'clockToleranceSeconds',
  'refreshMs',
  'maxStaleMs',
  'cooldownMs',
  'fetch',
  'onEvent',
] as const satisfies readonly (keyof IssuerOptions)[]

/** Issuer options with nothing missing. */
export type CheckedIssuer = ClaimRules &
  IssuerKeysOptions & { readonly introspection: IntrospectionFactory | undefined }

const DAY_MS = 24 * 3_600_000

/** @throws TypeError for an option out of its range. */
export function checkedIssuer(where: string, options: IssuerOptions): CheckedIssuer {
  knownOptions(where, options, ISSUER_OPTIONS)
  const { issuer, jwksUri, jwks, introspection, onEvent } = options
  if (!isIssuer(issuer)) {
    throw new TypeError(
      `issuer must be an https URL (http on loopback only) without query or fragment, got ${shown(issuer)}`,
    )
  }
  if (jwksUri !== undefined && !isSecureUrl(jwksUri))
    throw new TypeError(`jwksUri must be an https URL, got ${shown(jwksUri)}`)
  if (jwks !== undefined && jwksUri !== undefined) throw new TypeError('give jwks or jwksUri, not both')
  if (jwks === undefined && jwksUri === undefined && isTrustDomainId(issuer))
    throw new TypeError('a trust domain has no discovery: give jwks or jwksUri')
  const { typ, requiredClaims, mapping } = options
  const profile = checkedProfile(options.profile ?? RFC9068, { typ, requiredClaims, mapping })
  const algorithms = checkedAlgorithms('algorithms', options.algorithms ?? profile.algorithms ?? DEFAULT_ALGORITHMS)
  const foreign = profile.algorithms && algorithms.find((algorithm) => !profile.algorithms!.includes(algorithm))
  if (foreign !== undefined) throw new TypeError(`algorithms must be of the profile's, got ${shown(foreign)}`)
  return Object.freeze({
    issuer,
    jwksUri,
    jwks,
    introspection: introspection === undefined ? undefined : callable('introspection', introspection),
    audience: nonEmptyStrings('audience', options.audience),
    profile,
    keyUse: profile.keyUse,
    algorithms,
    clockToleranceSeconds: integerBetween('clockToleranceSeconds', options.clockToleranceSeconds ?? 30, 0, 300),
    refreshMs: integerBetween('refreshMs', options.refreshMs ?? 600_000, 1_000, DAY_MS),
    maxStaleMs: integerBetween('maxStaleMs', options.maxStaleMs ?? 6 * 3_600_000, 1_000, 7 * DAY_MS),
    cooldownMs: integerBetween('cooldownMs', options.cooldownMs ?? 10_000, 1_000, DAY_MS),
    fetch: callable('fetch', options.fetch ?? ((url, init) => globalThis.fetch(url, init))),
    onEvent: onEvent === undefined ? undefined : callable('onEvent', onEvent),
  })
}

const DEFAULT_ALGORITHMS: readonly JwtAlgorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519']

const isIssuer = (issuer: unknown): issuer is string =>
  (isSecureUrl(issuer) && !/[?#]/.test(issuer)) || isTrustDomainId(issuer)
