import {
  allow,
  byPrincipal,
  challenge,
  defineGuard,
  definePrincipal,
  evaluate,
  type Guard,
  jwt,
  type NoFacts,
  type Principal,
  type RateLimitStore,
  rateLimit,
} from 'wardline'
import type { World } from '../world.js'

export const AUDIENCE = 'orders-api'

export const signedIn = ({ issuer }: World) => jwt({ issuer, audience: AUDIENCE, jwksUri: `${issuer}/jwks` })

/** Notes its name in `world.ran` and allows. */
export const noted = ({ ran }: World, name: string): Guard =>
  defineGuard({
    name,
    check: () => {
      ran.push(name)
      return allow()
    },
  })

/** Waits at the gate and allows. */
export const waits = ({ gate }: World) =>
  defineGuard({
    name: 'waits',
    check: async () => {
      await gate.wait()
      return allow()
    },
  })

/** Gives one fact. */
export const gives = (key: string, value: unknown): Guard =>
  defineGuard({ name: key, check: () => allow({ [key]: value }) })

/** The same guard, one turn of the event loop later. */
export const later = <Needs extends object, Gives extends object>(guard: Guard<Needs, Gives>): Guard<Needs, Gives> =>
  defineGuard({
    name: `later(${guard.name})`,
    check: async (ctx, facts) => {
      await new Promise((resolve) => setImmediate(resolve))
      return evaluate(guard, ctx, facts)
    },
  })

/** A guard as JavaScript may write it: it answers whatever it likes. */
export const answers = (name: string, answer: () => unknown): Guard =>
  defineGuard({ name, check: answer as Guard<NoFacts, NoFacts>['check'] })

/** A service's own way in, beside tokens. */
export const apiKey: Guard<NoFacts, { readonly principal: Principal }> = defineGuard({
  name: 'apiKey',
  check: (ctx) =>
    ctx.headers.get('x-api-key') === 'key-of-the-batch-job'
      ? allow({ principal: BATCH_JOB })
      : challenge('key_missing', { scheme: 'ApiKey', params: { realm: 'batch "jobs"' } }),
})

const BATCH_JOB = definePrincipal({ id: 'batch', issuer: 'urn:keys', kind: 'service', proof: 'key' })

const MINUTE = 60_000

export const limit = (name: string, most: number, store?: RateLimitStore) =>
  rateLimit({ name, limit: most, windowMs: MINUTE, store })

export const limitByPrincipal = (name: string, most: number, store?: RateLimitStore) =>
  rateLimit({ name, limit: most, windowMs: MINUTE, key: byPrincipal, store })
