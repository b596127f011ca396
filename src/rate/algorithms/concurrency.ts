import type { ConcurrencyRule } from '../rule.js'
import type { Algorithm } from './algorithm.js'
import type { Cells } from './cells.js'

/** Nobody knows when a place comes free: soon. */
const PLACE_WAIT_MS = 1_000

/** One count of what is under way. It is exact: whoever took a place gives it back. */
export const concurrency: Algorithm<ConcurrencyRule> = Object.freeze({
  columns: 2,
  pinned: true,
  waitMs: (rule: ConcurrencyRule, cells: Cells, slot: number, cost: number) =>
    cells.counts[slot]! + cost <= rule.limit ? 0 : PLACE_WAIT_MS,
  remaining: (rule: ConcurrencyRule, cells: Cells, slot: number) => Math.max(0, rule.limit - cells.counts[slot]!),
  resetMs: (_rule: ConcurrencyRule, cells: Cells, slot: number) => (cells.counts[slot]! > 0 ? PLACE_WAIT_MS : 0),
  take: (_rule: ConcurrencyRule, cells: Cells, slot: number, cost: number) => {
    cells.counts[slot] = Math.max(0, cells.counts[slot]! + cost)
  },
  keptUntilMs: (_rule: ConcurrencyRule, cells: Cells, slot: number) =>
    cells.counts[slot]! > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY,
  isAhead: () => false,
  bringBack: () => {},
})
