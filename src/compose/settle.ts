import type { NoFacts, RequestContext } from '../context.js'
import { ALLOWED, type Charge, type Decision, type Denial, type HeaderList, NO_FACTS } from '../decision.js'
import { evaluate } from '../evaluate.js'
import type { Guard, MaybePromise } from '../guard.js'
import { andThen } from '../lib/maybe-promise.js'
import { concat, sequel } from './sequence.js'

/**
 * Asks a whole policy and takes what the request owes: the answer that holds.
 *
 * @param nowMs - The clock, read again when charges are taken: a body may have taken seconds to arrive.
 */
export const decide = <Gives extends object>(
  policy: Guard<NoFacts, Gives>,
  ctx: RequestContext,
  nowMs: () => number,
): MaybePromise<Decision<Gives>> => andThen(evaluate(policy, ctx, NO_FACTS), (decision) => settle(decision, ctx, nowMs))

/**
 * Takes the charges of `decision`, all or none. A request that a limit has refused spends nothing; any other denial is
 * still charged for, and turns into the limit's refusal when it cannot be.
 */
export function settle<Gives extends object>(
  decision: Decision<Gives>,
  ctx: RequestContext,
  nowMs: () => number,
): MaybePromise<Decision<Gives>> {
  const { charges } = decision
  if (charges === undefined) return decision
  if (!decision.allowed && decision.kind === 'exhausted') return closed(decision, look(charges, nowMs()))
  return andThen(take(charges, ctx, nowMs()), (taken) =>
    taken.allowed ? closed(decision, taken.headers) : refused(decision, taken),
  )
}

/** Ledger by ledger. Charges of one ledger are all taken or none; a later ledger's refusal does not undo an earlier one. */
function take(charges: readonly Charge[], ctx: RequestContext, nowMs: number): MaybePromise<Decision<object>> {
  const ledger = charges[0]?.ledger
  if (ledger === undefined) return ALLOWED
  const own = charges.filter((charge) => charge.ledger === ledger)
  const others = charges.filter((charge) => charge.ledger !== ledger)
  const taking: Guard = { name: 'settle', check: () => ledger.take(own, nowMs) }
  return andThen(evaluate(taking, ctx, NO_FACTS), (taken) =>
    taken.allowed ? andThen(take(others, ctx, nowMs), (rest) => sequel(taken, rest)) : taken,
  )
}

function look(charges: readonly Charge[], nowMs: number): HeaderList | undefined {
  const ledgers = new Set(charges.map((charge) => charge.ledger))
  return [...ledgers].flatMap((ledger) =>
    ledger.look(
      charges.filter((charge) => charge.ledger === ledger),
      nowMs,
    ),
  )
}

const closed = <D extends Decision<object>>(decision: D, headers: HeaderList | undefined): D => ({
  ...decision,
  headers: concat(decision.headers, headers),
  charges: undefined,
})

const refused = (decision: Decision<object>, refusal: Denial): Denial => ({
  ...refusal,
  facts: decision.facts,
  headers: concat(decision.headers, refusal.headers),
})
