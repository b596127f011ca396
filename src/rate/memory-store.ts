import { integerBetween, knownOptions } from '../lib/options.js'
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
  /** Buckets that have run empty and are not yet full again. */
  readonly #spent = new Map<string, Bucket>()
  readonly #maxKeys: number
  #originMs: number | undefined

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys
  }

  readonly look = (request: BucketRequest, nowMs: number): BucketState =>
    gcra(this.#find(request.key)?.tat, request, this.#elapsed(nowMs)).state

  readonly take = (requests: readonly BucketRequest[], nowMs: number): readonly BucketState[] => {
    const elapsedMs = this.#elapsed(nowMs)
    const tats = new Map<string, number>()
    const states = requests.map((request) => {
      const { key } = request
      const step = gcra(tats.get(key) ?? this.#find(key)?.tat, request, elapsedMs)
      tats.set(key, step.tat)
      return step.state
    })
    if (!states.every((state) => state.allowed)) {
      return states.map((state, index) => (state.allowed ? this.look(requests[index]!, nowMs) : state))
    }
    if (!this.#makeRoom([...tats.keys()], elapsedMs)) return requests.map(() => this.#full(elapsedMs))
    requests.forEach((request, index) => {
      this.#keep(request.key, tats.get(request.key)!, elapsedMs, states[index]!)
    })
    return states
  }

  #find(key: string): Bucket | undefined {
    return this.#spent.get(key) ?? this.#open.get(key)
  }

  #keep(key: string, tat: number, elapsedMs: number, { remaining, resetMs }: BucketState): void {
    const bucket = { tat, fullAtMs: elapsedMs + resetMs }
    const before = this.#spent.get(key)
    if (remaining === 0 || (before !== undefined && before.fullAtMs > elapsedMs)) {
      this.#open.delete(key)
      this.#spent.set(key, bucket)
    } else {
      this.#spent.delete(key)
      this.#open.delete(key) // to the end of the order
      this.#open.set(key, bucket)
    }
  }

  /** Places for the keys that are new; false when only spent buckets are left to give way. */
  #makeRoom(keys: readonly string[], elapsedMs: number): boolean {
    const fresh = keys.filter((key) => this.#find(key) === undefined).length
    if (fresh === 0) return true
    sweep(this.#open, elapsedMs, SWEEP)
    sweep(this.#spent, elapsedMs, SWEEP)
    while (this.#open.size + this.#spent.size + fresh > this.#maxKeys) {
      const oldest = firstKey(this.#open, keys)
      if (oldest === undefined) return false
      this.#open.delete(oldest)
    }
    return true
  }

  #full(elapsedMs: number): BucketState {
    const next = this.#spent.values().next().value
    const retryAfterMs = Math.max(1, (next?.fullAtMs ?? elapsedMs) - elapsedMs)
    return { allowed: false, remaining: 0, retryAfterMs, resetMs: retryAfterMs }
  }

  /** Whole milliseconds since the first request: small numbers keep the arithmetic exact. */
  #elapsed(nowMs: number): number {
    this.#originMs ??= nowMs
    return Math.floor(nowMs - this.#originMs)
  }
}

function sweep(buckets: Map<string, Bucket>, elapsedMs: number, most: number): void {
  let looked = 0
  for (const [key, { fullAtMs }] of buckets) {
    if (looked++ === most) return
    if (fullAtMs <= elapsedMs) buckets.delete(key)
  }
}

/** The first key that is not about to be used. */
function firstKey(buckets: ReadonlyMap<string, Bucket>, except: readonly string[]): string | undefined {
  for (const key of buckets.keys()) if (!except.includes(key)) return key
  return undefined
}
