import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type Unavailable, unavailable } from '../../decision.js'
import type { MaybePromise } from '../../guard.js'
import type { Issuer } from '../issuers/trusted-issuer.js'
import type { AcceptedToken, TokenVerdict } from '../tokens/accepted-token.js'
import { RefusedToken } from '../tokens/refused-token.js'
import { judged } from '../tokens/token-profile.js'
import type { TokenProof } from '../tokens/token-proof.js'
import { type AnswerRules, acceptedAnswer, answerFault } from './introspection-answer.js'
import { type EndpointAnswer, type EndpointOptions, IntrospectionEndpoint } from './introspection-endpoint.js'
import type { Introspection } from './introspection-port.js'
import { NoAnswer } from './no-answer.js'

export interface IssuerIntrospectionOptions extends EndpointOptions {
  readonly of: 'opaque' | 'all'
  readonly cacheMs: number
  readonly negativeCacheMs: number
  readonly maxCached: number
  readonly maxInFlight: number
  readonly audienceOptional: boolean
  /** 0: a token whose issuer cannot be asked is not accepted. */
  readonly staleMs: number
}

/** An answer that was found without fault. */
interface KnownAnswer {
  readonly members: EndpointAnswer['members']
  readonly size: number
  readonly fromMs: number
  /** Until when it is believed without asking. */
  readonly untilMs: number
  /** When the token expires, where the issuer says so. */
  readonly expiresAtMs: number
  /** What the guard with these proofs accepted, which the next request will ask for again. */
  last: { readonly proofs: readonly TokenProof[]; readonly accepted: AcceptedToken }
}

/** What is wrong with a token, as the code alone where that says it. */
type Fault = string | RefusedToken

interface Refusal {
  readonly verdict: Fault | Unavailable
  readonly fromMs: number
  readonly untilMs: number
}

type Outcome = KnownAnswer | Fault | Unavailable

const MAX_CACHED_SIZE = 16 * 1024 * 1024
/** After a failure: one second, doubled up to this. */
const MAX_REST_MS = 5_000
/** How long a refusal is remembered that says nothing of the token. */
const FOR_NOW_MS = 1_000
/** One token that the server stumbles over is no outage: whoever sends it must not turn others away. So many in a row are. */
const MAX_FAULTS_IN_A_ROW = 5

/**
 * What one issuer says of tokens, remembered by their SHA-256: the tokens themselves are not kept. Each is asked about
 * once at a time, and an issuer that is away is left alone for a moment.
 */
export class IssuerIntrospection implements Introspection {
  readonly of: 'opaque' | 'all'
  readonly #options: IssuerIntrospectionOptions
  readonly #rules: AnswerRules
  readonly #endpoint: IntrospectionEndpoint
  readonly #known: LRUCache<string, KnownAnswer>
  /** Apart, so that a flood of made-up tokens drives out no good one. */
  readonly #refused: LRUCache<string, Refusal>
  readonly #underWay = new Map<string, Promise<Outcome>>()
  #failures = 0
  #faultsInARow = 0
  #failure: unknown
  #notBeforeMs = Number.NEGATIVE_INFINITY

  constructor(issuer: Pick<Issuer, 'rules' | 'signedBy'>, options: IssuerIntrospectionOptions) {
    this.of = options.of
    this.#options = options
    this.#rules = Object.freeze({ ...issuer.rules, audienceOptional: options.audienceOptional })
    this.#endpoint = new IntrospectionEndpoint(issuer, options)
    this.#known = new LRUCache({
      max: options.maxCached,
      maxSize: MAX_CACHED_SIZE,
      sizeCalculation: ({ size }) => 4 * size + 512,
    })
    this.#refused = new LRUCache({ max: options.maxCached })
  }

  readonly verify = (token: string, proofs: readonly TokenProof[], nowMs: number): MaybePromise<TokenVerdict> => {
    const id = createHash('sha256').update(token).digest('base64url')
    const known = this.#known.get(id)
    if (known !== undefined && isWithin(known, nowMs)) return this.#accepted(token, known, proofs)
    const refusal = this.#refused.get(id)
    if (refusal !== undefined && isWithin(refusal, nowMs))
      return this.#orStale(refusal.verdict, token, id, proofs, nowMs)
    const outcome = this.#underWay.get(id) ?? this.#ask(token, id, proofs, nowMs)
    return outcome instanceof Promise
      ? outcome.then((found) => this.#verdict(found, token, id, proofs, nowMs))
      : this.#orStale(outcome, token, id, proofs, nowMs)
  }

  #verdict(outcome: Outcome, token: string, id: string, proofs: readonly TokenProof[], nowMs: number): TokenVerdict {
    if (!isKnown(outcome)) return this.#orStale(outcome, token, id, proofs, nowMs)
    return nowMs < outcome.expiresAtMs ? this.#accepted(token, outcome, proofs) : 'token_expired'
  }

  /** Each guard has its own proofs, and one list of them for good. */
  #accepted(token: string, known: KnownAnswer, proofs: readonly TokenProof[]): AcceptedToken | Fault {
    if (known.last.proofs !== proofs) {
      const accepted = judged(() => acceptedAnswer(token, known.members, this.#rules, proofs, known.fromMs))
      if (isFault(accepted)) return accepted
      known.last = { proofs, accepted }
    }
    return known.last.accepted
  }

  /** Where nobody can tell, what was said a while ago, if that is wanted. Never beyond the token's own expiry. */
  #orStale(
    verdict: Fault | Unavailable,
    token: string,
    id: string,
    proofs: readonly TokenProof[],
    nowMs: number,
  ): TokenVerdict {
    const { staleMs } = this.#options
    if (isFault(verdict) || staleMs === 0 || verdict.cause instanceof TooMany) return verdict
    const known = this.#known.get(id)
    if (known === undefined || !(known.fromMs <= nowMs)) return verdict
    const isBelieved = nowMs < Math.min(known.untilMs + staleMs, known.expiresAtMs)
    return isBelieved ? this.#accepted(token, known, proofs) : verdict
  }

  #ask(token: string, id: string, proofs: readonly TokenProof[], nowMs: number): Promise<Outcome> | Unavailable {
    const restMs = this.#restsForMs(nowMs)
    if (restMs > 0) return away(restMs, this.#failure)
    const { maxInFlight } = this.#options
    // Whoever sends many tokens at once must not thereby have a revoked one believed: this is no outage.
    if (this.#underWay.size >= maxInFlight) return away(1_000, new TooMany(`${maxInFlight} tokens are being looked up`))
    const startedAtMs = performance.now()
    const asked = this.#endpoint
      .ask(token, nowMs)
      .then(
        (answer) => this.#judge(answer, token, id, proofs, nowMs),
        (cause: unknown) => this.#fail(cause, id, nowMs, nowMs + (performance.now() - startedAtMs)),
      )
      .finally(() => this.#underWay.delete(id))
    this.#underWay.set(id, asked)
    return asked
  }

  #judge(
    { members, size }: EndpointAnswer,
    token: string,
    id: string,
    proofs: readonly TokenProof[],
    nowMs: number,
  ): Outcome {
    const { cacheMs, negativeCacheMs } = this.#options
    this.#failures = this.#faultsInARow = 0
    this.#notBeforeMs = Number.NEGATIVE_INFINITY
    const accepted = judged(
      () => answerFault(members, this.#rules, nowMs) ?? acceptedAnswer(token, members, this.#rules, proofs, nowMs),
    )
    if (isFault(accepted)) {
      // where a function of the service failed, its next try may be well
      const isForNow = accepted instanceof RefusedToken
      if (!isForNow) this.#known.delete(id)
      const forMs = isForNow ? Math.min(FOR_NOW_MS, negativeCacheMs) : negativeCacheMs
      this.#refused.set(id, { verdict: accepted, fromMs: nowMs, untilMs: nowMs + forMs })
      return accepted
    }
    const { expiresAtMs } = accepted
    const untilMs = Math.min(nowMs + cacheMs, expiresAtMs)
    const known = { members, size, fromMs: nowMs, untilMs, expiresAtMs, last: { proofs, accepted } }
    this.#refused.delete(id)
    this.#known.set(id, known)
    return known
  }

  #fail(cause: unknown, id: string, fromMs: number, nowMs: number): Unavailable {
    const isOfToken = cause instanceof NoAnswer && cause.isOfToken && ++this.#faultsInARow < MAX_FAULTS_IN_A_ROW
    if (isOfToken) {
      const verdict = away(1_000, cause)
      this.#refused.set(id, { verdict, fromMs, untilMs: nowMs + FOR_NOW_MS })
      return verdict
    }
    // Those that were under way when it went down are one failure, not many.
    if (this.#restsForMs(nowMs) <= 0) {
      this.#failures++
      this.#notBeforeMs = nowMs + Math.min(MAX_REST_MS, 1_000 * 2 ** (this.#failures - 1))
    }
    this.#failure = cause
    this.#endpoint.forget()
    return away(this.#restsForMs(nowMs), cause)
  }

  /** A clock that stepped back makes it no longer than it ever is. */
  #restsForMs(nowMs: number): number {
    const ms = this.#notBeforeMs - nowMs
    return ms > MAX_REST_MS ? 0 : ms
  }
}

class TooMany extends Error {}

const away = (restMs: number, cause: unknown): Unavailable =>
  unavailable('introspection_unavailable', Math.max(1, restMs) / 1000, cause)

const isFault = (verdict: AcceptedToken | Fault | Unavailable): verdict is Fault =>
  typeof verdict === 'string' || verdict instanceof RefusedToken

const isKnown = (outcome: Outcome): outcome is KnownAnswer => typeof outcome !== 'string' && 'members' in outcome

const isWithin = ({ fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number }, nowMs: number): boolean =>
  fromMs <= nowMs && nowMs < untilMs
