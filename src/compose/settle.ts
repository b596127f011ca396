import type { NoFacts, RequestContext } from '../context.js'
import {
  ALLOWED,
  allow,
  allowance,
  type Charge,
  type Decision,
  type Denial,
  type HeaderList,
  type Ledger,
  NO_FACTS,
} from '../decision.js'
import { evaluate } from '../evaluate.js'
import type { Guard, MaybePromise } from '../guard.js'
import { andThen } from '../lib/maybe-promise.js'
import { concat, sequel } from './sequence.js'

/** Asks a whole policy and takes what the request owes: the answer that holds. */
export const decide = <Gives extends object>(
  policy: Guard<NoFacts, Gives>,
  ctx: RequestContext,
): MaybePromise<Decision<Gives>> => andThen(evaluate(policy, ctx, NO_FACTS), (decision) => settle(decision, ctx))

/**
 * Takes the charges of `decision`, all or none. A request that a limit has refused spends nothing; any other denial is
 * still charged for, and turns into the limit's refusal when it cannot be.
 *
 * @param mayWait - Whether limits may hold the request back. Where they only report, they may not.
 */
export function settle<Gives extends object>(
  decision: Decision<Gives>,
  ctx: RequestContext,
  mayWait = true,
): MaybePromise<Decision<Gives>> {
  const { charges } = decision
  if (charges === undefined) return decision
  const spared = !decision.allowed && decision.kind === 'exhausted'
  return andThen(spared ? look(charges, ctx) : take(charges, ctx, decision, mayWait), (settled) =>
    settled.allowed ? closed(decision, settled.headers) : refused(decision, settled),
  )
}

/** Ledger by ledger. Charges of one ledger are all taken or none; a later ledger's refusal does not undo an earlier one. */
function take(
  charges: readonly Charge[],
  ctx: RequestContext,
  decision: Decision<object>,
  mayWait: boolean,
): MaybePromise<Decision<object>> {
  const ledger = charges[0]?.ledger
  if (ledger === undefined) return ALLOWED
  const own = ofLedger(charges, ledger)
  const taken = asking(ctx, () => ledger.take(own, ctx, decision, mayWait))
  if (own === charges) return taken
  const others = charges.filter((charge) => charge.ledger !== ledger)
  return andThen(taken, (before) =>
    before.allowed ? andThen(take(others, ctx, decision, mayWait), (rest) => sequel(before, rest)) : before,
  )
}

function look(charges: readonly Charge[], ctx: RequestContext): MaybePromise<Decision<object>> {
  const ledgers = [...new Set(charges.map((charge) => charge.ledger))]
  return asking(ctx, () =>
    allow(
      NO_FACTS,
      ledgers.flatMap((ledger) => ledger.look(ofLedger(charges, ledger), ctx)),
    ),
  )
}

/** The list itself where all are of one ledger, as is usual. */
const ofLedger = (charges: readonly Charge[], ledger: Ledger): readonly Charge[] =>
  charges.every((charge) => charge.ledger === ledger) ? charges : charges.filter((charge) => charge.ledger === ledger)

/** A ledger that fails denies, as a guard that fails does. */
const asking = (ctx: RequestContext, check: Guard['check']): MaybePromise<Decision> =>
  evaluate({ name: 'settle', check }, ctx, NO_FACTS)

const closed = <Gives extends object>(decision: Decision<Gives>, fields: HeaderList | undefined): Decision<Gives> => {
  const headers = concat(decision.headers, fields)
  return decision.allowed
    ? allowance(decision.facts, headers, undefined, decision.reply)
    : { ...decision, headers, charges: undefined }
}

const refused = (decision: Decision<object>, refusal: Denial): Denial => ({
  ...refusal,
  facts: decision.facts,
  headers: concat(decision.headers, refusal.headers),
})
