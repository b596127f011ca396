import type { MaybePromise } from '../../guard.js'

/** A token, as far as it can be revoked. */
export interface RevocableToken {
  readonly issuer: string
  /**
   * The `jti` claim; where there is none, the SHA-256 of the token in base64url, of a JWT up to its second dot: another
   * signature of the same is the same token.
   */
  readonly tokenId: string
  readonly subject: string | undefined
  readonly client: string | undefined
  /** The `sid` claim (OpenID Connect Front-Channel Logout 1.0 section 3). */
  readonly sessionId: string | undefined
  /** In milliseconds since the epoch; a token that does not say is older than any revocation. */
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

/** What is revoked. Ids are an issuer's own: the same id of another issuer is somebody else's. */
export type Revocation =
  | { readonly by: 'token'; readonly issuer: string; readonly tokenId: string }
  | { readonly by: 'session'; readonly issuer: string; readonly sessionId: string }
  /** Tokens issued at `beforeMs` or earlier, or in the same second: `iat` is told in seconds. */
  | { readonly by: 'subject'; readonly issuer: string; readonly subject: string; readonly beforeMs: number }
  | { readonly by: 'client'; readonly issuer: string; readonly client: string; readonly beforeMs: number }

/**
 * Where revocations are kept. Asked at every request, remembered tokens included. `memoryRevocationStore()` is one
 * within the process.
 */
export interface RevocationStore {
  /**
   * Revokes, before it returns or resolves. Of several revocations of the same subject or client, the latest `beforeMs`
   * and the latest `untilMs` count. Must throw or reject where it cannot keep what it is given: what asked for it must
   * not say that it is done. To call it from a service, `revokeTokens()` knows the times.
   *
   * @param untilMs - It stays revoked so long, at least: then every token it speaks of must have expired. In milliseconds
   * since the epoch.
   * @param nowMs - In milliseconds since the epoch.
   */
  readonly revoke: (revocation: Revocation, untilMs: number, nowMs: number) => MaybePromise<void>
  readonly isRevoked: (token: RevocableToken, nowMs: number) => MaybePromise<boolean>
}
