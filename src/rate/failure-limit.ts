import type { NoFacts } from '../context.js'
import type { Decision } from '../decision.js'
import type { Guard } from '../guard.js'
import { callable, integerBetween, knownOptions } from '../lib/options.js'
import type { Correction } from './correction.js'
import { LIMIT_OPTIONS, type LimitOptions, LONGEST_WINDOW_MS, limitGuard, limitName } from './limit-guard.js'
import { ruleOf } from './rule.js'

/** How often one may fail. */
export interface FailureLimitOptions<Needs extends object = NoFacts> extends LimitOptions<Needs> {
  /** Failures, the last of which is followed by the first wait. 1 to 1 000 000. */
  readonly failures: number
  /** Milliseconds in which `failures` of them are forgotten, one by one, while nobody waits. 1 to 2 678 400 000 (31 days). */
  readonly windowMs: number
  /** Milliseconds of the first wait; each further failure doubles it. 1 to `lockoutMs`. Default: 1 000. */
  readonly delayMs?: number | undefined
  /** Milliseconds of the longest wait, 1 to 2 678 400 000 (31 days). Default: 900 000 (15 minutes). */
  readonly lockoutMs?: number | undefined
  /**
   * Whether the status that the service answers with is a failure, such as `(status) => status === 401` at a login route.
   * Attempts then count as failures until they are answered, so that many at once gain nothing, and those whose client
   * leaves before are failures. Default: a 401 is one, and attempts at once are told apart where the guard that refuses
   * them is in the same policy.
   */
  readonly isFailure?: ((status: number) => boolean) | undefined
}

/**
 * Counts failures alone, against guessing: once there are too many, further attempts wait, each failure twice as long, up
 * to a lockout. Put it ahead of the guard that asks for credentials; its key says who is locked out, and whoever may
 * choose it may lock others out: by the client's address, or by address and account together.
 *
 * Charged like `rateLimit()`; a right guess among too many at once is refused as well. Denies with 429
 * `too_many_failures`, problem type `abnormal-usage-detected`, event `authn_login_fail_max`. Callers are told no counts.
 *
 * @throws TypeError for an option out of its range.
 */
export function failureLimit<Needs extends object = NoFacts>(options: FailureLimitOptions<Needs>): Guard<Needs> {
  const own = ['failures', 'windowMs', 'delayMs', 'lockoutMs', 'isFailure']
  knownOptions('failureLimit()', options, [...own, ...LIMIT_OPTIONS])
  const name = limitName(options.name)
  const limit = integerBetween('failures', options.failures, 1, 1_000_000)
  const windowMs = integerBetween('windowMs', options.windowMs, 1, LONGEST_WINDOW_MS)
  const lockoutMs = integerBetween('lockoutMs', options.lockoutMs ?? 900_000, 1, LONGEST_WINDOW_MS)
  const delayMs = integerBetween('delayMs', options.delayMs ?? Math.min(1_000, lockoutMs), 1, lockoutMs)
  const { isFailure } = options
  if (isFailure !== undefined) callable('isFailure', isFailure)
  return limitGuard<Needs>({
    verb: 'failureLimit',
    options: { ...options, fields: 'none' },
    rule: ruleOf(name, { algorithm: 'backoff', limit, windowMs, delayMs, lockoutMs }),
    requires: { name, failures: limit, windowMs },
    ...(isFailure === undefined
      ? { cost: 0, own: { refusal: REFUSAL, costWhenDecided }, correction: lateFailure }
      : { cost: 1, own: { refusal: REFUSAL }, correction: noFailure(isFailure) }),
  })
}

/** Of guards that are mounted apart, or of the handler. What was a failure stays one, though its client has left. */
const lateFailure: Correction = ({ status }, charged) => (charged === 0 && status === 401 ? 1 : 0)

/** Whoever leaves before the answer is sent may know it all the same. */
const LEFT = 499

const noFailure =
  (isFailure: (status: number) => boolean): Correction =>
  ({ status }, charged) =>
    status === LEFT || isFailure(status) ? 0 : -charged

const costWhenDecided = (decision: Decision<object>): number =>
  !decision.allowed && decision.kind === 'unauthenticated' ? 1 : 0

const REFUSAL = Object.freeze({
  code: 'too_many_failures',
  event: 'authn_login_fail_max',
  problemType: 'abnormal-usage-detected',
} as const)
