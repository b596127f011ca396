import type { RequestContext } from '../../context.js'
import { ALLOWED, allowance, type Decision, type HeaderList, NO_FACTS } from '../../decision.js'
import type { MaybePromise } from '../../guard.js'
import { andThen } from '../../lib/maybe-promise.js'
import { boolean, integerBetween, knownOptions } from '../../lib/options.js'
import { checkedAlgorithms, type JwtAlgorithm } from '../keys/algorithms.js'
import { replayClaims } from '../revocation/replay-claim.js'
import { memoryReplayStore } from '../revocation/replay-memory.js'
import type { ReplayStore } from '../revocation/replay-store.js'
import type { BoundToken, TokenProof } from '../tokens/token-proof.js'
import { DpopKeys } from './dpop-key.js'
import { type DpopNonceOptions, DpopNonces } from './dpop-nonce.js'
import { type ProofRules, soundProof } from './dpop-proof.js'
import { publicOrigins } from './htu.js'

/** What proofs are held against (RFC 9449 section 4.3), and where it is kept which were used. */
export interface DpopOptions {
  /**
   * Where callers reach this service, `https`, or `http` on loopback while developing; 1 to 100 of them. With a path
   * where a proxy strips one off. The `htu` of a proof is held against it and the request's path; never against `Host`.
   */
  readonly origin: string | readonly string[]
  /** Signature algorithms of proofs, asymmetric ones only. Default: ES256, EdDSA, Ed25519, RS256, PS256. */
  readonly algorithms?: readonly JwtAlgorithm[] | undefined
  /** Whether tokens that are not bound to a key are refused. Default: false. */
  readonly required?: boolean | undefined
  /** Whether a proof must hold a nonce of this service (RFC 9449 section 9). Default: false, and nonces are ignored. */
  readonly nonce?: boolean | DpopNonceOptions | undefined
  /** How old a proof may be by its `iat`, in seconds, 1 to 600. Default: 60. */
  readonly maxAgeSeconds?: number | undefined
  /** How far a proof may be dated ahead, in seconds, 0 to 60. Default: 5. */
  readonly clockToleranceSeconds?: number | undefined
  /**
   * Where it is kept which proofs were used. Default: `memoryReplayStore()`, of this process; processes that answer
   * under one origin should share one.
   */
  readonly replay?: ReplayStore | undefined
}

/**
 * Asks for a DPoP proof with every token that is bound to a key (RFC 9449), for `proofs` of `jwt()` and the like: one
 * field, signed by the key that the token names, for this method, this URI, this token, of this minute, and never used
 * before.
 *
 * Denies with 401 `invalid_dpop_proof`, or `use_dpop_nonce` and a `DPoP-Nonce` field; 400 for two fields; 503
 * `replay_unavailable` or `replay_store_full` where it cannot be told whether a proof was used.
 *
 * @throws TypeError for an option out of its range.
 */
export function dpop(options: DpopOptions): TokenProof {
  knownOptions('dpop()', options, OPTIONS)
  const algorithms = checkedAlgorithms('algorithms', options.algorithms ?? DEFAULT_ALGORITHMS)
  const rules: ProofRules = Object.freeze({
    origins: publicOrigins('origin', options.origin),
    algorithms,
    maxAgeSeconds: integerBetween('maxAgeSeconds', options.maxAgeSeconds ?? 60, 1, 600),
    clockToleranceSeconds: integerBetween('clockToleranceSeconds', options.clockToleranceSeconds ?? 5, 0, 60),
    keys: new DpopKeys(),
  })
  const nonces = noncesOf(options.nonce)
  const claimOnce = replayClaims(options.replay ?? memoryReplayStore())
  /** Of requests: one may meet several guards, and is no replay of itself, however long its body takes between them. */
  const provenTokens = new WeakMap<RequestContext, string>()

  const prove = (ctx: RequestContext, bound: BoundToken): MaybePromise<Decision> => {
    const { headers, nowMs } = ctx
    const { refuse, thumbprint, token } = bound
    if (provenTokens.get(ctx) === token) return ALLOWED
    const text = headers.get('dpop')
    if (text === undefined) return refuse('dpop_proof_missing', 'invalid_dpop_proof')
    if (headers.count('dpop') > 1) return refuse('dpop_proof_repeated', 'invalid_request', { detail: REPEATED })
    return andThen(soundProof(text, ctx, bound, rules), (proof): MaybePromise<Decision> => {
      if (typeof proof === 'string') return refuse(proof, 'invalid_dpop_proof')
      const nonce = nonces?.judge(proof.nonce, nowMs)
      if (nonce === 'missing' || nonce === 'stale') {
        return refuse(`dpop_nonce_${nonce}`, 'use_dpop_nonce', { headers: [['dpop-nonce', nonces!.newest(nowMs)]] })
      }
      const { jti, soundUntilMs } = proof
      return andThen(claimOnce(['dpop', thumbprint, jti], soundUntilMs, nowMs), (answer) => {
        if (answer === 'used') return refuse('dpop_replayed', 'invalid_dpop_proof', { event: 'authn_token_reuse' })
        if (answer !== 'fresh') return answer
        provenTokens.set(ctx, token)
        return nonce === 'older' ? allowance(NO_FACTS, renewed(nonces!.newest(nowMs))) : ALLOWED
      })
    })
  }

  return Object.freeze({
    proof: 'dpop',
    confirms: 'jkt',
    scheme: 'DPoP',
    challenge: Object.freeze({ algs: algorithms.join(' ') }),
    required: boolean('required', options.required ?? false),
    prove,
  })
}

const OPTIONS = [
  'origin',
  'algorithms',
  'required',
  'nonce',
  'maxAgeSeconds',
  'clockToleranceSeconds',
  'replay',
] as const satisfies readonly (keyof DpopOptions)[]

const DEFAULT_ALGORITHMS: readonly JwtAlgorithm[] = ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256']

const REPEATED = 'There is more than one DPoP field.'

/** RFC 9449 section 8.2: an answer out of a cache would hand out a stale nonce. */
const renewed = (nonce: string): HeaderList => [
  ['dpop-nonce', nonce],
  ['cache-control', 'no-store'],
]

function noncesOf(option: boolean | DpopNonceOptions = false): DpopNonces | undefined {
  if (typeof option === 'object') return new DpopNonces(option)
  return boolean('nonce', option) ? new DpopNonces({}) : undefined
}
