import type { RequestContext } from '../context.js'
import type { Charge, Decision, Denial } from '../decision.js'
import { evaluate } from '../evaluate.js'
import { assertGuard, type Guard, type MaybePromise } from '../guard.js'
import { isPromiseLike } from '../lib/maybe-promise.js'
import type { GivesOf, NeedsOfAll } from './alternatives.js'
import { concat } from './sequence.js'
import { reportUntold, summarise, toldOf } from './summary.js'

type AnyGuard = Guard<object, object>

/**
 * Alternatives, asked in order: the first guard that allows wins. Needs what all of them need; gives what the winner
 * gave. An error in one alternative is never an allow: the next is asked.
 *
 * When every alternative answers 401, the answer is one 401 with every challenge and field; otherwise the first denial
 * that is about something else. A credential that an alternative refused, and that is no other's, is a notice in the audit
 * event where that does not tell it.
 * Limits that must count whatever an alternative says belong in front of `any`: where a limit of one refuses the request,
 * those of the others are not charged.
 *
 * @throws TypeError when an argument is not a guard.
 */
export function any<const G extends readonly [Guard<never, object>, ...Guard<never, object>[]]>(
  ...guards: G
): Guard<NeedsOfAll<G[number]>, GivesOf<G[number]>>
export function any(...guards: readonly AnyGuard[]): AnyGuard {
  if (guards.length === 0) throw new TypeError('any(): expected at least one guard')
  guards.forEach((guard, index) => {
    assertGuard(guard, `any(): argument ${index + 1}`)
  })
  return Object.freeze({
    name: `any(${guards.map((guard) => guard.name).join(', ')})`,
    about: { combines: 'any', parts: guards } as const,
    check: (ctx: RequestContext, facts: object) => firstAllowing(0, guards, ctx, facts, []),
  })
}

function firstAllowing(
  start: number,
  guards: readonly AnyGuard[],
  ctx: RequestContext,
  facts: object,
  denials: readonly Denial[],
): MaybePromise<Decision<object>> {
  let refused = denials
  for (let i = start; i < guards.length; i++) {
    const answer = evaluate(guards[i]!, ctx, facts)
    if (isPromiseLike(answer)) {
      const ahead = refused
      return answer.then((decision) =>
        decision.allowed ? won(ahead, decision, ctx) : firstAllowing(i + 1, guards, ctx, facts, [...ahead, decision]),
      )
    }
    if (answer.allowed) return won(refused, answer, ctx)
    refused = [...refused, answer]
  }
  const told = toldOf(refused)
  reportUntold(refused, told, ctx)
  return withChargesOf(refused, summarise(refused, told))
}

function won(refused: readonly Denial[], winner: Decision<object>, ctx: RequestContext): Decision<object> {
  if (refused.length === 0) return winner
  reportUntold(refused, undefined, ctx)
  return withChargesOf(refused, winner)
}

/** What an alternative counted stays counted when another wins, unless that limit itself refused. */
function withChargesOf<D extends Decision<object>>(refused: readonly Denial[], winner: D): D {
  let charges: readonly Charge[] | undefined
  for (const denial of refused)
    if (denial !== winner && denial.kind !== 'exhausted') charges = concat(charges, denial.charges)
  return charges === undefined ? winner : { ...winner, charges: concat(charges, winner.charges) }
}
