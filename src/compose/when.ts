import type { NoFacts, RequestContext } from '../context.js'
import { ALLOWED } from '../decision.js'
import { evaluate } from '../evaluate.js'
import { assertGuard, type Guard } from '../guard.js'

/**
 * Asks `guard` unless `condition` says `false`. Its facts may be missing afterwards, and their types say so.
 *
 * Only the literal `false` skips the guard; a condition that throws denies as internal. Keep conditions to what the
 * service itself knows: one that reads a request header lets the caller choose.
 *
 * @throws TypeError when `condition` is not a function or `guard` not a guard.
 */
export function when<Needs extends object = NoFacts, Gives extends object = NoFacts>(
  condition: (ctx: RequestContext, facts: Needs) => boolean,
  guard: Guard<Needs, Gives>,
): Guard<Needs, Partial<Gives>> {
  if (typeof condition !== 'function')
    throw new TypeError(`when(): condition must be a function, got ${typeof condition}`)
  assertGuard(guard, 'when(): argument 2')
  return Object.freeze({
    name: `when(${guard.name})`,
    about: { combines: 'when', parts: [guard] } as const,
    check: (ctx: RequestContext, facts: Needs) =>
      condition(ctx, facts) === false ? ALLOWED : evaluate(guard, ctx, facts),
  })
}
