import { knownOptions, shown } from '../../lib/options.js'
import { isTrustDomain, parseWorkloadId, trustDomainId } from '../certificates/spiffe-id.js'
import type { TokenProfile } from '../tokens/token-profile.js'
import { isOfAnotherKind } from './id-token.js'

/** Whose JWT-SVIDs are taken. */
export interface JwtSvidOptions {
  /** Trust domain of the callers, such as `example.org`. Default: the one that the issuer is. */
  readonly trustDomain?: string | undefined
}

/**
 * SPIFFE JWT-SVIDs. The subject must be a SPIFFE ID of the trust domain, with a path; `aud` and `exp` must be there, `iss`
 * need not: a token without one is its trust domain's, whose issuer is `spiffe://` and its name. Header type absent, `JWT`
 * or `JOSE`; RS, ES and PS with 256, 384 or 512, no other algorithm. Keys must be of the use `jwt-svid`, as those of a trust
 * bundle are; for a key set without that, spread the profile and say `keyUse: 'sig'`. The caller is a `service`.
 *
 * A JWT-SVID says nothing of its kind: a trust domain that signs other tokens with the same keys, for the same audience,
 * and SPIFFE IDs as subjects, cannot be told from one that does not. One with `nonce` or a hash of another token is refused.
 *
 * @throws TypeError for an option out of its range.
 */
export function jwtSvid(options: JwtSvidOptions = {}): TokenProfile {
  knownOptions('jwtSvid()', options, ['trustDomain'])
  const { trustDomain } = options
  if (trustDomain !== undefined && !isTrustDomain(trustDomain))
    throw new TypeError(`trustDomain must be the name of a trust domain, got ${shown(trustDomain)}`)
  return Object.freeze({
    typ: ['none', 'JWT', 'JOSE'],
    algorithms: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'],
    requiredClaims: {},
    mapping: { kind: () => 'service' },
    keyUse: 'jwt-svid',
    check: (claims) => isOf(claims, trustDomain) && !isOfAnotherKind(claims),
  } satisfies TokenProfile)
}

/** A token with an issuer that is no trust domain says nothing of the domain of its subject: then the option must. */
function isOf({ iss, sub }: Readonly<Record<string, unknown>>, wanted: string | undefined): boolean {
  const own = typeof sub === 'string' ? parseWorkloadId(sub) : undefined
  if (own === undefined) return false
  if (wanted !== undefined && own.trustDomain !== wanted) return false
  if (typeof iss === 'string' && iss.startsWith('spiffe://')) return iss === trustDomainId(own.trustDomain)
  return iss === undefined || wanted !== undefined
}
