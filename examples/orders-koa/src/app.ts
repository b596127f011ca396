import Router from '@koa/router'
import { Orders, type OrdersConfig, type OrdersSettings, ordersPolicies } from '@wardline/example-orders-domain'
import { type Answer, methodNotAllowed, NOT_FOUND, SERVER_ERROR } from '@wardline/example-service'
import { createGuard } from '@wardline/koa'
import Koa, { type Context, type Middleware } from 'koa'

/** The orders service on Koa. */
export function ordersApp(config: OrdersConfig, settings: OrdersSettings): Koa {
  const { guard } = createGuard(settings.guards)
  const orders = new Orders()
  const policies = ordersPolicies(config, orders, settings)

  const app = new Koa()
  // Clients that left, or broke the protocol: what a handler throws is told by onError below.
  app.on('error', () => {})
  const everyone = guard(policies.everyone)
  app.use(healthz)
  app.use(everyone)
  app.use(onError)

  // One spelling for each route: /HEALTHZ and /healthz/ are other paths.
  const router = new Router({ sensitive: true, strict: true })
  const create = everyone.and(policies.createOrder)
  router.post('/orders', create, (ctx) => {
    const { input, principal } = create.facts(ctx)
    const order = orders.create(input.body, principal.tenant)
    ctx.status = 201
    ctx.set('location', `/orders/${order.id}`)
    ctx.body = order
  })
  router.all('/orders', answerWith(methodNotAllowed('POST')))

  const remove = everyone.and(policies.deleteOrder)
  router.get('/orders/:id', everyone.and(policies.readOrder), (ctx) => {
    const order = orders.find(ctx.params.id)
    if (order === undefined) send(ctx, NOT_FOUND)
    else ctx.body = order
  })
  router.delete('/orders/:id', remove, (ctx) => {
    orders.delete(remove.facts(ctx).resource.id)
    ctx.status = 204
  })
  router.all('/orders/:id', answerWith(methodNotAllowed('GET, HEAD, DELETE')))
  router.all('/healthz', answerWith(methodNotAllowed('GET, HEAD')))

  app.use(router.routes())
  app.use(answerWith(NOT_FOUND))
  return app
}

/** Public, and outside the guard: the orchestrator's probe has no token, and the answer says nothing about orders. */
const healthz: Middleware = (ctx, next) => {
  if (ctx.path !== '/healthz' || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return next()
  ctx.body = { status: 'ok' }
  return undefined
}

const onError: Middleware = async (ctx, next) => {
  try {
    await next()
  } catch (error) {
    process.stderr.write(`orders-koa: ${error instanceof Error ? error.stack : 'error'}\n`)
    send(ctx, SERVER_ERROR)
  }
}

const answerWith =
  (answer: Answer): Middleware =>
  (ctx) =>
    send(ctx, answer)

function send(ctx: Context, { status, headers, body }: Answer): void {
  ctx.status = status
  ctx.set(headers)
  ctx.body = body
}
