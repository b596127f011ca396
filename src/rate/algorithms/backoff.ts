import type { BackoffRule } from '../rule.js'
import type { Algorithm } from './algorithm.js'
import { type Cells, NEVER } from './cells.js'

/**
 * Failures that are forgotten one by one, evenly, and until when the next attempt must wait: from the last free one on, each
 * failure doubles the wait. While it lasts nothing is forgotten. Whoever tries many at once gains nothing: the first failure
 * makes the others wait.
 *
 * A failure counts `windowMs` units and each millisecond forgets `limit` of them, so that all arithmetic is on integers.
 */
export const backoff: Algorithm<BackoffRule> = Object.freeze({
  columns: 2,
  pinned: false,
  waitMs: (_rule: BackoffRule, cells: Cells, slot: number, _cost: number, nowMs: number) =>
    Math.max(0, cells.times[slot]! - nowMs),
  remaining: (rule: BackoffRule, cells: Cells, slot: number, nowMs: number) =>
    cells.times[slot]! > nowMs ? 0 : Math.max(1, rule.limit - failures(rule, units(rule, cells, slot, nowMs))),
  resetMs: (rule: BackoffRule, cells: Cells, slot: number, nowMs: number) =>
    Math.max(0, forgottenAtMs(rule, cells, slot) - nowMs),
  take: (rule: BackoffRule, cells: Cells, slot: number, cost: number, nowMs: number) => {
    const left = Math.max(0, units(rule, cells, slot, nowMs) + cost * rule.windowMs)
    cells.counts[slot] = left
    // an attempt that was no failure ends the wait that it began: while one lasts, no other is let in
    cells.times[slot] = cost < 0 ? nowMs : nowMs + delayMs(rule, left)
  },
  keptUntilMs: (rule: BackoffRule, cells: Cells, slot: number) =>
    cells.counts[slot] === 0 ? NEVER : forgottenAtMs(rule, cells, slot),
  isAhead: (rule: BackoffRule, cells: Cells, slot: number, nowMs: number) =>
    cells.times[slot]! - nowMs > delayMs(rule, cells.counts[slot]!),
  bringBack: (rule: BackoffRule, cells: Cells, slot: number, nowMs: number) => {
    cells.times[slot] = nowMs + delayMs(rule, cells.counts[slot]!)
  },
})

/** What is not forgotten yet. */
const units = ({ limit }: BackoffRule, cells: Cells, slot: number, nowMs: number): number =>
  Math.max(0, cells.counts[slot]! - Math.max(0, nowMs - cells.times[slot]!) * limit)

/** One that is not wholly forgotten counts. */
const failures = ({ windowMs }: BackoffRule, left: number): number => Math.ceil(left / windowMs)

const forgottenAtMs = ({ limit }: BackoffRule, cells: Cells, slot: number): number =>
  cells.times[slot]! + Math.ceil(cells.counts[slot]! / limit)

/** How long the failure after which so much is left is followed by a wait. */
function delayMs(rule: BackoffRule, left: number): number {
  const over = failures(rule, left) - rule.limit
  return over < 0 ? 0 : Math.min(rule.lockoutMs, rule.delayMs * 2 ** Math.min(over, 52))
}
