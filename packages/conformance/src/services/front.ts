import {
  all,
  any,
  authorize,
  defineGuard,
  forbid,
  type Guard,
  jwt,
  type Principal,
  rateLimit,
  report,
  requireRole,
  requireScope,
  responseHeaders,
  validate,
  wellFormed,
  when,
} from 'wardline'
import { get, post, put, remove } from '../route.js'
import type { Route, Service } from '../service.js'
import { settingsOf, type World } from '../world.js'
import { answerRoutes } from './answers.js'
import { AUDIENCE, apiKey, gives, later, limit, signedIn } from './guards.js'
import { NEW_ORDER, SEARCH, WHATEVER } from './schemas.js'

/** The service that most rows ask: everything stands behind security headers, a wide limit and `wellFormed`. */
export const front = (world: World): Service => ({
  settings: settingsOf(world),
  everyone: all(responseHeaders(), limit('address', 100_000), wellFormed()),
  mountedAt: 'service',
  routes: [
    get('/open'),
    post('/open'),
    put('/open'),
    remove('/open', [], () => ({ status: 204 })),
    get('/open/:id'),
    remove('/open/:id', [], () => ({ status: 204 })),
    ...identityRoutes(world),
    ...accessRoutes(world),
    ...inputRoutes(),
    ...composedRoutes(world),
    ...answerRoutes(),
  ],
})

function identityRoutes(world: World): readonly Route[] {
  const nowhere = jwt({ issuer: world.issuer, audience: AUDIENCE, jwksUri: `${world.issuer}/no-such-keys` })
  return [
    get('/me', [signedIn(world)]),
    post('/me', [signedIn(world)]),
    get('/keys-away', [nowhere]),
    get('/either', [any(signedIn(world), apiKey)]),
    get('/principal-limit', [
      all(signedIn(world), rateLimit({ name: 'principal', limit: 50, windowMs: 60_000, key: (_ctx, _facts) => 'all' })),
    ]),
  ]
}

interface Order {
  readonly id: string
  readonly tenant?: string
}

const ORDERS = new Map<unknown, Order>([
  ['n1', { id: 'n1', tenant: 'north' }],
  ['s1', { id: 's1', tenant: 'south' }],
  ['x1', { id: 'x1' }],
])

function accessRoutes(world: World): readonly Route[] {
  const ownOrder = (
    action: string,
    hide: boolean,
  ): Guard<{ readonly principal: Principal }, { readonly resource: Order }> =>
    authorize({
      action,
      hide,
      resource: (ctx) => ORDERS.get(ctx.params.id),
      decide: ({ principal, resource }) => principal.tenant === resource.tenant,
    })
  const jwtGuard = signedIn(world)
  return [
    get('/orders/:id', [jwtGuard, requireScope('orders:read')]),
    get('/export', [jwtGuard, requireScope('orders:read', 'orders:export')]),
    post(
      '/orders',
      [jwtGuard, all(requireRole('clerk', 'admin'), validate({ body: NEW_ORDER }, { maxBodyBytes: 4096 }))],
      ({ body }) => ({ status: 201, headers: { location: '/orders/n1' }, body: { body } }),
    ),
    remove('/orders/:id', [all(jwtGuard, requireRole('admin'), ownOrder('orders:delete', false))]),
    get('/hidden/:id', [all(jwtGuard, ownOrder('orders:find', true))]),
    get('/later/:id', [later(jwtGuard), later(ownOrder('orders:read', false))]),
  ]
}

function inputRoutes(): readonly Route[] {
  return [
    get('/search', [validate({ query: SEARCH })]),
    get('/items/:number', [validate({ params: { properties: { number: { type: 'integer', maximum: 999 } } } })]),
    get('/tagged', [
      validate({
        headers: {
          properties: { 'x-tag': { type: 'string', pattern: '^[a-z]{1,8}$' }, 'x-count': { type: 'integer' } },
          required: ['x-tag'],
        },
      }),
    ]),
    post('/orders-open', [validate({ body: NEW_ORDER })]),
    post('/input', [
      validate({ body: WHATEVER }, { maxBodyBytes: 1024, bodyTimeoutMs: 300, maxDepth: 4, maxMembers: 20 }),
    ]),
    put('/input/:id', [
      validate({
        params: { properties: { id: { type: 'string', maxLength: 4 } }, required: ['id'] },
        query: { properties: { dry: { type: 'boolean' } } },
        body: WHATEVER,
      }),
    ]),
  ]
}

function composedRoutes(world: World): readonly Route[] {
  const denied = requireRole('nobody')
  const jwtGuard = signedIn(world)
  const onlyPosts = when((ctx) => ctx.method === 'POST', jwtGuard)
  const failing = when(() => {
    throw new Error('the condition failed')
  }, jwtGuard)
  return [
    get('/when', [onlyPosts]),
    post('/when', [onlyPosts]),
    get('/when-failing', [failing]),
    get('/reported', [jwtGuard, report(denied)]),
    get('/reported-facts', [report(jwtGuard)]),
    get('/any-role', [jwtGuard, any(denied, requireRole('clerk'))]),
    get('/any-refused', [jwtGuard, any(denied, requireRole('clerk', 'admin'))]),
    get('/any-broken', [any(BROKEN, gives('door', 'second'))]),
    get('/any-all-broken', [any(BROKEN, jwtGuard)]),
    get('/facts', [all(gives('a', 1), later(gives('b', 2))), gives('c', 3)]),
    get('/facts-again', [gives('a', 1), gives('a', 1)]),
    get('/facts-conflict', [all(gives('a', 1), gives('a', 2))]),
    get('/facts-conflict-later', [gives('a', 1), later(gives('a', 2))]),
    get('/facts-nested', [all(all(gives('a', 1), gives('b', 2)), any(all(gives('c', 3), refuses), gives('d', 4)))]),
  ]
}

const refuses: Guard = defineGuard({ name: 'refuses', check: () => forbid('refused') })

const BROKEN: Guard = defineGuard({
  name: 'broken',
  check: () => {
    throw new TypeError('the dependency is not there')
  },
})
