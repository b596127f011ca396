import type { MaybePromise } from '../../guard.js'

/** A token, as far as it can be revoked. */
export interface RevocableToken {
  /** Whose ids the others are: the `iss` claim. */
  readonly issuer: string
  /**
   * The `jti` claim; where there is none, the SHA-256 of the token in base64url, of a JWT up to its second dot: another
   * signature of the same is the same token.
   */
  readonly tokenId: string
  /** The `sub` claim. */
  readonly subject: string | undefined
  /**
   * `principal.id`, where a mapping takes it from elsewhere than `sub`; otherwise undefined. A revocation of a subject may name
   * either: whoever revokes may know the caller by this alone.
   */
  readonly id?: string | undefined
  /** `principal.client`: the `client_id` claim, or where the issuer's profile has it. */
  readonly client: string | undefined
  /** The `sid` claim (OpenID Connect Front-Channel Logout 1.0 section 3). */
  readonly sessionId: string | undefined
  /** In milliseconds since the epoch; a token that does not say is older than any revocation. */
  readonly issuedAtMs: number
  /** In milliseconds since the epoch, the clock tolerance included; `Infinity` for a token that does not say. */
  readonly expiresAtMs: number
}

/** What is revoked. Ids are an issuer's own: the same id of another issuer is somebody else's. */
export type Revocation =
  /** One token. */
  | { readonly by: 'token'; readonly issuer: string; readonly tokenId: string }
  /** Every token of a session, whenever it was issued. */
  | { readonly by: 'session'; readonly issuer: string; readonly sessionId: string }
  /**
   * Tokens of a subject issued at `beforeMs` or earlier, or in the same second: `iat` is told in seconds. In milliseconds
   * since the epoch.
   */
  | { readonly by: 'subject'; readonly issuer: string; readonly subject: string; readonly beforeMs: number }
  /** Tokens of a client, in the same way. */
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
  /**
   * Whether `token` is revoked at `nowMs`, in milliseconds since the epoch. Anything but `false` refuses the token; one that
   * throws, rejects or takes longer than two seconds is a 503 `revocation_unavailable`.
   */
  readonly isRevoked: (token: RevocableToken, nowMs: number) => MaybePromise<boolean>
}
