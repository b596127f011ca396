import type { RequestContext } from '../context.js'
import {
  allowance,
  type Charge,
  type Decision,
  type Denial,
  type Exhausted,
  type Ledger,
  NO_FACTS,
  unavailable,
} from '../decision.js'
import { Dependency } from '../dependency.js'
import { andThen, isPromiseLike, type MaybePromise } from '../lib/maybe-promise.js'
import { bothCorrections, type Correction, correctLater } from './correction.js'
import { type LimitItem, rateLimitFields } from './fields.js'
import { type Pace, paced } from './pace.js'
import { refusalOf } from './refusal.js'
import { mostAtOnce } from './rule.js'
import type { BucketRequest, BucketState, RateLimitStore } from './store.js'

/** One limit as its charges name it. Made once per limit. */
export interface Limit extends LimitItem {
  readonly guard: string
  readonly store: RateLimitStore
  /** What it asks once the request is decided, where that changes the cost. */
  readonly costWhenDecided?: ((decision: Decision<object>) => number) | undefined
  /** How requests that were let in wait. */
  readonly pace?: Pace | undefined
  /** Members of its denial that are its own. */
  readonly refusal?: Partial<Omit<Exhausted, 'kind' | 'allowed'>> | undefined
}

/** One limit's share in a request, taken when the request is decided. */
export interface RateCharge extends Charge {
  readonly limit: Limit
  readonly request: BucketRequest
  /** What is set right once the answer has ended. */
  readonly correction?: Correction | undefined
}

/**
 * Takes all limits of a request together. Limits in one store are taken atomically by that store; before several stores
 * are asked in turn, all are looked at, so that stores of this process are taken all or none as well.
 */
export const rateLedger: Ledger = Object.freeze({
  take: (charges: readonly Charge[], ctx: RequestContext, decision: Decision<object>, mayWait: boolean) =>
    takeGroup(groupOf(charges as readonly RateCharge[], decision), ctx, mayWait && decision.allowed),
  look: (charges: readonly Charge[], ctx: RequestContext) => {
    const { nowMs } = ctx
    const group = charges as Group
    return rateLimitFields(group, lookAll(group, nowMs), nowMs)
  },
})

type Group = readonly RateCharge[]

/** How the buckets of a group stand, in the order of its charges; undefined where that is not known. */
type States = (BucketState | undefined)[]

/** Charges with the cost that the decision gives them. Two that name one bucket ask it together. */
function groupOf(charges: Group, decision: Decision<object>): Group {
  if (charges.length === 1 && charges[0]!.limit.costWhenDecided === undefined) return charges
  const group: RateCharge[] = []
  for (const charge of charges) {
    const { costWhenDecided } = charge.limit
    const cost = costWhenDecided === undefined ? charge.request.cost : costWhenDecided(decision)
    const decided = cost === charge.request.cost ? charge : withCost(charge, cost)
    const twin = group.findIndex((other) => isSameBucket(other, charge))
    if (twin === -1) group.push(decided)
    else group[twin] = together(group[twin]!, decided)
  }
  return group
}

/** Each is set right by its own: what both took is given back by both. */
function together(one: RateCharge, other: RateCharge): RateCharge {
  const cost = Math.min(one.request.cost + other.request.cost, mostAtOnce(one.request.rule) + 1)
  return { ...withCost(one, cost), correction: bothCorrections(one, other) }
}

const withCost = (charge: RateCharge, cost: number): RateCharge => ({ ...charge, request: { ...charge.request, cost } })

const isSameBucket = (a: RateCharge, b: RateCharge): boolean =>
  a.request.key === b.request.key && a.request.rule.id === b.request.rule.id && a.limit.store === b.limit.store

function takeGroup(group: Group, ctx: RequestContext, mayWait: boolean): MaybePromise<Decision> {
  const { nowMs } = ctx
  if (!isOfOneStore(group)) {
    const known = lookAll(group, nowMs)
    const refusing = known.findIndex(refuses)
    if (refusing !== -1) {
      tellNotice(known, group[refusing]!.limit.guard, ctx)
      return refusal(group, known, nowMs)
    }
  }
  return andThen(takeFrom(0, group, [], ctx), (states) =>
    Array.isArray(states) ? granted(group, states, ctx, mayWait) : states,
  )
}

function isOfOneStore(group: Group): boolean {
  for (let i = 1; i < group.length; i++) if (group[i]!.limit.store !== group[0]!.limit.store) return false
  return true
}

function lookAll(group: Group, nowMs: number): States {
  const states: States = []
  for (const { limit, request } of group) states.push(limit.store.look(request, nowMs))
  return states
}

/** Store by store, in order of their first charge. Loops while they answer at once; a promise carries on from there. */
function takeFrom(start: number, group: Group, states: States, ctx: RequestContext): MaybePromise<States | Denial> {
  for (let i = start; i < group.length; i++) {
    if (states[i] !== undefined) continue // asked together with one ahead
    const { store, guard } = group[i]!.limit
    const requests: BucketRequest[] = []
    for (const { limit, request } of group) if (limit.store === store) requests.push(request)
    const { nowMs } = ctx
    const answer = dependencyOf(store).rely(
      () => store.take(requests, nowMs),
      (answered) => {
        const denial = noted(group, i, states, answered, requests.length, ctx)
        // also where another store refuses the request after this one
        if (denial === undefined)
          for (const charge of group) if (charge.limit.store === store) correctLater(charge, ctx, nowMs)
        return denial
      },
    )
    if (isPromiseLike(answer)) {
      return answer.then((denial) =>
        denial === undefined ? takeFrom(i + 1, group, states, ctx) : told(denial, group, states, guard, nowMs),
      )
    }
    if (answer !== undefined) return told(answer, group, states, guard, nowMs)
  }
  return states
}

/** A store that is away says neither whom it was asked for nor how the limits stand. */
const told = (denial: Denial, group: Group, states: States, guard: string, nowMs: number): Denial =>
  denial.headers === undefined ? { ...denial, guard, headers: rateLimitFields(group, states, nowMs) } : denial

/** One for each store, whoever asks it: what a store fails at is no limit's own. */
const dependencies = new WeakMap<RateLimitStore, Dependency>()

function dependencyOf(store: RateLimitStore): Dependency {
  const known = dependencies.get(store)
  if (known !== undefined) return known
  const dependency = new Dependency('store_unavailable')
  dependencies.set(store, dependency)
  return dependency
}

/** Puts what the store of charge `at` answered into `states`, or gives the denial that ends the taking. */
function noted(
  group: Group,
  at: number,
  states: States,
  answer: readonly BucketState[],
  count: number,
  ctx: RequestContext,
): Denial | undefined {
  const { store, guard } = group[at]!.limit
  if (!isAnswer(answer, count)) {
    const cause = new TypeError('the store left a bucket unanswered')
    return unavailable('store_unavailable', 1, cause)
  }
  let next = 0
  for (let i = at; i < group.length; i++) if (group[i]!.limit.store === store) states[i] = answer[next++]!
  tellNotice(answer, guard, ctx)
  return answer.some(refuses) ? refusal(group, states, ctx.nowMs) : undefined
}

/** Once a request, however many limits the store answered without counting. */
export function tellNotice(states: Readonly<States>, guard: string, ctx: RequestContext): void {
  const code = states.find((state) => state?.notice !== undefined)?.notice
  if (code !== undefined) ctx.report({ event: 'sys_monitor_disabled', code, guard })
}

/** Stores may come from JavaScript: `'0'` would allow, and `NaN` is no time to wait. */
function isAnswer(states: readonly BucketState[], count: number): boolean {
  if (!Array.isArray(states) || states.length !== count) return false
  for (let i = 0; i < count; i++) if (!isState(states[i])) return false // `every` would pass over holes
  return true
}

const isState = (state: BucketState | undefined): boolean =>
  typeof state?.allowed === 'boolean' &&
  Number.isFinite(state.remaining) &&
  Number.isFinite(state.retryAfterMs) &&
  Number.isFinite(state.resetMs)

const refuses = (state: BucketState | undefined): boolean => state?.allowed === false

/** What another guard has refused need not wait to hear it. */
function granted(group: Group, states: States, ctx: RequestContext, mayWait: boolean): MaybePromise<Decision> {
  const allowed = allowance(NO_FACTS, rateLimitFields(group, states, ctx.nowMs))
  if (!mayWait) return allowed
  return andThen(paced(group, states, ctx), (denial) => denial ?? allowed)
}

function refusal(charges: Group, states: States, nowMs: number): Denial {
  const violated = charges.filter((_, index) => refuses(states[index])).map(({ limit }) => limit)
  const retryAfterMs = states.reduce(
    (longest, state) => (refuses(state) ? Math.max(longest, state!.retryAfterMs) : longest),
    0,
  )
  return { ...refusalOf(violated, retryAfterMs), headers: rateLimitFields(charges, states, nowMs) }
}
