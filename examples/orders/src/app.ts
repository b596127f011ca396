import { Orders, type OrdersConfig, type OrdersSettings, ordersPolicies } from '@wardline/example-orders-domain'
import { type Answer, methodNotAllowed, NOT_FOUND, SERVER_ERROR } from '@wardline/example-service'
import { createGuard } from '@wardline/express'
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Response } from 'express'

/** The orders service on Express. */
export function ordersApp(config: OrdersConfig, settings: OrdersSettings): Express {
  const { guard } = createGuard(settings.guards)
  const orders = new Orders()
  const policies = ordersPolicies(config, orders, settings)

  const app = express()
  // One spelling for each route: /HEALTHZ and /healthz/ are other paths.
  app.enable('case sensitive routing')
  app.enable('strict routing')
  app.disable('x-powered-by')
  app.disable('etag') // nothing here may be cached, so nothing is revalidated

  // Public, and outside the guard: the orchestrator's probe has no token, and the answer says nothing about orders.
  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' })
  })

  const everyone = guard(policies.everyone)
  app.use(everyone)

  const create = everyone.and(policies.createOrder)
  app
    .route('/orders')
    .post(create, (req, res) => {
      const { input, principal } = create.facts(req)
      const order = orders.create(input.body, principal.tenant)
      res.status(201).location(`/orders/${order.id}`).json(order)
    })
    .all(answerWith(methodNotAllowed('POST')))

  const remove = everyone.and(policies.deleteOrder)
  app
    .route('/orders/:id')
    .get(everyone.and(policies.readOrder), (req, res) => {
      const order = orders.find(req.params.id)
      if (order === undefined) send(res, NOT_FOUND)
      else res.json(order)
    })
    .delete(remove, (req, res) => {
      orders.delete(remove.facts(req).resource.id)
      res.status(204).end()
    })
    .all(answerWith(methodNotAllowed('GET, HEAD, DELETE')))

  app.all('/healthz', answerWith(methodNotAllowed('GET, HEAD')))
  app.use(answerWith(NOT_FOUND))
  app.use(onError)
  return app
}

const answerWith =
  (answer: Answer): RequestHandler =>
  (_req, res) =>
    send(res, answer)

const onError: ErrorRequestHandler = (error, _req, res, next) => {
  process.stderr.write(`orders: ${error instanceof Error ? error.stack : 'error'}\n`)
  if (res.headersSent) next(error)
  else send(res, SERVER_ERROR)
}

function send(res: Response, { status, headers, body }: Answer): void {
  res
    .status(status)
    .set(headers)
    .set('content-length', String(Buffer.byteLength(body)))
    .end(body)
}
