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

function takeGroup(group: Group, nowMs: number): MaybePromise<Decision> {
  const groups = byStore(group)
  if (groups.length > 1) {
    const known = lookAll(group, nowMs)
    if (known.some(refuses)) return refusal(group, known)
  }
  return takeFrom(0, groups, nowMs, NONE_TAKEN)
}

function lookAll(group: Group, nowMs: number): readonly (BucketState | undefined)[] {
  const states: (BucketState | undefined)[] = []
  for (const { limit, request } of group) states.push(limit.store.look(request, nowMs))
  return states
}

/** In order of their first charge. */
function byStore(group: Group): readonly Group[] {
  const groups: RateCharge[][] = []
  for (const charge of group) {
    const own = groups.find((one) => one[0]!.limit.store === charge.limit.store)
    if (own === undefined) groups.push([charge])
    else own.push(charge)
  }
  return groups
}

/** Charges, and the states of their buckets in the same order. */
interface Taken {
  readonly charges: Group
  readonly states: readonly BucketState[]
}

const NONE_TAKEN: Taken = { charges: [], states: [] }

/** Loops while stores answer at once; a promise carries the rest of them in its continuation. */
function takeFrom(start: number, groups: readonly Group[], nowMs: number, before: Taken): MaybePromise<Decision> {
  let taken = before
  for (let i = start; i < groups.length; i++) {
    const group = groups[i]!
    const answer = group[0]!.limit.store.take(requestsOf(group), nowMs)
    if (isPromiseLike(answer)) {
      const ahead = taken
      return answer.then(
        (states) => {
          const next = join(ahead, group, states)
          return 'kind' in next ? next : takeFrom(i + 1, groups, nowMs, next)
        },
        (cause) => failed(group, cause),
      )
    }
    const next = join(taken, group, answer)
    if ('kind' in next) return next
    taken = next
  }
  return allowance(NO_FACTS, rateLimitFields(taken.charges, taken.states))
}

const requestsOf = (group: Group): readonly BucketRequest[] => group.map(({ request }) => request)

/** What is taken so far, or the denial that ends it. */
function join(before: Taken, group: Group, states: readonly BucketState[]): Taken | Denial {
  if (!isAnswer(states, group.length)) return failed(group, new TypeError('the store left a bucket unanswered'))
  const taken =
    before === NONE_TAKEN
      ? { charges: group, states }
      : { charges: [...before.charges, ...group], states: [...before.states, ...states] }
  return states.some(refuses) ? refusal(taken.charges, taken.states) : taken
}

/** A store that fails has counted nobody, and nobody is let in. */
const failed = (group: Group, cause: unknown): Denial => ({
  ...unavailable('store_unavailable', 1, cause),
  guard: group[0]!.limit.guard,
})

/** Stores may come from JavaScript: `'0'` would allow, and `NaN` is no time to wait. */
const isAnswer = (states: readonly BucketState[], count: number): boolean =>
  Array.isArray(states) && states.length === count && states.every(isState)

const isState = (state: BucketState | undefined): boolean =>
  typeof state?.allowed === 'boolean' &&
  Number.isFinite(state.remaining) &&
  Number.isFinite(state.retryAfterMs) &&
  Number.isFinite(state.resetMs)

const refuses = (state: BucketState | undefined): boolean => state?.allowed === false

function refusal(charges: Group, states: readonly (BucketState | undefined)[]): Denial {
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
