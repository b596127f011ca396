import { createServer } from 'node:http'
import Router from '@koa/router'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import { serve } from './child.mjs'
import { createOrder, findOrder } from './orders.mjs'

// The routes and nothing else: what a service costs before anybody guards it.
const router = new Router()
router.get('/orders/:id', (ctx) => {
  ctx.body = findOrder(ctx.params.id)
})
router.post('/orders', bodyParser(), (ctx) => {
  ctx.status = 201
  ctx.body = createOrder(ctx.request.body)
})

const app = new Koa()
app.use(router.routes())
serve(createServer(app.callback()))
