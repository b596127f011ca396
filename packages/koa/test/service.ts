import Router from '@koa/router'
import { listen, mountsOf, type StartService } from '@wardline/conformance'
import { createGuard, type GuardMiddleware } from '@wardline/koa'
import type Koa from 'koa'
import type { ReplyFacts } from 'wardline'

/** Starts services of the conformance tables with this version of Koa. */
export const startWith =
  (Framework: typeof Koa): StartService =>
  (service) => {
    const { guard, answer } = createGuard(service.settings)
    const app = new Framework()
    app.silent = true
    const everyone = service.everyone === undefined ? guard() : guard(service.everyone)
    if (service.mountedAt === 'service') app.use(everyone)
    const router = new Router()
    for (const route of service.routes) {
      const { mounts, last } = mountsOf(everyone, service, route)
      const { handle } = route
      if (handle === 'answer') {
        router[route.method](route.pattern, ...mounts, answer(last as GuardMiddleware<ReplyFacts>))
        continue
      }
      router[route.method](route.pattern, ...mounts, async (ctx) => {
        const { status, headers, body } = await handle({
          facts: last.facts(ctx),
          params: ctx.params,
          body: (ctx.request as { body?: unknown }).body,
        })
        ctx.status = status
        ctx.set({ ...headers })
        ctx.body = body
      })
    }
    app.use(router.routes())
    return listen(app.callback(), { tls: service.tls })
  }
