import { createHash } from 'node:crypto'
import type { NoFacts, RequestContext } from '../context.js'
import { allowance, type Decision, exhaust, NO_FACTS } from '../decision.js'
import type { Guard } from '../guard.js'
import { clientNetwork } from '../lib/address.js'
import { callable, integerBetween, knownOptions, shown } from '../lib/options.js'
import { neededPrincipal, type Principal } from '../principal.js'
import { policyItem, seconds } from './fields.js'
import { type Limit, type RateCharge, rateLedger } from './ledger.js'
import { memoryStore } from './memory-store.js'
import type { RateLimitStore } from './store.js'

/** Who may ask how often. */
export interface RateLimitOptions<Needs extends object = NoFacts> {
  /** Name in the response fields, in the audit trail and in a shared store: 1 to 64 of `A-Z a-z 0-9 _ . -`. Default: `default`. */
  readonly name?: string | undefined
  /** Requests allowed at once, and per window from then on. 1 to 1 million. */
  readonly limit: number
  /** Milliseconds in which the whole quota comes back, evenly. 1 to 2 678 400 000 (31 days). */
  readonly windowMs: number
  /** Who is counted together. Default: `byClient`. Limits by principal belong behind the guard that verified it. */
  readonly key?: ((ctx: RequestContext, facts: Needs) => string) | undefined
  /**
   * What one request costs: 1 to `limit`, or a function that gives a positive integer; above `limit` the request is refused.
   * Default: 1.
   */
  readonly cost?: number | ((ctx: RequestContext, facts: Needs) => number) | undefined
  /** Where counts live. Default: a `memoryStore()` of this guard alone. */
  readonly store?: RateLimitStore | undefined
}

/** A client address; an IPv6 client by its /64, since it owns all of it. */
export const byClient = (ctx: RequestContext): string => clientNetwork(ctx.client)

/**
 * The caller: issuer and id together, so that two issuers' `alice` are two callers.
 *
 * @throws TypeError where no guard ahead gave a principal.
 */
export function byPrincipal(_ctx: RequestContext, facts: { readonly principal: Principal }): string {
  const { issuer, id } = neededPrincipal(facts, 'byPrincipal')
  // The length says where the issuer ends: `a,b` and `c` are not `a` and `b,c`.
  return `${issuer.length}:${issuer}${id}`
}

/**
 * Lets `limit` requests through at once and refills evenly over `windowMs` (GCRA). Exact under concurrency.
 *
 * Every limit of a policy is looked at where it stands and taken when the policy has decided, together with the others:
 * a request refused by one limit spends none of them, and any other denial behind a limit still counts. Denies with
 * 429 `rate_limited`; sends `RateLimit` and `RateLimit-Policy` on every answer.
 *
 * @throws TypeError for an option out of its range.
 */
export function rateLimit<Needs extends object = NoFacts>(options: RateLimitOptions<Needs>): Guard<Needs> {
  knownOptions('rateLimit()', options, ['name', 'limit', 'windowMs', 'key', 'cost', 'store'])
  const { name = 'default', key = byClient, cost = 1 } = options
  if (!POLICY_NAME.test(name)) throw new TypeError(`name must be 1 to 64 of A-Z a-z 0-9 _ . -, got ${shown(name)}`)
  const limit = integerBetween('limit', options.limit, 1, 1_000_000)
  const windowMs = integerBetween('windowMs', options.windowMs, 1, 31 * 24 * 3_600_000)
  const costOf = typeof cost === 'function' ? cost : integerBetween('cost', cost, 1, limit)
  const keyOf = callable('key', key)
  const store = checkedStore(options.store ?? memoryStore())
  const policy = `${name}:${limit}/${windowMs}`
  const itself: Limit = Object.freeze({
    name,
    guard: `rateLimit(${name})`,
    store,
    policyItem: policyItem(name, limit, windowMs),
  })

  return Object.freeze({
    name: itself.guard,
    about: { room: 'rate', requires: { name, limit, windowMs } } as const,
    check: (ctx: RequestContext, facts: Needs): Decision => {
      const spent = typeof costOf === 'number' ? costOf : boundedCost(costOf(ctx, facts), limit)
      const request = { policy, key: boundedKey(keyOf(ctx, facts)), limit, windowMs, cost: spent }
      const charges: readonly RateCharge[] = [{ ledger: rateLedger, limit: itself, request }]
      const state = store.look(request, ctx.nowMs)
      if (state === undefined || state.allowed) return allowance(NO_FACTS, undefined, charges)
      return { ...exhaust('rate_limited', seconds(state.retryAfterMs), [name]), charges }
    },
  })
}

/** Structured field string (RFC 9651 section 3.3.3) without characters that need escaping. */
const POLICY_NAME = /^[A-Za-z0-9_.-]{1,64}$/

function checkedStore(store: RateLimitStore): RateLimitStore {
  if (typeof store?.take === 'function' && typeof store.look === 'function') return store
  throw new TypeError(`store must have take and look, got ${shown(store)}`)
}

/** What costs more than the bucket holds never fits, however much more: the times in the answer stay bounded. */
const boundedCost = (cost: number, limit: number): number =>
  Math.min(integerBetween('cost', cost, 1, Number.MAX_SAFE_INTEGER), limit + 1)

/**
 * What a request names becomes a key of bounded length; one that looks like a hash is hashed, lest it name another's. In
 * UTF-16, since in UTF-8 all lone surrogates are the same.
 */
function boundedKey(key: unknown): string {
  if (typeof key !== 'string') throw new TypeError(`key must give a string, got ${typeof key}`)
  return key.length <= 128 && !key.startsWith('#')
    ? key
    : `#${createHash('sha256').update(key, 'utf16le').digest('base64url')}`
}
