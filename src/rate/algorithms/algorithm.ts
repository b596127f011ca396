import type { LimitRule } from '../rule.js'
import type { Cells } from './cells.js'

/**
 * How one kind of rule counts, over the numbers of one bucket: no clock and no store of its own. `slot` may be `NONE`: a
 * bucket never used. Times are whole milliseconds since the epoch.
 */
export interface Algorithm<Rule extends LimitRule = LimitRule> {
  /** Which columns it needs: times alone, counts beside them, or slices. */
  readonly columns: 1 | 2 | 3
  /** Whether a bucket in use must never be forgotten. */
  readonly pinned: boolean
  /** Until `cost` is there; 0 when it is. */
  readonly waitMs: (rule: Rule, cells: Cells, slot: number, cost: number, nowMs: number) => number
  /** Whole units left. */
  readonly remaining: (rule: Rule, cells: Cells, slot: number, nowMs: number) => number
  /** Until all is there again. */
  readonly resetMs: (rule: Rule, cells: Cells, slot: number, nowMs: number) => number
  /** Takes `cost`, whatever is left; gives back where it is negative. */
  readonly take: (rule: Rule, cells: Cells, slot: number, cost: number, nowMs: number) => void
  /** When the bucket need not be kept any more. */
  readonly keptUntilMs: (rule: Rule, cells: Cells, slot: number) => number
  /** Whether the clock stepped back so far behind the bucket that it would count longer than it may. */
  readonly isAhead: (rule: Rule, cells: Cells, slot: number, nowMs: number) => boolean
  /** Brings such a bucket back to the clock. */
  readonly bringBack: (rule: Rule, cells: Cells, slot: number, nowMs: number) => void
}
