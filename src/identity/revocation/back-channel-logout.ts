import type { NoFacts, RequestContext } from '../../context.js'
import { type Allowance, allow, type Decision, type Denial, invalid, type Unavailable } from '../../decision.js'
import { Dependency } from '../../dependency.js'
import type { Guard, MaybePromise } from '../../guard.js'
import { andThen } from '../../lib/maybe-promise.js'
import { callable, integerBetween, knownOptions, nonEmptyStrings, shown } from '../../lib/options.js'
import type { ReplyFacts } from '../../reply.js'
import type { IssuerOptions } from '../issuers/issuer-options.js'
import { type Issuer, isKey, issuerFrom, type TrustedIssuer } from '../issuers/trusted-issuer.js'
import type { JwtAlgorithm } from '../keys/algorithms.js'
import { compactToken, decodeObject } from '../tokens/compact-token.js'
import { logoutTokenIn, REFUSED } from './logout-form.js'
import { isLogoutType, type LogoutClaims, type LogoutRules, logoutCode, logoutFault } from './logout-token.js'
import { replayClaims } from './replay-claim.js'
import { memoryReplayStore } from './replay-memory.js'
import type { ReplayStore } from './replay-store.js'
import type { Revocation, RevocationStore } from './revocation.js'
import { revokedForSeconds } from './revoke-tokens.js'

/** Whose logout tokens are believed, and which sessions they end. */
export interface BackChannelLogoutOptions {
  /**
   * The only issuers whose logout tokens are believed, 1 to 100. Give those that `jwt()` has: they share their keys.
   */
  readonly issuers: readonly (IssuerOptions | TrustedIssuer)[]
  /** Where sessions end: the store of the token guards. */
  readonly revocation: RevocationStore
  /**
   * Where it is kept which logout tokens were used. Default: `memoryReplayStore()`, of this process; processes that
   * answer under one address should share one.
   */
  readonly replay?: ReplayStore | undefined
  /**
   * Whom logout tokens are for: the client id that the issuer knows this service by; one or several. Default: each
   * issuer's `audience`.
   */
  readonly audience?: string | readonly string[] | undefined
  /** Difference of clocks to allow for, in seconds, 0 to 300. Default: each issuer's own. */
  readonly clockToleranceSeconds?: number | undefined
  /** How old a logout token may be by its `iat`, in seconds, 1 to 3600. Default: 300. */
  readonly maxTokenAgeSeconds?: number | undefined
  /**
   * For how long what ended stays so, in seconds, 1 to 31 622 400. At least as long as a token of these issuers may
   * live. Default: 86 400 (a day).
   */
  readonly revokedForSeconds?: number | undefined
}

/**
 * The end of a session, told by its issuer (OpenID Connect Back-Channel Logout 1.0): a POST with one `logout_token`.
 * With `sid`, that session ends; with `sub` alone, all tokens of that subject that were issued before. Gives the fact
 * `reply`: 200 and no body, once it is so.
 *
 * Denies with 400 `logout_*` for a token that is not sound or was used before, 405 for other methods, 415, 413 and 408
 * for other bodies; with 503 `keys_unavailable`, `revocation_unavailable`, `replay_unavailable` or `replay_store_full`
 * where it could not be done: then the same token may be sent again.
 *
 * @throws TypeError for an option out of its range.
 */
export function backChannelLogout(options: BackChannelLogoutOptions): Guard<NoFacts, ReplyFacts> {
  knownOptions('backChannelLogout()', options, OPTIONS)
  const { revocation, replay = memoryReplayStore() } = options
  callable('revocation.revoke', revocation?.revoke)
  const revocations = new Dependency('revocation_unavailable')
  const claimOnce = replayClaims(replay)
  const issuers = logoutIssuers(options)
  const keptForMs = revokedForSeconds('revokedForSeconds', options.revokedForSeconds) * 1000

  const revoke = <R>(what: Revocation, nowMs: number, next: () => MaybePromise<R>): MaybePromise<R | Unavailable> =>
    revocations.rely(() => revocation.revoke(what, nowMs + keptForMs, nowMs), next)

  /**
   * What the token itself says is revoked first: doing that twice changes nothing, so that a token whose revocation
   * failed may come again. Then the token is used up, and only the first time does the moment of its arrival count: a
   * token that is replayed must not end what has begun since.
   */
  const end = (
    ctx: RequestContext,
    arrivedMs: number,
    { issuer, rules }: LogoutIssuer,
    told: LogoutClaims,
  ): MaybePromise<Answer> => {
    const { nowMs } = ctx
    const what = endedBy(issuer.issuer, told)
    return revoke(what, nowMs, () => {
      const deadAtSeconds = Math.min(told.exp, told.iat + rules.maxTokenAgeSeconds) + rules.clockToleranceSeconds
      const claimed = claimOnce(['logout', issuer.issuer, told.jti], deadAtSeconds * 1000, nowMs)
      return andThen(claimed, (answer): MaybePromise<Answer> => {
        if (answer === 'used') return REPLAYED
        if (answer !== 'fresh') return answer
        const done = (): Answer => {
          ctx.report({ event: 'authn_token_revoked', code: `logout_${what.by}`, guard: NAME })
          return DONE
        }
        if (what.by !== 'subject' || arrivedMs <= what.beforeMs) return done()
        return revoke({ ...what, beforeMs: arrivedMs }, nowMs, done)
      })
    })
  }

  return Object.freeze({
    name: NAME,
    about: { room: 'identity', requires: { issuers: [...issuers.keys()], logoutToken: true } } as const,
    check: (ctx: RequestContext): MaybePromise<Answer> => {
      if (ctx.method !== 'POST') return NOT_POST
      const arrivedMs = ctx.nowMs
      return andThen(logoutTokenIn(ctx), (token) => {
        if (typeof token !== 'string') return token
        return andThen(verified(token, issuers, ctx.nowMs), (found) => {
          if (typeof found === 'string') return refusal(found)
          return 'allowed' in found ? found : end(ctx, arrivedMs, found.by, found.told)
        })
      })
    },
  })
}

type Answer = Decision<ReplyFacts>

const NAME = 'backChannelLogout'

const OPTIONS = [
  'issuers',
  'revocation',
  'replay',
  'audience',
  'clockToleranceSeconds',
  'maxTokenAgeSeconds',
  'revokedForSeconds',
] as const satisfies readonly (keyof BackChannelLogoutOptions)[]

/** An issuer, and what its logout tokens are held against. */
interface LogoutIssuer {
  readonly issuer: Issuer
  readonly rules: LogoutRules
}

function logoutIssuers(options: BackChannelLogoutOptions): ReadonlyMap<string, LogoutIssuer> {
  const { issuers, audience, clockToleranceSeconds: tolerance } = options
  if (!Array.isArray(issuers) || issuers.length === 0 || issuers.length > 100) {
    throw new TypeError(`issuers must be a list of 1 to 100 issuers, got ${shown(issuers)}`)
  }
  const own = {
    ...(audience !== undefined && { audience: nonEmptyStrings('audience', audience) }),
    ...(tolerance !== undefined && {
      clockToleranceSeconds: integerBetween('clockToleranceSeconds', tolerance, 0, 300),
    }),
    maxTokenAgeSeconds: integerBetween('maxTokenAgeSeconds', options.maxTokenAgeSeconds ?? 300, 1, 3600),
  }
  const known = issuers.map((given: IssuerOptions | TrustedIssuer): readonly [string, LogoutIssuer] => {
    const issuer = issuerFrom('issuers', given)
    const { audience, clockToleranceSeconds } = issuer.rules
    return [issuer.issuer, { issuer, rules: Object.freeze({ audience, clockToleranceSeconds, ...own }) }]
  })
  const byName = new Map(known)
  if (byName.size < known.length) throw new TypeError('issuers must not name one issuer twice')
  return byName
}

interface VerifiedLogout {
  readonly by: LogoutIssuer
  readonly told: LogoutClaims
}

/**
 * The unverified `iss` chooses whose keys and rules hold; nothing else of the token counts before its signature does.
 */
function verified(
  token: string,
  issuers: ReadonlyMap<string, LogoutIssuer>,
  nowMs: number,
): MaybePromise<VerifiedLogout | Unavailable | string> {
  const parts = compactToken(token)
  if (typeof parts === 'string') return parts
  const claims = decodeObject(parts.payload)
  if (claims === undefined) return 'token_malformed'
  const by = typeof claims.iss === 'string' ? issuers.get(claims.iss) : undefined
  if (by === undefined) return 'token_issuer_unknown'
  if (!by.issuer.rules.algorithms.includes(parts.alg as JwtAlgorithm)) return 'token_algorithm_refused'
  if (!isLogoutType(parts.typ)) return 'token_type_refused'
  return andThen(by.issuer.signedBy(parts, nowMs), (key): VerifiedLogout | Unavailable | string => {
    if (!isKey(key)) return key
    return logoutFault(claims, by.rules, nowMs) ?? { by, told: claims as unknown as LogoutClaims }
  })
}

/** With a session, that one ends; without, all that the subject had when the token was issued. */
const endedBy = (issuer: string, { sid, sub, iat }: LogoutClaims): Revocation =>
  sid !== undefined
    ? { by: 'session', issuer, sessionId: sid }
    : { by: 'subject', issuer, subject: sub!, beforeMs: iat * 1000 }

/** Section 2.8: a receipt, and nobody keeps it. */
const DONE: Allowance<ReplyFacts> = Object.freeze(
  allow(
    Object.freeze({
      reply: Object.freeze({ status: 200, headers: Object.freeze([['cache-control', 'no-store'] as const]), body: '' }),
    }),
  ),
)

const refusal = (code: string): Denial => invalid(logoutCode(code), REFUSED)

const REPLAYED: Denial = Object.freeze(
  invalid('logout_replayed', 'The logout token was used before.', { event: 'authn_token_reuse' }),
)

const NOT_POST: Denial = Object.freeze(
  invalid('method_refused', 'Logout tokens are sent by POST.', { status: 405, headers: [['allow', 'POST']] }),
)
