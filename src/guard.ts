import type { NoFacts, RequestContext } from './context.js'
import type { Decision } from './decision.js'
import type { MaybePromise } from './lib/maybe-promise.js'

export type { MaybePromise } from './lib/maybe-promise.js'

/** The part of the library, or of the service, that a guard belongs to. */
export type Room = 'edge' | 'rate' | 'identity' | 'access' | 'input' | 'audit' | 'service'

/** What a guard is, as data: for coverage reports, documentation and tests. */
export interface GuardInfo {
  /** Where it belongs. Default of `defineGuard()`: `service`. */
  readonly room?: Room | undefined
  /** How a composite combines its parts. */
  readonly combines?: 'all' | 'any' | 'when' | 'choose' | 'report' | undefined
  /** What it asks of a request, such as `{ anyRole: ['admin'] }`. Plain data. */
  readonly requires?: Readonly<Record<string, unknown>> | undefined
  /** What a composite is made of, in the order in which it asks. */
  readonly parts?: readonly Guard<never, object>[] | undefined
}

/**
 * One security check.
 *
 * @typeParam Needs - Facts that earlier guards must have given.
 * @typeParam Gives - Facts this guard establishes when it allows.
 */
export interface Guard<in Needs extends object = NoFacts, out Gives extends object = NoFacts> {
  /** Shown in audit events and descriptions. */
  readonly name: string
  /** A property, not a method: method syntax is bivariant and would hide an unmet need. */
  readonly check: (ctx: RequestContext, facts: Needs) => MaybePromise<Decision<Gives>>
  /** For `describe()`. Default: nothing is said. */
  readonly about?: GuardInfo | undefined
}

/**
 * Checks a guard of your own and infers its types: `Needs` from the facts parameter, `Gives` from `allow()`.
 *
 * @throws TypeError when `name` is not a non-empty string or `check` not a function.
 */
export function defineGuard<Needs extends object = NoFacts, Gives extends object = NoFacts>(
  guard: Guard<Needs, Gives>,
): Guard<Needs, Gives> {
  assertGuard(guard, 'defineGuard()')
  const { name, about = { room: 'service' } } = guard
  return Object.freeze({ name, about, check: guard.check.bind(guard) }) // a class may keep check on its prototype
}

/** A missing guard is an error at start; skipping it would fail open. */
export function assertGuard(value: unknown, where: string): asserts value is Guard<never, object> {
  const { name, check } = (value ?? {}) as Partial<Guard>
  if (typeof check !== 'function') throw new TypeError(`${where}: expected a guard, got ${typeOf(value)}`)
  if (typeof name !== 'string' || name === '')
    throw new TypeError(`${where}: a guard needs a name, got ${typeOf(name)}`)
}

function typeOf(value: unknown): string {
  if (value === null || Array.isArray(value)) return value === null ? 'null' : 'an array'
  if (typeof value !== 'function') return typeof value
  return 'facts' in value ? 'a middleware (give its policy)' : 'a function (call it?)'
}

/** A guard as data: its name, room, requirements and, for a composite, its parts. */
export interface GuardDescription {
  /** As in audit events. */
  readonly name: string
  /** Where it belongs. */
  readonly room?: Room | undefined
  /** How a composite combines its parts. */
  readonly combines?: GuardInfo['combines']
  /** What it asks of a request. */
  readonly requires?: GuardInfo['requires']
  /** Those of a composite, in order. */
  readonly parts?: readonly GuardDescription[] | undefined
}

/** The tree of `guard`, as plain data that can be printed, compared or sent. */
export function describe(guard: Guard<never, object>): GuardDescription {
  const { room, combines, requires, parts } = guard.about ?? {}
  return {
    name: guard.name,
    ...(room !== undefined && { room }),
    ...(combines !== undefined && { combines }),
    ...(requires !== undefined && { requires }),
    ...(parts !== undefined && { parts: parts.map(describe) }),
  }
}
