import { createGuard } from '@wardline/express'
import { rawRequest } from '@wardline/test-kit'
import { describe, expect, test, vi } from 'vitest'
import { allow, defineGuard, forbid, type Guard } from 'wardline'
import { portOf, recorded, VERSIONS } from './support.js'

const tenant = defineGuard({ name: 'tenant', check: () => allow({ tenant: 'north' }) })
const shouts = defineGuard({
  name: 'shouts',
  check: (_ctx, facts: { readonly tenant: string }) => allow({ loud: facts.tenant.toUpperCase() }),
})

/** Counts how often it is asked. */
function counted(): Guard & { readonly asked: () => number } {
  let asked = 0
  const check: Guard['check'] = () => {
    asked++
    return allow()
  }
  return { ...defineGuard({ name: 'counted', check }), asked: () => asked }
}

describe.each(VERSIONS)('%s', (_name, framework) => {
  test('facts() tells of a guard that has not run', async () => {
    const { guard } = recorded()
    const everyone = guard(tenant)
    const elsewhere = guard(shouts as Guard<object>)
    const app = framework()
    app.get('/before', (req, res) => void res.json(everyone.facts(req)))
    app.use(everyone)
    app.get('/other', (req, res) => void res.json(elsewhere.facts(req)))
    app.get('/after', (req, res) => void res.json(everyone.facts(req)))
    app.use(
      ((error, _req, res, _next) => void res.status(500).end(error.message)) as import('express').ErrorRequestHandler,
    )
    const port = await portOf(app)
    expect((await rawRequest(port, { target: '/before' })).body).toBe('tenant has not run for this request')
    expect((await rawRequest(port, { target: '/other' })).body).toBe('shouts has not run for this request')
    expect((await rawRequest(port, { target: '/after' })).body).toBe('{"tenant":"north"}')
  })

  test('.and() starts from the facts, and runs its base where that has not run', async () => {
    const { guard, events } = recorded()
    const loud = guard(tenant).and(shouts)
    const app = framework()
    app.get('/orders', loud, (req, res) => void res.json(loud.facts(req)))
    const answer = await rawRequest(await portOf(app), { target: '/orders' })
    expect(JSON.parse(answer.body)).toEqual({ tenant: 'north', loud: 'NORTH' })
    await vi.waitFor(() => expect(events).toMatchObject([{ guard: 'shouts', status: 200, route: '/orders' }]))
  })

  test('one guard at the app, at a router and under two .and() is asked once', async () => {
    const { guard, events } = recorded()
    const base = counted()
    const everyone = guard(base)
    const app = framework()
    const router = framework.Router()
    app.use(everyone, everyone)
    router.use(everyone)
    router.get('/orders', everyone.and(tenant), everyone.and(tenant).and(shouts), (_req, res) => void res.end())
    app.use('/api', router)
    expect((await rawRequest(await portOf(app), { target: '/api/orders' })).status).toBe(200)
    expect(base.asked()).toBe(1)
    await vi.waitFor(() => expect(events).toHaveLength(1))
  })

  test('two services on one request keep apart', async () => {
    const [one, two] = [recorded(), recorded()]
    const base = counted()
    const app = framework()
    app.use(one.guard(base), two.guard(base))
    app.get('/orders', (_req, res) => void res.end())
    await rawRequest(await portOf(app), { target: '/orders' })
    expect(base.asked()).toBe(2)
    await vi.waitFor(() => expect([one.events.length, two.events.length]).toEqual([1, 1]))
  })

  test.each([
    ['/api/orders/7', '/api/orders/:id'],
    ['/api/v2/orders/7', '/api/v2/orders/:id'],
    ['/health', '/health'],
    ['/files/a/b', '/^\\/files\\/(.*)$/'],
    ['/one', '/one,/two'],
    ['/nowhere', undefined],
    ['/api/nowhere', undefined],
  ])('the route of %s in the audit is %s', async (target, route) => {
    const { guard, events } = recorded()
    const app = framework()
    const orders = framework.Router()
    const versioned = framework.Router()
    orders.get('/orders/:id', (_req, res) => void res.end())
    versioned.use('/v2', orders)
    app.use(guard())
    app.use('/api', orders, versioned)
    app.get('/health', (_req, res) => void res.end())
    app.get(/^\/files\/(.*)$/, (_req, res) => void res.end())
    app.get(['/one', '/two'], (_req, res) => void res.end())
    await rawRequest(await portOf(app), { target })
    await vi.waitFor(() => expect(events).toMatchObject([{ path: target, route }]))
  })

  test('a router below a parameter: the route holds no token of the path', async () => {
    const { guard, events } = recorded()
    const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl'
    const app = framework()
    const router = framework.Router()
    router.get('/confirm', guard(), (_req, res) => void res.end())
    app.use('/reset/:token', router)
    await rawRequest(await portOf(app), { target: `/reset/${token}/confirm` })
    await vi.waitFor(() => expect(events).toMatchObject([{ status: 200, route: '/reset/[token]/confirm' }]))
    expect(JSON.stringify(events)).not.toContain(token)
  })

  test('params are those of the route that matched', async () => {
    const { guard } = recorded()
    const owns = defineGuard({
      name: 'owns',
      check: ({ params }) => (params.id === '7' ? allow({ order: params.id }) : forbid('not_yours')),
    })
    const everyone = guard(tenant)
    const mine = everyone.and(owns)
    const app = framework()
    app.use(everyone)
    app.get('/orders/:id', mine, (req, res) => void res.json(mine.facts(req)))
    const port = await portOf(app)
    expect(JSON.parse((await rawRequest(port, { target: '/orders/7' })).body)).toEqual({ tenant: 'north', order: '7' })
    expect((await rawRequest(port, { target: '/orders/8?id=7' })).status).toBe(403)
  })

  test('a guard below a path sees the path as it came', async () => {
    const { guard, events } = recorded()
    const app = framework()
    app.use('/api', guard())
    app.get('/api/orders', (_req, res) => void res.end())
    await rawRequest(await portOf(app), { target: '/api/orders' })
    await vi.waitFor(() => expect(events).toMatchObject([{ path: '/api/orders' }]))
  })
})

test.each([
  ['an unknown setting', { audits: {} }, /unknown option audits/],
  ['an audit trail that records nothing', { audit: {} }, /audit must be an audit trail, got an object/],
  ['no audit trail', { audit: null }, /audit must be an audit trail, got null/],
  ['a rule that is none', { clientAddress: '127.0.0.1' }, /clientAddress must be a function, got "127.0.0.1"/],
  ['a clock that stands', { clock: 0 }, /clock must be a function, got 0/],
  ['another mode', { mode: 'off' }, /mode must be one of enforce, report, got "off"/],
  ['an array', [], /options must be an object, got an array/],
  ['nothing', null, /options must be an object, got null/],
])('createGuard refuses %s', (_what, settings, message) => {
  expect(() => createGuard(settings as never)).toThrow(TypeError)
  expect(() => createGuard(settings as never)).toThrow(message)
})

test.each([
  ['nothing', undefined, 'undefined'],
  ['null', null, 'null'],
  ['a function that makes a guard', () => tenant, 'a function (call it?)'],
  ['an object', {}, 'object'],
])('guard and .and refuse %s', (_what, policy, got) => {
  const { guard, guarded } = recorded()
  expect(() => guard(policy as never)).toThrow(new TypeError(`guard(): expected a guard, got ${got}`))
  expect(() => guard(tenant).and(policy as never)).toThrow(new TypeError(`and(): expected a guard, got ${got}`))
  if (typeof policy !== 'function') expect(() => guarded(policy as never)).toThrow(TypeError)
})

test('guard and .and refuse a second policy, which would be dropped', () => {
  const { guard } = recorded()
  const two = [tenant, tenant] as unknown as [typeof tenant]
  expect(() => guard(...two)).toThrow(/^guard\(\) takes one policy, got 2 arguments: combine several with all\(\)/)
  expect(() => guard(tenant).and(...two)).toThrow(/^and\(\) takes one policy, got 2 arguments/)
})

test('guarded refuses a function that is no middleware of a guard', () => {
  const { guarded } = recorded()
  expect(() => guarded((() => {}) as never)).toThrow(/^guard\(\): expected a guard, got a function \(call it\?\)$/)
})
