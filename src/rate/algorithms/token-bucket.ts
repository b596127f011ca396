import type { TokenBucketRule } from '../rule.js'
import type { Algorithm } from './algorithm.js'
import type { Cells } from './cells.js'

/**
 * The generic cell rate algorithm (ITU-T I.371 annex A), which is a token bucket kept as one number: the theoretical
 * arrival time (TAT), when the bucket will be full again.
 *
 * Times are counted in `1 / limit` milliseconds, so that a token is worth exactly `windowMs` units and all arithmetic
 * is on integers: `burst` requests at once fit, and not one more. Exact while elapsed milliseconds times limit stay
 * below 2^53: for a limit of 1 million, 104 days of one process; beyond that, to the nearest float.
 */
export const tokenBucket: Algorithm<TokenBucketRule> = Object.freeze({
  columns: 1,
  pinned: false,
  waitMs: (rule: TokenBucketRule, cells: Cells, slot: number, cost: number, nowMs: number) => {
    const missing = used(rule, cells, slot, nowMs) + (cost - rule.burst) * rule.windowMs
    return missing <= 0 ? 0 : Math.ceil(missing / rule.limit)
  },
  remaining: (rule: TokenBucketRule, cells: Cells, slot: number, nowMs: number) =>
    Math.max(0, Math.floor(rule.burst - used(rule, cells, slot, nowMs) / rule.windowMs)),
  resetMs: (rule: TokenBucketRule, cells: Cells, slot: number, nowMs: number) =>
    Math.ceil(used(rule, cells, slot, nowMs) / rule.limit),
  take: (rule: TokenBucketRule, cells: Cells, slot: number, cost: number, nowMs: number) => {
    const units = clamped(used(rule, cells, slot, nowMs) + cost * rule.windowMs, rule)
    cells.times[slot] = (nowMs - cells.originMs) * rule.limit + units
  },
  keptUntilMs: (rule: TokenBucketRule, cells: Cells, slot: number) =>
    cells.originMs + Math.ceil(cells.times[slot]! / rule.limit),
  isAhead: (rule: TokenBucketRule, cells: Cells, slot: number, nowMs: number) =>
    owed(rule, cells, slot, nowMs) > most(rule),
  bringBack: (rule: TokenBucketRule, cells: Cells, slot: number, nowMs: number) => {
    cells.times[slot] = (nowMs - cells.originMs) * rule.limit + most(rule)
  },
})

/** Units that a bucket may have in use: all of it, and what it owes. */
const most = (rule: TokenBucketRule): number => (rule.burst + rule.debt) * rule.windowMs

const clamped = (units: number, rule: TokenBucketRule): number => Math.max(0, Math.min(units, most(rule)))

const owed = (rule: TokenBucketRule, cells: Cells, slot: number, nowMs: number): number =>
  cells.times[slot]! - (nowMs - cells.originMs) * rule.limit

/** Units in use: 0 of a full bucket. */
const used = (rule: TokenBucketRule, cells: Cells, slot: number, nowMs: number): number =>
  Math.max(0, owed(rule, cells, slot, nowMs))
