import { createServer } from 'node:http'
import Router from '@koa/router'
import { createGuard } from '@wardline/koa'
import Koa from 'koa'
import { ISSUER, serve } from './child.mjs'
import { createOrder, findOrder } from './orders.mjs'
import { policies, trail } from './wardline-policies.mjs'

const { guard } = createGuard({ audit: trail })
const { everyone, readOrder, createOrder: create } = policies(ISSUER)
const signedIn = guard(everyone)
const creating = signedIn.and(create)

const router = new Router()
router.get('/orders/:id', signedIn.and(readOrder), (ctx) => {
  ctx.body = findOrder(ctx.params.id)
})
router.post('/orders', creating, (ctx) => {
  ctx.status = 201
  ctx.body = createOrder(creating.facts(ctx).input.body)
})

const app = new Koa()
app.use(signedIn)
app.use(router.routes())
serve(createServer(app.callback()))
