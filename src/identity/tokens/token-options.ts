import type { NoFacts } from '../../context.js'
import type { Guard, MaybePromise } from '../../guard.js'
import { callable, integerBetween, shown } from '../../lib/options.js'
import type { PrincipalFacts } from '../../principal.js'
import type { Issuers } from '../issuers/issuers.js'
import { realmOf } from '../realm.js'
import type { RevocationStore } from '../revocation/revocation.js'
import type { TokenVerdict } from './accepted-token.js'
import { type RememberedToken, tokenGuard } from './token-guard.js'
import { isDpop, type TokenProof } from './token-proof.js'
import { VerifiedTokens } from './verified-tokens.js'

/** How tokens are taken from requests, whoever issued them. */
export interface TokenOptions {
  /**
   * Proofs of possession to ask for: `dpop()`, `mtls()`. A token that is bound to something none of them answers for is
   * refused. Default: none; then every bound token is.
   */
  readonly proofs?: readonly TokenProof[] | undefined
  /** Asked at every request whether the token was revoked, remembered ones included. Default: nothing is. */
  readonly revocation?: RevocationStore | undefined
  /** Longest token to look at, in characters, 256 to 65 536. Default: 8192. */
  readonly maxTokenLength?: number | undefined
  /** Verified tokens to remember, 0 to 1 million; all of them together take at most 16 MiB. Default: 10 000. */
  readonly cachedTokens?: number | undefined
  /**
   * `realm` of the challenge, 1 to 200 printable ASCII characters. Default: the first audience of the first issuer; where no
   * issuer is listed, there is none, and `realm` must be given.
   */
  readonly realm?: string | undefined
}

export const TOKEN_OPTIONS: readonly string[] = [
  'proofs',
  'revocation',
  'maxTokenLength',
  'cachedTokens',
  'realm',
] satisfies readonly (keyof TokenOptions)[]

/**
 * The guard that takes tokens of `issuers`.
 *
 * @throws TypeError for an option out of its range.
 */
export function guardOver(issuers: Issuers, name: string, options: TokenOptions): Guard<NoFacts, PrincipalFacts> {
  const proofs = checkedProofs(options.proofs ?? [])
  return tokenGuard({
    name,
    requires: issuers.requires,
    realm: realmOf(options.realm ?? audienceOf(issuers)),
    maxTokenLength: integerBetween('maxTokenLength', options.maxTokenLength ?? 8192, 256, 65_536),
    proofs,
    revocation: checkedRevocation(options.revocation),
    remembered: new VerifiedTokens<RememberedToken>(
      integerBetween('cachedTokens', options.cachedTokens ?? 10_000, 0, 1_000_000),
    ),
    verify: (token, nowMs): MaybePromise<TokenVerdict> => issuers.verify(token, proofs, nowMs),
  })
}

/** The first one of the first issuer. */
function audienceOf({ audience }: Issuers): string {
  if (audience !== undefined) return audience
  throw new TypeError('realm must be given where no issuer is listed: its default is the audience of the first')
}

function checkedProofs(proofs: readonly TokenProof[]): readonly TokenProof[] {
  if (!Array.isArray(proofs)) throw new TypeError(`proofs must be a list, got ${shown(proofs)}`)
  for (const proof of proofs) {
    if (typeof proof?.prove !== 'function')
      throw new TypeError(`proofs must hold what dpop() or mtls() gives, got ${shown(proof)}`)
  }
  const members = proofs.map(({ confirms }) => confirms)
  if (new Set(members).size < members.length) throw new TypeError('proofs must hold one proof of a kind')
  // the proof that is used up comes last: a request that fails another one must not spend it
  return Object.freeze([...proofs].sort((a, b) => Number(isDpop(a)) - Number(isDpop(b))))
}

function checkedRevocation(store: RevocationStore | undefined): RevocationStore | undefined {
  if (store !== undefined) callable('revocation.isRevoked', store?.isRevoked)
  return store
}
