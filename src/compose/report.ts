import type { NoFacts, RequestContext } from '../context.js'
import { ALLOWED, type Decision } from '../decision.js'
import { evaluate } from '../evaluate.js'
import { assertGuard, type Guard } from '../guard.js'
import { andThen } from '../lib/maybe-promise.js'
import { DENIAL_EVENT } from '../service.js'
import { settle } from './settle.js'

/**
 * Report-only: asks `guard` as if it counted, records what it would have denied in the request's audit event, and lets
 * the request pass. Gives no facts and sends no headers, since nothing may depend on a guard that does not guard yet.
 *
 * Limits inside it are charged on their own, as their refusal must not reach the request, and make nobody wait.
 *
 * @throws TypeError when `guard` is not a guard.
 */
export function report<Needs extends object = NoFacts>(guard: Guard<Needs, object>): Guard<Needs> {
  assertGuard(guard, 'report(): argument 1')
  const allowed = (ctx: RequestContext, decision: Decision<object>) => {
    if (!decision.allowed) {
      const { kind, code, event = DENIAL_EVENT[kind], guard: by = guard.name } = decision
      ctx.report({ event, code, guard: by })
    }
    return ALLOWED
  }
  return Object.freeze({
    name: `report(${guard.name})`,
    about: { combines: 'report', parts: [guard] } as const,
    check: (ctx: RequestContext, facts: Needs) =>
      andThen(
        andThen(evaluate(guard, ctx, facts), (decision) => settle(decision, ctx, false)),
        (decision) => allowed(ctx, decision),
      ),
  })
}
