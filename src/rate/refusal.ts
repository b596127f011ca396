import { type Exhausted, exhaust } from '../decision.js'
import { seconds } from './fields.js'

/** A limit, as far as its refusal says. */
interface Refusing {
  readonly name: string
  readonly guard: string
  /** Members of its denial that are its own. */
  readonly refusal?: Partial<Omit<Exhausted, 'kind' | 'allowed'>> | undefined
}

/** The denial of a request that some limits refused, told as the first of them tells it. */
export function refusalOf(violated: readonly Refusing[], retryAfterMs: number): Exhausted {
  const { guard, refusal } = violated[0]!
  const names = violated.map(({ name }) => name)
  return { ...exhaust('rate_limited', Math.max(1, seconds(retryAfterMs)), names), ...refusal, guard }
}
