import type { Decision, Guard, NoFacts, ReplyFacts, ServiceSettings } from 'wardline'
import {
  applyHeaders,
  atMostOnePolicy,
  baseline,
  Exchange,
  isPromiseLike,
  type MethodDecorator,
  Mount,
  methodDecorator,
  resolveService,
} from 'wardline/mount'
import { refuse, send, sendAtOnce } from './answer.js'
import { contextOf } from './context.js'
import type { ExpressNext, ExpressRequest, ExpressResponse } from './http.js'
import { settleShape } from './shape.js'

/** Express middleware that lets a request pass only when its policy allows it. */
export interface GuardMiddleware<Facts extends object> {
  (request: ExpressRequest, response: ExpressResponse, next: ExpressNext): void
  /**
   * What the policy established for this request.
   *
   * @throws Error when this middleware has not let the request pass.
   */
  readonly facts: (request: ExpressRequest) => Facts
  /** Middleware for a route that starts from these facts; runs this policy first where it has not run yet. */
  readonly and: <More extends object>(policy: Guard<Facts, More>) => GuardMiddleware<Facts & More>
}

/** `guard`, `guarded` and `answer`, bound to the settings of one service. */
export interface GuardFactory {
  /** Middleware for `policy`; without one, the baseline: security headers, 300 requests a minute, no ambiguous requests. */
  readonly guard: <Facts extends object = NoFacts>(policy?: Guard<NoFacts, Facts>) => GuardMiddleware<Facts>
  /** The same as a decorator for a handler method, standard or legacy. */
  readonly guarded: (policy: Guard<NoFacts, object> | GuardMiddleware<object>) => MethodDecorator
  /**
   * The end of a route whose policy has the answer ready, such as `protectedResource()` or `backChannelLogout()`. In report
   * mode, where there may be none, the request goes on to the next handler.
   */
  readonly answer: (
    policy: Guard<NoFacts, ReplyFacts> | GuardMiddleware<ReplyFacts>,
  ) => (request: ExpressRequest, response: ExpressResponse, next: ExpressNext) => void
}

/**
 * The guards of one service: one audit trail, client-address rule, clock and mode for all of them.
 *
 * @throws TypeError for an unknown setting or one of the wrong type.
 */
export function createGuard(settings: ServiceSettings = {}): GuardFactory {
  const service = resolveService(settings)
  /**
   * Kept on the request under a symbol of this service: two services on one request keep apart. A WeakMap would keep
   * requests from the young generation's collector.
   */
  const EXCHANGE = Symbol('wardline')
  type Guarded = ExpressRequest & { [EXCHANGE]?: Exchange }

  const exchangeOf = (request: Guarded, response: ExpressResponse): Exchange => {
    const known = request[EXCHANGE]
    if (known !== undefined) return known
    settleShape(request)
    settleShape(response)
    const exchange = new Exchange(service, contextOf(request, response, service))
    request[EXCHANGE] = exchange
    return exchange
  }

  const middlewareOf = <Facts extends object>(mount: Mount<Facts>): GuardMiddleware<Facts> => {
    const middleware = (request: ExpressRequest, response: ExpressResponse, next: ExpressNext): void => {
      const exchange = exchangeOf(request, response)
      const settle = (decision: Decision<Facts>): void => {
        if (!decision.allowed) {
          refuse(request, response, decision, exchange.instance)
          return
        }
        applyHeaders(response, decision.headers)
        if (decision.reply === undefined) next()
        else sendAtOnce(request, response, decision.reply)
      }
      const decision = mount.decide(exchange)
      if (isPromiseLike(decision)) decision.then(settle).then(undefined, next)
      else settle(decision)
    }
    return Object.assign(middleware, {
      facts: (request: Guarded) => mount.facts(request[EXCHANGE]),
      and: <More extends object>(...given: readonly [policy: Guard<Facts, More>]) => {
        atMostOnePolicy('and()', given)
        return middlewareOf(new Mount<Facts & More>(given[0], mount))
      },
    })
  }

  // `guard(undefined)` is a policy that went missing, not one that was left out
  const guard: GuardFactory['guard'] = <Facts extends object>(...given: readonly [policy?: Guard<NoFacts, Facts>]) => {
    atMostOnePolicy('guard()', given)
    return middlewareOf(new Mount<Facts>(given.length === 0 ? baseline() : given[0]!))
  }

  const mounted = <Facts extends object>(policy: Guard<NoFacts, Facts> | GuardMiddleware<Facts>) =>
    typeof policy === 'function' && 'facts' in policy ? policy : guard(policy)

  const answer: GuardFactory['answer'] = (policy) => {
    const middleware = mounted(policy)
    return (request, response, next) =>
      middleware(request, response, (error) => {
        const reply = error === undefined ? middleware.facts(request).reply : undefined
        if (reply === undefined) next(error)
        else send(response, reply)
      })
  }

  const guarded: GuardFactory['guarded'] = (policy) => {
    const middleware = mounted(policy)
    return methodDecorator<[ExpressRequest, ExpressResponse, ExpressNext]>(
      (method) =>
        function (request, response, next) {
          middleware(request, response, (error) => {
            if (error !== undefined) return next(error)
            const done = method.call(this, request, response, next)
            if (isPromiseLike(done)) done.then(undefined, next)
          })
        },
    )
  }
  return Object.freeze({ guard, guarded, answer })
}
