import type { MaybePromise } from '../../guard.js'
import { callable, integerBetween, knownOptions, oneOf } from '../../lib/options.js'
import type { Revocation, RevocationStore } from './revocation.js'

type Distributed<R> = R extends { readonly beforeMs: number } ? Omit<R, 'beforeMs'> & { readonly beforeMs?: number } : R

/** What to revoke. Where tokens issued before a time are meant, that is now unless `beforeMs` says otherwise. */
export type TokensToRevoke = Distributed<Revocation>

/** For how long tokens are revoked, and from when on. */
export interface RevokeTokensOptions {
  /**
   * For how long, in seconds, 1 to 31 622 400 (a year). At least as long as a token of this issuer may live: what is
   * forgotten earlier lets it pass again. Default: 86 400 (a day).
   */
  readonly forSeconds?: number | undefined
  /** In milliseconds since the epoch. Default: now. */
  readonly nowMs?: number | undefined
}

/** As long as most issuers let an access token live, many times over. */
const REVOKED_FOR_SECONDS = 86_400
const MAX_SECONDS = 366 * 86_400

export const revokedForSeconds = (name: string, value: number | undefined): number =>
  integerBetween(name, value ?? REVOKED_FOR_SECONDS, 1, MAX_SECONDS)

/**
 * Revokes tokens in `store`, for handlers that sign somebody out: from then on every guard that has the store answers
 * 401 `invalid_token`. Throws or rejects as the store does; then nothing is revoked.
 *
 * @throws TypeError for an option out of its range.
 */
export function revokeTokens(
  store: RevocationStore,
  tokens: TokensToRevoke,
  options: RevokeTokensOptions = {},
): MaybePromise<void> {
  knownOptions('revokeTokens()', options, ['forSeconds', 'nowMs'])
  callable('store.revoke', store?.revoke)
  oneOf('tokens.by', tokens?.by, ['token', 'session', 'subject', 'client'])
  const { nowMs = Date.now() } = options
  const untilMs = nowMs + revokedForSeconds('forSeconds', options.forSeconds) * 1000
  const isByTime = tokens.by === 'subject' || tokens.by === 'client'
  const revocation = (isByTime ? { ...tokens, beforeMs: tokens.beforeMs ?? nowMs } : tokens) as Revocation
  return store.revoke(revocation, untilMs, nowMs)
}
