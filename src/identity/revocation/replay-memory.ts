import { integerBetween, knownOptions } from '../../lib/options.js'
import type { ReplayClaim, ReplayStore } from './replay-store.js'

/** How much a store of used keys may hold. */
export interface MemoryReplayStoreOptions {
  /**
   * How many keys to know at once, 1 to 10 million, at about 110 bytes each. A proof is known for about a minute, so a
   * sixtieth of this is how many requests a second it is good for. Default: 100 000.
   */
  readonly maxEntries?: number | undefined
}

/**
 * A replay store within this process. Expired keys leave with the claims of others, so there is no timer; where there
 * is no room, it says so, and nothing is forgotten early.
 *
 * @throws TypeError for an option out of its range.
 */
export function memoryReplayStore(options: MemoryReplayStoreOptions = {}): ReplayStore {
  knownOptions('memoryReplayStore()', options, ['maxEntries'])
  const used = new UsedKeys(integerBetween('maxEntries', options.maxEntries ?? 100_000, 1, 10_000_000))
  return Object.freeze({ claim: used.claim.bind(used) })
}

/** Keys are forgotten by the second, all of one second together: no clock per key, for a second more of memory. */
const STEP_MS = 1_000

class UsedKeys {
  readonly #max: number
  readonly #keys = new Set<string>()
  /** By the step in which they are forgotten. */
  readonly #leaving = new Map<number, string[]>()
  /** The latest step that is forgotten. */
  #forgotten = Number.NEGATIVE_INFINITY

  constructor(max: number) {
    this.#max = max
  }

  claim(key: string, untilMs: number, nowMs: number): ReplayClaim {
    if (!Number.isFinite(untilMs)) throw new TypeError(`untilMs must be finite, got ${untilMs}`)
    if (!Number.isFinite(nowMs)) throw new TypeError(`nowMs must be finite, got ${nowMs}`)
    this.#forget(Math.floor(nowMs / STEP_MS))
    if (this.#keys.has(key)) return 'used'
    const step = Math.floor(untilMs / STEP_MS) + 1
    if (step <= this.#forgotten) return 'used' // a clock that stepped back: it may have been known, and was forgotten
    if (this.#keys.size >= this.#max) return 'full'
    this.#keys.add(key)
    const together = this.#leaving.get(step)
    if (together === undefined) this.#leaving.set(step, [key])
    else together.push(key)
    return 'fresh'
  }

  #forget(now: number): void {
    if (now <= this.#forgotten) return
    this.#forgotten = now
    for (const [step, keys] of this.#leaving) {
      if (step > now) continue
      for (const key of keys) this.#keys.delete(key)
      this.#leaving.delete(step)
    }
  }
}
