import { sequel } from '../compose/sequence.js'
import { settle } from '../compose/settle.js'
import { type Allowance, type Decision, type Denial, NO_FACTS } from '../decision.js'
import { evaluate } from '../evaluate.js'
import { assertGuard, type Guard, type MaybePromise } from '../guard.js'
import { andThen } from '../lib/maybe-promise.js'
import { DENIAL_EVENT } from '../service.js'
import type { Exchange } from './exchange.js'

/**
 * A policy at one place of a service. Decides once per request, however often the request comes by, and starts from the
 * facts of the mount it was made from, which it runs first where that has not run yet.
 */
export class Mount<Facts extends object> {
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
    return andThen(
      andThen(this.#ask(exchange), (decision) => settle(decision, ctx, service.clock)),
      (decision) => this.#conclude(exchange, decision) as Decision<Facts>,
    )
  }

  /** @throws Error when this mount has not allowed this request: a handler that forgot its guard. */
  facts(exchange: Exchange | undefined): Facts {
    const allowance = exchange?.allowanceOf(this)
    if (allowance === undefined) throw new Error(`${this.name} has not run for this request`)
    return allowance.facts as Facts
  }

  /** Not settled yet, so that limits of this policy and of those it builds on are taken together. */
  #ask(exchange: Exchange): MaybePromise<Decision<object>> {
    const known = exchange.allowanceOf(this)
    if (known !== undefined) return known
    if (this.#parent === undefined) return evaluate(this.#policy, exchange.ctx, NO_FACTS)
    return andThen(this.#parent.#ask(exchange), (before) =>
      before.allowed
        ? andThen(evaluate(this.#policy, exchange.ctx, before.facts), (decision) => sequel(before, decision))
        : before,
    )
  }

  #conclude(exchange: Exchange, decision: Decision<object>): Decision<object> {
    if (decision.allowed) return this.#establish(exchange, decision)
    if (exchange.service.mode === 'report') return this.#pardon(exchange, decision)
    exchange.deny(decision, this.name)
    return decision
  }

  #establish(exchange: Exchange, allowance: Allowance<object>): Allowance<object> {
    if (this.#parent !== undefined && exchange.allowanceOf(this.#parent) === undefined) {
      this.#parent.#establish(exchange, allowance)
    }
    exchange.allow(this, allowance, this.name)
    return allowance
  }

  /** What was established before the denial is all that the handler will find. */
  #pardon(exchange: Exchange, denial: Denial): Allowance<object> {
    exchange.pardon(denial, DENIAL_EVENT[denial.kind])
    return this.#establish(exchange, { allowed: true, facts: denial.facts ?? NO_FACTS, headers: denial.headers })
  }
}
