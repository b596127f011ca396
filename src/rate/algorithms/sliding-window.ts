import type { SlidingWindowRule } from '../rule.js'
import type { Algorithm } from './algorithm.js'
import { type Cells, SLICES } from './cells.js'

/**
 * Counters of slices of time, a tenth of the window each. A request counts until its whole slice has left the window: never
 * more than `limit` in any window, and what was taken comes back up to a tenth of the window later than it might. One count
 * per request would be exact, and cost what the limit is; two counters weighed against each other, as is usual, let
 * nearly twice the limit through in the worst window.
 */
export const slidingWindow: Algorithm<SlidingWindowRule> = Object.freeze({
  columns: 3,
  pinned: false,
  waitMs: (rule: SlidingWindowRule, cells: Cells, slot: number, cost: number, nowMs: number) => {
    let over = counted(rule, cells, slot, nowMs) + cost - rule.limit
    if (over <= 0) return 0
    const newest = cells.times[slot]!
    for (let slice = oldest(rule, nowMs); slice <= newest; slice++) {
      over -= cells.slices[cellOf(slot, slice)]!
      if (over <= 0) return endOf(rule, slice) - nowMs
    }
    return endOf(rule, sliceOf(rule, nowMs)) - nowMs // more than a window ever gives
  },
  remaining: (rule: SlidingWindowRule, cells: Cells, slot: number, nowMs: number) =>
    Math.max(0, rule.limit - counted(rule, cells, slot, nowMs)),
  resetMs: (rule: SlidingWindowRule, cells: Cells, slot: number, nowMs: number) =>
    Math.max(0, endOf(rule, cells.times[slot]!) - nowMs),
  take: (rule: SlidingWindowRule, cells: Cells, slot: number, cost: number, nowMs: number) => {
    const now = sliceOf(rule, nowMs)
    for (let slice = Math.max(cells.times[slot]! + 1, now - SLICES + 1); slice <= now; slice++) {
      cells.slices[cellOf(slot, slice)] = 0
    }
    cells.times[slot] = now
    add(cells, cellOf(slot, now), cost)
  },
  keptUntilMs: (rule: SlidingWindowRule, cells: Cells, slot: number) => endOf(rule, cells.times[slot]!),
  isAhead: (rule: SlidingWindowRule, cells: Cells, slot: number, nowMs: number) =>
    cells.times[slot]! > sliceOf(rule, nowMs),
  bringBack: (rule: SlidingWindowRule, cells: Cells, slot: number, nowMs: number) => {
    const newest = cells.times[slot]!
    const total = sum(cells, slot, newest - slicesOf(rule), newest)
    const now = sliceOf(rule, nowMs)
    cells.clear(slot)
    cells.times[slot] = now
    add(cells, cellOf(slot, now), total)
  },
})

const sliceMs = ({ windowMs }: SlidingWindowRule): number => Math.ceil(windowMs / (SLICES - 1))

/** Slices in a window. That of now counts, and so many before it. */
const slicesOf = (rule: SlidingWindowRule): number => Math.ceil(rule.windowMs / sliceMs(rule))

const sliceOf = (rule: SlidingWindowRule, timeMs: number): number => Math.floor(timeMs / sliceMs(rule))

/** The first slice that still counts. */
const oldest = (rule: SlidingWindowRule, nowMs: number): number => sliceOf(rule, nowMs) - slicesOf(rule)

/** When what was taken in `slice` counts no more. */
const endOf = (rule: SlidingWindowRule, slice: number): number => (slice + 1 + slicesOf(rule)) * sliceMs(rule)

const cellOf = (slot: number, slice: number): number => slot * SLICES + (slice % SLICES)

const counted = (rule: SlidingWindowRule, cells: Cells, slot: number, nowMs: number): number =>
  sum(cells, slot, oldest(rule, nowMs), cells.times[slot]!)

function sum(cells: Cells, slot: number, first: number, last: number): number {
  let total = 0
  for (let slice = first; slice <= last; slice++) total += cells.slices[cellOf(slot, slice)]!
  return total
}

function add(cells: Cells, cell: number, cost: number): void {
  cells.slices[cell] = Math.min(cells.slices[cell]! + cost, 0xffff_ffff)
}
