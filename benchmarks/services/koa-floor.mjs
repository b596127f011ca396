import { createServer } from 'node:http'
import Router from '@koa/router'
import Koa from 'koa'
import { frontDoor } from '../floor/front-door.mjs'
import { AUDIT_LOG, ISSUER, serve } from './child.mjs'
import { createOrder, findOrder } from './orders.mjs'

const door = await frontDoor({ issuer: ISSUER, auditLog: AUDIT_LOG })

const router = new Router()
router.get('/orders/:id', (ctx) => {
  ctx.body = findOrder(ctx.params.id)
})
router.post('/orders', (ctx) => {
  ctx.status = 201
  ctx.body = createOrder(ctx.state.input)
})

const app = new Koa()
app.use((ctx, next) =>
  new Promise((resolve) => {
    door(ctx.req, ctx.res, resolve)
  }).then((body) => {
    ctx.state.input = body
    return next()
  }),
)
app.use(router.routes())
serve(createServer(app.callback()))
