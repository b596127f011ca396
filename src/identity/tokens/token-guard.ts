import { concat } from '../../compose/sequence.js'
import type { NoFacts, RequestContext } from '../../context.js'
import { ALLOWED, type Allowance, allow, allowance, type Decision, NO_FACTS } from '../../decision.js'
import { Dependency } from '../../dependency.js'
import type { Guard, GuardInfo, MaybePromise } from '../../guard.js'
import { andThen } from '../../lib/maybe-promise.js'
import type { PrincipalFacts } from '../../principal.js'
import type { RevocationStore } from '../revocation/revocation.js'
import type { AcceptedToken, TokenVerdict } from './accepted-token.js'
import { type PresentedToken, presentedToken, type TokenScheme, unreadToken } from './presented-token.js'
import { RefusedToken } from './refused-token.js'
import { isDpop, type TokenProof } from './token-proof.js'
import { TokenRefusals } from './token-refusals.js'
import type { VerifiedTokens } from './verified-tokens.js'

/** A remembered token, and the allowance that all its requests share. */
export interface RememberedToken {
  readonly accepted: AcceptedToken
  readonly answer: Allowance<PrincipalFacts>
}

interface TokenGuardParts {
  readonly name: string
  readonly requires: GuardInfo['requires']
  readonly realm: string
  readonly maxTokenLength: number
  /** In the order in which they are asked for. */
  readonly proofs: readonly TokenProof[]
  readonly revocation: RevocationStore | undefined
  readonly remembered: VerifiedTokens<RememberedToken>
  /** What the issuer says of a token that is not remembered. */
  readonly verify: (token: string, nowMs: number) => MaybePromise<TokenVerdict>
}

/**
 * The guard around whatever verifies tokens: it reads the token, remembers what was found of it, asks for the proof that
 * it is bound to, and whether it was revoked.
 */
export function tokenGuard(parts: TokenGuardParts): Guard<NoFacts, PrincipalFacts> {
  const { name, requires, realm, maxTokenLength, proofs, revocation, remembered, verify } = parts
  const schemes: readonly TokenScheme[] = proofs.some(isDpop) ? ['Bearer', 'DPoP'] : ['Bearer']
  const refusals = new TokenRefusals(realm, proofs)
  const revocations = new Dependency('revocation_unavailable')
  const refusing = proofs.flatMap(({ refusal }) => refusal ?? [])

  const recall = (token: string, nowMs: number): RememberedToken | undefined => {
    const known = remembered.find(token)
    return known !== undefined && holds(known.accepted, nowMs) ? known : undefined
  }

  const judge = (ctx: RequestContext, presented: PresentedToken): MaybePromise<Decision<PrincipalFacts>> => {
    const { token, scheme } = presented
    if (token.length > maxTokenLength) return refusals.token('token_too_long', scheme)
    return andThen(verify(token, ctx.nowMs), (verdict): MaybePromise<Decision<PrincipalFacts>> => {
      if (typeof verdict === 'string') return refusals.token(verdict, scheme)
      if (verdict instanceof RefusedToken) return { ...refusals.token(verdict.code, scheme), cause: verdict.cause }
      if ('allowed' in verdict) return verdict
      const answer = Object.freeze(allow(Object.freeze({ principal: verdict.principal })))
      const entry = { accepted: verdict, answer }
      if (verdict.isCurrent !== undefined) remembered.remember(token, entry)
      return admit(ctx, presented, entry)
    })
  }

  const admit = (
    ctx: RequestContext,
    presented: PresentedToken,
    { accepted, answer }: RememberedToken,
  ): MaybePromise<Decision<PrincipalFacts>> => {
    const proven = proofFor(ctx, presented, accepted)
    if (proven === ALLOWED && revocation === undefined) return answer
    return andThen(proven, (decision) => {
      if (!decision.allowed) return decision
      const allowed = decision.headers === undefined ? answer : allowance(answer.facts, decision.headers)
      if (revocation === undefined) return allowed
      return revocations.rely(
        () => revocation.isRevoked(accepted.revocable, ctx.nowMs),
        // anything but a plain no is a yes
        (isRevoked) => (isRevoked === false ? allowed : refusals.revoked(presented.scheme)),
      )
    })
  }

  const proofFor = (
    ctx: RequestContext,
    { token, scheme }: PresentedToken,
    { asked, confirmation }: AcceptedToken,
  ): MaybePromise<Decision> => {
    if (asked === undefined) return refusals.token('token_proof_missing', scheme)
    // RFC 9449 section 7.1: a token bound to a key is never sent as a bearer token, nor any other as DPoP.
    if (scheme !== (asked.some(isDpop) ? 'DPoP' : 'Bearer')) return refusals.token('token_scheme_mismatch', scheme)
    return asked.reduce<MaybePromise<Decision>>(
      (ahead, { confirms, prove }) =>
        andThen(ahead, (before) => {
          if (!before.allowed) return before
          const proven = prove(ctx, { token, thumbprint: confirmation[confirms]!, refuse: refusals.proof(scheme) })
          return andThen(proven, (next) =>
            next.allowed ? allowance(NO_FACTS, concat(before.headers, next.headers)) : next,
          )
        }),
      ALLOWED,
    )
  }

  return Object.freeze({
    name,
    about: { room: 'identity', requires } as const,
    check: (ctx: RequestContext): MaybePromise<Decision<PrincipalFacts>> => {
      for (const refusal of refusing) {
        const refused = refusal(ctx)
        if (refused !== undefined) return refused
      }
      const unread = unreadToken(ctx, schemes)
      const known = unread === undefined ? undefined : recall(unread.token, ctx.nowMs)
      if (known !== undefined) return admit(ctx, unread!, known)
      const presented = presentedToken(ctx, schemes)
      return typeof presented === 'string' ? refusals.field(presented) : judge(ctx, presented)
    },
  })
}

/** A clock that stepped back behind the verification may find the token not valid yet. */
const holds = (token: AcceptedToken, nowMs: number): boolean =>
  token.verifiedAtMs <= nowMs && nowMs < token.expiresAtMs && token.isCurrent?.(nowMs) === true
