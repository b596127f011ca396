import type { GuardInfo, MaybePromise } from '../../guard.js'
import { andThen } from '../../lib/maybe-promise.js'
import type { Introspection } from '../introspection/introspection-port.js'
import type { AcceptedToken, TokenVerdict } from '../tokens/accepted-token.js'
import { issuerOf } from '../tokens/access-token.js'
import { compactToken, decodeObject } from '../tokens/compact-token.js'
import type { TokenProof } from '../tokens/token-proof.js'
import type { ResolvedIssuers } from './resolved-issuers.js'
import type { Issuer, KeyHolder } from './trusted-issuer.js'

/** Longer names of issuers than anybody has. */
const MAX_ISSUER_LENGTH = 2048

/** The issuers of one guard. Which one a token is held against, its unverified `iss` says; nothing else of it is used. */
export class Issuers {
  readonly #known: ReadonlyMap<string, Issuer>
  /** Where there is one only, its rules say what is wrong with a token of another. */
  readonly #only: Issuer | undefined
  readonly #introspecting: readonly Introspection[]
  readonly #resolved: ResolvedIssuers | undefined
  readonly audience: string | undefined
  readonly requires: GuardInfo['requires']

  constructor(issuers: readonly Issuer[], resolved?: ResolvedIssuers) {
    this.#known = new Map(issuers.map((issuer) => [issuer.issuer, issuer]))
    if (this.#known.size < issuers.length) throw new TypeError('issuers must not name one issuer twice')
    const [first] = issuers
    const isAlone = issuers.length === 1 && resolved === undefined
    this.#only = isAlone && first!.introspection?.of !== 'all' ? first : undefined
    this.#introspecting = issuers.flatMap(({ introspection }) => introspection ?? [])
    this.#resolved = resolved
    this.audience = first?.rules.audience[0]
    this.requires = isAlone
      ? { issuer: first!.issuer, audience: first!.rules.audience }
      : {
          issuers: issuers.map(({ issuer, rules }) => ({ issuer, audience: rules.audience })),
          ...(resolved !== undefined && { resolvesIssuers: true }),
        }
  }

  verify(token: string, proofs: readonly TokenProof[], nowMs: number): MaybePromise<TokenVerdict> {
    const parts = compactToken(token)
    if (parts === 'token_malformed') return isMeantAsJwt(token) ? parts : this.#lookUp(token, proofs, nowMs)
    if (typeof parts === 'string') return parts
    if (this.#only !== undefined) return this.#only.verify(token, parts, proofs, nowMs)
    const named = issuerOf(decodeObject(parts.payload) ?? {})
    if (typeof named !== 'string' || named.length > MAX_ISSUER_LENGTH) return 'token_issuer_unknown'
    const heldBy = (issuer: Issuer, holder?: KeyHolder): MaybePromise<TokenVerdict> => {
      if (issuer.introspection?.of === 'all') return issuer.introspection.verify(token, proofs, nowMs)
      return issuer.verify(token, parts, proofs, nowMs, holder)
    }
    const known = this.#known.get(named)
    if (known !== undefined) return heldBy(known)
    if (this.#resolved === undefined) return 'token_issuer_unknown'
    return andThen(this.#resolved.find(named, nowMs), (found): MaybePromise<TokenVerdict> => {
      if (found === undefined) return 'token_issuer_unknown'
      return 'allowed' in found ? found : heldBy(found.issuer, found.belief)
    })
  }

  /** An opaque token says nothing of who issued it: those who can tell are asked in turn. */
  #lookUp(token: string, proofs: readonly TokenProof[], nowMs: number): MaybePromise<TokenVerdict> {
    return this.#introspecting.reduce<MaybePromise<TokenVerdict>>(
      (ahead, introspection) =>
        andThen(ahead, (before) =>
          isAccepted(before)
            ? before
            : andThen(introspection.verify(token, proofs, nowMs), (verdict) => moreTelling(before, verdict)),
        ),
      'token_malformed',
    )
  }
}

const isAccepted = (verdict: TokenVerdict): verdict is AcceptedToken =>
  typeof verdict === 'object' && 'principal' in verdict

/** That one of them cannot tell is more than that another says no. */
const moreTelling = (before: TokenVerdict, next: TokenVerdict): TokenVerdict =>
  typeof before !== 'string' && !isAccepted(next) ? before : next

/** A header in front of a dot: such a token is never shown to anybody whom it does not name. */
function isMeantAsJwt(token: string): boolean {
  const dot = token.indexOf('.')
  return dot !== -1 && decodeObject(token.slice(0, dot)) !== undefined
}
