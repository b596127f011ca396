import type { NoFacts } from './context.js'
import type { MaybePromise } from './lib/maybe-promise.js'

/** Transport-neutral class of a denial. Adapters map it to an HTTP status or a gRPC code. */
export type DenialKind = 'unauthenticated' | 'forbidden' | 'invalid' | 'exhausted' | 'unavailable' | 'internal'

/** One `WWW-Authenticate` challenge (RFC 9110 section 11.6.1). Parameter values are sent as quoted strings. */
export interface Challenge {
  readonly scheme: string
  readonly params?: Readonly<Record<string, string>> | undefined
}

/** Response fields a guard asks for, on allow as well as on deny; `undefined` removes what the framework set. */
export type HeaderList = readonly (readonly [name: string, value: string | undefined])[]

/** One thing wrong with the input: where, as a JSON Pointer (RFC 6901) such as `/body/items/0/sku`, and what. */
export interface Issue {
  readonly pointer: string
  readonly detail: string
}

/**
 * Something the request spends once it is decided. A guard that counts does not count in its check: it attaches a
 * charge to its decision, and `settle` takes all charges of the request together, so that a request refused by one
 * limit spends none of the others.
 */
export interface Charge {
  readonly ledger: Ledger
}

/** Takes charges. One ledger per kind of charge. */
export interface Ledger {
  /** Takes every charge or none; a denial when they cannot be taken. */
  readonly take: (charges: readonly Charge[], nowMs: number) => MaybePromise<Decision>
  /** Response fields that tell where the charges stand, without taking them. */
  readonly look: (charges: readonly Charge[], nowMs: number) => HeaderList
}

interface DenialOf<Kind extends DenialKind> {
  readonly allowed: false
  readonly kind: Kind
  /** Stable machine-readable reason, such as `token_expired`. */
  readonly code: string
  /** Name from the OWASP Logging Vocabulary, where it says more than the one of the kind. */
  readonly event?: string | undefined
  /** Safe to show to the caller. */
  readonly detail?: string | undefined
  /** For the audit trail only; never sent. */
  readonly cause?: unknown
  readonly headers?: HeaderList | undefined
  /** Name of the guard that denied. Set by the engine. */
  readonly guard?: string | undefined
  /** What guards ahead had established, for the audit trail. Set by the engine. */
  readonly facts?: object | undefined
  /** What the request owes all the same. Set by the engine. */
  readonly charges?: readonly Charge[] | undefined
}

/** 401. A denial of this kind without a challenge does not type-check: RFC 9110 section 15.5.2 requires one. */
export interface Unauthenticated extends DenialOf<'unauthenticated'> {
  readonly challenges: readonly [Challenge, ...Challenge[]]
}
/** 403; or 404 where the resource is missing or its existence is not told (RFC 9110 section 15.5.4). */
export interface Forbidden extends DenialOf<'forbidden'> {
  readonly status?: 404 | undefined
  /** RFC 6750 section 3.1: `insufficient_scope` is a 403 with a challenge. */
  readonly challenges?: readonly Challenge[] | undefined
}
/** 400, or the narrower status given. */
export interface Invalid extends DenialOf<'invalid'> {
  readonly status?: 405 | 408 | 413 | 415 | 422 | undefined
  readonly issues: readonly Issue[]
  /** RFC 6750 section 3.1: `invalid_request` is a 400 with a challenge. */
  readonly challenges?: readonly Challenge[] | undefined
}
/** 429. */
export interface Exhausted extends DenialOf<'exhausted'> {
  readonly retryAfterSeconds: number
  /** Names of the limits that were reached, as in `RateLimit-Policy`. */
  readonly violatedPolicies?: readonly string[] | undefined
}
/** 503: the guard could not decide because something it depends on is away. */
export interface Unavailable extends DenialOf<'unavailable'> {
  readonly retryAfterSeconds?: number | undefined
}
/** 500: the guard itself failed. */
export interface Internal extends DenialOf<'internal'> {}

export type Denial = Unauthenticated | Forbidden | Invalid | Exhausted | Unavailable | Internal

export interface Allowance<out Facts extends object = NoFacts> {
  readonly allowed: true
  readonly facts: Facts
  readonly headers?: HeaderList | undefined
  readonly charges?: readonly Charge[] | undefined
}

export type Decision<Facts extends object = NoFacts> = Allowance<Facts> | Denial

export const NO_FACTS: NoFacts = Object.freeze({})

/** Every allowance has all members, so that engines see objects of one shape. */
export const allowance = <Facts extends object>(
  facts: Facts,
  headers?: HeaderList,
  charges?: readonly Charge[],
): Allowance<Facts> => ({ allowed: true, facts, headers, charges })

/** The shared answer of every guard that establishes nothing: allowing costs no allocation. */
export const ALLOWED: Allowance = Object.freeze(allowance(NO_FACTS))

export function allow(): Allowance
export function allow<const Facts extends object>(facts: Facts, headers?: HeaderList): Allowance<Facts>
export function allow(facts?: object, headers?: HeaderList): Allowance<object> {
  return facts === undefined ? ALLOWED : allowance(facts, headers)
}

/** 403: known, but may not. `detail` is shown to the caller. */
export const forbid = (code: string, detail?: string): Forbidden => ({
  allowed: false,
  kind: 'forbidden',
  code,
  detail,
})

/** 401: not known, or not well enough; says how to be. */
export const challenge = (code: string, ...challenges: readonly [Challenge, ...Challenge[]]): Unauthenticated => ({
  allowed: false,
  kind: 'unauthenticated',
  code,
  challenges,
})

/** 400 or the narrower `status`: the request is not sound. */
export const invalid = (
  code: string,
  detail: string,
  rest: Partial<Omit<Invalid, 'code' | 'detail'>> = {},
): Invalid => ({
  allowed: false,
  kind: 'invalid',
  code,
  detail,
  issues: [],
  ...rest,
})

/** 429: too much. */
export const exhaust = (code: string, retryAfterSeconds: number, violatedPolicies?: readonly string[]): Exhausted => ({
  allowed: false,
  kind: 'exhausted',
  code,
  retryAfterSeconds,
  violatedPolicies,
})

/** 503: something the guard depends on is away. `cause` goes to the audit trail only. */
export const unavailable = (code: string, retryAfterSeconds: number, cause?: unknown): Unavailable => ({
  allowed: false,
  kind: 'unavailable',
  code,
  retryAfterSeconds,
  cause,
})

/** 500: the guard itself failed. `cause` goes to the audit trail only. */
export const internal = (cause: unknown, code = 'guard_failed'): Internal => ({
  allowed: false,
  kind: 'internal',
  code,
  cause,
})
