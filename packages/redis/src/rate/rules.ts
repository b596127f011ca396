import type { CalendarPeriod, LimitRule } from 'wardline'
import { shown } from '../options.js'

/** What a bucket of the rule gives at most. */
export const capacityOf = (rule: LimitRule): number => (rule.algorithm === 'token-bucket' ? rule.burst : rule.limit)

const argsOf = new WeakMap<LimitRule, readonly string[]>()

/**
 * A rule as the script reads it: its algorithm, its limit, and three more. Made once per rule.
 *
 * @throws TypeError for a rule of an unknown algorithm, and for sizes that are none.
 */
export function ruleArgs(rule: LimitRule): readonly string[] {
  const known = argsOf.get(rule)
  if (known !== undefined) return known
  const sizes = [rule.limit, ...(sizesOf(rule) ?? [Number.NaN])]
  if (!sizes.every(isSize)) throw new TypeError(`no rule: ${shown(rule.id)}`)
  const args = [rule.algorithm, ...sizes].map(String)
  argsOf.set(rule, args)
  return args
}

const isSize = (size: number | string): boolean =>
  typeof size === 'number' ? Number.isSafeInteger(size) && size >= 0 : PERIODS.has(size)

const PERIODS: ReadonlySet<string> = new Set(['hour', 'day', 'week', 'month', 'year'] satisfies CalendarPeriod[])

function sizesOf(rule: LimitRule): readonly [number | string, number, number] {
  switch (rule.algorithm) {
    case 'token-bucket':
      return [rule.windowMs, rule.burst, rule.debt]
    case 'sliding-window':
      return [rule.windowMs, 0, 0]
    case 'fixed-window':
      return [rule.window, rule.aligned ? 1 : 0, 0]
    case 'concurrency':
      return [rule.leaseMs, 0, 0]
    case 'backoff':
      return [rule.windowMs, rule.delayMs, rule.lockoutMs]
  }
}

/** Rules cut down to what one of several processes may allow by itself. */
export class LocalRules {
  readonly #share: number
  readonly #rules = new WeakMap<LimitRule, LimitRule>()

  /** @param share - Above 0, to 1. */
  constructor(share: number) {
    this.#share = share
  }

  /** The rule for this process alone, with an id of its own; it allows 1 at least. */
  of(rule: LimitRule): LimitRule {
    const known = this.#rules.get(rule)
    if (known !== undefined) return known
    const own: LimitRule = Object.freeze({ ...this.#cut(rule), id: `${rule.id}*${this.#share}` })
    this.#rules.set(rule, own)
    return own
  }

  /** What a request costs there: one that the whole limit has room for fits into this part of it. */
  costOf(rule: LimitRule, cost: number): number {
    const most = capacityOf(this.of(rule))
    return cost > capacityOf(rule) ? most + 1 : Math.min(cost, most)
  }

  #cut(rule: LimitRule): LimitRule {
    const limit = this.#part(rule.limit)
    if (rule.algorithm !== 'token-bucket') return { ...rule, limit }
    return { ...rule, limit, burst: this.#part(rule.burst), debt: Math.floor(rule.debt * this.#share) }
  }

  #part(whole: number): number {
    return Math.max(1, Math.floor(whole * this.#share))
  }
}
