import { isText } from '../../lib/json-value.js'
import { integerBetween, knownOptions } from '../../lib/options.js'
import type { TokenProfile } from '../tokens/token-profile.js'
import { isOfAnotherKind } from './id-token.js'

/** Which tokens of Entra ID are taken. */
export interface EntraOptions {
  /** Version of the tokens, as the registration of this API asks for them: 1 or 2. Default: either. */
  readonly version?: 1 | 2 | undefined
}

/**
 * Access tokens of Microsoft Entra ID, in both versions: issuer `https://sts.windows.net/<tenant>/` and client `appid` in
 * version 1, `https://login.microsoftonline.com/<tenant>/v2.0` and `azp` in version 2. The tenant `tid` must be the one
 * that the issuer names. Scopes: `scp`. Roles: `roles`. The subject `sub` differs from API to API; where services compare
 * callers, map `id` to `['oid']`.
 *
 * ID tokens have the same header, and the same audience where this API also signs people in: an access token is told by
 * its client, and by what it grants: `scp` to a person's client, `roles` to an application. A token that grants nothing is
 * refused, as is one with `nonce` or a hash of another token. Refresh tokens are opaque.
 *
 * @throws TypeError for an option out of its range.
 */
export function entra(options: EntraOptions = {}): TokenProfile {
  knownOptions('entra()', options, ['version'])
  const { version } = options
  if (version !== undefined) integerBetween('version', version, 1, 2)
  return Object.freeze({
    typ: ['JWT'],
    requiredClaims: {
      ver: version === undefined ? ['1.0', '2.0'] : `${version}.0`,
      tid: true,
      iat: true,
    },
    mapping: {
      client: [['azp'], ['appid']],
      scopes: [['scp']],
      roles: [['roles']],
      tenant: [['tid']],
      kind: (claims) => (isApplication(claims) ? 'service' : 'user'),
    },
    check: (claims) => isOfItsTenant(claims) && hasClient(claims) && grants(claims) && !isOfAnotherKind(claims),
  } satisfies TokenProfile)
}

type Claims = Readonly<Record<string, unknown>>

/** The first segment of an issuer's path is its tenant, in both versions. */
const isOfItsTenant = ({ iss, tid }: Claims): boolean => typeof iss === 'string' && iss.split('/', 4)[3] === tid

const hasClient = ({ ver, appid, azp }: Claims): boolean => isText(ver === '1.0' ? appid : azp)

const grants = (claims: Claims): boolean =>
  isText(claims.scp) || (isApplication(claims) && Array.isArray(claims.roles) && claims.roles.some(isText))

/** `idtyp` where it is asked for; otherwise an application is its own subject and no person has given it a scope. */
const isApplication = ({ idtyp, scp, sub, oid }: Claims): boolean =>
  scp === undefined && (idtyp === undefined ? isText(oid) && sub === oid : idtyp === 'app')
