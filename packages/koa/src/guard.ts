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
import { keepHeaders, refuse, send, sendAtOnce } from './answer.js'
import { contextOf } from './context.js'
import type { KoaContext, KoaNext } from './http.js'

/** Koa middleware that lets a request pass only when its policy allows it. */
export interface GuardMiddleware<Facts extends object> {
  (ctx: KoaContext, next: KoaNext): Promise<unknown>
  /**
   * What the policy established for this request.
   *
   * @throws Error when this middleware has not let the request pass.
   */
  readonly facts: (ctx: KoaContext) => Facts
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
  ) => (ctx: KoaContext, next: KoaNext) => Promise<unknown>
}

/**
 * The guards of one service: one audit trail, client-address rule, clock and mode for all of them.
 *
 * @throws TypeError for an unknown setting or one of the wrong type.
 */
export function createGuard(settings: ServiceSettings = {}): GuardFactory {
  const service = resolveService(settings)
  /** Kept on the request under a symbol of this service: two services on one request keep apart. */
  const EXCHANGE = Symbol('wardline')
  type Guarded = KoaContext['req'] & { [EXCHANGE]?: Exchange }

  const exchangeOf = (ctx: KoaContext): Exchange => {
    const request: Guarded = ctx.req
    request[EXCHANGE] ??= new Exchange(service, contextOf(ctx, service))
    return request[EXCHANGE]
  }

  const middlewareOf = <Facts extends object>(mount: Mount<Facts>): GuardMiddleware<Facts> => {
    const middleware = async (ctx: KoaContext, next: KoaNext): Promise<unknown> => {
      const exchange = exchangeOf(ctx)
      const answer = mount.decide(exchange)
      const decision: Decision<Facts> = isPromiseLike(answer) ? await answer : answer
      if (!decision.allowed) return refuse(ctx, decision, exchange.instance)
      applyHeaders(ctx.res, decision.headers)
      if (decision.reply !== undefined) return sendAtOnce(ctx, decision.reply)
      try {
        return await next()
      } catch (error) {
        keepHeaders(ctx, decision.headers)
        throw error
      }
    }
    return Object.assign(middleware, {
      facts: (ctx: KoaContext) => mount.facts((ctx.req as Guarded)[EXCHANGE]),
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
    return (ctx, next) =>
      middleware(ctx, async () => {
        const { reply } = middleware.facts(ctx)
        if (reply === undefined) return next()
        return send(ctx, reply)
      })
  }

  const guarded: GuardFactory['guarded'] = (policy) => {
    const middleware = mounted(policy)
    return methodDecorator<[KoaContext, KoaNext]>(
      (method) =>
        function (ctx, next) {
          return middleware(ctx, async () => method.call(this, ctx, next))
        },
    )
  }
  return Object.freeze({ guard, guarded, answer })
}
