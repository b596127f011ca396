import type { RequestContext } from '../../context.js'
import type { Decision, Denial, HeaderList } from '../../decision.js'
import type { MaybePromise } from '../../guard.js'
import type { Proof } from '../../principal.js'
import type { ConfirmationMember } from './confirmation.js'
import type { TokenScheme } from './presented-token.js'

/** What a proof has to answer for. */
export interface BoundToken {
  /** As it was sent. */
  readonly token: string
  /** What the token is bound to: the member of its `cnf` that this proof confirms. */
  readonly thumbprint: string
  /** A refusal with all challenges of the guard, the error on the one of the scheme that was used. */
  readonly refuse: RefuseToken
}

/**
 * Refuses a request for its proof: 401, or 400 for `invalid_request`.
 *
 * @param code - For the audit trail.
 * @param error - For the caller.
 */
export type RefuseToken = (code: string, error: TokenError, extra?: RefusalExtra) => Denial

/** What the caller is told of it (RFC 6750 section 3.1, RFC 9449 section 12). */
export type TokenError = 'invalid_token' | 'invalid_dpop_proof' | 'use_dpop_nonce' | 'invalid_request'

/** What a refusal says beside its code and error. */
export interface RefusalExtra {
  /** Response fields, such as `DPoP-Nonce`. */
  readonly headers?: HeaderList
  /** Name from the OWASP Logging Vocabulary. */
  readonly event?: string
  /** For the caller. */
  readonly detail?: string
  /** For the audit trail only. */
  readonly cause?: unknown
}

/**
 * Asks the caller to prove that it holds what its token is bound to. Made by `dpop()` and `mtls()`, and given to `jwt()`
 * and `introspect()` in `proofs`.
 */
export interface TokenProof {
  /** How `principal.proof` names it. */
  readonly proof: Proof
  /** The member of a token's `cnf` (RFC 7800 section 3) that it answers for. */
  readonly confirms: ConfirmationMember
  /** The scheme by which tokens with this proof are sent. */
  readonly scheme: TokenScheme
  /** What the challenge of that scheme says beside the realm. */
  readonly challenge: Readonly<Record<string, string>>
  /** Whether a token that is not bound in this way is refused. */
  readonly required: boolean
  /** Why a request is refused whether or not its token is bound in this way, such as a forged certificate field. */
  readonly refusal?: ((ctx: RequestContext) => Denial | undefined) | undefined
  /** Allows, with response fields where there are some to send. Asked when the token itself has been found good. */
  readonly prove: (ctx: RequestContext, bound: BoundToken) => MaybePromise<Decision>
}

/** Whether tokens with this proof are sent by the scheme of RFC 9449. */
export const isDpop = ({ scheme }: TokenProof): boolean => scheme === 'DPoP'
