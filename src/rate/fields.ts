import { createHash } from 'node:crypto'
import type { HeaderList } from '../decision.js'
import { LONGEST_MS } from './algorithms/windows.js'
import type { LimitRule } from './rule.js'
import type { BucketRequest, BucketState } from './store.js'

/**
 * How a limit is told: `draft-11`, the structured fields of draft-ietf-httpapi-ratelimit-headers-11; `draft-6`, the three
 * fields of its sixth draft; `x-ratelimit`, their forerunners, with the time of reset in seconds since the epoch; `none`.
 */
export type FieldEncoding = 'draft-11' | 'draft-6' | 'x-ratelimit' | 'none'

/** The encodings, by name. */
export const ENCODINGS: readonly FieldEncoding[] = ['draft-11', 'draft-6', 'x-ratelimit', 'none']

/** One limit as the response fields name it. Made once per limit. */
export interface LimitItem {
  readonly name: string
  readonly encoding: FieldEncoding
  /** Its item of `RateLimit-Policy`, and what the older fields say in its place. */
  readonly policyItem: string
  readonly quota: number
  /** Whether the partition key is told. */
  readonly partitioned: boolean
}

/** A limit, and what it was asked in this request. */
interface Told {
  readonly limit: LimitItem
  readonly request: BucketRequest
}

/** The seconds of a window. Nothing for places, which have none. */
export function windowSeconds(rule: LimitRule): number | undefined {
  switch (rule.algorithm) {
    case 'concurrency':
      return undefined
    case 'fixed-window':
      return seconds(typeof rule.window === 'number' ? rule.window : LONGEST_MS[rule.window])
    default:
      return seconds(rule.windowMs)
  }
}

/**
 * Lists of structured items for `draft-11` (sections 3 and 4): all limits, and how those stand whose state is known. The
 * older encodings have room for one limit, the one that refused, or else that of which least is left.
 *
 * @param states - Of `charges`, in the same order.
 */
export function rateLimitFields(
  charges: readonly Told[],
  states: readonly (BucketState | undefined)[],
  nowMs: number,
): HeaderList {
  let policies = ''
  let current = ''
  let nearest = -1
  const isRefusal = states.some((state) => state?.allowed === false)
  for (let i = 0; i < charges.length; i++) {
    const { limit } = charges[i]!
    const state = states[i]
    if (limit.encoding === 'draft-11') {
      const key = limit.partitioned ? partitionKey(charges[i]!.request) : ''
      policies = listed(policies, limit.policyItem + key)
      if (state !== undefined) current = listed(current, currentItem(charges[i]!, state, isRefusal) + key)
    } else if (limit.encoding !== 'none' && state !== undefined) {
      if (nearest === -1 || isNearer(charges, states, i, nearest)) nearest = i
    }
  }
  const older = nearest === -1 ? [] : olderFields(charges[nearest]!.limit, states[nearest]!, nowMs)
  if (policies === '') return older
  const policy = ['ratelimit-policy', policies] as const
  return current === '' ? [policy, ...older] : [policy, ['ratelimit', current], ...older]
}

const listed = (list: string, item: string): string => (list === '' ? item : `${list}, ${item}`)

/**
 * `t` is when the quota is whole again; for a limit that refused, when the request would be let in. Beside a refusal the
 * others name no time, so that `Retry-After` is no earlier than any (section 6 of the draft).
 */
function currentItem({ limit: { name }, request }: Told, state: BucketState, isRefusal: boolean): string {
  const { allowed, remaining, resetMs, retryAfterMs } = state
  if ((isRefusal && allowed) || request.rule.algorithm === 'concurrency') return `"${name}";r=${remaining}`
  return `"${name}";r=${remaining};t=${seconds(allowed ? resetMs : retryAfterMs)}`
}

/** Structured byte sequence (RFC 9651 section 3.3.5): the same for one partition. No secret: who guesses a key can tell. */
const partitionKey = ({ rule, key }: BucketRequest): string =>
  `;pk=:${createHash('sha256').update(`${rule.id}:${key}`, 'utf16le').digest().subarray(0, 12).toString('base64')}:`

function isNearer(
  charges: readonly Told[],
  states: readonly (BucketState | undefined)[],
  a: number,
  b: number,
): boolean {
  const [one, other] = [states[a]!, states[b]!]
  if (one.allowed !== other.allowed) return !one.allowed
  return one.remaining / charges[a]!.limit.quota < other.remaining / charges[b]!.limit.quota
}

function olderFields({ encoding, policyItem, quota }: LimitItem, state: BucketState, nowMs: number): HeaderList {
  const reset = seconds(state.allowed ? state.resetMs : state.retryAfterMs)
  return encoding === 'draft-6'
    ? [
        ['ratelimit-limit', policyItem],
        ['ratelimit-remaining', String(state.remaining)],
        ['ratelimit-reset', String(reset)],
      ]
    : [
        ['x-ratelimit-limit', String(quota)],
        ['x-ratelimit-remaining', String(state.remaining)],
        ['x-ratelimit-reset', String(seconds(nowMs) + reset)],
      ]
}

/** Whole seconds, rounded up: a client that waits so long has waited long enough. */
export const seconds = (milliseconds: number): number => Math.ceil(milliseconds / 1000)
