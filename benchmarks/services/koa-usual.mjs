import { createServer } from 'node:http'
import Router from '@koa/router'
import Ajv from 'ajv'
import addFormats from 'ajv-formats'
import { koaJwtSecret } from 'jwks-rsa'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import helmet from 'koa-helmet'
import jwt from 'koa-jwt'
import logger from 'koa-pino-logger'
import ratelimit from 'koa-ratelimit'
import pino from 'pino'
import { AUDIENCE } from '../lib/issuer.mjs'
import { AUDIT_LOG, ISSUER, serve } from './child.mjs'
import { createOrder, findOrder, LIMIT, NEW_ORDER, WINDOW_MS } from './orders.mjs'

// What teams put together today, each package as its own documents set it up for production; scopes and roles by hand,
// as koa-jwt leaves them.
const audit = logger({
  logger: pino(
    { redact: ['req.headers.authorization'] },
    pino.destination({ dest: AUDIT_LOG, minLength: 4096, sync: false }),
  ),
  customSuccessObject: (req, _res, line) => ({ ...line, principal: req.principal }),
})
const limits = { driver: 'memory', db: new Map(), duration: WINDOW_MS, max: LIMIT }
// jwks-rsa keeps the key as PEM text, which koa-jwt has parsed anew for every token.
const token = jwt({
  secret: koaJwtSecret({ jwksUri: `${ISSUER}/jwks`, cache: true, rateLimit: true, jwksRequestsPerMinute: 5 }),
  issuer: ISSUER,
  audience: AUDIENCE,
  algorithms: ['RS256'],
})
const audited = (ctx, next) => {
  ctx.req.principal = ctx.state.user.sub
  return next()
}
const principalOf = ({ state: { user } }) => `${user.iss} ${user.sub}`

const needs = (isAllowed) => (ctx, next) => (isAllowed(ctx.state.user) ? next() : ctx.throw(403))
const mayRead = ({ scope }) => typeof scope === 'string' && scope.split(' ').includes('orders:read')
const isClerk = ({ roles }) => Array.isArray(roles) && (roles.includes('clerk') || roles.includes('admin'))

const validate = addFormats(new Ajv()).compile(NEW_ORDER)
const valid = (ctx, next) => {
  if (validate(ctx.request.body)) return next()
  ctx.status = 422
  ctx.body = { errors: validate.errors }
}

const router = new Router()
router.get('/orders/:id', needs(mayRead), (ctx) => {
  ctx.body = findOrder(ctx.params.id)
})
router.post('/orders', needs(isClerk), bodyParser({ enableTypes: ['json'], jsonLimit: '64kb' }), valid, (ctx) => {
  ctx.status = 201
  ctx.body = createOrder(ctx.request.body)
})

const app = new Koa()
app.use(audit)
app.use(helmet())
app.use(ratelimit({ ...limits, namespace: 'address' }))
app.use(token)
app.use(audited)
app.use(ratelimit({ ...limits, namespace: 'principal', id: principalOf }))
app.use(router.routes())
serve(createServer(app.callback()))
