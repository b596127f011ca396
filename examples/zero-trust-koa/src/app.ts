import Router from '@koa/router'
import { type Answer, methodNotAllowed, NOT_FOUND, SERVER_ERROR } from '@wardline/example-service'
import {
  healthOf,
  recognised,
  type Trust,
  type ZeroTrustConfig,
  zeroTrustPolicies,
  type zeroTrustSettings,
} from '@wardline/example-zero-trust-domain'
import { createGuard, type GuardMiddleware } from '@wardline/koa'
import Koa, { type Context, type Middleware } from 'koa'
import type { Principal } from 'wardline'

/** The zero-trust service on Koa. */
export function zeroTrustApp(
  config: ZeroTrustConfig,
  trust: Trust,
  settings: ReturnType<typeof zeroTrustSettings>,
): Koa {
  const { guard, answer } = createGuard(settings)
  const policies = zeroTrustPolicies(config, trust)

  const app = new Koa()
  // Clients that left, or broke the protocol: what a handler throws is told by onError below.
  app.on('error', () => {})
  // Not mounted by itself: every route ends in a guard that builds on it, and so takes both limits at once or none.
  const everyone = guard(policies.everyone)
  const elsewhere = everyone.and(policies.elsewhere)
  app.use(healthz(trust))
  app.use(onError)

  // One spelling for each route: /HEALTHZ and /healthz/ are other paths.
  const router = new Router({ sensitive: true, strict: true })
  const rest = (path: string, method: string) => router.all(path, elsewhere, answerWith(methodNotAllowed(method)))

  router.get(trust.resource.path, answer(everyone.and(policies.metadata)))
  rest(trust.resource.path, 'GET, HEAD')
  router.post('/backchannel-logout', answer(everyone.and(policies.logout)))
  rest('/backchannel-logout', 'POST')

  const account = everyone.and(policies.account)
  router.get('/accounts/me', account, showCaller(account))
  rest('/accounts/me', 'GET, HEAD')
  const ledger = everyone.and(policies.ledger)
  router.get('/internal/ledger', ledger, showCaller(ledger))
  rest('/internal/ledger', 'GET, HEAD')
  const report = everyone.and(policies.report)
  router.get('/reports', report, showCaller(report))
  rest('/reports', 'GET, HEAD')
  const partner = everyone.and(policies.partner)
  router.get('/partner', partner, showCaller(partner))
  rest('/partner', 'GET, HEAD')

  const payment = everyone.and(policies.payment)
  router.post('/payments', payment, (ctx) => {
    const facts = payment.facts(ctx)
    ctx.status = 201
    ctx.body = { ...recognised(facts), payment: facts.input.body }
  })
  rest('/payments', 'POST')

  rest('/healthz', 'GET, HEAD')
  app.use(router.routes())
  app.use(elsewhere)
  app.use(answerWith(NOT_FOUND))
  return app
}

/** Public, and outside the guard: the orchestrator's probe has no credential, and the answer says nothing about accounts. */
const healthz =
  ({ issuers }: Trust): Middleware =>
  (ctx, next) => {
    if (ctx.path !== '/healthz' || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return next()
    const { status, headers, body } = healthOf(issuers)
    ctx.status = status
    ctx.set(headers)
    ctx.body = body
    return undefined
  }

const showCaller =
  (mount: GuardMiddleware<{ readonly principal: Principal }>): Middleware =>
  (ctx) => {
    ctx.body = recognised(mount.facts(ctx))
  }

const onError: Middleware = async (ctx, next) => {
  try {
    await next()
  } catch (error) {
    process.stderr.write(`zero-trust-koa: ${error instanceof Error ? error.stack : 'error'}\n`)
    send(ctx, SERVER_ERROR)
  }
}

const answerWith =
  (reply: Answer): Middleware =>
  (ctx) =>
    send(ctx, reply)

function send(ctx: Context, { status, headers, body }: Answer): void {
  ctx.status = status
  ctx.set(headers)
  ctx.body = body
}
