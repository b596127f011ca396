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
 * `typ` says: `Bearer` (`bearer` for clients set to lower case), or `DPoP` for one that is bound to a key. That makes ID
 * tokens (`ID`), refresh tokens (`Refresh`, `Offline`) and logout tokens of the same realm and audience unacceptable.
 * Roles: `realm_access.roles` and `resource_access.<client>.roles`, without a prefix: a role of either is a role. A
 * service account is a `service`; so is, where `jti` tells no grant, whoever has neither a session nor a name, as a service
 * account with lightweight tokens may not.
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
    requiredClaims: { typ: ['Bearer', 'bearer', 'DPoP'], azp: true, jti: true, iat: true },
    mapping: { client: [['azp']], roles, kind: kindOf },
    // a bound token that has lost what it is bound to
    check: (claims) => claims.typ !== 'DPoP' || isText(claimAt(claims, ['cnf', 'jkt'])),
  } satisfies TokenProfile)
}

type Claims = Readonly<Record<string, unknown>>

/** What a token came of stands in its id since version 26.2: two letters each for session, kind and grant. */
const GRANT = /^[a-z]{4}([a-z]{2}):/
const CLIENT_CREDENTIALS = 'cc'

/**
 * What tells a service account differs by version and by the scopes of the client: a name of its own; the client, in a
 * claim of its own; its address. All may be missing, and `client_id` may be there for people as well, in answers of
 * introspection above all. Tokens of people belong to a session, but for those that an exchange has taken out of it: where
 * the grant is told, and is another than that of service accounts, it is a person until more is known.
 */
function kindOf(claims: Claims): 'user' | 'service' {
  const { jti, azp, client_id, clientId, clientAddress, preferred_username, username, sid, session_state } = claims
  const grant = typeof jti === 'string' ? GRANT.exec(jti)?.[1] : undefined
  if (grant === CLIENT_CREDENTIALS) return 'service'
  const isNamed = isText(azp) && (client_id === azp || clientId === azp)
  const name = preferred_username ?? username
  if (name !== undefined) return isNamed && name === accountOf(azp) ? 'service' : 'user'
  if (isNamed && isText(clientAddress)) return 'service'
  return grant === undefined && sid === undefined && session_state === undefined ? 'service' : 'user'
}

/** User names are in lower case. */
const accountOf = (client: string): string => `service-account-${client.toLowerCase()}`
