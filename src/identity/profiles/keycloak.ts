import { isText } from '../../lib/json-value.js'
import { knownOptions, nonEmptyString } from '../../lib/options.js'
import { type ClaimPath, claimAt } from '../tokens/claim-path.js'
import type { TokenProfile } from '../tokens/token-profile.js'

export interface KeycloakOptions {
  /** Client whose roles count beside those of the realm: usually this service's own. Default: the realm's alone. */
  readonly client?: string | undefined
}

/**
 * Access tokens of Keycloak. Header type `JWT`, or `at+jwt` where the client says so; what kind of token it is, the claim
 * `typ` says: `Bearer`, or `DPoP` for one that is bound to a key. That makes ID tokens (`ID`), refresh tokens (`Refresh`,
 * `Offline`) and logout tokens of the same realm and audience unacceptable. Roles: `realm_access.roles` and
 * `resource_access.<client>.roles`, without a prefix: a role of either is a role. A service account is a `service`.
 *
 * Keycloak names this service in `aud` only where an audience mapper does.
 *
 * @throws TypeError for an option out of its range.
 */
export function keycloak(options: KeycloakOptions = {}): TokenProfile {
  knownOptions('keycloak()', options, ['client'])
  const roles: ClaimPath[] = [['realm_access', 'roles']]
  if (options.client !== undefined) roles.push(['resource_access', nonEmptyString('client', options.client), 'roles'])
  return Object.freeze({
    typ: ['JWT', 'at+jwt'],
    requiredClaims: { typ: ['Bearer', 'DPoP'], azp: true, jti: true, iat: true },
    mapping: { client: [['azp']], roles, kind: kindOf },
    // a bound token that has lost what it is bound to
    check: (claims) => claims.typ !== 'DPoP' || isText(claimAt(claims, ['cnf', 'jkt'])),
  } satisfies TokenProfile)
}

/** Keycloak names the client in a claim of its own in tokens of service accounts only; user names are in lower case. */
function kindOf({ azp, client_id, clientId, preferred_username: name }: Readonly<Record<string, unknown>>) {
  if (!isText(azp) || (client_id !== azp && clientId !== azp)) return 'user'
  return name === undefined || name === `service-account-${azp.toLowerCase()}` ? 'service' : 'user'
}
