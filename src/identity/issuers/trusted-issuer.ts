import { type Unavailable, unavailable } from '../../decision.js'
import type { MaybePromise } from '../../guard.js'
import { andThen } from '../../lib/maybe-promise.js'
import type { Introspection } from '../introspection/introspection-port.js'
import type { JwtAlgorithm } from '../keys/algorithms.js'
import { IssuerKeys, type KeyAnswer } from '../keys/issuer-keys.js'
import type { IssuerState } from '../keys/issuer-state.js'
import type { VerificationKey } from '../keys/key-set.js'
import { acceptedToken, type TokenVerdict } from '../tokens/accepted-token.js'
import { claimFault } from '../tokens/access-token.js'
import { type CompactToken, decodeObject } from '../tokens/compact-token.js'
import { isAcceptedType, judged } from '../tokens/token-profile.js'
import type { TokenProof } from '../tokens/token-proof.js'
import { type CheckedIssuer, checkedIssuer, type IssuerOptions } from './issuer-options.js'

/** An issuer whose tokens are believed, with its keys. One may serve several guards. */
export interface TrustedIssuer {
  /** Its identifier, as it was given. */
  readonly issuer: string
  /** Gets the keys now, ahead of the first request; whether there are keys then. Never rejects. */
  readonly warm: () => Promise<boolean>
  /**
   * Gets the keys now and keeps them fresh, without waiting for requests: tries again until there are some, and after
   * every outage. Keeps no process alive. Gives what ends it.
   */
  readonly keepWarm: () => () => void
  /** For health endpoints. */
  readonly state: () => IssuerState
}

/**
 * An issuer to share between guards, to warm before the first request and to ask how its keys are.
 *
 * @throws TypeError for an option out of its range.
 */
export const trustedIssuer = (options: IssuerOptions): TrustedIssuer =>
  new Issuer(checkedIssuer('trustedIssuer()', options))

/** Knows whether a key is still one to believe. Asking keeps keys fresh. */
export interface KeyHolder {
  isCurrent(key: VerificationKey, nowMs: number): boolean
}

/** The inside of a trusted issuer: what verifies tokens. Everything is checked under this issuer's rules only. */
export class Issuer implements TrustedIssuer, KeyHolder {
  readonly issuer: string
  readonly rules: CheckedIssuer
  readonly keys: IssuerKeys
  readonly introspection: Introspection | undefined

  constructor(rules: CheckedIssuer) {
    this.issuer = rules.issuer
    this.rules = rules
    this.keys = new IssuerKeys(rules)
    this.introspection = rules.introspection?.(this)
  }

  readonly warm = (): Promise<boolean> => this.keys.warm()
  readonly keepWarm = (): (() => void) => this.keys.keepWarm()
  readonly state = (): IssuerState => this.keys.state()

  isCurrent(key: VerificationKey, nowMs: number): boolean {
    return this.keys.isCurrent(key, nowMs)
  }

  /**
   * A token that was not seen before, or is not remembered any more.
   *
   * @param holder - Whom to ask later whether the key is still good.
   */
  verify(
    token: string,
    parts: CompactToken,
    proofs: readonly TokenProof[],
    nowMs: number,
    holder: KeyHolder = this,
  ): MaybePromise<TokenVerdict> {
    const { algorithms, profile } = this.rules
    if (!algorithms.includes(parts.alg as JwtAlgorithm)) return 'token_algorithm_refused'
    if (!isAcceptedType(parts.typ, profile.typ)) return 'token_type_refused'
    return andThen(this.signedBy(parts, nowMs), (key) => {
      if (!isKey(key)) return key
      const claims = decodeObject(parts.payload)
      if (claims === undefined) return 'token_malformed'
      return judged(() => {
        const fault = claimFault(claims, this.rules, nowMs)
        return fault ?? acceptedToken(token, claims, this.rules, proofs, nowMs, whileCurrent(key, holder))
      })
    })
  }

  /** The issuer's key that signed the token; or the code of why there is none, or that keys cannot be had. */
  signedBy(
    parts: Pick<CompactToken, 'alg' | 'kid' | 'signed' | 'signature'>,
    nowMs: number,
  ): MaybePromise<VerificationKey | Unavailable | string> {
    return andThen(this.keys.find(parts.kid, parts.alg, nowMs), (found: KeyAnswer) => {
      const { key } = found
      if (key === undefined) {
        if (found.reason === 'unknown') return 'token_key_unknown'
        return unavailable('keys_unavailable', found.retryAfterMs / 1000, found.cause)
      }
      const signed = Buffer.from(parts.signed, 'latin1')
      const signature = Buffer.from(parts.signature, 'base64url')
      return andThen(key.verify(signed, signature), (isSigned) => (isSigned ? key : 'token_signature_invalid'))
    })
  }
}

/** Apart from where it is used: a closure made there would keep the whole token. */
const whileCurrent =
  (key: VerificationKey, holder: KeyHolder) =>
  (nowMs: number): boolean =>
    holder.isCurrent(key, nowMs)

export const isKey = (answer: VerificationKey | Unavailable | string): answer is VerificationKey =>
  typeof answer === 'object' && 'verify' in answer

/** The issuer that options describe, or the very one that was given. */
export function issuerFrom(where: string, given: IssuerOptions | TrustedIssuer): Issuer {
  return given instanceof Issuer ? given : new Issuer(checkedIssuer(where, given as IssuerOptions))
}
