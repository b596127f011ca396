import { createGuard } from '@wardline/express'
import { rawRequest } from '@wardline/test-kit'
import express, { type Request } from 'express'
import { expect, expectTypeOf, test } from 'vitest'
import { allow, defineGuard } from 'wardline'
import { portOf } from './support.js'

const tenant = defineGuard({ name: 'tenant', check: () => allow({ tenant: 'north' }) })

test('handlers behind a guard have the types that Express gives them without one', async () => {
  const { guard } = createGuard({ audit: { record: () => {} } })
  const known = guard(tenant)
  const app = express()
  const router = express.Router({ mergeParams: true })
  app.get('/orders/:id', known, (req, res) => {
    expectTypeOf(req.params).toEqualTypeOf<{ id: string }>()
    expectTypeOf(req.query).toEqualTypeOf<Request['query']>()
    expectTypeOf(known.facts(req)).toExtend<{ readonly tenant: string }>()
    res.status(200).json({ id: req.params.id, ...known.facts(req) })
  })
  app.get('/orders/:id/lines/:line', known, known.and(tenant), (req, res) => {
    expectTypeOf(req.params).toExtend<{ id: string; line: string }>()
    res.json(req.params)
  })
  app.post('/typed/:id', known, (req: Request<{ id: string }, unknown, { n: number }>, res) => {
    res.json(req.body.n)
  })
  router.use(known)
  router.get('/items/:item', known, (req, res) => {
    expectTypeOf(req.params).toEqualTypeOf<{ item: string }>()
    res.json(req.params)
  })
  app.use('/shops/:shop', known, router)
  const port = await portOf(app)
  const bodyOf = async (target: string) => JSON.parse((await rawRequest(port, { target })).body)
  expect(await bodyOf('/orders/7')).toEqual({ id: '7', tenant: 'north' })
  expect(await bodyOf('/orders/7/lines/2')).toEqual({ id: '7', line: '2' })
  expect(await bodyOf('/shops/a/items/b')).toEqual({ shop: 'a', item: 'b' })
})
