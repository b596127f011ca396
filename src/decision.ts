import type { NoFacts, RequestContext } from './context.js'
import type { MaybePromise } from './lib/maybe-promise.js'
import type { Reply } from './reply.js'

/** Transport-neutral class of a denial. Adapters map it to an HTTP status or a gRPC code. */
export type DenialKind = 'unauthenticated' | 'forbidden' | 'invalid' | 'exhausted' | 'unavailable' | 'internal'

/** One `WWW-Authenticate` challenge (RFC 9110 section 11.6.1). Parameter values are sent as quoted strings. */
export interface Challenge {
  /** Name of the scheme, such as `Bearer`; letter case does not count (RFC 9110 section 11.1). */
  readonly scheme: string
  /** Parameters, in the order in which they are sent. Default: none. */
  readonly params?: Readonly<Record<string, string>> | undefined
}

/** Response fields a guard asks for, on allow as well as on deny; `undefined` removes what the framework set. */
export type HeaderList = readonly (readonly [name: string, value: string | undefined])[]

/** One thing wrong with the input: where, as a JSON Pointer (RFC 6901) such as `/body/items/0/sku`, and what. */
export interface Issue {
  /** Where. */
  readonly pointer: string
  /** What is wrong there. Shown to the caller. */
  readonly detail: string
}

/**
 * Something the request spends once it is decided. A guard that counts does not count in its check: it attaches a
 * charge to its decision, and `settle` takes all charges of the request together, so that a request refused by one
 * limit spends none of the others.
 */
export interface Charge {
  /** What takes it, together with the others of its kind. */
  readonly ledger: Ledger
}

/** Takes charges. One ledger per kind of charge. */
export interface Ledger {
  /**
   * Takes every charge or none; a denial when they cannot be taken.
   *
   * @param decision - What the request is charged for.
   * @param mayWait - Whether the request may be held back.
   */
  readonly take: (
    charges: readonly Charge[],
    ctx: RequestContext,
    decision: Decision<object>,
    mayWait: boolean,
  ) => MaybePromise<Decision>
  /** Response fields that tell where the charges stand, without taking them. */
  readonly look: (charges: readonly Charge[], ctx: RequestContext) => HeaderList
}

interface DenialOf<Kind extends DenialKind> {
  /** Tells a denial from an allowance. */
  readonly allowed: false
  /** Which of the six it is. */
  readonly kind: Kind
  /** Stable machine-readable reason, such as `token_expired`. */
  readonly code: string
  /** Name from the OWASP Logging Vocabulary, where it says more than the one of the kind. */
  readonly event?: string | undefined
  /** Safe to show to the caller. */
  readonly detail?: string | undefined
  /** For the audit trail only; never sent. */
  readonly cause?: unknown
  /** Response fields beside those that its kind has. */
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
  /** How the caller may prove who it is: one challenge or more. */
  readonly challenges: readonly [Challenge, ...Challenge[]]
}
/** 403; or 404 where the resource is missing or its existence is not told (RFC 9110 section 15.5.4). */
export interface Forbidden extends DenialOf<'forbidden'> {
  /** 404 in place of 403. Default: 403. */
  readonly status?: 404 | undefined
  /** RFC 6750 section 3.1: `insufficient_scope` is a 403 with a challenge. */
  readonly challenges?: readonly Challenge[] | undefined
}
/** 400, or the narrower status given. */
export interface Invalid extends DenialOf<'invalid'> {
  /** Default: 400. */
  readonly status?: 405 | 408 | 413 | 415 | 421 | 422 | undefined
  /** What is wrong, place by place; empty where `detail` says it all. */
  readonly issues: readonly Issue[]
  /** RFC 6750 section 3.1: `invalid_request` is a 400 with a challenge. */
  readonly challenges?: readonly Challenge[] | undefined
}
/** 429. */
export interface Exhausted extends DenialOf<'exhausted'> {
  /** Seconds after which the request may fit; sent as whole ones, at least one. */
  readonly retryAfterSeconds: number
  /** Names of the limits that were reached, as in `RateLimit-Policy`. */
  readonly violatedPolicies?: readonly string[] | undefined
  /** Registered problem type other than `quota-exceeded`. Default: `quota-exceeded`. */
  readonly problemType?: 'abnormal-usage-detected' | undefined
}
/** 503: the guard could not decide because something it depends on is away, or the service takes less than it was asked. */
export interface Unavailable extends DenialOf<'unavailable'> {
  /** Registered problem type. Default: none, `about:blank`. */
  readonly problemType?: 'temporary-reduced-capacity' | undefined
  /** Seconds after which it may be back; sent as whole ones, at least one. Default: none is sent. */
  readonly retryAfterSeconds?: number | undefined
}
/** 500: the guard itself failed. */
export interface Internal extends DenialOf<'internal'> {}

/** Why a request goes no further. `kind` tells which. */
export type Denial = Unauthenticated | Forbidden | Invalid | Exhausted | Unavailable | Internal

/** That a request may go on. */
export interface Allowance<out Facts extends object = NoFacts> {
  /** Tells an allowance from a denial. */
  readonly allowed: true
  /** What the guard established, for guards behind it and for the handler. */
  readonly facts: Facts
  /** Response fields to send. Default: none. */
  readonly headers?: HeaderList | undefined
  /** What the request owes. Default: nothing. */
  readonly charges?: readonly Charge[] | undefined
  /**
   * Answers the request at once, as `cors()` answers a preflight: guards behind are not asked, and no handler runs.
   * Default: the request goes on.
   */
  readonly reply?: Reply | undefined
}

/** What a guard answers. */
export type Decision<Facts extends object = NoFacts> = Allowance<Facts> | Denial

/** The facts of a guard that establishes nothing. Frozen. */
export const NO_FACTS: NoFacts = Object.freeze({})

/** Every allowance has all members, so that engines see objects of one shape. */
export const allowance = <Facts extends object>(
  facts: Facts,
  headers?: HeaderList,
  charges?: readonly Charge[],
  reply?: Reply,
): Allowance<Facts> => ({ allowed: true, facts, headers, charges, reply })

/** The shared answer of every guard that establishes nothing: allowing costs no allocation. */
export const ALLOWED: Allowance = Object.freeze(allowance(NO_FACTS))

/** Lets the request go on. */
export function allow(): Allowance
/** Lets the request go on, with facts for guards behind and for the handler, and with response fields. */
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
