import type { BucketState } from '../../src/index.js'

/**
 * A token bucket as one draws it: so many tokens in it at that time. A token is `windowMs` drops and each millisecond
 * brings `limit` drops, so that nothing is ever rounded; in BigInt, so that nothing ever overflows.
 */
export class TokenBucket {
  #drops: bigint
  #at: bigint | undefined
  readonly #capacity: bigint
  readonly #limit: bigint
  readonly #windowMs: bigint

  constructor({ limit, windowMs }: { readonly limit: number; readonly windowMs: number }) {
    this.#limit = BigInt(limit)
    this.#windowMs = BigInt(windowMs)
    this.#capacity = this.#limit * this.#windowMs
    this.#drops = this.#capacity
  }

  copy(): TokenBucket {
    const copy = new TokenBucket({ limit: Number(this.#limit), windowMs: Number(this.#windowMs) })
    copy.#drops = this.#drops
    copy.#at = this.#at
    return copy
  }

  take(cost: number, nowMs: number): BucketState {
    if (this.owes(nowMs)) {
      this.#drops = 0n
      this.#at = BigInt(nowMs)
    }
    const drops = this.#dropsAt(BigInt(nowMs))
    const wanted = BigInt(cost) * this.#windowMs
    if (wanted > drops) return { allowed: false, ...this.#standing(drops), retryAfterMs: this.#ms(wanted - drops) }
    this.#drops = drops - wanted
    this.#at = BigInt(nowMs)
    return { allowed: true, ...this.#standing(this.#drops), retryAfterMs: 0 }
  }

  isFull(nowMs: number): boolean {
    return this.#dropsAt(BigInt(nowMs)) === this.#capacity
  }

  holds(cost: number, nowMs: number): boolean {
    return this.#dropsAt(BigInt(nowMs)) >= BigInt(cost) * this.#windowMs
  }

  /** A clock that goes back takes its drops back: so far back, more than there were. */
  owes(nowMs: number): boolean {
    return this.#sinceLast(BigInt(nowMs)) < 0n
  }

  #dropsAt(now: bigint): bigint {
    const drops = this.#sinceLast(now)
    return drops < 0n ? 0n : drops > this.#capacity ? this.#capacity : drops
  }

  #sinceLast(now: bigint): bigint {
    return this.#at === undefined ? this.#capacity : this.#drops + (now - this.#at) * this.#limit
  }

  #standing(drops: bigint) {
    return { remaining: Number(drops / this.#windowMs), resetMs: this.#ms(this.#capacity - drops) }
  }

  #ms(drops: bigint): number {
    return Number((drops + this.#limit - 1n) / this.#limit)
  }
}
