import { createGuard, guard } from '@wardline/express'
import { createGuard as koaGuard } from '@wardline/koa'
import { redisStores } from '@wardline/redis'
import {
  all,
  allow,
  byPrincipal,
  defineGuard,
  type Guard,
  jwt,
  type Principal,
  rateLimit,
  requireScope,
  validate,
} from 'wardline'
import { toHttp } from 'wardline/http'
import { baseline } from 'wardline/mount'

const policy: Guard<
  object,
  { readonly principal: Principal; readonly input: { readonly query: { readonly page?: number } } }
> = all(
  jwt({ issuer: 'https://id.example.com', audience: 'consumer' }),
  requireScope('read'),
  validate({ query: { type: 'object', properties: { page: { type: 'integer' } } } }),
)
const middleware = guard(policy)
const own = defineGuard({ name: 'own', check: () => allow({ answer: 42 }) })
createGuard({ mode: 'report' }).guard(own)
koaGuard().guard(own)

/** A client as ioredis makes it, without one: nobody needs both libraries to install this. */
const client = { status: 'connecting', call: async () => 'OK', on: () => client }
const { rateLimits, revocation } = redisStores({ client })
createGuard().guard(
  all(
    jwt({ issuer: 'https://id.example.com', audience: 'consumer', revocation }),
    rateLimit({ limit: 100, windowMs: 60_000, key: byPrincipal, store: rateLimits }),
  ),
)

const { status } = toHttp({ allowed: false, kind: 'forbidden', code: 'no' })
console.log(typeof middleware.facts, status, baseline().name)
