import { sequel } from '../compose/sequence.js'
import { settle } from '../compose/settle.js'
import { type Allowance, allow, type Decision, type Denial, NO_FACTS } from '../decision.js'
import { evaluate } from '../evaluate.js'
import { assertGuard, type Guard, type MaybePromise } from '../guard.js'
import { andThen } from '../lib/maybe-promise.js'
import { DENIAL_EVENT } from '../service.js'
import type { Exchange } from './exchange.js'
import { withResource } from './resource.js'

/** An answer that is not settled yet, and that of the mount it builds on. */
interface Asked {
  readonly decision: Decision<object>
  readonly ahead?: Asked
}

/**
 * A policy at one place of a service. Decides once per request, however often the request comes by, and starts from the
 * facts of the mount it was made from, which it runs first where that has not run yet.
 */
export class Mount<Facts extends object> {
  /** That of the policy. */
  readonly name: string
  readonly #policy: Guard<object, object>
  readonly #parent: Mount<object> | undefined

  constructor(policy: Guard<never, object>, parent?: Mount<object>) {
    assertGuard(policy, parent === undefined ? 'guard()' : 'and()')
    this.#policy = policy as Guard<object, object>
    this.#parent = parent
    this.name = policy.name
  }

  /** The answer that holds for this request; in report mode always an allowance. */
  decide(exchange: Exchange): MaybePromise<Decision<Facts>> {
    const { ctx, service } = exchange
    const known = exchange.allowanceOf(this)
    if (known !== undefined) return known as Allowance<Facts>
    exchange.begin()
    return andThen(this.#ask(exchange), ({ decision, ahead }) =>
      andThen(
        settle(decision, ctx, service.mode !== 'report'),
        (settled) => this.#conclude(exchange, settled, ahead) as Decision<Facts>,
      ),
    )
  }

  /**
   * What the policy established for this request.
   *
   * @throws Error when this mount has not allowed this request: a handler that forgot its guard.
   */
  facts(exchange: Exchange | undefined): Facts {
    const allowance = exchange?.allowanceOf(this)
    if (allowance === undefined) throw new Error(`${this.name} has not run for this request`)
    return allowance.facts as Facts
  }

  /** Not settled yet, so that limits of this policy and of those it builds on are taken together. */
  #ask(exchange: Exchange): MaybePromise<Asked> {
    const known = exchange.allowanceOf(this)
    if (known !== undefined) return { decision: known }
    if (this.#parent === undefined) {
      return andThen(evaluate(this.#policy, exchange.ctx, NO_FACTS), (decision) => ({ decision }))
    }
    return andThen(this.#parent.#ask(exchange), (ahead): MaybePromise<Asked> => {
      const before = ahead.decision
      if (!before.allowed || before.reply !== undefined) return { decision: before, ahead }
      const next = evaluate(this.#policy, exchange.ctx, before.facts)
      return andThen(next, (decision) => ({ decision: sequel(before, decision), ahead }))
    })
  }

  #conclude(exchange: Exchange, decision: Decision<object>, ahead: Asked | undefined): Decision<object> {
    if (decision.allowed) return this.#establish(exchange, decision, ahead)
    if (exchange.service.mode === 'report') return this.#pardon(exchange, decision, ahead)
    const denial = withResource(decision, exchange.service.resource)
    exchange.deny(denial, this.name)
    return denial
  }

  /** Every mount keeps its own facts: what this one gives is none of its siblings' business. */
  #establish(exchange: Exchange, allowance: Allowance<object>, ahead: Asked | undefined): Allowance<object> {
    if (this.#parent !== undefined && exchange.allowanceOf(this.#parent) === undefined) {
      const before = ahead?.decision.allowed ? ahead.decision : allowance // itself denied, in report mode
      this.#parent.#establish(exchange, before, ahead?.ahead)
    }
    exchange.allow(this, allowance, this.name)
    return allowance
  }

  /** What was established before the denial is all that the handler will find. */
  #pardon(exchange: Exchange, denial: Denial, ahead: Asked | undefined): Allowance<object> {
    exchange.pardon(denial, denial.event ?? DENIAL_EVENT[denial.kind])
    return this.#establish(exchange, allow(denial.facts ?? NO_FACTS, denial.headers), ahead)
  }
}

/**
 * Checks how many policies were given to `guard()` or `.and()`: a second one that is dropped would fail open.
 *
 * @throws TypeError for more than one; a request with its response counts, which is a `guard` mounted without a call.
 */
export function atMostOnePolicy(where: string, given: readonly unknown[]): void {
  if (given.length <= 1) return
  const advice = 'combine several with all(), and mount what guard() gives, not guard itself'
  throw new TypeError(`${where} takes one policy, got ${given.length} arguments: ${advice}`)
}
