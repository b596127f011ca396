import { createGuard, guard } from '@wardline/express'
import { createGuard as koaGuard } from '@wardline/koa'
import { all, allow, defineGuard, type Guard, jwt, type Principal, requireScope, validate } from 'wardline'
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

const { status } = toHttp({ allowed: false, kind: 'forbidden', code: 'no' })
console.log(typeof middleware.facts, status, baseline().name)
