import { LRUCache } from 'lru-cache'
import type { BucketRequest, BucketState } from 'wardline'
import { bucketName } from './bucket-key.js'
import { capacityOf } from './rules.js'

/** A bucket that refused, and how those stood that were asked with it. */
interface Denial {
  readonly cost: number
  readonly state: BucketState
  readonly beside: ReadonlyMap<string, BucketState>
  /** When the answer came, by a clock that nobody sets. */
  readonly atMs: number
}

/**
 * Refusals until they end, so that who was refused and asks again does not reach Redis. At the bound the one that was used
 * longest ago is forgotten: it is asked again.
 */
export class Denials {
  readonly #known: LRUCache<string, Denial>
  readonly #nowMs: () => number

  constructor(max: number, nowMs: () => number) {
    this.#known = new LRUCache({ max })
    this.#nowMs = nowMs
  }

  /** Places come free at any time: their refusals are not kept. */
  note(requests: readonly BucketRequest[], states: readonly BucketState[]): void {
    const atMs = this.#nowMs()
    requests.forEach((request, index) => {
      const state = states[index]!
      if (state.allowed || request.rule.algorithm === 'concurrency') return
      const beside = new Map<string, BucketState>()
      requests.forEach((other, at) => {
        if (states[at]!.allowed) beside.set(bucketName(other), states[at]!)
      })
      this.#known.set(bucketName(request), { cost: costOf(request), state, beside, atMs })
    })
  }

  /** The bucket's refusal, with the time that is left of it; undefined where it may let the request in. */
  look(request: BucketRequest): BucketState | undefined {
    const denial = this.#of(request)
    return denial === undefined ? undefined : later(denial.state, this.#nowMs() - denial.atMs)
  }

  /** How the buckets of a request stand that one of them refuses; those that do not, as last seen beside it. */
  answer(requests: readonly BucketRequest[]): readonly BucketState[] | undefined {
    if (this.#known.size === 0) return undefined
    const denials = requests.map((request) => this.#of(request))
    const first = denials.find((denial) => denial !== undefined)
    if (first === undefined) return undefined
    const nowMs = this.#nowMs()
    return requests.map((request, index) => {
      const { state, atMs } = denials[index] ?? { state: first.beside.get(bucketName(request)), atMs: first.atMs }
      return state === undefined ? untouched(request) : later(state, nowMs - atMs)
    })
  }

  forget(request: BucketRequest): void {
    this.#known.delete(bucketName(request))
  }

  #of(request: BucketRequest): Denial | undefined {
    if (this.#known.size === 0) return undefined
    const name = bucketName(request)
    const denial = this.#known.get(name)
    if (denial === undefined) return undefined
    if (this.#nowMs() - denial.atMs >= denial.state.retryAfterMs) {
      this.#known.delete(name)
      return undefined
    }
    // What costs less may be there.
    return costOf(request) >= denial.cost ? denial : undefined
  }
}

const costOf = ({ cost }: BucketRequest): number => Math.max(1, cost)

function later({ allowed, remaining, retryAfterMs, resetMs }: BucketState, elapsedMs: number): BucketState {
  return {
    allowed,
    remaining,
    retryAfterMs: allowed ? 0 : Math.max(1, Math.ceil(retryAfterMs - elapsedMs)),
    resetMs: Math.max(0, Math.ceil(resetMs - elapsedMs)),
  }
}

const untouched = ({ rule }: BucketRequest): BucketState => ({
  allowed: true,
  remaining: capacityOf(rule),
  retryAfterMs: 0,
  resetMs: 0,
})
