import {
  allowance,
  type Charge,
  type Decision,
  type Denial,
  exhaust,
  type Ledger,
  NO_FACTS,
  unavailable,
} from '../decision.js'
import { isPromiseLike, type MaybePromise } from '../lib/maybe-promise.js'
import { type LimitItem, rateLimitFields, seconds } from './fields.js'
import type { BucketRequest, BucketState, RateLimitStore } from './store.js'

/** One limit as its charges name it. Made once per limit. */
export interface Limit extends LimitItem {
  readonly guard: string
  readonly store: RateLimitStore
}

/** One limit's share in a request, taken when the request is decided. */
export interface RateCharge extends Charge {
  readonly limit: Limit
  readonly request: BucketRequest
}

/**
 * Takes all limits of a request together. Limits in one store are taken atomically by that store; before several stores
 * are asked in turn, all are looked at, so that stores of this process are taken all or none as well.
 */
export const rateLedger: Ledger = Object.freeze({
  take: (charges: readonly Charge[], nowMs: number) => takeGroup(charges as Group, nowMs),
  look: (charges: readonly Charge[], nowMs: number) =>
    rateLimitFields(charges as Group, lookAll(charges as Group, nowMs)),
})

type Group = readonly RateCharge[]

/** How the buckets of a group stand, in the order of its charges; undefined where that is not known. */
type States = (BucketState | undefined)[]

function takeGroup(group: Group, nowMs: number): MaybePromise<Decision> {
  if (!isOfOneStore(group)) {
    const known = lookAll(group, nowMs)
    if (known.some(refuses)) return refusal(group, known)
  }
  return takeFrom(0, group, [], nowMs)
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
function takeFrom(start: number, group: Group, states: States, nowMs: number): MaybePromise<Decision> {
  for (let i = start; i < group.length; i++) {
    if (states[i] !== undefined) continue // asked together with one ahead
    const { store } = group[i]!.limit
    const requests: BucketRequest[] = []
    for (const { limit, request } of group) if (limit.store === store) requests.push(request)
    const answer = store.take(requests, nowMs)
    if (isPromiseLike(answer)) {
      return answer.then(
        (answered) => noted(group, i, states, answered, requests.length) ?? takeFrom(i + 1, group, states, nowMs),
        (cause) => failed(group[i]!, cause),
      )
    }
    const denial = noted(group, i, states, answer, requests.length)
    if (denial !== undefined) return denial
  }
  return allowance(NO_FACTS, rateLimitFields(group, states))
}

/** Puts what the store of charge `at` answered into `states`, or gives the denial that ends the taking. */
function noted(
  group: Group,
  at: number,
  states: States,
  answer: readonly BucketState[],
  count: number,
): Denial | undefined {
  const charge = group[at]!
  if (!isAnswer(answer, count)) return failed(charge, new TypeError('the store left a bucket unanswered'))
  let next = 0
  let refused = false
  for (let i = at; i < group.length; i++) {
    if (group[i]!.limit.store !== charge.limit.store) continue
    const state = answer[next++]!
    states[i] = state
    if (!state.allowed) refused = true
  }
  return refused ? refusal(group, states) : undefined
}

/** A store that fails has counted nobody, and nobody is let in. */
const failed = ({ limit }: RateCharge, cause: unknown): Denial => ({
  ...unavailable('store_unavailable', 1, cause),
  guard: limit.guard,
})

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

function refusal(charges: Group, states: States): Denial {
  const violated = charges.filter((_, index) => refuses(states[index]))
  const retryAfterMs = states.reduce(
    (longest, state) => (refuses(state) ? Math.max(longest, state!.retryAfterMs) : longest),
    0,
  )
  const names = violated.map(({ limit }) => limit.name)
  return {
    ...exhaust('rate_limited', seconds(retryAfterMs), names),
    guard: violated[0]!.limit.guard,
    headers: rateLimitFields(charges, states),
  }
}
