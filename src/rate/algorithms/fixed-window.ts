import type { FixedWindowRule } from '../rule.js'
import type { Algorithm } from './algorithm.js'
import { type Cells, NEVER } from './cells.js'
import { windowEnd, windowStart } from './windows.js'

/** One count, which begins anew with each window: of the clock, of the calendar, or of the key's first request. */
export const fixedWindow: Algorithm<FixedWindowRule> = Object.freeze({
  columns: 2,
  pinned: false,
  waitMs: (rule: FixedWindowRule, cells: Cells, slot: number, cost: number, nowMs: number) =>
    counted(rule, cells, slot, nowMs) + cost <= rule.limit ? 0 : endOf(rule, cells, slot, nowMs) - nowMs,
  remaining: (rule: FixedWindowRule, cells: Cells, slot: number, nowMs: number) =>
    Math.max(0, rule.limit - counted(rule, cells, slot, nowMs)),
  resetMs: (rule: FixedWindowRule, cells: Cells, slot: number, nowMs: number) =>
    counted(rule, cells, slot, nowMs) === 0 ? 0 : endOf(rule, cells, slot, nowMs) - nowMs,
  take: (rule: FixedWindowRule, cells: Cells, slot: number, cost: number, nowMs: number) => {
    const count = counted(rule, cells, slot, nowMs)
    cells.times[slot] = startOf(rule, cells, slot, nowMs)
    cells.counts[slot] = Math.min(count + cost, Number.MAX_SAFE_INTEGER)
  },
  keptUntilMs: (rule: FixedWindowRule, cells: Cells, slot: number) =>
    cells.times[slot] === NEVER ? NEVER : windowEnd(rule.window, cells.times[slot]!),
  isAhead: (_rule: FixedWindowRule, cells: Cells, slot: number, nowMs: number) => cells.times[slot]! > nowMs,
  bringBack: (rule: FixedWindowRule, cells: Cells, slot: number, nowMs: number) => {
    cells.times[slot] = newStart(rule, nowMs)
  },
})

const isOver = (rule: FixedWindowRule, cells: Cells, slot: number, nowMs: number): boolean =>
  cells.times[slot] === NEVER || windowEnd(rule.window, cells.times[slot]!) <= nowMs

const newStart = ({ aligned, window }: FixedWindowRule, nowMs: number): number =>
  aligned ? windowStart(window, nowMs) : nowMs

const startOf = (rule: FixedWindowRule, cells: Cells, slot: number, nowMs: number): number =>
  isOver(rule, cells, slot, nowMs) ? newStart(rule, nowMs) : cells.times[slot]!

const endOf = (rule: FixedWindowRule, cells: Cells, slot: number, nowMs: number): number =>
  windowEnd(rule.window, startOf(rule, cells, slot, nowMs))

const counted = (rule: FixedWindowRule, cells: Cells, slot: number, nowMs: number): number =>
  isOver(rule, cells, slot, nowMs) ? 0 : cells.counts[slot]!
