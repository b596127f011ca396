import type { RequestContext } from './context.js'
import { type Allowance, type Decision, type Denial, type DenialKind, internal } from './decision.js'
import type { Guard } from './guard.js'
import { isPromiseLike, type MaybePromise } from './lib/maybe-promise.js'
import type { Reply } from './reply.js'

const KINDS: ReadonlySet<DenialKind> = new Set<DenialKind>([
  'unauthenticated',
  'forbidden',
  'invalid',
  'exhausted',
  'unavailable',
  'internal',
])

/**
 * Asks one guard. A guard that throws, rejects or answers with something else than a decision denies: nothing fails
 * open by accident. A denial leaves with the name of the innermost guard that gave it.
 */
export function evaluate<Needs extends object, Gives extends object>(
  guard: Guard<Needs, Gives>,
  ctx: RequestContext,
  facts: Needs,
): MaybePromise<Decision<Gives>> {
  try {
    const answer = guard.check(ctx, facts)
    if (!isPromiseLike(answer)) return checked(answer, guard.name)
    return Promise.resolve(answer).then(
      (decision) => checked(decision, guard.name),
      (cause) => failed(cause, guard.name),
    )
  } catch (cause) {
    return failed(cause, guard.name)
  }
}

function checked<Gives extends object>(answer: Decision<Gives>, guard: string): Decision<Gives> {
  try {
    return isAllowance(answer) ? answer : named(answer, guard)
  } catch (cause) {
    return failed(cause, guard) // an answer whose members cannot be read
  }
}

const failed = (cause: unknown, guard: string): Denial => ({ ...internal(cause), guard })

const isAllowance = <F extends object>(answer: Decision<F>): answer is Allowance<F> =>
  answer?.allowed === true &&
  typeof answer.facts === 'object' &&
  answer.facts !== null &&
  (answer.reply === undefined || isReply(answer.reply))

/** What no adapter could send is no answer. */
const isReply = (reply: Reply): boolean =>
  Number.isInteger(reply?.status) &&
  reply.status >= 200 &&
  reply.status <= 599 &&
  Array.isArray(reply.headers) &&
  typeof reply.body === 'string'

function named(answer: Denial, guard: string): Denial {
  if (!isDenial(answer)) return { ...internal(new TypeError(`${guard} gave no decision`)), guard }
  return answer.guard === undefined ? { ...answer, guard } : answer
}

/** Guards may come from JavaScript: a 401 without a challenge or a made-up kind is not an answer. */
const isDenial = (answer: Denial): boolean =>
  answer?.allowed === false &&
  KINDS.has(answer.kind) &&
  typeof answer.code === 'string' &&
  (answer.kind !== 'unauthenticated' || (Array.isArray(answer.challenges) && answer.challenges.length > 0)) &&
  (answer.kind !== 'invalid' || Array.isArray(answer.issues))
