import {
  all,
  choose,
  concurrencyLimit,
  failureLimit,
  type Principal,
  quota,
  type RateLimitStore,
  rateLimit,
  responseHeaders,
  throttle,
  validate,
} from 'wardline'
import { get, post } from '../route.js'
import type { Service } from '../service.js'
import { settingsOf, type World } from '../world.js'
import { later, signedIn } from './guards.js'
import { WHATEVER } from './schemas.js'

const MINUTE = 60_000
/** What `/large` answers. */
export const LARGE = 'x'.repeat(50_000)

/** Limits of every kind, each at a route of its own. */
export const traffic = (world: World): Service => {
  const store = world.limits
  const places = concurrencyLimit({ name: 'places', limit: 3, store })
  const guesses = failureLimit({ name: 'guesses', failures: 3, windowMs: MINUTE, store })
  const apart = failureLimit({ name: 'apart', failures: 3, windowMs: MINUTE, store })
  const login = failureLimit({
    name: 'login',
    failures: 3,
    windowMs: MINUTE,
    store,
    isFailure: (status) => status === 401,
  })
  const atTheGate = async () => {
    await world.gate.wait()
    return { status: 200, body: {} }
  }
  return {
    settings: settingsOf(world),
    everyone: responseHeaders(),
    mountedAt: 'service',
    routes: [
      get('/open'),
      get('/places', [places], atTheGate),
      get('/places/now', [places]),
      get('/places/refused', [places, signedIn(world)]),
      get('/sliding', [rateLimit({ limit: 5, windowMs: MINUTE, algorithm: 'sliding-window', store })]),
      get('/fixed', [rateLimit({ limit: 5, windowMs: MINUTE, algorithm: 'fixed-window', store })]),
      get('/month', [quota({ name: 'month', limit: 5, period: 'month', store })]),
      get('/guessed', [all(guesses, later(signedIn(world)))]),
      get('/guessed/apart', [apart, signedIn(world)]),
      post('/login', [login, validate({ body: WHATEVER }, { maxBodyBytes: 1024 })], ({ body }) => ({
        status: isRight(body) ? 200 : 401,
        body: {},
      })),
      get('/large', [bytes(store)], () => ({ status: 200, body: { text: LARGE } })),
      get('/paced', [throttle({ name: 'pace', limit: 20, windowMs: 1_000, maxDelayMs: 400, store })]),
      get('/old', [all(minute('wide', 100, store), minute('narrow', 5, store))]),
      get('/tier', [signedIn(world), tiers(store)]),
    ],
  }
}

const isRight = (body: unknown): boolean => (body as { readonly password?: unknown } | undefined)?.password === 'right'

const bytes = (store: RateLimitStore | undefined) =>
  rateLimit({
    name: 'bytes',
    limit: 60_000,
    windowMs: MINUTE,
    unit: 'content-bytes',
    chargeAfter: (outcome) => outcome.bytes,
    store,
  })

const minute = (name: string, limit: number, store: RateLimitStore | undefined) =>
  rateLimit({ name, limit, windowMs: MINUTE, fields: 'x-ratelimit', store })

const tiers = (store: RateLimitStore | undefined) =>
  choose((_ctx, { principal }: { principal: Principal }) => (principal.roles.has('admin') ? 'staff' : 'others'), {
    staff: rateLimit({ name: 'staff', limit: 4, windowMs: MINUTE, store }),
    others: rateLimit({ name: 'others', limit: 1, windowMs: MINUTE, store }),
  })
