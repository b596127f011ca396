import { isText } from '../../lib/json-value.js'
import { knownOptions, nonEmptyString } from '../../lib/options.js'
import { type ClaimPath, claimAt } from '../tokens/claim-path.js'
import type { TokenProfile } from '../tokens/token-profile.js'

/** Which roles of a Keycloak realm count. */
export interface KeycloakOptions {
  /** Client whose roles count beside those of the realm: usually this service's own. Default: the realm's alone. */
  readonly client?: string | undefined
}

/**
 * Access tokens of Keycloak. Header type `JWT`, or `at+jwt` where the client says so; what kind of token it is, the claim
 * `typ` says: `Bearer` (`bearer` for clients set to lower case), or `DPoP` for one that is bound to a key. That makes ID
 * tokens (`ID`), refresh tokens (`Refresh`, `Offline`) and logout tokens of the same realm and audience unacceptable.
 * Roles: `realm_access.roles` and `resource_access.<client>.roles`, without a prefix: a role of either is a role. A
 * service account is a `service`; so is, before version 26.2, whoever has neither a session nor a name, as a service account
 * with lightweight tokens may not.
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

/** What a token came of stands ahead in its id since version 26.2: two letters each for session and kind, and the grant. */
const GRANT_TOLD = ':'
const BY_CLIENT_CREDENTIALS = /^[a-z]{4}cc:/

/**
 * What tells a service account differs by version and by the scopes of the client: its address, which no person has, with
 * the client in a claim of its own; a name. All may be missing. `client_id` may be there for people as well, in answers of
 * introspection above all, and people may choose their name: so it counts only where there is no session, as tokens of
 * people have but for those that an exchange has taken out of it, and where the id does not tell the grant.
 */
function kindOf(claims: Claims): 'user' | 'service' {
  const { jti, azp, client_id, clientId, clientAddress, preferred_username, username, sid, session_state } = claims
  const id = isText(jti) ? jti : ''
  const isNamed = isText(azp) && (client_id === azp || clientId === azp)
  if (BY_CLIENT_CREDENTIALS.test(id) || (isNamed && isText(clientAddress))) return 'service'
  if (id.includes(GRANT_TOLD) || sid !== undefined || session_state !== undefined) return 'user'
  const name = preferred_username ?? username
  return name === undefined || (isNamed && name === accountOf(azp)) ? 'service' : 'user'
}

/** User names are in lower case. */
const accountOf = (client: string): string => `service-account-${client.toLowerCase()}`
