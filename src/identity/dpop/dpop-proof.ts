import { createHash } from 'node:crypto'
import type { RequestContext } from '../../context.js'
import type { MaybePromise } from '../../guard.js'
import { isText } from '../../lib/json-value.js'
import { andThen } from '../../lib/maybe-promise.js'
import type { JwtAlgorithm } from '../keys/algorithms.js'
import { timesFault } from '../tokens/access-token.js'
import { isTime } from '../tokens/claim-path.js'
import { compactToken, decodeObject, REFUSED_IN_PROOFS } from '../tokens/compact-token.js'
import type { BoundToken } from '../tokens/token-proof.js'
import type { DpopKeys } from './dpop-key.js'
import { isRequestUri } from './htu.js'

/** Longest proof to look at: more than one with an RSA key of 16 384 bits needs, less than Node takes as a field. */
const MAX_PROOF_LENGTH = 8_192

/** Longest `jti`; UUIDs have 36 characters. */
const MAX_JTI_LENGTH = 256

/** What a proof is held against, beside the request and the token. */
export interface ProofRules {
  readonly origins: readonly string[]
  readonly algorithms: readonly JwtAlgorithm[]
  readonly maxAgeSeconds: number
  readonly clockToleranceSeconds: number
  readonly keys: DpopKeys
}

/** What is left to ask of a proof that is sound, for this request, for this token and of this time. */
export interface SoundProof {
  readonly jti: string
  readonly nonce: unknown
  /** The last moment at which it would be found sound, in milliseconds since the epoch. */
  readonly soundUntilMs: number
}

/** What is wrong with a proof, for the audit trail. */
export type ProofFault = `dpop_${string}`

/** Everything that RFC 9449 section 4.3 asks of a proof but its nonce, and that it is the first time. */
export function soundProof(
  text: string,
  ctx: RequestContext,
  { token, thumbprint }: Pick<BoundToken, 'token' | 'thumbprint'>,
  rules: ProofRules,
): MaybePromise<SoundProof | ProofFault> {
  const parts = text.length > MAX_PROOF_LENGTH ? 'token_malformed' : compactToken(text, REFUSED_IN_PROOFS)
  if (typeof parts === 'string') return 'dpop_proof_malformed'
  // RFC 9449 section 4.2 gives one spelling and, unlike RFC 9068, allows no other.
  if (parts.typ !== 'dpop+jwt') return 'dpop_type_refused'
  const algorithm = rules.algorithms.find((name) => name === parts.alg)
  if (algorithm === undefined) return 'dpop_algorithm_refused'
  const verify = rules.keys.find(parts.header.jwk, algorithm, thumbprint)
  if (typeof verify === 'string') return verify
  const signature = Buffer.from(parts.signature, 'base64url')
  return andThen(verify(Buffer.from(parts.signed, 'latin1'), signature), (isSigned) => {
    if (!isSigned) return 'dpop_signature_invalid'
    const claims = decodeObject(parts.payload)
    return claims === undefined ? 'dpop_proof_malformed' : soundClaims(claims, ctx, token, rules)
  })
}

function soundClaims(
  claims: Readonly<Record<string, unknown>>,
  { method, path, nowMs }: RequestContext,
  token: string,
  rules: ProofRules,
): SoundProof | ProofFault {
  const { jti, htm, htu, iat, ath, nonce } = claims
  if (!isText(jti) || jti.length > MAX_JTI_LENGTH) return 'dpop_proof_malformed'
  if (htm !== method) return 'dpop_method_mismatch'
  if (typeof htu !== 'string' || !isRequestUri(htu, rules.origins, path)) return 'dpop_uri_mismatch'
  if (!isTime(iat) || timesFault(claims, rules, nowMs) !== undefined) return 'dpop_time_invalid'
  const soundUntilMs = (iat + rules.maxAgeSeconds) * 1000
  if (!(nowMs <= soundUntilMs)) return 'dpop_time_invalid'
  if (ath !== createHash('sha256').update(token).digest('base64url')) return 'dpop_token_mismatch'
  return { jti, nonce, soundUntilMs }
}
