import type { MaybePromise } from '../guard.js'

/** A token, as far as it can be revoked. */
export interface RevocableToken {
  readonly issuer: string
  /** The `jti` claim; where there is none, the SHA-256 of the token in base64url. */
  readonly tokenId: string
  readonly subject: string | undefined
  readonly client: string | undefined
  /** The `sid` claim (OpenID Connect Front-Channel Logout 1.0 section 3). */
  readonly sessionId: string | undefined
  /** In milliseconds since the epoch; a token that does not say is older than any revocation. */
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

/** What is revoked. */
export type Revocation =
  | { readonly by: 'token'; readonly issuer: string; readonly tokenId: string }
  | { readonly by: 'session'; readonly issuer: string; readonly sessionId: string }
  /** Tokens issued at `beforeMs` or earlier. */
  | { readonly by: 'subject'; readonly issuer: string; readonly subject: string; readonly beforeMs: number }
  | { readonly by: 'client'; readonly issuer: string; readonly client: string; readonly beforeMs: number }

/** Where revocations are kept. Asked at every request, remembered tokens included. */
export interface RevocationStore {
  /** What is known to be revoked stays so until `untilMs`: then every token it speaks of must have expired. */
  readonly revoke: (revocation: Revocation, untilMs: number, nowMs: number) => MaybePromise<void>
  readonly isRevoked: (token: RevocableToken, nowMs: number) => MaybePromise<boolean>
}
