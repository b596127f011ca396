import type { MaybePromise } from '../../guard.js'
import type { Issuer } from '../issuers/trusted-issuer.js'
import type { TokenVerdict } from '../tokens/accepted-token.js'
import type { TokenProof } from '../tokens/token-proof.js'

/** Asks an issuer about its tokens (RFC 7662). */
export interface Introspection {
  /** Which tokens it is asked about: `opaque` ones only, or `all`, JWTs of this issuer as well. */
  readonly of: 'opaque' | 'all'
  /** That the issuer cannot be asked is a verdict, and no rejection. */
  readonly verify: (token: string, proofs: readonly TokenProof[], nowMs: number) => MaybePromise<TokenVerdict>
}

/** Makes the introspection of one issuer, by whose rules and keys answers are judged. */
export type IntrospectionFactory = (issuer: Pick<Issuer, 'rules' | 'signedBy'>) => Introspection
