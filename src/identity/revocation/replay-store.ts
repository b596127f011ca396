import type { MaybePromise } from '../../guard.js'

/** What became of a claim: nobody was there before, somebody was, or nobody can tell since there is no room left. */
export type ReplayClaim = 'fresh' | 'used' | 'full'

/** Where it is kept what may be used once: the `jti` of proofs (RFC 9449 section 11.1) and of logout tokens. */
export interface ReplayStore {
  /**
   * Claims `key` for good, as far as anybody will ask: atomic, so that of two claims at once exactly one is `fresh`.
   *
   * @param key - SHA-256 in base64url of what is used once, and of whose it is. No text of a caller reaches the store.
   * @param untilMs - The last moment at which the key must still be known, in milliseconds since the epoch; it may
   * leave after that.
   * @param nowMs - Milliseconds since the epoch.
   */
  readonly claim: (key: string, untilMs: number, nowMs: number) => MaybePromise<ReplayClaim>
}
