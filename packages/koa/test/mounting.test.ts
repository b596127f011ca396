import Router from '@koa/router'
import { createGuard } from '@wardline/koa'
import { rawRequest } from '@wardline/test-kit'
import type { Middleware } from 'koa'
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

const ok: Middleware = (ctx) => {
  ctx.body = 'ok'
}

describe.each(VERSIONS)('%s', (_name, Framework) => {
  test('facts() tells of a guard that has not run', async () => {
    const { guard } = recorded()
    const everyone = guard(tenant)
    const elsewhere = guard(shouts as Guard<object>)
    const app = new Framework()
    const told: unknown[] = []
    const attempt = (facts: () => object) => {
      try {
        told.push(facts())
      } catch (error) {
        told.push((error as Error).message)
      }
    }
    app.use(async (ctx, next) => {
      attempt(() => everyone.facts(ctx))
      await next()
    })
    app.use(everyone)
    app.use((ctx) => {
      attempt(() => everyone.facts(ctx))
      attempt(() => elsewhere.facts(ctx))
    })
    await rawRequest(await portOf(app), { target: '/' })
    expect(told).toEqual([
      'tenant has not run for this request',
      { tenant: 'north' },
      'shouts has not run for this request',
    ])
  })

  test('.and() starts from the facts, and runs its base where that has not run', async () => {
    const { guard, events } = recorded()
    const loud = guard(tenant).and(shouts)
    const router = new Router()
    router.get('/orders', loud, (ctx) => {
      ctx.body = loud.facts(ctx)
    })
    const answer = await rawRequest(await portOf(new Framework().use(router.routes())), { target: '/orders' })
    expect(JSON.parse(answer.body)).toEqual({ tenant: 'north', loud: 'NORTH' })
    await vi.waitFor(() => expect(events).toMatchObject([{ guard: 'shouts', status: 200, route: '/orders' }]))
  })

  test('one guard at the app, at a router and under two .and() is asked once', async () => {
    const { guard, events } = recorded()
    const base = counted()
    const everyone = guard(base)
    const router = new Router({ prefix: '/api' })
    router.use(everyone)
    router.get('/orders', everyone.and(tenant), everyone.and(tenant).and(shouts), ok)
    const app = new Framework().use(everyone).use(everyone).use(router.routes())
    expect((await rawRequest(await portOf(app), { target: '/api/orders' })).status).toBe(200)
    expect(base.asked()).toBe(1)
    await vi.waitFor(() => expect(events).toHaveLength(1))
  })

  test('two services on one request keep apart', async () => {
    const [one, two] = [recorded(), recorded()]
    const base = counted()
    const app = new Framework().use(one.guard(base)).use(two.guard(base))
    await rawRequest(await portOf(app), { target: '/orders' })
    expect(base.asked()).toBe(2)
    await vi.waitFor(() => expect([one.events.length, two.events.length]).toEqual([1, 1]))
  })

  test.each([
    ['/api/orders/7', '/api/orders/:id'],
    ['/api/v2/orders/7', '/api/v2/orders/:id'],
    ['/tenants/north/orders/7', '/tenants/:tenant/orders/:id'],
    ['/health', '/health'],
    ['/files/a/b', '/^\\/files\\/(.*)$/'],
    ['/nowhere', undefined],
    ['/api/nowhere', undefined],
  ])('the route of %s in the audit is %s', async (target, route) => {
    const { guard, events } = recorded()
    const orders = new Router().get('/orders/:id', ok)
    const versioned = new Router().use('/v2', orders.routes())
    const router = new Router()
    router.use('/api', orders.routes(), versioned.routes())
    router.use('/tenants/:tenant', orders.routes())
    router.get('/health', ok)
    router.get(/^\/files\/(.*)$/, ok)
    const app = new Framework().use(guard()).use(router.routes())
    await rawRequest(await portOf(app), { target })
    await vi.waitFor(() => expect(events).toMatchObject([{ path: target, route }]))
  })

  test('params are those of the route that matched', async () => {
    const { guard } = recorded()
    const owns = defineGuard({
      name: 'owns',
      check: ({ params }) => (params.id === '7' ? allow({ order: params.id }) : forbid('not_yours')),
    })
    const everyone = guard(tenant)
    const mine = everyone.and(owns)
    const router = new Router()
    router.get('/orders/:id', mine, (ctx) => {
      ctx.body = mine.facts(ctx)
    })
    const port = await portOf(new Framework().use(everyone).use(router.routes()))
    expect(JSON.parse((await rawRequest(port, { target: '/orders/7' })).body)).toEqual({ tenant: 'north', order: '7' })
    expect((await rawRequest(port, { target: '/orders/8?id=7' })).status).toBe(403)
  })

  test('a guard sees the path as it came, whatever was rewritten', async () => {
    const { guard, events } = recorded()
    const app = new Framework()
    app.use((ctx, next) => {
      ctx.url = '/somewhere/else'
      return next()
    })
    app.use(guard())
    await rawRequest(await portOf(app), { target: '/orders' })
    await vi.waitFor(() => expect(events).toMatchObject([{ path: '/orders' }]))
  })
})

test.each([
  ['an unknown setting', { audits: {} }, /unknown option audits/],
  ['an audit trail that records nothing', { audit: {} }, /audit must be an audit trail, got an object/],
  ['a rule that is none', { clientAddress: '127.0.0.1' }, /clientAddress must be a function, got "127.0.0.1"/],
  ['a clock that stands', { clock: 0 }, /clock must be a function, got 0/],
  ['another mode', { mode: 'off' }, /mode must be one of enforce, report, got "off"/],
  ['nothing', null, /options must be an object, got null/],
])('createGuard refuses %s', (_what, settings, message) => {
  expect(() => createGuard(settings as never)).toThrow(TypeError)
  expect(() => createGuard(settings as never)).toThrow(message)
})

test.each([
  ['nothing', undefined, 'undefined'],
  ['null', null, 'null'],
  ['a function that makes a guard', () => tenant, 'a function (call it?)'],
])('guard and .and refuse %s', (_what, policy, got) => {
  const { guard } = recorded()
  expect(() => guard(policy as never)).toThrow(new TypeError(`guard(): expected a guard, got ${got}`))
  expect(() => guard(tenant).and(policy as never)).toThrow(new TypeError(`and(): expected a guard, got ${got}`))
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
