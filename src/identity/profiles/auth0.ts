import { isText } from '../../lib/json-value.js'
import { knownOptions, nonEmptyString } from '../../lib/options.js'
import type { ClaimPath } from '../tokens/claim-path.js'
import type { TokenProfile } from '../tokens/token-profile.js'
import { isOfAnotherKind } from './id-token.js'

/** What an Auth0 tenant puts into its tokens. */
export interface Auth0Options {
  /** What stands before `roles` in the claim that an Action sets, such as `https://example.com/`. Default: no such claim. */
  readonly namespace?: string | undefined
}

/**
 * Access tokens of Auth0, of both its profiles: header type `JWT` with the client in `azp`, and `at+jwt` with `client_id`.
 * Scopes: `scope`. Roles: `<namespace>roles`, and `permissions`: what the caller itself may do, which is more than `scope`
 * when its client was granted less; so a permission is asked for with `requireRole`. Tenant: `org_id`. A subject
 * `<client>@clients` is a `service`.
 *
 * An ID token names the application in `aud`, never this API, and no client; one with `nonce` or a hash of another token is
 * refused by that as well. What cannot be told: an ID token without these of an application whose id is this API's
 * identifier, to which an Action has added `azp` or `client_id`. Refresh tokens are opaque.
 *
 * @throws TypeError for an option out of its range.
 */
export function auth0(options: Auth0Options = {}): TokenProfile {
  knownOptions('auth0()', options, ['namespace'])
  const roles: ClaimPath[] = [['permissions']]
  if (options.namespace !== undefined) roles.unshift([`${nonEmptyString('namespace', options.namespace)}roles`])
  return Object.freeze({
    typ: ['JWT', 'at+jwt'],
    requiredClaims: { iat: true },
    mapping: {
      client: [['azp'], ['client_id']],
      scopes: [['scope']],
      roles,
      tenant: [['org_id']],
      kind: (claims) => (claims.sub === `${clientOf(claims)}@clients` ? 'service' : 'user'),
    },
    check: (claims) => clientOf(claims) !== undefined && !isOfAnotherKind(claims),
  } satisfies TokenProfile)
}

const clientOf = ({ azp, client_id }: Readonly<Record<string, unknown>>): string | undefined =>
  [azp, client_id].find(isText)
