import { boolean, integerBetween, knownOptions, oneOf, shown } from '../../lib/options.js'
import { isTrustDomainId } from '../certificates/spiffe-id.js'
import { isSecureUrl } from '../fetch-json.js'
import { type ClientAuthentication, checkedClientAuth } from './client-authentication.js'
import type { IntrospectionFactory } from './introspection-port.js'
import { IssuerIntrospection, type IssuerIntrospectionOptions } from './issuer-introspection.js'

/** How an issuer is asked about its tokens. */
export interface IntrospectionOptions {
  /**
   * The introspection endpoint: `https`, or `http` on loopback while developing. Default: found by discovery at the issuer,
   * when it is first needed (OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3).
   */
  readonly endpoint?: string | undefined
  /** How this service proves to the issuer which client it is (RFC 7662 section 2.1). */
  readonly clientAuth: ClientAuthentication
  /**
   * Which tokens are asked about. `opaque`: those that are no JWT; JWTs are verified here. `all`: JWTs as well, so that the
   * issuer's revocations reach them. Default: `opaque`.
   */
  readonly of?: 'opaque' | 'all' | undefined
  /**
   * Seconds for which an answer is believed, 0 to 60, and never beyond the token's expiry. A revocation at the issuer acts
   * within them. Default: 30.
   */
  readonly cacheSeconds?: number | undefined
  /** Seconds for which a refusal is remembered, 0 to 60. Default: 10. */
  readonly negativeCacheSeconds?: number | undefined
  /**
   * Answers to remember, 1 to 1 million, the longest unused forgotten first; and as many refusals. All answers together
   * take at most 16 MiB. Default: 10 000.
   */
  readonly maxCached?: number | undefined
  /** Tokens to ask about at once, 1 to 10 000; those beyond are a 503. Default: 100. */
  readonly maxInFlight?: number | undefined
  /** Milliseconds that an answer may take, 100 to 30 000. Default: 2000. */
  readonly timeoutMs?: number | undefined
  /** Asks for answers that the issuer signs (RFC 9701), and takes no other. Default: false; signed ones are taken, too. */
  readonly signedAnswers?: boolean | undefined
  /**
   * Takes answers that name no audience, if they say `token_type`. For issuers whose tokens are all for this service: any
   * other service's token is accepted otherwise. Default: false.
   */
  readonly audienceOptional?: boolean | undefined
  /**
   * When the issuer cannot be asked: `deny`, or how many seconds longer an answer is believed, 1 to 3600; never beyond the
   * token's expiry. A token that is revoked meanwhile is accepted as long. Default: `deny`.
   */
  readonly onUnavailable?: 'deny' | { readonly staleSeconds: number } | undefined
}

export const INTROSPECTION_OPTIONS = [
  'endpoint',
  'clientAuth',
  'of',
  'cacheSeconds',
  'negativeCacheSeconds',
  'maxCached',
  'maxInFlight',
  'timeoutMs',
  'signedAnswers',
  'audienceOptional',
  'onUnavailable',
] as const satisfies readonly (keyof IntrospectionOptions)[]

/**
 * How an issuer's tokens are looked up at the issuer itself (RFC 7662, RFC 9701): the `introspection` of an issuer that is
 * given to `jwt()` or `trustedIssuer()`. A token that looks like a JWT is only ever shown to the issuer it names.
 *
 * Refuses with 401 `token_inactive` what the issuer does not vouch for, and with the codes of `jwt()` an answer that is not
 * for this service; 503 `introspection_unavailable` while it cannot be asked, recovering by itself.
 *
 * @throws TypeError for an option out of its range.
 */
export function introspection(options: IntrospectionOptions): IntrospectionFactory {
  knownOptions('introspection()', options, INTROSPECTION_OPTIONS)
  const checked = checkedIntrospection(options)
  return (issuer) => {
    if (checked.endpoint === undefined && isTrustDomainId(issuer.rules.issuer))
      throw new TypeError('a trust domain has no discovery: give endpoint')
    return new IssuerIntrospection(issuer, checked)
  }
}

function checkedIntrospection(options: IntrospectionOptions): IssuerIntrospectionOptions {
  const { endpoint, onUnavailable = 'deny' } = options
  const clientAuth = checkedClientAuth(options.clientAuth)
  if (endpoint !== undefined && !isSecureUrl(endpoint))
    throw new TypeError(`endpoint must be an https URL (http on loopback only), got ${shown(endpoint)}`)
  if (endpoint?.startsWith('http:') && clientAuth.fetch !== undefined)
    throw new TypeError(`endpoint must be an https URL for ${clientAuth.method}, got ${shown(endpoint)}`)
  return Object.freeze({
    endpoint,
    clientAuth,
    of: oneOf('of', options.of ?? 'opaque', ['opaque', 'all']),
    cacheMs: 1000 * integerBetween('cacheSeconds', options.cacheSeconds ?? 30, 0, 60),
    negativeCacheMs: 1000 * integerBetween('negativeCacheSeconds', options.negativeCacheSeconds ?? 10, 0, 60),
    maxCached: integerBetween('maxCached', options.maxCached ?? 10_000, 1, 1_000_000),
    maxInFlight: integerBetween('maxInFlight', options.maxInFlight ?? 100, 1, 10_000),
    timeoutMs: integerBetween('timeoutMs', options.timeoutMs ?? 2_000, 100, 30_000),
    signedAnswers: boolean('signedAnswers', options.signedAnswers ?? false),
    audienceOptional: boolean('audienceOptional', options.audienceOptional ?? false),
    staleMs: onUnavailable === 'deny' ? 0 : staleMs(onUnavailable),
  })
}

function staleMs(policy: { readonly staleSeconds: number }): number {
  if (typeof policy !== 'object')
    throw new TypeError(`onUnavailable must be deny or { staleSeconds }, got ${shown(policy)}`)
  knownOptions('onUnavailable', policy, ['staleSeconds'])
  return 1000 * integerBetween('onUnavailable.staleSeconds', policy.staleSeconds, 1, 3600)
}
