import {
  all,
  choose,
  concurrencyLimit,
  failureLimit,
  type Principal,
  quota,
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
  const places = concurrencyLimit({ name: 'places', limit: 3 })
  const guesses = failureLimit({ name: 'guesses', failures: 3, windowMs: MINUTE })
  const apart = failureLimit({ name: 'apart', failures: 3, windowMs: MINUTE })
  const login = failureLimit({ name: 'login', failures: 3, windowMs: MINUTE, isFailure: (status) => status === 401 })
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
      get('/sliding', [rateLimit({ limit: 5, windowMs: MINUTE, algorithm: 'sliding-window' })]),
      get('/fixed', [rateLimit({ limit: 5, windowMs: MINUTE, algorithm: 'fixed-window' })]),
      get('/month', [quota({ name: 'month', limit: 5, period: 'month' })]),
      get('/guessed', [all(guesses, later(signedIn(world)))]),
      get('/guessed/apart', [apart, signedIn(world)]),
      post('/login', [login, validate({ body: WHATEVER }, { maxBodyBytes: 1024 })], ({ body }) => ({
        status: isRight(body) ? 200 : 401,
        body: {},
      })),
      get('/large', [bytes()], () => ({ status: 200, body: { text: LARGE } })),
      get('/paced', [throttle({ name: 'pace', limit: 20, windowMs: 1_000, maxDelayMs: 400 })]),
      get('/old', [all(minute('wide', 100), minute('narrow', 5))]),
      get('/tier', [signedIn(world), tiers()]),
    ],
  }
}

const isRight = (body: unknown): boolean => (body as { readonly password?: unknown } | undefined)?.password === 'right'

const bytes = () =>
  rateLimit({
    name: 'bytes',
    limit: 60_000,
    windowMs: MINUTE,
    unit: 'content-bytes',
    chargeAfter: (outcome) => outcome.bytes,
  })

const minute = (name: string, limit: number) => rateLimit({ name, limit, windowMs: MINUTE, fields: 'x-ratelimit' })

const tiers = () =>
  choose((_ctx, { principal }: { principal: Principal }) => (principal.roles.has('admin') ? 'staff' : 'others'), {
    staff: rateLimit({ name: 'staff', limit: 4, windowMs: MINUTE }),
    others: rateLimit({ name: 'others', limit: 1, windowMs: MINUTE }),
  })
