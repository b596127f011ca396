import type { MaybePromise } from '../guard.js'
import type { TokenVerdict } from './accepted-token.js'
import type { TokenProof } from './token-proof.js'
import type { Issuer } from './trusted-issuer.js'

/** Asks an issuer about its tokens (RFC 7662). */
export interface Introspection {
  /** Which tokens it is asked about: `opaque` ones only, or `all`, JWTs of this issuer as well. */
  readonly of: 'opaque' | 'all'
  /** Never rejects. */
  readonly verify: (token: string, proofs: readonly TokenProof[], nowMs: number) => MaybePromise<TokenVerdict>
}

/** Makes the introspection of one issuer, by whose rules and keys answers are judged. */
export type IntrospectionFactory = (issuer: Pick<Issuer, 'rules' | 'signedBy'>) => Introspection
