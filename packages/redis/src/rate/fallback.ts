import { type BucketRequest, type BucketState, memoryStore, type RateLimitStore } from 'wardline'
import type { Holds } from './holds.js'
import { capacityOf, LocalRules } from './rules.js'

/** What answers while Redis does not. */
export interface Fallback {
  readonly take: (requests: readonly BucketRequest[], nowMs: number) => readonly BucketState[]
  readonly correct: (request: BucketRequest, nowMs: number) => void
}

/** Lets everything in, and counts nothing but places, which are given back. */
export class AllowAll implements Fallback {
  readonly #holds: Holds

  constructor(holds: Holds) {
    this.#holds = holds
  }

  take(requests: readonly BucketRequest[]): readonly BucketState[] {
    return requests.map((request) => {
      if (request.rule.algorithm === 'concurrency' && request.cost > 0) this.#holds.admit(request)
      return { ...freeState(request), notice: 'store_unavailable_allowed' }
    })
  }

  correct(): void {}
}

const freeState = ({ rule, cost }: BucketRequest): BucketState => ({
  allowed: true,
  remaining: Math.max(0, capacityOf(rule) - cost),
  retryAfterMs: 0,
  resetMs: 0,
})

/** Nobody knows when a place comes free: soon. */
const PLACE_WAIT_MS = 1_000

/**
 * Counts in this process, with a share of each limit. Of places, those count that it took from Redis before, so that there
 * are no more at the same time than its share.
 */
export class CountHere implements Fallback {
  readonly #holds: Holds
  readonly #rules: LocalRules
  readonly #store: RateLimitStore = memoryStore()

  /** @param share - Of each limit, above 0, to 1. */
  constructor(holds: Holds, share: number) {
    this.#holds = holds
    this.#rules = new LocalRules(share)
  }

  take(requests: readonly BucketRequest[], nowMs: number): readonly BucketState[] {
    const places = requests.filter(isOfPlaces)
    const others = requests.filter((request) => !isOfPlaces(request)).map((request) => this.#own(request))
    const hasPlaces = places.every((request) => this.#place(request, 0).allowed)
    const counted = hasPlaces ? this.#store.take(others, nowMs) : others.map((request) => this.#found(request, nowMs))
    const states = (counted as readonly BucketState[]).values()
    const isTaken = hasPlaces && (counted as readonly BucketState[]).every(({ allowed }) => allowed)
    if (isTaken) for (const request of places) if (request.cost > 0) this.#holds.admit(request)
    return requests.map((request) => {
      const state = isOfPlaces(request) ? this.#place(request, isTaken ? request.cost : 0) : states.next().value!
      return { ...state, notice: 'store_unavailable_local' }
    })
  }

  correct(request: BucketRequest, nowMs: number): void {
    void this.#store.correct([{ ...this.#own(request), cost: request.cost }], nowMs)
  }

  #own({ rule, key, cost }: BucketRequest): BucketRequest {
    return { rule: this.#rules.of(rule), key, cost: this.#rules.costOf(rule, cost) }
  }

  /** Of a store whose clock stepped back, it is only known by taking nothing. */
  #found(request: BucketRequest, nowMs: number): BucketState {
    return this.#store.look(request, nowMs) ?? (this.#store.take([{ ...request, cost: 0 }], nowMs) as [BucketState])[0]
  }

  /** @param taken - How much of what is held was taken by this request. */
  #place(request: BucketRequest, taken: number): BucketState {
    const { limit } = this.#rules.of(request.rule)
    const held = this.#holds.count(request)
    const allowed = held - taken + Math.max(1, this.#own(request).cost) <= limit
    return {
      allowed,
      remaining: Math.max(0, limit - held),
      retryAfterMs: allowed ? 0 : PLACE_WAIT_MS,
      resetMs: held > 0 ? PLACE_WAIT_MS : 0,
    }
  }
}

const isOfPlaces = ({ rule }: BucketRequest): boolean => rule.algorithm === 'concurrency'
