import type { RequestContext } from '../context.js'
import { allowance, type Decision, NO_FACTS } from '../decision.js'
import type { Guard } from '../guard.js'
import { boolean, callable, integerBetween, oneOf, shown } from '../lib/options.js'
import type { Correction, Outcome } from './correction.js'
import { ENCODINGS, type FieldEncoding, windowSeconds } from './fields.js'
import { boundedKey, byClient, type RateKey } from './keys.js'
import { type Limit, type RateCharge, rateLedger, tellNotice } from './ledger.js'
import { memoryStore } from './memory-store.js'
import { refusalOf } from './refusal.js'
import { type LimitRule, mostAtOnce } from './rule.js'
import type { RateLimitStore } from './store.js'

/** What all limits have in common. */
export interface LimitOptions<Needs extends object> {
  /** Name in the response fields, in the audit trail and in a shared store: 1 to 64 of `A-Z a-z 0-9 _ . -`. Default: `default`. */
  readonly name?: string | undefined
  /** Who is counted together. Default: `byClient`. Limits by principal belong behind the guard that verified it. */
  readonly key?: RateKey<Needs> | undefined
  /** Where counts live. Default: a `memoryStore()` of this guard alone. */
  readonly store?: RateLimitStore | undefined
}

/** How a limit is told to callers. */
export interface ToldOptions {
  /**
   * `draft-11`: `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11). For old clients: `draft-6`,
   * which is `RateLimit-Limit`, `-Remaining` and `-Reset`, or `x-ratelimit`, the same with `X-` and the reset in seconds
   * since the epoch. `none`: not told. Default: `draft-11`.
   */
  readonly fields?: FieldEncoding | undefined
  /** Whether `RateLimit` says which partition the caller is in (`pk`), as a hash. Default: false. */
  readonly partitionKey?: boolean | undefined
}

/** What a request costs. */
export interface CostOptions<Needs extends object> {
  /**
   * What one request costs: 1 to `limit` (`burst`), or a function that gives a positive integer; above that the request is
   * refused.
   * Default: 1; with `chargeAfter` nothing, as long as there is something left.
   */
  readonly cost?: number | ((ctx: RequestContext, facts: Needs) => number) | undefined
  /**
   * What it costs besides, once its answer has ended: an integer from 0 on, such as `({ bytes }) => bytes`. It is charged
   * whatever is left, so that the next request waits; a token bucket owes at most nine windows. A function that throws,
   * or gives something else, costs all of the limit.
   */
  readonly chargeAfter?: ((outcome: Outcome, ctx: RequestContext, facts: Needs) => number) | undefined
  /** What the limit is of (`qu`). `requests` is not told, since it is the default. Default: `requests`. */
  readonly unit?: 'requests' | 'content-bytes' | undefined
}

/** The names of the options that all limits have. */
export const LIMIT_OPTIONS = ['name', 'key', 'store'] as const
export const TOLD_OPTIONS = ['fields', 'partitionKey'] as const
export const COST_OPTIONS = ['cost', 'chargeAfter', 'unit'] as const

/** The most that a limit may allow. */
export const MOST = 1_000_000_000
/** 31 days. */
export const LONGEST_WINDOW_MS = 31 * 24 * 3_600_000

/** A limit as its own verb checked it. */
interface Counted<Needs extends object> {
  readonly verb: string
  readonly options: LimitOptions<Needs> & ToldOptions & CostOptions<Needs>
  readonly rule: LimitRule
  /** What it says of itself, in `about.requires`. */
  readonly requires: Readonly<Record<string, unknown>>
  /** What a limit of this kind has of its own. */
  readonly own?: Partial<Pick<Limit, 'costWhenDecided' | 'pace' | 'refusal'>>
  /** What a request costs, where that is no option. */
  readonly cost?: number | undefined
  /** What is set right when the answer has ended, where that is no option. */
  readonly correction?: Correction | undefined
}

/** The name of a limit, checked. */
export function limitName(name: unknown = 'default'): string {
  if (typeof name === 'string' && POLICY_NAME.test(name)) return name
  throw new TypeError(`name must be 1 to 64 of A-Z a-z 0-9 _ . -, got ${shown(name)}`)
}

/** Structured field string (RFC 9651 section 3.3.3) without characters that need escaping. */
const POLICY_NAME = /^[A-Za-z0-9_.-]{1,64}$/

/**
 * The guard of one limit. It looks where it stands, and is taken when the policy has decided, together with the others: a
 * request refused by one limit spends none of them.
 */
export function limitGuard<Needs extends object>(counted: Counted<Needs>): Guard<Needs> {
  const { options, rule, requires } = counted
  const { chargeAfter } = options
  const keyOf = callable('key', options.key ?? byClient)
  const cost = counted.cost ?? costOf(options, mostAtOnce(rule))
  if (chargeAfter !== undefined) callable('chargeAfter', chargeAfter)
  const limit = limitOf(counted)

  return Object.freeze({
    name: limit.guard,
    about: { room: 'rate', requires } as const,
    check: (ctx: RequestContext, facts: Needs): Decision => {
      const spent = typeof cost === 'number' ? cost : boundedCost(cost(ctx, facts), mostAtOnce(rule))
      const request = { rule, key: boundedKey(keyOf(ctx, facts)), cost: spent }
      const correction: Correction | undefined =
        chargeAfter === undefined ? counted.correction : (outcome) => lateCost(chargeAfter(outcome, ctx, facts))
      const charges: readonly RateCharge[] = [{ ledger: rateLedger, limit, request, correction }]
      const state = limit.store.look(request, ctx.nowMs)
      if (state === undefined || state.allowed) return allowance(NO_FACTS, undefined, charges)
      tellNotice([state], limit.guard, ctx)
      return { ...refusalOf([limit], state.retryAfterMs), charges }
    },
  })
}

function limitOf<Needs extends object>({ verb, options, rule, own }: Counted<Needs>): Limit {
  const name = limitName(options.name)
  const encoding = oneOf('fields', options.fields ?? 'draft-11', ENCODINGS)
  const unit = oneOf('unit', options.unit ?? 'requests', ['requests', 'content-bytes'])
  return Object.freeze({
    name,
    guard: `${verb}(${name})`,
    store: checkedStore(options.store ?? memoryStore()),
    encoding,
    policyItem: policyItem(name, rule, encoding, rule.algorithm === 'concurrency' ? 'concurrent-requests' : unit),
    quota: rule.limit,
    partitioned: boolean('partitionKey', options.partitionKey ?? false),
    ...own,
  })
}

/** The item of `RateLimit-Policy` (section 3 of the draft), and what `RateLimit-Limit` said. */
function policyItem(name: string, rule: LimitRule, encoding: FieldEncoding, unit: string): string {
  const window = windowSeconds(rule)
  const width = window === undefined ? '' : `;w=${window}`
  if (encoding !== 'draft-11') return `${rule.limit}, ${rule.limit}${width}`
  return `"${name}";q=${rule.limit}${unit === 'requests' ? '' : `;qu="${unit}"`}${width}`
}

function costOf<Needs extends object>(
  { cost, chargeAfter }: CostOptions<Needs>,
  most: number,
): number | ((ctx: RequestContext, facts: Needs) => number) {
  if (typeof cost === 'function') return cost
  return cost === undefined ? (chargeAfter === undefined ? 1 : 0) : integerBetween('cost', cost, 1, most)
}

/** What costs more than the limit gives never fits, however much more: the times in the answer stay bounded. */
const boundedCost = (cost: number, most: number): number =>
  Math.min(integerBetween('cost', cost, 1, Number.MAX_SAFE_INTEGER), most + 1)

const lateCost = (cost: number): number => integerBetween('chargeAfter', cost, 0, Number.MAX_SAFE_INTEGER)

function checkedStore(store: RateLimitStore): RateLimitStore {
  const isStore = [store?.take, store?.look, store?.correct].every((verb) => typeof verb === 'function')
  if (isStore) return store
  const hint = 'rateLimits' in Object(store) ? ' (give its rateLimits?)' : ''
  throw new TypeError(`store must have take, look and correct, got ${shown(store)}${hint}`)
}
