import { createHash } from 'node:crypto'
import type { Unavailable } from '../../decision.js'
import { isText } from '../../lib/json-value.js'
import type { Principal } from '../../principal.js'
import type { RevocableToken } from '../revocation/revocation.js'
import { type ClaimRules, principalOf } from './access-token.js'
import { isTime } from './claim-path.js'
import { compactToken } from './compact-token.js'
import { type Confirmation, confirmationOf } from './confirmation.js'
import type { TokenProof } from './token-proof.js'

type Claims = Readonly<Record<string, unknown>>

/** A token that its issuer vouches for. Whether the caller may use it is still to be proven. */
export interface AcceptedToken {
  readonly principal: Principal
  readonly confirmation: Confirmation
  readonly revocable: RevocableToken
  readonly verifiedAtMs: number
  readonly expiresAtMs: number
  /**
   * Whether what it was verified with still holds: a key may leave its set. Asking keeps keys fresh. Undefined for a token
   * that the guard is not to remember, since whoever accepted it does.
   */
  readonly isCurrent: ((nowMs: number) => boolean) | undefined
}

/** An accepted token, the code of what is wrong with it, or that nobody can tell now. */
export type TokenVerdict = AcceptedToken | Unavailable | string

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
  const principal = principalOf(claims, rules, provenBy(confirmation, proofs))
  // an introspected token need not say when it expires: whoever asked about it asks again before long
  const exp = (claims.exp as number | undefined) ?? Number.POSITIVE_INFINITY
  const expiresAtMs = (exp + rules.clockToleranceSeconds) * 1000
  return {
    principal,
    confirmation,
    revocable: {
      issuer: rules.issuer,
      tokenId: isText(claims.jti) ? claims.jti : digestOf(token),
      subject: isText(claims.sub) ? claims.sub : undefined,
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

/** The proof that will be asked for: a bound token never passes without. Of two, the one whose scheme it is sent by. */
function provenBy(confirmation: Confirmation, proofs: readonly TokenProof[]) {
  const all = proofs.filter(({ confirms }) => confirmation[confirms] !== undefined)
  const asked = all.find(({ scheme }) => scheme === 'DPoP') ?? all[0]
  if (asked === undefined) return { proof: 'bearer', challenge: undefined } as const
  const { proof, scheme, challenge } = asked
  return { proof, challenge: scheme === 'Bearer' ? undefined : { scheme, params: challenge } }
}
