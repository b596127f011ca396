import Router from '@koa/router'
import { createGuard } from '@wardline/koa'
import { rawRequest } from '@wardline/test-kit'
import Koa from 'koa'
import { expect, expectTypeOf, test } from 'vitest'
import { allow, defineGuard } from 'wardline'
import { portOf } from './support.js'

const tenant = defineGuard({ name: 'tenant', check: () => allow({ tenant: 'north' }) })

test('handlers behind a guard have the types that Koa and its router give them without one', async () => {
  const { guard } = createGuard({ audit: { record: () => {} } })
  const known = guard(tenant)
  const router = new Router()
  router.get('/orders/:id', known, known.and(tenant), (ctx) => {
    expectTypeOf(ctx.params).toExtend<Record<string, string | undefined>>()
    expectTypeOf(ctx.ip).toBeString()
    expectTypeOf(known.facts(ctx)).toExtend<{ readonly tenant: string }>()
    ctx.body = { id: ctx.params.id, page: ctx.query.page, ...known.facts(ctx) }
  })
  const app = new Koa().use(known).use(router.routes())
  app.use((ctx) => {
    ctx.body = known.facts(ctx).tenant
  })
  const port = await portOf(app)
  expect(JSON.parse((await rawRequest(port, { target: '/orders/7?page=2' })).body)).toEqual({
    id: '7',
    page: '2',
    tenant: 'north',
  })
  expect((await rawRequest(port, { target: '/elsewhere' })).body).toBe('north')
})
