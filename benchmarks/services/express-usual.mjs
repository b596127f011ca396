import { createServer } from 'node:http'
import Ajv from 'ajv'
import addFormats from 'ajv-formats'
import express from 'express'
import { auth, claimCheck, requiredScopes } from 'express-oauth2-jwt-bearer'
import { rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import pino from 'pino'
import pinoHttp from 'pino-http'
import { AUDIENCE } from '../lib/issuer.mjs'
import { AUDIT_LOG, ISSUER, serve } from './child.mjs'
import { createOrder, findOrder, LIMIT, NEW_ORDER, WINDOW_MS } from './orders.mjs'

// What teams put together today, each package as its own documents set it up for production.
const audit = pinoHttp({
  logger: pino(
    { redact: ['req.headers.authorization'] },
    pino.destination({ dest: AUDIT_LOG, minLength: 4096, sync: false }),
  ),
  customSuccessObject: (req, _res, line) => ({ ...line, principal: req.auth?.payload.sub }),
})
const limits = { windowMs: WINDOW_MS, limit: LIMIT, standardHeaders: 'draft-8', legacyHeaders: false }
const principalOf = ({ auth: { payload } }) => `${payload.iss} ${payload.sub}`
const isClerk = ({ roles }) => Array.isArray(roles) && (roles.includes('clerk') || roles.includes('admin'))

const validate = addFormats(new Ajv()).compile(NEW_ORDER)
const valid = (req, res, next) => {
  if (validate(req.body)) next()
  else res.status(422).json({ errors: validate.errors })
}

const app = express()
app.use(audit)
app.use(helmet())
app.use(rateLimit({ ...limits, identifier: 'address' }))
app.use(
  auth({ issuerBaseURL: ISSUER, audience: AUDIENCE, tokenSigningAlg: 'RS256', strict: true, dpop: { enabled: false } }),
)
app.use(rateLimit({ ...limits, identifier: 'principal', keyGenerator: principalOf }))
app.get('/orders/:id', requiredScopes('orders:read'), (req, res) => res.json(findOrder(req.params.id)))
app.post('/orders', claimCheck(isClerk), express.json({ limit: '64kb' }), valid, (req, res) =>
  res.status(201).json(createOrder(req.body)),
)

serve(createServer(app))
