import type { TokenProfile } from '../tokens/token-profile.js'

/**
 * Access tokens of an Amazon Cognito user pool. They have no `aud`: `audience` is held against `client_id`, so give the ids
 * of the app clients that may call. The header names no type, as that of an ID token; what kind of token it is, `token_use`
 * says: `access`. That makes ID tokens (`id`) of the same client unacceptable; refresh tokens are encrypted. Roles:
 * `cognito:groups`. A client that acts for itself is a `service`. The name a person signs in with is `claims.username`.
 */
export const cognito = (): TokenProfile =>
  Object.freeze({
    typ: ['none'],
    requiredClaims: { token_use: 'access', client_id: true, jti: true, iat: true },
    mapping: { audience: ['client_id'], roles: [['cognito:groups']] },
  } satisfies TokenProfile)
