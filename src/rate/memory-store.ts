import { integerBetween, knownOptions, shown } from '../lib/options.js'
import { type Cells, NONE } from './algorithms/cells.js'
import { algorithmOf } from './algorithms/index.js'
import { BucketTable, MOST_BYTES, OPEN, SPENT } from './bucket-table.js'
import type { LimitRule } from './rule.js'
import type { BucketRequest, BucketState, RateLimitStore } from './store.js'

/** How much a store of counts may hold. */
export interface MemoryStoreOptions {
  /**
   * Buckets kept, 1 to 8 million. Default: 100 000. A bucket costs 100 to 150 bytes with an IPv4 address for its key, all
   * of them 15 MB by default. Storage is taken as buckets come, doubling, and not given back when they leave.
   */
  readonly maxKeys?: number | undefined
  /**
   * About how many bytes they may take, keys included, 65 536 to 8 589 934 592. Default: 400 for each of `maxKeys`, which
   * is what the longest keys take.
   */
  readonly maxBytes?: number | undefined
}

/** A Map of V8 holds 2^24 entries, deleted ones among them. It makes room for more only when half of them are deleted. */
const MOST_KEYS = 8_000_000

/**
 * Old buckets looked at for each new one, so that idle ones leave without a timer; once half the places are taken, lest
 * clients who come again and again be forgotten each time.
 */
const SWEEP = 2

/**
 * Spent buckets of a full store that are looked at for each millisecond, on average: whoever has filled it must not have all
 * of them looked at for each new key.
 */
const LOOKS_PER_MS = 1_000

/** The last moment of a Date (ECMA-262 section 21.4.1.1). */
const LAST_MS = 8.64e15

/**
 * Counts in this process. At the bound the bucket that was used longest ago gives way, but never one that has run
 * empty: it stays until it is full again, since forgetting it would hand its key a fresh quota. When every bucket
 * is such a one, requests with a new key are refused until one of them is full, and their audit events say `store_full`.
 *
 * @throws TypeError for an option out of its range.
 */
export function memoryStore(options: MemoryStoreOptions = {}): RateLimitStore {
  knownOptions('memoryStore()', options, ['maxKeys', 'maxBytes'])
  const maxKeys = integerBetween('maxKeys', options.maxKeys ?? 100_000, 1, MOST_KEYS)
  const maxBytes = options.maxBytes ?? Math.max(65_536, maxKeys * 400)
  return new MemoryStore(maxKeys, integerBetween('maxBytes', maxBytes, 65_536, 8 * 1024 ** 3))
}

/**
 * Open buckets are in order of use, the longest unused first. Apart from them are the spent ones: they have run empty,
 * too low for one more request of the kind that did it, and are not yet full again; or they count what is under way.
 */
class MemoryStore implements RateLimitStore {
  readonly #buckets: BucketTable
  readonly #cells: Cells
  readonly #maxKeys: number
  readonly #maxBytes: number
  /** No spent bucket is full before. */
  #nextFullMs = Number.POSITIVE_INFINITY
  /** When all spent ones were last looked at. */
  #lookedMs = Number.NEGATIVE_INFINITY
  /** When anything was last taken. */
  #takenMs = Number.NEGATIVE_INFINITY

  constructor(maxKeys: number, maxBytes: number) {
    this.#maxKeys = maxKeys
    this.#maxBytes = maxBytes
    this.#buckets = new BucketTable(maxKeys)
    this.#cells = this.#buckets.cells
  }

  readonly look = (request: BucketRequest, timeMs: number): BucketState | undefined => {
    const nowMs = this.#now(timeMs)
    const slot = this.#buckets.find(request)
    // The request waited, or the clock stepped back: only a taking, which reads the clock anew, can tell.
    if (nowMs < this.#takenMs || algorithmOf(request.rule).isAhead(request.rule, this.#cells, slot, nowMs)) {
      return undefined
    }
    return slot === NONE && this.#isFull(request, nowMs) ? this.#full(nowMs) : this.#found(request, slot, nowMs)
  }

  readonly take = (requests: readonly BucketRequest[], timeMs: number): readonly BucketState[] => {
    const nowMs = this.#now(timeMs)
    if (nowMs < this.#takenMs) this.#nextFullMs = nowMs // nothing that was known of the spent holds
    this.#takenMs = nowMs
    if (requests.length === 1) return [this.#takeOne(requests[0]!, nowMs)]
    const slots = requests.map((request) => this.#current(request, nowMs))
    const found = requests.map((request, index) => this.#found(request, slots[index]!, nowMs))
    if (!found.every(({ allowed }) => allowed)) return found
    if (!this.#makeRoom(requests, nowMs)) return requests.map(() => this.#full(nowMs))
    return requests.map((request) => this.#charge(request, this.#buckets.find(request), nowMs))
  }

  readonly correct = (requests: readonly BucketRequest[], timeMs: number): void => {
    const nowMs = this.#now(timeMs)
    for (const request of requests) {
      const slot = this.#current(request, nowMs)
      if (slot === NONE && (request.cost < 0 || !this.#makeRoom([request], nowMs))) continue
      this.#charge(request, slot, nowMs, 1)
    }
  }

  #takeOne(request: BucketRequest, nowMs: number): BucketState {
    const slot = this.#current(request, nowMs)
    const retryAfterMs = waitOf(request, this.#cells, slot, nowMs)
    if (retryAfterMs > 0) return this.#standing(request, slot, nowMs, retryAfterMs)
    if (slot === NONE && !this.#makeRoom([request], nowMs)) return this.#full(nowMs)
    return this.#charge(request, slot, nowMs)
  }

  /** Its slot. Where the clock stepped back behind it, it goes on from there. */
  #current(request: BucketRequest, nowMs: number): number {
    const slot = this.#buckets.find(request)
    const algorithm = algorithmOf(request.rule)
    if (algorithm.isAhead(request.rule, this.#cells, slot, nowMs)) {
      const isSpent = this.#isSpent(slot, nowMs)
      algorithm.bringBack(request.rule, this.#cells, slot, nowMs)
      this.#file(request.rule, slot, request.cost, nowMs, isSpent)
    }
    return slot
  }

  #found(request: BucketRequest, slot: number, nowMs: number): BucketState {
    return this.#standing(request, slot, nowMs, waitOf(request, this.#cells, slot, nowMs))
  }

  #standing({ rule }: BucketRequest, slot: number, nowMs: number, retryAfterMs: number): BucketState {
    const algorithm = algorithmOf(rule)
    return {
      allowed: retryAfterMs === 0,
      remaining: algorithm.remaining(rule, this.#cells, slot, nowMs),
      retryAfterMs,
      resetMs: algorithm.resetMs(rule, this.#cells, slot, nowMs),
    }
  }

  /**
   * Takes what is asked, for which there is room.
   *
   * @param next - What another request costs, by which it is told whether the bucket has run empty.
   */
  #charge(request: BucketRequest, found: number, nowMs: number, next = request.cost): BucketState {
    const { rule, cost } = request
    if (cost === 0) return this.#standing(request, found, nowMs, 0)
    const wasSpent = this.#isSpent(found, nowMs)
    const slot = found === NONE ? this.#buckets.add(request) : found
    algorithmOf(rule).take(rule, this.#cells, slot, cost, nowMs)
    const state = this.#standing(request, slot, nowMs, 0)
    this.#file(rule, slot, next, nowMs, wasSpent)
    return state
  }

  #isSpent(slot: number, nowMs: number): boolean {
    return slot !== NONE && this.#buckets.isIn(SPENT, slot) && this.#buckets.keptUntilMs(slot) > nowMs
  }

  /** Puts a bucket that has changed where it belongs. */
  #file(rule: LimitRule, slot: number, next: number, nowMs: number, wasSpent: boolean): void {
    if (this.#forgetIfFull(slot, nowMs)) return // all was given back
    const algorithm = algorithmOf(rule)
    const isSpent =
      wasSpent || algorithm.pinned || algorithm.waitMs(rule, this.#cells, slot, Math.max(1, next), nowMs) > 0
    // The spent keep their places, so that the sweep comes to all of them.
    if (!isSpent || !this.#buckets.isIn(SPENT, slot)) this.#buckets.move(slot, isSpent ? SPENT : OPEN)
    if (isSpent) this.#nextFullMs = Math.min(this.#nextFullMs, this.#buckets.keptUntilMs(slot))
  }

  /** Places for the buckets that are new; false when only spent ones are left to give way. */
  #makeRoom(requests: readonly BucketRequest[], nowMs: number): boolean {
    const news = this.#countNew(requests)
    if (news === 0) return true
    if (this.#buckets.size + news > this.#maxKeys / 2 || this.#buckets.bytes > this.#maxBytes / 2) this.#sweep(nowMs)
    while (!this.#hasRoom(requests)) {
      const oldest = this.#oldestBeside(requests)
      if (oldest !== NONE) this.#buckets.remove(oldest)
      else if (!this.#forgetFull(nowMs)) return false
    }
    return true
  }

  #hasRoom(requests: readonly BucketRequest[]): boolean {
    const news = this.#countNew(requests)
    return this.#buckets.size + news <= this.#maxKeys && this.#buckets.bytes + news * MOST_BYTES <= this.#maxBytes
  }

  #countNew(requests: readonly BucketRequest[]): number {
    let count = 0
    for (const request of requests) if (this.#buckets.find(request) === NONE) count++
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
  #sweep(nowMs: number): void {
    let open = this.#buckets.first(OPEN)
    for (let looked = 0; looked < SWEEP && open !== NONE; looked++) {
      const next = this.#buckets.after(open, OPEN)
      this.#forgetIfFull(open, nowMs)
      open = next
    }
    for (let looked = 0; looked < SWEEP; looked++) {
      const spent = this.#buckets.first(SPENT)
      if (spent === NONE) return
      // To the end: those with a long window must not hide the others.
      if (!this.#forgetIfFull(spent, nowMs)) this.#buckets.move(spent, SPENT)
    }
  }

  #forgetIfFull(slot: number, nowMs: number): boolean {
    if (this.#buckets.keptUntilMs(slot) > nowMs) return false
    this.#buckets.remove(slot)
    return true
  }

  /** Looks at every spent bucket, but only when one may be full; false when none was. */
  #forgetFull(nowMs: number): boolean {
    if (nowMs < this.#nextLookMs(nowMs)) return false
    let forgotten = false
    this.#lookedMs = nowMs
    this.#nextFullMs = Number.POSITIVE_INFINITY
    for (let slot = this.#buckets.first(SPENT); slot !== NONE; ) {
      const next = this.#buckets.after(slot, SPENT)
      this.#buckets.bringBack(slot, nowMs)
      if (this.#forgetIfFull(slot, nowMs)) forgotten = true
      else this.#nextFullMs = Math.min(this.#nextFullMs, this.#buckets.keptUntilMs(slot))
      slot = next
    }
    return forgotten
  }

  /** When one of them may be full, and it is time to look. */
  #nextLookMs(nowMs: number): number {
    const pauseMs = Math.floor(this.#buckets.size / LOOKS_PER_MS)
    return nowMs < this.#lookedMs ? nowMs : Math.max(this.#nextFullMs, this.#lookedMs + pauseMs)
  }

  /** Whether there is no room for a new key, as far as is known. */
  #isFull(request: BucketRequest, nowMs: number): boolean {
    return this.#buckets.first(OPEN) === NONE && !this.#hasRoom([request]) && nowMs < this.#nextLookMs(nowMs)
  }

  #full(nowMs: number): BucketState {
    const nextMs = this.#nextLookMs(nowMs)
    const isKnown = this.#buckets.first(SPENT) !== NONE && Number.isFinite(nextMs)
    const retryAfterMs = isKnown ? Math.max(1, nextMs - nowMs) : 1
    return { allowed: false, remaining: 0, retryAfterMs, resetMs: retryAfterMs, notice: 'store_full' }
  }

  /** In whole milliseconds. */
  #now(timeMs: number): number {
    // Nothing is more than NaN, which the calendar gives beyond its last day as well: every limit would be open.
    if (!Number.isFinite(timeMs) || Math.abs(timeMs) > LAST_MS)
      throw new TypeError(`nowMs must be milliseconds since 1970, got ${shown(timeMs)}`)
    const nowMs = Math.floor(timeMs)
    if (Number.isNaN(this.#cells.originMs)) this.#cells.originMs = nowMs
    return nowMs
  }
}

/** Until what is asked is there; nothing is asked by a cost of 0, but that there be something. */
const waitOf = ({ rule, cost }: BucketRequest, cells: Cells, slot: number, nowMs: number): number =>
  algorithmOf(rule).waitMs(rule, cells, slot, Math.max(1, cost), nowMs)
