import { listen, mountsOf, type StartService } from '@wardline/conformance'
import { createGuard, type GuardMiddleware } from '@wardline/express'
import type express from 'express'
import type { ReplyFacts } from 'wardline'

/** Starts services of the conformance tables with this version of Express. */
export const startWith =
  (framework: typeof express): StartService =>
  (service) => {
    const { guard, answer } = createGuard(service.settings)
    const app = framework()
    const everyone = service.everyone === undefined ? guard() : guard(service.everyone)
    if (service.mountedAt === 'service') app.use(everyone)
    for (const route of service.routes) {
      const { mounts, last } = mountsOf(everyone, service, route)
      const { handle } = route
      if (handle === 'answer') {
        app[route.method](route.pattern, ...mounts, answer(last as GuardMiddleware<ReplyFacts>))
        continue
      }
      app[route.method](route.pattern, ...mounts, async (req, res, next) => {
        try {
          const { status, headers, body } = await handle({
            facts: last.facts(req),
            params: req.params,
            body: req.body,
          })
          res.status(status).set({ ...headers, ...(body && { 'content-type': 'application/json' }) })
          res.end(body && JSON.stringify(body))
        } catch (error) {
          next(error)
        }
      })
    }
    return listen(app, { tls: service.tls })
  }
