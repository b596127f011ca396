import type { BackoffRule } from '../rule.js'
import type { Algorithm } from './algorithm.js'
import { type Cells, NEVER } from './cells.js'

/**
 * Failures in a row, and until when the next attempt must wait: from the last free one on, each failure doubles the wait.
 * Whoever tries many at once gains nothing: the first failure makes the others wait.
 */
export const backoff: Algorithm<BackoffRule> = Object.freeze({
  columns: 2,
  pinned: false,
  waitMs: (_rule: BackoffRule, cells: Cells, slot: number, _cost: number, nowMs: number) =>
    Math.max(0, cells.times[slot]! - nowMs),
  remaining: (rule: BackoffRule, cells: Cells, slot: number, nowMs: number) =>
    cells.times[slot]! > nowMs ? 0 : Math.max(1, rule.limit - failures(rule, cells, slot, nowMs)),
  resetMs: (rule: BackoffRule, cells: Cells, slot: number, nowMs: number) =>
    Math.max(0, cells.times[slot]! + rule.windowMs - nowMs),
  take: (rule: BackoffRule, cells: Cells, slot: number, cost: number, nowMs: number) => {
    const count = Math.max(0, failures(rule, cells, slot, nowMs) + cost)
    cells.counts[slot] = count
    // an attempt that was no failure ends the wait that it began: while one lasts, no other is let in
    cells.times[slot] = cost < 0 ? Math.min(cells.times[slot]!, nowMs) : nowMs + delayMs(rule, count)
  },
  keptUntilMs: (rule: BackoffRule, cells: Cells, slot: number) =>
    cells.counts[slot] === 0 ? NEVER : cells.times[slot]! + rule.windowMs,
  isAhead: (rule: BackoffRule, cells: Cells, slot: number, nowMs: number) =>
    cells.times[slot]! - nowMs > delayMs(rule, cells.counts[slot]!),
  bringBack: (rule: BackoffRule, cells: Cells, slot: number, nowMs: number) => {
    cells.times[slot] = nowMs + delayMs(rule, cells.counts[slot]!)
  },
})

/** What is left of them: none once the window has gone by since the last wait. */
const failures = ({ windowMs }: BackoffRule, cells: Cells, slot: number, nowMs: number): number =>
  nowMs >= cells.times[slot]! + windowMs ? 0 : cells.counts[slot]!

/** How long the failure that makes it `count` is followed by a wait. */
const delayMs = ({ limit, delayMs: first, lockoutMs }: BackoffRule, count: number): number =>
  count < limit ? 0 : Math.min(lockoutMs, first * 2 ** Math.min(count - limit, 52))
