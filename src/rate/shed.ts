import type { NoFacts, RequestContext } from '../context.js'
import { ALLOWED, type Decision, type Unavailable } from '../decision.js'
import type { Guard } from '../guard.js'
import { shown } from '../lib/options.js'
import { Gauge, LoopLoad } from './shed-load.js'
import { type LoopMonitor, perfHooksMonitor } from './shed-monitor.js'
import { CLASSES, checkedRules, type PriorityClass, type ShedOptions, type ShedRules } from './shed-options.js'

/** Where the load stands, for metrics and readiness probes. */
export interface ShedLoad {
  /** Requests admitted and not answered yet. */
  readonly inFlight: number
  /** Smoothed, in milliseconds; a sample counts as twice the maximum at most. Undefined without `maxEventLoopDelayMs`. */
  readonly eventLoopDelayMs: number | undefined
  /** Smoothed, 0 to 1. Undefined without `maxEventLoopUtilization`. */
  readonly eventLoopUtilization: number | undefined
  /** Classes of which a request would be refused now. */
  readonly refusing: readonly PriorityClass[]
  /** Requests refused since the guard was made, by class. */
  readonly refused: Readonly<Record<PriorityClass, number>>
}

/** A guard that tells its load. */
export interface ShedGuard<in Needs extends object = NoFacts> extends Guard<Needs> {
  /** As it is now; a copy, which does not change. */
  readonly load: () => ShedLoad
}

/**
 * Refuses requests that the service would not serve well: those above a number in flight, and those that come while the event
 * loop is late or busy. Lower classes are refused at lower load, each class all or none. Belongs ahead of all other guards: a
 * refused request costs no more than its answer, and its body is not read.
 *
 * Denies with 503 `overloaded`, `Retry-After` and the problem type `temporary-reduced-capacity`. The audit event is
 * `excess_rate_limit_exceeded`.
 *
 * @throws TypeError for an option out of its range, and without a maximum.
 */
export const shed = <Needs extends object = NoFacts>(options: ShedOptions<Needs>): ShedGuard<Needs> =>
  shedBy(perfHooksMonitor, options)

/** The same with an event loop that tests hold in their hands. */
export function shedBy<Needs extends object = NoFacts>(
  monitor: () => LoopMonitor,
  options: ShedOptions<Needs>,
): ShedGuard<Needs> {
  const rules = checkedRules(options)
  const { guardName, priority, isExempt, retryAfterSeconds } = rules
  const delay = gaugeOf(rules.maxEventLoopDelayMs, rules.shares)
  const utilization = gaugeOf(rules.maxEventLoopUtilization, rules.shares)
  const loop =
    delay === undefined && utilization === undefined ? undefined : new LoopLoad(monitor(), delay, utilization)
  const places = placesOf(rules)
  const refused = CLASSES.map(() => 0)
  const causes = CLASSES.map(causesOf)
  let inFlight = 0
  let extraSeconds = 0

  const release = () => {
    inFlight--
  }
  const excess = (rank: number): keyof Causes | undefined => {
    if (inFlight >= places[rank]!) return 'inFlight'
    if (delay?.isOver(rank)) return 'delay'
    return utilization?.isOver(rank) ? 'utilization' : undefined
  }
  const refuse = (rank: number, cause: Error): Unavailable => {
    refused[rank]!++
    const after = retryAfterSeconds + extraSeconds
    extraSeconds = (extraSeconds + 1) % (retryAfterSeconds + 1)
    return { ...OVERLOADED, retryAfterSeconds: after, cause }
  }

  return Object.freeze({
    name: guardName,
    about: { room: 'rate', requires: requirementsOf(rules) } as const,
    check: (ctx: RequestContext, facts: Needs): Decision => {
      if (isExempt(ctx)) return ALLOWED
      const rank = rankOf(priority(ctx, facts))
      loop?.note()
      const reason = excess(rank)
      if (reason !== undefined) return refuse(rank, causes[rank]![reason])
      inFlight++
      ctx.onFinished(release)
      return ALLOWED
    },
    load: (): ShedLoad => ({
      inFlight,
      eventLoopDelayMs: delay?.smoothed,
      eventLoopUtilization: utilization?.smoothed,
      refusing: CLASSES.filter((_name, rank) => excess(rank) !== undefined),
      refused: { critical: refused[0]!, default: refused[1]!, sheddable: refused[2]! },
    }),
  })
}

const gaugeOf = (maximum: number | undefined, shares: readonly number[]): Gauge | undefined =>
  maximum === undefined
    ? undefined
    : new Gauge(
        maximum,
        shares.map((share) => share * maximum),
      )

/** How many may be in flight when one more of a class comes. At least one place, or a class would never be served. */
const placesOf = ({ maxInFlight = Number.POSITIVE_INFINITY, shares }: ShedRules<never>): readonly number[] =>
  shares.map((share) => Math.max(1, Math.round(share * maxInFlight)))

/** For the audit trail: what was too much, for whom. Made once, since an error is costly to make. */
const causesOf = (name: PriorityClass) => ({
  inFlight: new Error(`too many requests in flight for class ${name}`),
  delay: new Error(`event loop too late for class ${name}`),
  utilization: new Error(`event loop too busy for class ${name}`),
})
type Causes = ReturnType<typeof causesOf>

/** The default event of its kind says that a control is off; this one is at work (OWASP Logging Vocabulary, excess). */
const OVERLOADED = Object.freeze({
  allowed: false,
  kind: 'unavailable',
  code: 'overloaded',
  event: 'excess_rate_limit_exceeded',
  problemType: 'temporary-reduced-capacity',
} as const)

function rankOf(name: PriorityClass): number {
  const rank = CLASSES.indexOf(name)
  if (rank === -1) throw new TypeError(`priority must give one of ${CLASSES.join(', ')}, got ${shown(name)}`)
  return rank
}

const requirementsOf = (rules: ShedRules<never>) => {
  const { maxInFlight, maxEventLoopDelayMs, maxEventLoopUtilization, shares } = rules
  return Object.freeze({
    ...(maxInFlight !== undefined && { maxInFlight }),
    ...(maxEventLoopDelayMs !== undefined && { maxEventLoopDelayMs }),
    ...(maxEventLoopUtilization !== undefined && { maxEventLoopUtilization }),
    shares: Object.freeze({ default: shares[1]!, sheddable: shares[2]! }),
  })
}
