import type { NoFacts, RequestContext } from '../context.js'
import { callable, integerBetween, knownOptions, nonEmptyString, nonEmptyStrings, shown } from '../lib/options.js'

/** How much a request matters: under load `sheddable` ones are refused first, and `critical` ones last. */
export type PriorityClass = 'critical' | 'default' | 'sheddable'

/** From the last to be refused to the first. The index of a class is its rank. */
export const CLASSES = ['critical', 'default', 'sheddable'] as const satisfies readonly PriorityClass[]

/** How much load a service takes, and what it gives up first. At least one maximum. */
export interface ShedOptions<Needs extends object = NoFacts> {
  /** Requests admitted and not answered yet, 1 to 1 million. Exact. Default: no maximum. */
  readonly maxInFlight?: number | undefined
  /** Mean delay of the event loop, in milliseconds, 10 to 60 000. Smoothed over about a second. Default: no maximum. */
  readonly maxEventLoopDelayMs?: number | undefined
  /** Part of the time in which the event loop is at work, 0.1 to 0.99. Smoothed likewise. Default: no maximum. */
  readonly maxEventLoopUtilization?: number | undefined
  /**
   * The class of a request, by what it asks for. A field that the caller sends must not choose it, unless a proxy of your own
   * writes that field. Anything but a class is an error, and the request is refused with 500. Default: all are `default`.
   */
  readonly priority?: ((ctx: RequestContext, facts: Needs) => PriorityClass) | undefined
  /**
   * The part of each maximum up to which a class is admitted, 0.01 to 1; `sheddable` at most that of `default`. `critical` has
   * all of it. Default: 0.9 for `default` (1 without `priority`, where there is nobody to leave room for), 0.7 for `sheddable`
   * (or that of `default`, where that is less).
   */
  readonly shares?: { readonly default?: number | undefined; readonly sheddable?: number | undefined } | undefined
  /**
   * Requests that are never refused nor counted, such as health checks: exact paths, as received, or a function that says
   * `true`. Default: none.
   */
  readonly exempt?: string | readonly string[] | ((ctx: RequestContext) => boolean) | undefined
  /**
   * Seconds after which a refused caller may try again, 1 to 300. Callers are told this and up to twice this, in turn, so that
   * they do not all come back at once. Default: 5.
   */
  readonly retryAfterSeconds?: number | undefined
  /** Tells this guard from others in the audit trail, as `shed(name)`. Default: none, `shed`. */
  readonly name?: string | undefined
}

const OPTIONS = [
  'maxInFlight',
  'maxEventLoopDelayMs',
  'maxEventLoopUtilization',
  'priority',
  'shares',
  'exempt',
  'retryAfterSeconds',
  'name',
] as const satisfies readonly (keyof ShedOptions)[]

/** Options with nothing missing but the maxima. */
export interface ShedRules<Needs extends object> {
  readonly guardName: string
  readonly maxInFlight: number | undefined
  readonly maxEventLoopDelayMs: number | undefined
  readonly maxEventLoopUtilization: number | undefined
  /** By rank. */
  readonly shares: readonly number[]
  readonly priority: (ctx: RequestContext, facts: Needs) => PriorityClass
  readonly isExempt: (ctx: RequestContext) => boolean
  readonly retryAfterSeconds: number
}

/** @throws TypeError for an option that is unknown or out of its range, and without a maximum. */
export function checkedRules<Needs extends object>(options: ShedOptions<Needs>): ShedRules<Needs> {
  knownOptions('shed()', options, OPTIONS)
  const { maxInFlight, maxEventLoopDelayMs, maxEventLoopUtilization, priority, name } = options
  const { shares = {}, retryAfterSeconds = 5 } = options
  if (maxInFlight === undefined && maxEventLoopDelayMs === undefined && maxEventLoopUtilization === undefined) {
    throw new TypeError('shed(): give maxInFlight, maxEventLoopDelayMs or maxEventLoopUtilization')
  }
  return {
    guardName: name === undefined ? 'shed' : `shed(${nonEmptyString('name', name)})`,
    maxInFlight: maxInFlight === undefined ? undefined : integerBetween('maxInFlight', maxInFlight, 1, 1_000_000),
    maxEventLoopDelayMs:
      maxEventLoopDelayMs === undefined
        ? undefined
        : integerBetween('maxEventLoopDelayMs', maxEventLoopDelayMs, 10, 60_000),
    maxEventLoopUtilization:
      maxEventLoopUtilization === undefined
        ? undefined
        : numberBetween('maxEventLoopUtilization', maxEventLoopUtilization, 0.1, 0.99),
    shares: checkedShares(shares, priority === undefined ? 1 : 0.9),
    priority: priority === undefined ? () => 'default' : callable('priority', priority),
    isExempt: exemption(options.exempt),
    retryAfterSeconds: integerBetween('retryAfterSeconds', retryAfterSeconds, 1, 300),
  }
}

function checkedShares(shares: NonNullable<ShedOptions['shares']>, usual: number): readonly number[] {
  knownOptions('shares', shares, ['default', 'sheddable'])
  const { default: forDefault = usual } = shares
  const ofDefault = numberBetween('shares.default', forDefault, 0.01, 1)
  const { sheddable = Math.min(0.7, ofDefault) } = shares
  const ofSheddable = numberBetween('shares.sheddable', sheddable, 0.01, 1)
  if (ofSheddable <= ofDefault) return [1, ofDefault, ofSheddable]
  throw new TypeError(`shares.sheddable must be at most shares.default, ${ofDefault}, got ${ofSheddable}`)
}

function exemption(exempt: ShedOptions['exempt']): (ctx: RequestContext) => boolean {
  if (exempt === undefined) return () => false
  if (typeof exempt === 'function') return (ctx) => exempt(ctx) === true
  const paths = new Set(nonEmptyStrings('exempt', exempt))
  for (const path of paths) {
    if (!PATH.test(path)) throw new TypeError(`exempt must hold paths such as /healthz, got ${shown(path)}`)
  }
  return ({ path }) => paths.has(path)
}

/** What `ctx.path` can be: a path without query and fragment. */
const PATH = /^\/[^?#\s]*$/

function numberBetween(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && value >= min && value <= max) return value
  throw new TypeError(`${name} must be a number from ${min} to ${max}, got ${shown(value)}`)
}
