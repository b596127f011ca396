import type { NoFacts, RequestContext } from '../context.js'
import { ALLOWED, type Allowance, allow, type Decision, NO_FACTS } from '../decision.js'
import { evaluate } from '../evaluate.js'
import { assertGuard, type Guard, type MaybePromise } from '../guard.js'
import { isPromiseLike } from '../lib/maybe-promise.js'
import { sequel } from './sequence.js'

/** Intersections flattened into one object type, so that hovers and errors read well. */
type Flat<T> = { [K in keyof T]: T[K] } & {}

type AnyGuard = Guard<object, object>

/**
 * Every guard must allow; asked in order, the first denial wins, and so does an allowance with a `reply`. A guard may use
 * the facts of those before it, and the composite needs what its first guard needs. Up to eight guards; nest `all` for
 * more.
 *
 * A fact given twice with different values is an internal denial with code `fact_conflict`.
 *
 * @throws TypeError when an argument is not a guard.
 */
export function all<
  N extends object,
  A extends object,
  B extends object = NoFacts,
  C extends object = NoFacts,
  D extends object = NoFacts,
  E extends object = NoFacts,
  F extends object = NoFacts,
  G extends object = NoFacts,
  H extends object = NoFacts,
>(
  a: Guard<N, A>,
  b?: Guard<Flat<N & A>, B>,
  c?: Guard<Flat<N & A & B>, C>,
  d?: Guard<Flat<N & A & B & C>, D>,
  e?: Guard<Flat<N & A & B & C & D>, E>,
  f?: Guard<Flat<N & A & B & C & D & E>, F>,
  g?: Guard<Flat<N & A & B & C & D & E & F>, G>,
  h?: Guard<Flat<N & A & B & C & D & E & F & G>, H>,
): Guard<N, Flat<A & B & C & D & E & F & G & H>>
export function all(...slots: readonly (AnyGuard | undefined)[]): AnyGuard {
  if (slots.length === 0) throw new TypeError('all(): expected at least one guard')
  const guards = slots.map((slot, index) => {
    assertGuard(slot, `all(): argument ${index + 1}`)
    return slot
  })
  return Object.freeze({
    name: `all(${guards.map((guard) => guard.name).join(', ')})`,
    about: { combines: 'all', parts: guards } as const,
    check: (ctx: RequestContext, facts: object) => runFrom(0, guards, ctx, facts === NO_FACTS ? ALLOWED : allow(facts)),
  })
}

/** Loops while answers are synchronous; a promise carries the rest of the list in its continuation. */
function runFrom(
  start: number,
  guards: readonly AnyGuard[],
  ctx: RequestContext,
  before: Allowance<object>,
): MaybePromise<Decision<object>> {
  let soFar = before
  for (let i = start; i < guards.length; i++) {
    const answer = evaluate(guards[i]!, ctx, soFar.facts)
    if (isPromiseLike(answer)) {
      const ahead = soFar
      return answer.then((decision) => {
        const settled = sequel(ahead, decision)
        return settled.allowed && settled.reply === undefined ? runFrom(i + 1, guards, ctx, settled) : settled
      })
    }
    const next = sequel(soFar, answer)
    if (!next.allowed || next.reply !== undefined) return next
    soFar = next
  }
  return soFar
}
