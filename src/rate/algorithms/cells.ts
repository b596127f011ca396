/** Where a bucket is not. Its cells are those of a bucket never used, and stay so. */
export const NONE = 0

/** Counters that a sliding window has at most. */
export const SLICES = 11

/** The time of a bucket never used. */
export const NEVER = Number.NEGATIVE_INFINITY

/**
 * The numbers of all buckets, in columns, one slot each. What only some algorithms need costs nothing before one of them
 * is used.
 */
export class Cells {
  /** Subtracted where times are multiplied: small numbers keep the arithmetic exact. Set by the first taking. */
  originMs = Number.NaN
  times: Float64Array
  counts: Float64Array = new Float64Array(1)
  slices: Uint32Array = new Uint32Array(SLICES)
  #slots: number

  constructor(slots: number) {
    this.#slots = slots
    this.times = new Float64Array(slots).fill(NEVER)
  }

  /** Makes sure of the columns that an algorithm needs. */
  provide(columns: 1 | 2 | 3): void {
    if (columns === 2 && this.counts.length < this.#slots) this.counts = widened(this.counts, this.#slots)
    if (columns === 3 && this.slices.length < this.#slots * SLICES) {
      this.slices = copied(this.slices, new Uint32Array(this.#slots * SLICES))
    }
  }

  grow(slots: number): void {
    const from = this.#slots
    this.#slots = slots
    this.times = widened(this.times, slots).fill(NEVER, from)
    if (this.counts.length > 1) this.counts = widened(this.counts, slots)
    if (this.slices.length > SLICES) this.slices = copied(this.slices, new Uint32Array(slots * SLICES))
  }

  /** As never used. */
  clear(slot: number): void {
    this.times[slot] = NEVER
    if (this.counts.length > 1) this.counts[slot] = 0
    if (this.slices.length > SLICES) this.slices.fill(0, slot * SLICES, (slot + 1) * SLICES)
  }
}

const widened = (from: Float64Array, slots: number): Float64Array => copied(from, new Float64Array(slots))

/** The longer array, beginning with what is in the shorter. */
export function copied<Column extends Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array>(
  from: Column,
  to: Column,
): Column {
  to.set(from)
  return to
}
