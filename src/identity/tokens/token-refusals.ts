import { type Challenge, challenge, type Denial, invalid } from '../../decision.js'
import type { TokenScheme } from './presented-token.js'
import { isDpop, type RefuseToken, type TokenProof } from './token-proof.js'

/** What a token guard answers to those that it refuses: every scheme it takes is offered, whatever was wrong. */
export class TokenRefusals {
  readonly #offers: readonly [Challenge, ...Challenge[]]

  constructor(realm: string, proofs: readonly TokenProof[]) {
    const bearer: Challenge = { scheme: 'Bearer', params: { realm } }
    const dpop = proofs.find(isDpop)
    const bound: Challenge = { scheme: 'DPoP', params: { realm, ...dpop?.challenge } }
    this.#offers = dpop === undefined ? [bearer] : dpop.required ? [bound] : [bearer, bound]
  }

  /**
   * Of the Authorization field. Without one: 401 and no error code; two of them, or a malformed one: 400
   * `invalid_request` (RFC 6750 section 3.1).
   */
  field(fault: 'missing' | 'malformed' | 'repeated'): Denial {
    if (fault === 'missing') return challenge('token_missing', ...this.#offers)
    const detail =
      fault === 'repeated' ? 'There is more than one Authorization field.' : 'The Authorization field is malformed.'
    return invalid(`token_${fault}`, detail, { challenges: this.#challenges('Bearer', 'invalid_request') })
  }

  /** 401 `invalid_token`, whatever the fault: which one it was is told to the audit trail under `code`. */
  token(code: string, scheme: TokenScheme): Denial {
    return challenge(code, ...this.#challenges(scheme, 'invalid_token'))
  }

  revoked(scheme: TokenScheme): Denial {
    return { ...this.token('token_revoked', scheme), event: 'authn_token_revoked' }
  }

  proof(scheme: TokenScheme): RefuseToken {
    return (code, error, extra) => {
      const challenges = this.#challenges(scheme, error)
      if (error !== 'invalid_request') return { ...challenge(code, ...challenges), ...extra }
      return invalid(code, 'The request is malformed.', { challenges, ...extra })
    }
  }

  /** The error stands on the scheme that was used, where that is offered. */
  #challenges(scheme: TokenScheme, error: string): readonly [Challenge, ...Challenge[]] {
    const told = this.#offers.find((offer) => offer.scheme === scheme) ?? this.#offers[0]
    const [first, ...rest] = this.#offers.map((offer) =>
      offer === told ? { ...offer, params: { ...offer.params, error } } : offer,
    )
    return [first!, ...rest]
  }
}
