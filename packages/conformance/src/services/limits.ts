import {
  all,
  allow,
  defineGuard,
  exhaust,
  memoryStore,
  type RateLimitStore,
  rateLimit,
  requireRole,
  responseHeaders,
  validate,
} from 'wardline'
import { get, post } from '../route.js'
import type { Service } from '../service.js'
import { settingsOf, type World } from '../world.js'
import { answers, apiKey, later, limit, limitByPrincipal, noted, signedIn, waits } from './guards.js'
import { WHATEVER } from './schemas.js'

/** Limits that are soon reached. */
export const limited = (world: World): Service => {
  const jwtGuard = signedIn(world)
  const admins = requireRole('admin')
  const store = world.limits
  return {
    settings: settingsOf(world),
    everyone: limit('address', 6, store),
    mountedAt: 'routes',
    routes: [
      get('/address'),
      get('/slow', [later(noted(world, 'slow'))]),
      get('/two', [limit('route', 2, store)]),
      get('/two-later', [later(limit('route', 2, store))]),
      get('/remote', [limit('remote', 4, remote(memoryStore()))]),
      get('/principal', [jwtGuard, limitByPrincipal('principal', 2, store)]),
      get('/denied', [jwtGuard, admins]),
      get('/full', [answers('full', () => exhaust('queue_full', 5))]),
      get('/costly', [rateLimit({ name: 'cost', limit: 10, windowMs: 60_000, cost: 4, store })]),
      get('/either', [later(apiKey), limitByPrincipal('principal', 2, store)]),
    ],
  }
}

/** A store as another machine has it: nothing is known here, and every answer takes a turn. */
const remote = (store: RateLimitStore): RateLimitStore => ({
  correct: store.correct,
  look: () => undefined,
  take: async (requests, nowMs) => {
    await new Promise((resolve) => setTimeout(resolve, 2))
    return store.take(requests, nowMs)
  },
})

/** Guards and handlers that wait at the gate. */
export const waiting = (world: World): Service => ({
  settings: settingsOf(world),
  everyone: responseHeaders(),
  mountedAt: 'service',
  routes: [
    get('/open'),
    get('/guard', [watches(world), waits(world)]),
    get('/handler', [watches(world)], async () => {
      await world.gate.wait()
      return { status: 200, body: {} }
    }),
    post('/body', [validate({ body: WHATEVER }, { maxBodyBytes: 1024, bodyTimeoutMs: 400 })]),
    post('/body/patient', [validate({ body: WHATEVER }, { maxBodyBytes: 1024, bodyTimeoutMs: 5_000 })]),
    post('/private', [signedIn(world)]),
  ],
})

/** Notes how the request ended. */
const watches = ({ ran }: World) =>
  defineGuard({
    name: 'watches',
    check: (ctx) => {
      ctx.onFinished((status) => void ran.push(`finished with ${status}`))
      return allow()
    },
  })

/** Options that fail while a request is looked at, and a store that is down. */
export const broken = (world: World): Service => ({
  settings: settingsOf(world),
  everyone: all(responseHeaders(), limit('address', 100)),
  mountedAt: 'service',
  routes: [
    get('/store-rejects', [
      limit(
        'down',
        5,
        down(async () => fail()),
      ),
    ]),
    get('/store-throws', [limit('down', 5, down(fail))]),
    get('/store-forgets', [
      limit(
        'down',
        5,
        down(() => []),
      ),
    ]),
    get('/key-throws', [rateLimit({ limit: 5, windowMs: 1000, key: fail })]),
    get('/key-number', [rateLimit({ limit: 5, windowMs: 1000, key: () => 7 as unknown as string })]),
    get('/cost-zero', [rateLimit({ limit: 5, windowMs: 1000, cost: () => 0 })]),
    get('/cost-above', [rateLimit({ limit: 5, windowMs: 1000, cost: () => 6 })]),
  ],
})

const down = (take: RateLimitStore['take']): RateLimitStore => ({ look: () => undefined, take, correct: () => {} })

function fail(): never {
  throw new Error('connect ECONNREFUSED 10.0.0.9:6379')
}
