import { type Answer, methodNotAllowed, NOT_FOUND, SERVER_ERROR } from '@wardline/example-service'
import {
  healthOf,
  recognised,
  type Trust,
  type ZeroTrustConfig,
  zeroTrustPolicies,
  type zeroTrustSettings,
} from '@wardline/example-zero-trust-domain'
import { createGuard, type GuardMiddleware } from '@wardline/express'
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Response } from 'express'
import type { Principal } from 'wardline'

/** The zero-trust service on Express. */
export function zeroTrustApp(
  config: ZeroTrustConfig,
  trust: Trust,
  settings: ReturnType<typeof zeroTrustSettings>,
): Express {
  const { guard, answer } = createGuard(settings)
  const policies = zeroTrustPolicies(config, trust)

  const app = express()
  // One spelling for each route: /HEALTHZ and /healthz/ are other paths.
  app.enable('case sensitive routing')
  app.enable('strict routing')
  app.disable('x-powered-by')
  app.disable('etag') // nothing here may be cached, so nothing is revalidated

  // Public, and outside the guard: the orchestrator's probe has no credential, and the answer says nothing about accounts.
  app.get('/healthz', (_req, res) => {
    const { status, headers, body } = healthOf(trust.issuers)
    res.status(status).set(headers).json(body)
  })

  // Not mounted by itself: every route ends in a guard that builds on it, and so takes both limits at once or none.
  const everyone = guard(policies.everyone)
  const elsewhere = everyone.and(policies.elsewhere)
  const only = (method: string): RequestHandler[] => [elsewhere, answerWith(methodNotAllowed(method))]

  app
    .route(trust.resource.path)
    .get(answer(everyone.and(policies.metadata)))
    .all(only('GET, HEAD'))
  app
    .route('/backchannel-logout')
    .post(answer(everyone.and(policies.logout)))
    .all(only('POST'))

  const account = everyone.and(policies.account)
  app.route('/accounts/me').get(account, showCaller(account)).all(only('GET, HEAD'))
  const ledger = everyone.and(policies.ledger)
  app.route('/internal/ledger').get(ledger, showCaller(ledger)).all(only('GET, HEAD'))
  const report = everyone.and(policies.report)
  app.route('/reports').get(report, showCaller(report)).all(only('GET, HEAD'))
  const partner = everyone.and(policies.partner)
  app.route('/partner').get(partner, showCaller(partner)).all(only('GET, HEAD'))

  const payment = everyone.and(policies.payment)
  app
    .route('/payments')
    .post(payment, (req, res) => {
      const facts = payment.facts(req)
      res.status(201).json({ ...recognised(facts), payment: facts.input.body })
    })
    .all(only('POST'))

  app.all('/healthz', only('GET, HEAD'))
  app.use(elsewhere, answerWith(NOT_FOUND))
  app.use(onError)
  return app
}

const showCaller =
  (mount: GuardMiddleware<{ readonly principal: Principal }>): RequestHandler =>
  (req, res) => {
    res.json(recognised(mount.facts(req)))
  }

const answerWith =
  (reply: Answer): RequestHandler =>
  (_req, res) =>
    send(res, reply)

const onError: ErrorRequestHandler = (error, _req, res, next) => {
  process.stderr.write(`zero-trust: ${error instanceof Error ? error.stack : 'error'}\n`)
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
