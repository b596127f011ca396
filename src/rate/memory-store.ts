import { integerBetween, knownOptions, shown } from '../lib/options.js'
import { BucketTable, isSameBucket, NONE, OPEN, SPENT } from './bucket-table.js'
import { fits, isBehind, NEVER_USED, stateOf, tatOf, used, wanted } from './gcra.js'
import type { BucketRequest, BucketState, RateLimitStore } from './store.js'

/** How much a store of counts may hold. */
export interface MemoryStoreOptions {
  /**
   * Buckets kept, 1 to 8 million. Default: 100 000. A bucket costs 100 to 150 bytes with an IPv4 address for its key, all
   * of them 15 MB by default. Storage is taken as buckets come, doubling, and not given back when they leave.
   */
  readonly maxKeys?: number | undefined
}

/** A Map of V8 holds 2^24 entries, deleted ones among them. It makes room for more only when half of them are deleted. */
const MOST_KEYS = 8_000_000

/**
 * Old buckets looked at for each new one, so that idle ones leave without a timer; once half the places are taken, lest
 * clients who come again and again be forgotten each time.
 */
const SWEEP = 2

/**
 * Counts in this process. At the bound the bucket that was used longest ago gives way, but never one that has run
 * empty: it stays until it is full again, since forgetting it would hand its key a fresh quota. When every bucket
 * is such a one, requests with a new key are refused until one of them is full.
 *
 * @throws TypeError for an option out of its range.
 */
export function memoryStore(options: MemoryStoreOptions = {}): RateLimitStore {
  knownOptions('memoryStore()', options, ['maxKeys'])
  return new MemoryStore(integerBetween('maxKeys', options.maxKeys ?? 100_000, 1, MOST_KEYS))
}

/**
 * Open buckets are in order of use, the longest unused first. Apart from them are the spent ones: they have run empty,
 * too low for one more request of the kind that did it, and are not yet full again.
 */
class MemoryStore implements RateLimitStore {
  readonly #buckets: BucketTable
  readonly #maxKeys: number
  /** No spent bucket is full before. */
  #nextFullMs = Number.POSITIVE_INFINITY
  /** When anything was last taken. */
  #takenMs = Number.NEGATIVE_INFINITY
  #originMs: number | undefined

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys
    this.#buckets = new BucketTable(maxKeys)
  }

  readonly look = (request: BucketRequest, nowMs: number): BucketState | undefined => {
    const elapsedMs = this.#elapsed(nowMs)
    const tat = this.#tat(this.#buckets.find(request))
    // The request waited, or the clock stepped back: only a taking, which reads the clock anew, can tell.
    if (elapsedMs < this.#takenMs || isBehind(tat, request, elapsedMs)) return undefined
    const found = used(tat, request, elapsedMs)
    return stateOf(request, wanted(found, request), found)
  }

  readonly take = (requests: readonly BucketRequest[], nowMs: number): readonly BucketState[] => {
    const elapsedMs = this.#elapsed(nowMs)
    this.#takenMs = elapsedMs
    return requests.length === 1 ? [this.#takeOne(requests[0]!, elapsedMs)] : this.#takeAll(requests, elapsedMs)
  }

  #takeOne(request: BucketRequest, elapsedMs: number): BucketState {
    const slot = this.#buckets.find(request)
    const found = used(this.#tat(slot), request, elapsedMs)
    const after = wanted(found, request)
    if (!fits(after, request)) return this.#leave(request, after, elapsedMs)
    if (slot === NONE && !this.#makeRoom([request], elapsedMs)) return this.#full(elapsedMs)
    this.#keep(slot, request, after, elapsedMs)
    return stateOf(request, after, after)
  }

  #takeAll(requests: readonly BucketRequest[], elapsedMs: number): readonly BucketState[] {
    const after: number[] = []
    for (const request of requests) after.push(wanted(this.#usedBehind(requests, after, elapsedMs), request))
    if (!requests.every((request, index) => fits(after[index]!, request))) {
      return requests.map((request, index) => this.#leave(request, after[index]!, elapsedMs))
    }
    if (!this.#makeRoom(requests, elapsedMs)) return requests.map(() => this.#full(elapsedMs))
    return requests.map((request, index) => {
      this.#keep(this.#buckets.find(request), request, after[index]!, elapsedMs)
      return stateOf(request, after[index]!, after[index]!)
    })
  }

  /** What is in use for the next of `requests`: where one ahead asks the same bucket, what that one leaves. */
  #usedBehind(requests: readonly BucketRequest[], after: readonly number[], elapsedMs: number): number {
    const request = requests[after.length]!
    for (let i = after.length - 1; i >= 0; i--) {
      const ahead = requests[i]!
      if (isSameBucket(ahead, request)) return fits(after[i]!, ahead) ? after[i]! : after[i]! - wanted(0, ahead)
    }
    return used(this.#tat(this.#buckets.find(request)), request, elapsedMs)
  }

  /** As found. Where the clock stepped back behind a bucket, it goes on from there, empty. */
  #leave(request: BucketRequest, after: number, elapsedMs: number): BucketState {
    const slot = this.#buckets.find(request)
    const tat = this.#tat(slot)
    const found = used(tat, request, elapsedMs)
    if (isBehind(tat, request, elapsedMs)) this.#keep(slot, request, found, elapsedMs)
    return stateOf(request, after, found)
  }

  #tat(slot: number): number {
    return slot === NONE ? NEVER_USED : this.#buckets.tat(slot)
  }

  #keep(found: number, request: BucketRequest, unitsUsed: number, elapsedMs: number): void {
    const runsEmpty = !fits(wanted(unitsUsed, request), request)
    const list = runsEmpty || this.#isSpent(found, request, elapsedMs) ? SPENT : OPEN
    const slot = found === NONE ? this.#buckets.add(request) : found
    // The spent keep their places, so that the sweep comes to all of them.
    if (list === OPEN || !this.#buckets.isIn(SPENT, slot)) this.#buckets.move(slot, list)
    this.#buckets.keep(slot, tatOf(unitsUsed, request, elapsedMs))
    if (list === SPENT) this.#nextFullMs = Math.min(this.#nextFullMs, this.#buckets.fullAtMs(slot))
  }

  #isSpent(slot: number, request: BucketRequest, elapsedMs: number): boolean {
    return slot !== NONE && this.#buckets.isIn(SPENT, slot) && used(this.#buckets.tat(slot), request, elapsedMs) > 0
  }

  /** Places for the buckets that are new; false when only spent ones are left to give way. */
  #makeRoom(requests: readonly BucketRequest[], elapsedMs: number): boolean {
    const news = this.#countNew(requests)
    if (news === 0) return true
    if (this.#buckets.size + news > this.#maxKeys / 2) this.#sweep(elapsedMs)
    while (this.#buckets.size + this.#countNew(requests) > this.#maxKeys) {
      const oldest = this.#oldestBeside(requests)
      if (oldest !== NONE) this.#buckets.remove(oldest)
      else if (!this.#forgetFull(elapsedMs)) return false
    }
    return true
  }

  #countNew(requests: readonly BucketRequest[]): number {
    let count = 0
    for (let i = 0; i < requests.length; i++) {
      const request = requests[i]!
      if (this.#buckets.find(request) !== NONE) continue
      if (!requests.some((ahead, index) => index < i && isSameBucket(ahead, request))) count++
    }
    return count
  }

  /** The bucket unused for longest that is not about to be used. */
  #oldestBeside(requests: readonly BucketRequest[]): number {
    let slot = this.#buckets.first(OPEN)
    while (slot !== NONE && requests.some((request) => this.#buckets.find(request) === slot)) {
      slot = this.#buckets.after(slot, OPEN)
    }
    return slot
  }

  /** Forgets full buckets among the first few. */
  #sweep(elapsedMs: number): void {
    let open = this.#buckets.first(OPEN)
    for (let looked = 0; looked < SWEEP && open !== NONE; looked++) {
      const next = this.#buckets.after(open, OPEN)
      this.#forgetIfFull(open, elapsedMs)
      open = next
    }
    for (let looked = 0; looked < SWEEP; looked++) {
      const spent = this.#buckets.first(SPENT)
      if (spent === NONE) return
      // To the end: those with a long window must not hide the others.
      if (!this.#forgetIfFull(spent, elapsedMs)) this.#buckets.move(spent, SPENT)
    }
  }

  #forgetIfFull(slot: number, elapsedMs: number): boolean {
    if (this.#buckets.fullAtMs(slot) > elapsedMs) return false
    this.#buckets.remove(slot)
    return true
  }

  /** Looks at every spent bucket, but only when one may be full; false when none was. */
  #forgetFull(elapsedMs: number): boolean {
    if (elapsedMs < this.#nextFullMs) return false
    let forgotten = false
    this.#nextFullMs = Number.POSITIVE_INFINITY
    for (let slot = this.#buckets.first(SPENT); slot !== NONE; ) {
      const next = this.#buckets.after(slot, SPENT)
      if (this.#forgetIfFull(slot, elapsedMs)) forgotten = true
      else this.#nextFullMs = Math.min(this.#nextFullMs, this.#buckets.fullAtMs(slot))
      slot = next
    }
    return forgotten
  }

  #full(elapsedMs: number): BucketState {
    const retryAfterMs = this.#buckets.first(SPENT) === NONE ? 1 : this.#nextFullMs - elapsedMs
    return { allowed: false, remaining: 0, retryAfterMs, resetMs: retryAfterMs }
  }

  /** Whole milliseconds since the first request: small numbers keep the arithmetic exact. */
  #elapsed(nowMs: number): number {
    // Nothing is more than NaN: every limit would be open.
    if (!Number.isFinite(nowMs)) throw new TypeError(`nowMs must be a finite number, got ${shown(nowMs)}`)
    this.#originMs ??= nowMs
    return Math.floor(nowMs - this.#originMs)
  }
}
