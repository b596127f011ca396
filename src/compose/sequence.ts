import { ALLOWED, type Allowance, allowance, type Decision, type Denial, internal, NO_FACTS } from '../decision.js'

/** What holds after `next` was decided on top of `before`: facts, headers and charges of both, or the denial. */
export function sequel(before: Allowance<object>, next: Decision<object>): Decision<object> {
  return next.allowed ? join(before, next) : deny(before, next)
}

/** Copies rather than mutates, so that facts of a denied branch never reach its siblings. */
function join(before: Allowance<object>, next: Allowance<object>): Decision<object> {
  if (next === ALLOWED) return before
  if (before === ALLOWED) return next
  const conflict = conflictingFact(before.facts, next.facts)
  if (conflict !== undefined) {
    const cause = new Error(`fact '${String(conflict)}' was given twice with different values`)
    return deny(before, internal(cause, 'fact_conflict'))
  }
  return allowance(
    merge(before.facts, next.facts),
    concat(before.headers, next.headers),
    concat(before.charges, next.charges),
    next.reply,
  )
}

/** Keeps what guards ahead had said: a 403 still reports the rate limit, and the audit trail knows the principal. */
function deny(before: Allowance<object>, denial: Denial): Denial {
  if (before === ALLOWED) return denial
  return {
    ...denial,
    facts: denial.facts ?? before.facts, // a composite's own include those it was given
    headers: concat(before.headers, denial.headers),
    charges: concat(before.charges, denial.charges),
  }
}

/** A fact is given once: an overwrite would let a later guard change who an earlier one vouched for. */
function conflictingFact(before: object, next: object): PropertyKey | undefined {
  if (before === NO_FACTS || next === NO_FACTS || next === before) return undefined
  for (const key in next) if (differ(before, next, key)) return key
  return Object.getOwnPropertySymbols(next).find((key) => differ(before, next, key))
}

const differ = (before: object, next: object, key: PropertyKey): boolean =>
  Object.hasOwn(before, key) && !Object.is(before[key as never], next[key as never])

const merge = (before: object, next: object): object =>
  next === NO_FACTS || next === before ? before : before === NO_FACTS ? next : { ...before, ...next }

/** The two lists in a row, without a copy where one is missing. */
export const concat = <T>(a: readonly T[] | undefined, b: readonly T[] | undefined): readonly T[] | undefined =>
  a === undefined ? b : b === undefined ? a : [...a, ...b]
