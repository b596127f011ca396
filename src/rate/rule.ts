/** Periods of the calendar, in UTC. Weeks begin on Monday (ISO 8601). */
export type CalendarPeriod = 'hour' | 'day' | 'week' | 'month' | 'year'

/** What the rules of all algorithms have. */
interface RuleOf<Algorithm extends string> {
  /** Names the limit, with its name and its size, such as `login:token-bucket:5/60000`: rules of one id are alike in all members. */
  readonly id: string
  /** How it counts. */
  readonly algorithm: Algorithm
  /** What it allows: tokens, requests, places or failures, 1 to 1 000 000 000. */
  readonly limit: number
}

/** A bucket of `burst` tokens, into which `limit` tokens flow evenly every `windowMs` (GCRA). */
export interface TokenBucketRule extends RuleOf<'token-bucket'> {
  /** Milliseconds in which `limit` tokens come back, 1 to 2 678 400 000 (31 days). */
  readonly windowMs: number
  /** Tokens that the bucket holds. */
  readonly burst: number
  /** Tokens that it may owe once it is empty, where the cost is known only afterwards. */
  readonly debt: number
}

/** Never more than `limit` in any `windowMs`. */
export interface SlidingWindowRule extends RuleOf<'sliding-window'> {
  /** Milliseconds that count back from now, 1 to 2 678 400 000 (31 days). */
  readonly windowMs: number
}

/** `limit` in each window, all of it back when the next begins. */
export interface FixedWindowRule extends RuleOf<'fixed-window'> {
  /** Milliseconds, 1 to 2 678 400 000 (31 days), or a period of the calendar. */
  readonly window: number | CalendarPeriod
  /** Whether windows begin at multiples of `window` since the epoch; otherwise with the first request of a key. */
  readonly aligned: boolean
}

/** `limit` at the same time. */
export interface ConcurrencyRule extends RuleOf<'concurrency'> {
  /** Milliseconds after which a place is free again that a process took and is gone, in stores that processes share. */
  readonly leaseMs: number
}

/** `limit` failures, then waits that double. */
export interface BackoffRule extends RuleOf<'backoff'> {
  /** Milliseconds in which `limit` failures are forgotten, one by one, while no wait lasts. */
  readonly windowMs: number
  /** Milliseconds of the first wait. */
  readonly delayMs: number
  /** Milliseconds of the longest wait. */
  readonly lockoutMs: number
}

/** How a limit counts, and how much it allows. Made once per limit, frozen. */
export type LimitRule = TokenBucketRule | SlidingWindowRule | FixedWindowRule | ConcurrencyRule | BackoffRule

/** The names of the algorithms. */
export type RateAlgorithm = LimitRule['algorithm']

type Unnamed<Rule extends LimitRule> = Rule extends LimitRule ? Omit<Rule, 'id'> : never

/** The rule with its id, which says everything that it is. */
export function ruleOf(name: string, rule: Unnamed<LimitRule>): LimitRule {
  return Object.freeze({ id: `${name}:${rule.algorithm}:${rule.limit}/${sizeOf(rule)}`, ...rule }) as LimitRule
}

function sizeOf(rule: Unnamed<LimitRule>): string {
  switch (rule.algorithm) {
    case 'token-bucket':
      return [rule.windowMs, rule.burst, rule.debt].join('/')
    case 'sliding-window':
      return String(rule.windowMs)
    case 'fixed-window':
      return `${rule.window}${rule.aligned ? '/aligned' : ''}`
    case 'concurrency':
      return String(rule.leaseMs)
    case 'backoff':
      return [rule.windowMs, rule.delayMs, rule.lockoutMs].join('/')
  }
}

/** The most that can ever be taken at once. */
export const mostAtOnce = (rule: LimitRule): number => (rule.algorithm === 'token-bucket' ? rule.burst : rule.limit)
