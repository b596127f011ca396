import { createHash } from 'node:crypto'
import type { Unavailable } from '../../decision.js'
import { isText } from '../../lib/json-value.js'
import type { Principal } from '../../principal.js'
import type { RevocableToken } from '../revocation/revocation.js'
import { type ClaimRules, principalOf } from './access-token.js'
import { isTime } from './claim-path.js'
import { compactToken } from './compact-token.js'
import { type Confirmation, confirmationOf } from './confirmation.js'
import type { RefusedToken } from './refused-token.js'
import { isDpop, type TokenProof } from './token-proof.js'

type Claims = Readonly<Record<string, unknown>>

/** A token that its issuer vouches for. Whether the caller may use it is still to be proven. */
export interface AcceptedToken {
  readonly principal: Principal
  readonly confirmation: Confirmation
  /** What the caller has to prove; undefined where it is bound to more than can be proven, or to less than must be. */
  readonly asked: readonly TokenProof[] | undefined
  readonly revocable: RevocableToken
  readonly verifiedAtMs: number
  readonly expiresAtMs: number
  /**
   * Whether what it was verified with still holds: a key may leave its set. Asking keeps keys fresh. Undefined for a token
   * that the guard is not to remember, since whoever accepted it does.
   */
  readonly isCurrent: ((nowMs: number) => boolean) | undefined
}

/** An accepted token, what is wrong with it or the code of that, or that nobody can tell now. */
export type TokenVerdict = AcceptedToken | RefusedToken | Unavailable | string

/** What is accepted about a token with these claims, which have been found without fault. */
export function acceptedToken(
  token: string,
  claims: Claims,
  rules: ClaimRules,
  proofs: readonly TokenProof[],
  nowMs: number,
  isCurrent: AcceptedToken['isCurrent'],
): AcceptedToken {
  const confirmation = confirmationOf(claims)!
  const asked = askedFor(confirmation, proofs)
  const principal = principalOf(claims, rules, provenBy(asked ?? []))
  // an introspected token need not say when it expires: whoever asked about it asks again before long
  const exp = (claims.exp as number | undefined) ?? Number.POSITIVE_INFINITY
  const expiresAtMs = (exp + rules.clockToleranceSeconds) * 1000
  return {
    principal,
    confirmation,
    asked,
    revocable: {
      issuer: rules.issuer,
      tokenId: isText(claims.jti) ? claims.jti : digestOf(token),
      subject: isText(claims.sub) ? claims.sub : undefined,
      id: principal.id === claims.sub ? undefined : principal.id,
      client: principal.client,
      sessionId: isText(claims.sid) ? claims.sid : undefined,
      issuedAtMs: isTime(claims.iat) ? claims.iat * 1000 : Number.NEGATIVE_INFINITY,
      expiresAtMs,
    },
    verifiedAtMs: nowMs,
    expiresAtMs,
    isCurrent,
  }
}

/** Of a JWT without its signature: whoever has one by ECDSA can make a second that is as good, and so another text. */
function digestOf(token: string): string {
  const parts = compactToken(token)
  const lasting = typeof parts === 'string' ? token : parts.signed
  return createHash('sha256').update(lasting).digest('base64url')
}

/** One proof for each thing that a token is bound to, those that are required among them. */
function askedFor(confirmation: Confirmation, proofs: readonly TokenProof[]): readonly TokenProof[] | undefined {
  const asked = proofs.filter(({ confirms }) => confirmation[confirms] !== undefined)
  const isWhole = asked.length === Object.keys(confirmation).length
  return isWhole && proofs.every((proof) => !proof.required || asked.includes(proof)) ? asked : undefined
}

/** A token never passes without the proofs that are asked for. Of two, the one whose scheme it is sent by counts. */
function provenBy(asked: readonly TokenProof[]) {
  const told = asked.find(isDpop) ?? asked[0]
  if (told === undefined) return { proof: 'bearer', challenge: undefined } as const
  const { proof, scheme, challenge } = told
  return { proof, challenge: scheme === 'Bearer' ? undefined : { scheme, params: challenge } }
}
