import { all, clientAddress, defineGuard, type Guard, requireRole, responseHeaders, validate } from 'wardline'
import { get, post } from '../route.js'
import type { Route, Service } from '../service.js'
import { PROXY, settingsOf, type World } from '../world.js'
import { gives, later, limit, noted, signedIn } from './guards.js'
import { NEW_ORDER } from './schemas.js'

/** Guards that note when they run, one above the other. */
export const chained = (world: World): Service => ({
  settings: settingsOf(world),
  everyone: all(noted(world, 'everyone'), gives('everyone', 'has run')),
  mountedAt: 'service',
  routes: chains(world),
})

/** The same, where nothing has run before the route is reached. */
export const unmounted = (world: World): Service => ({ ...chained(world), mountedAt: 'routes' })

const chains = (world: World): readonly Route[] => [
  get('/plain'),
  get('/one', [noted(world, 'one')]),
  get('/two', [noted(world, 'one'), noted(world, 'two')]),
  get('/later', [later(noted(world, 'one')), later(noted(world, 'two'))]),
  get('/refused', [noted(world, 'one'), requireRoleOfNobody(world), noted(world, 'never')]),
  get('/needs', [gives('base', 1), needsBase, gives('more', 3)]),
  get('/signed-in', [signedIn(world), noted(world, 'signed in')]),
]

const requireRoleOfNobody = (world: World): Guard<object> => all(signedIn(world), requireRole('nobody'))

const needsBase = defineGuard({
  name: 'needsBase',
  check: (_ctx, { base }: { readonly base: number }) => ({ allowed: true, facts: { sum: base + 1 } }) as const,
})

/** Lets everything pass and records what it would have denied. */
export const reporting = (world: World): Service => ({
  settings: settingsOf(world, { mode: 'report' }),
  everyone: all(responseHeaders(), limit('address', 3)),
  mountedAt: 'service',
  routes: [
    get('/open'),
    get('/signed-in', [signedIn(world)]),
    get('/admin', [signedIn(world), requireRole('admin')]),
    post('/orders', [validate({ body: NEW_ORDER })]),
  ],
})

/** Behind a proxy that writes `Forwarded`. */
export const forwarded = (world: World): Service => ({
  ...addressed(world),
  settings: settingsOf(world, { clientAddress: clientAddress({ trustedProxies: [PROXY], header: 'forwarded' }) }),
})

/** Behind two proxies, whatever their addresses. */
export const hopped = (world: World): Service => ({
  ...addressed(world),
  settings: settingsOf(world, { clientAddress: clientAddress({ hops: 2 }) }),
})

/** What `guard()` gives without being told anything. */
export const baseline = (world: World): Service => ({ ...addressed(world), everyone: undefined })

const addressed = (world: World): Service => ({
  settings: settingsOf(world),
  everyone: responseHeaders(),
  mountedAt: 'service',
  routes: [get('/open')],
})
