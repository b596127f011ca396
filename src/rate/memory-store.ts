import { integerBetween, knownOptions, shown } from '../lib/options.js'
import { gcra } from './gcra.js'
import type { BucketRequest, BucketState, RateLimitStore } from './store.js'

export interface MemoryStoreOptions {
  /** Buckets kept, 1 to 10 million. Default: 100 000, about 20 MB. */
  readonly maxKeys?: number | undefined
}

/** One bucket: its TAT, and when it is full again and need not be kept. */
interface Bucket {
  readonly tat: number
  readonly fullAtMs: number
}

/** Old buckets looked at for each new one, so that idle ones leave without a timer. */
const SWEEP = 2

/**
 * Counts in this process. At the bound the bucket that was used longest ago gives way, but never one that has run
 * empty: it stays until it is full again, since forgetting it would hand its key a fresh quota. When every bucket
 * is such a one, requests with a new key are refused until one of them is full.
 */
export function memoryStore(options: MemoryStoreOptions = {}): RateLimitStore {
  knownOptions('memoryStore()', options, ['maxKeys'])
  return new MemoryStore(integerBetween('maxKeys', options.maxKeys ?? 100_000, 1, 10_000_000))
}

class MemoryStore implements RateLimitStore {
  /** In order of use, the longest unused first. */
  readonly #open = new Map<string, Bucket>()
  /** Buckets that have run empty, too low for one more request of the kind that did it, and are not yet full again. */
  readonly #spent = new Map<string, Bucket>()
  /** No spent bucket is full before. */
  #nextFullMs = Number.POSITIVE_INFINITY
  /** When anything was last taken. */
  #takenMs = Number.NEGATIVE_INFINITY
  readonly #maxKeys: number
  #originMs: number | undefined

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys
  }

  readonly look = (request: BucketRequest, nowMs: number): BucketState | undefined => {
    const elapsedMs = this.#elapsed(nowMs)
    const tat = this.#find(request.key)?.tat
    const found = gcra(tat, request, elapsedMs, 0)
    // The request waited, or the clock stepped back: only a taking, which reads the clock anew, can tell.
    if (elapsedMs < this.#takenMs || (tat !== undefined && found.tat < tat)) return undefined
    const { allowed, retryAfterMs } = gcra(tat, request, elapsedMs).state
    return { ...found.state, allowed, retryAfterMs }
  }

  readonly take = (requests: readonly BucketRequest[], nowMs: number): readonly BucketState[] => {
    const elapsedMs = this.#elapsed(nowMs)
    this.#takenMs = elapsedMs
    const tats = new Map<string, number>()
    const states = requests.map((request) => {
      const { key } = request
      const step = gcra(tats.get(key) ?? this.#find(key)?.tat, request, elapsedMs)
      tats.set(key, step.tat)
      return step.state
    })
    if (!states.every((state) => state.allowed)) {
      return requests.map((request, index) => this.#leave(request, elapsedMs, states[index]!))
    }
    if (!this.#makeRoom([...tats.keys()], elapsedMs)) return requests.map(() => this.#full(elapsedMs))
    requests.forEach((request, index) => {
      this.#keep(request, tats.get(request.key)!, elapsedMs, states[index]!)
    })
    return states
  }

  /** As found. Where the clock stepped back behind a bucket, it goes on from there, empty. */
  #leave(request: BucketRequest, elapsedMs: number, { allowed, retryAfterMs }: BucketState): BucketState {
    const tat = this.#find(request.key)?.tat
    const found = gcra(tat, request, elapsedMs, 0)
    if (tat !== undefined && found.tat < tat) this.#keep(request, found.tat, elapsedMs, found.state)
    return { ...found.state, allowed, retryAfterMs }
  }

  #find(key: string): Bucket | undefined {
    return this.#spent.get(key) ?? this.#open.get(key)
  }

  #keep({ key, cost }: BucketRequest, tat: number, elapsedMs: number, { remaining, resetMs }: BucketState): void {
    const bucket = { tat, fullAtMs: elapsedMs + resetMs }
    const before = this.#spent.get(key)
    if (remaining < cost || (before !== undefined && before.fullAtMs > elapsedMs)) {
      this.#open.delete(key)
      this.#spent.set(key, bucket)
      this.#nextFullMs = Math.min(this.#nextFullMs, bucket.fullAtMs)
    } else {
      this.#spent.delete(key)
      toTheEnd(this.#open, key, bucket)
    }
  }

  /** Places for the keys that are new; false when only spent buckets are left to give way. */
  #makeRoom(keys: readonly string[], elapsedMs: number): boolean {
    const fresh = () => keys.filter((key) => this.#find(key) === undefined).length
    if (fresh() === 0) return true
    sweep(this.#open, elapsedMs)
    sweep(this.#spent, elapsedMs, toTheEnd) // those with a long window must not hide the others
    while (this.#open.size + this.#spent.size + fresh() > this.#maxKeys) {
      const oldest = firstKey(this.#open, keys)
      if (oldest !== undefined) this.#open.delete(oldest)
      else if (!this.#forgetFull(elapsedMs)) return false
    }
    return true
  }

  /** Looks at every spent bucket, but only when one may be full; false when none was. */
  #forgetFull(elapsedMs: number): boolean {
    if (elapsedMs < this.#nextFullMs) return false
    const before = this.#spent.size
    this.#nextFullMs = Number.POSITIVE_INFINITY
    for (const [key, { fullAtMs }] of this.#spent) {
      if (fullAtMs <= elapsedMs) this.#spent.delete(key)
      else this.#nextFullMs = Math.min(this.#nextFullMs, fullAtMs)
    }
    return this.#spent.size < before
  }

  #full(elapsedMs: number): BucketState {
    const retryAfterMs = this.#spent.size === 0 ? 1 : this.#nextFullMs - elapsedMs
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

/** Forgets full buckets among the first few; `rest` says what becomes of the others. */
function sweep(buckets: Map<string, Bucket>, elapsedMs: number, rest?: typeof toTheEnd): void {
  let looked = 0
  for (const [key, bucket] of buckets) {
    if (looked++ === SWEEP) return
    if (bucket.fullAtMs <= elapsedMs) buckets.delete(key)
    else rest?.(buckets, key, bucket)
  }
}

function toTheEnd(buckets: Map<string, Bucket>, key: string, bucket: Bucket): void {
  buckets.delete(key)
  buckets.set(key, bucket)
}

/** The first key that is not about to be used. */
function firstKey(buckets: ReadonlyMap<string, Bucket>, except: readonly string[]): string | undefined {
  for (const key of buckets.keys()) if (!except.includes(key)) return key
  return undefined
}
