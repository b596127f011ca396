import {
  ALLOWED,
  type Charge,
  type Decision,
  type Denial,
  exhaust,
  type HeaderList,
  type Ledger,
  unavailable,
} from '../decision.js'
import { andThen, isPromiseLike, type MaybePromise } from '../lib/maybe-promise.js'
import { type PolicyState, rateLimitFields, seconds } from './fields.js'
import type { BucketRequest, BucketState, RateLimitStore } from './store.js'

/** One limit's share in a request, taken when the request is decided. */
export interface RateCharge extends Charge {
  readonly name: string
  readonly guard: string
  readonly store: RateLimitStore
  readonly request: BucketRequest
}

/**
 * Takes all limits of a request together. Limits in one store are taken atomically by that store; before several stores
 * are asked in turn, all are looked at, so that stores of this process are taken all or none as well.
 */
export const rateLedger: Ledger = Object.freeze({
  take: (charges: readonly Charge[], nowMs: number) => {
    const group = charges as Group
    const known = lookAll(group, nowMs)
    return known.some(({ state }) => !state.allowed) ? refusal(group, known) : takeStores(byStore(group), nowMs, [])
  },
  look: (charges: readonly Charge[], nowMs: number) => fieldsOf(lookAll(charges as Group, nowMs)),
})

type Group = readonly RateCharge[]

const lookAll = (group: Group, nowMs: number): readonly PolicyState[] =>
  group.flatMap((charge) => {
    const state = charge.store.look(charge.request, nowMs)
    return state === undefined ? [] : [policyOf(charge, state)]
  })

function byStore(charges: Group): readonly Group[] {
  const stores = new Set(charges.map((charge) => charge.store))
  return [...stores].map((store) => charges.filter((charge) => charge.store === store))
}

function takeStores(groups: readonly Group[], nowMs: number, taken: readonly PolicyState[]): MaybePromise<Decision> {
  const [group, ...rest] = groups
  if (group === undefined) return { ...ALLOWED, headers: fieldsOf(taken) }
  return andThen(takeStore(group, nowMs), (states) => {
    if ('kind' in states) return states
    const policies = [...taken, ...group.map((charge, index) => policyOf(charge, states[index]!))]
    return states.every((state) => state.allowed) ? takeStores(rest, nowMs, policies) : refusal(group, policies)
  })
}

/** A store that fails has counted nobody, and nobody is let in. */
function takeStore(group: Group, nowMs: number): MaybePromise<readonly BucketState[] | Denial> {
  const { store, guard } = group[0]!
  const failed = (cause: unknown): Denial => ({ ...unavailable('store_unavailable', 1, cause), guard })
  const whole = (states: readonly BucketState[]) =>
    answers(states, group.length) ? states : failed(new TypeError('the store left a bucket unanswered'))
  const answer = store.take(
    group.map((charge) => charge.request),
    nowMs,
  )
  return isPromiseLike(answer) ? answer.then(whole, failed) : whole(answer)
}

/** Stores may come from JavaScript: `'0'` would allow, and `NaN` is no time to wait. */
const answers = (states: readonly BucketState[], count: number): boolean =>
  Array.isArray(states) && states.length === count && states.every(isState)

const isState = (state: BucketState | undefined): boolean =>
  typeof state?.allowed === 'boolean' &&
  Number.isFinite(state.remaining) &&
  Number.isFinite(state.retryAfterMs) &&
  Number.isFinite(state.resetMs)

function refusal(group: Group, policies: readonly PolicyState[]): Denial {
  const violated = policies.filter(({ state }) => !state.allowed)
  const retryAfterMs = Math.max(...violated.map(({ state }) => state.retryAfterMs))
  const guard = group.find((charge) => charge.name === violated[0]!.name)?.guard
  const names = violated.map(({ name }) => name)
  return { ...exhaust('rate_limited', seconds(retryAfterMs), names), guard, headers: fieldsOf(policies) }
}

const fieldsOf = (policies: readonly PolicyState[]): HeaderList =>
  policies.length === 0 ? [] : rateLimitFields(policies)

const policyOf = ({ name, request }: RateCharge, state: BucketState): PolicyState => ({
  name,
  limit: request.limit,
  windowMs: request.windowMs,
  state,
})
