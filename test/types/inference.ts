import {
  type AccessRequest,
  all,
  allow,
  any,
  authorize,
  type Decision,
  type Denial,
  decide,
  defineGuard,
  forbid,
  type Guard,
  jwt,
  type NoFacts,
  type Principal,
  type RequestContext,
  rateLimit,
  report,
  requireRole,
  requireScope,
  validate,
  when,
} from 'wardline'
import { guard } from '../../packages/express/src/index.js'
import { type Equal, holds } from './equal.js'

type NeedsOf<G> = G extends Guard<infer Needs, object> ? Needs : never
type GivesOf<G> = G extends Guard<never, infer Gives> ? Gives : never
type WithPrincipal = { readonly principal: Principal }

const token = jwt({ issuer: 'https://idp.example', audience: 'orders-api', algorithms: ['ES256'] })
const limit = rateLimit({ limit: 100, windowMs: 60_000 })
const input = validate({
  body: {
    type: 'object',
    required: ['sku', 'quantity'],
    properties: {
      sku: { type: 'string' },
      quantity: { type: 'integer' },
      note: { type: 'string' },
      priority: { enum: ['low', 'high'] },
    },
  },
  query: { type: 'object', properties: { page: { type: 'integer' } } },
})
interface Order {
  readonly id: string
  readonly tenant: string
}
declare const orderOf: (ctx: RequestContext) => Promise<Order | undefined>

// all(): facts of every guard, flat; needs of the first
const policy = all(limit, token, requireScope('orders:write'), requireRole('clerk', 'admin'), input)
holds<Equal<NeedsOf<typeof policy>, NoFacts>>()
holds<Equal<GivesOf<typeof policy>['principal'], Principal>>()
holds<Equal<keyof GivesOf<typeof policy>, 'principal' | 'input'>>()
holds<Equal<NeedsOf<ReturnType<typeof requireRole>>, WithPrincipal>>()
const needing = all(requireRole('admin'), limit)
holds<Equal<NeedsOf<typeof needing>, WithPrincipal>>()
const nested = all(all(limit, token), all(requireRole('admin'), input))
holds<Equal<keyof GivesOf<typeof nested>, 'principal' | 'input'>>()

// validate(): the types of the schemas
type Body = GivesOf<typeof policy>['input']['body']
holds<Equal<Body['sku'], string>>()
holds<Equal<Body['quantity'], number>>()
holds<Equal<Body['note'], string | undefined>>()
holds<Equal<Body['priority'], 'low' | 'high' | undefined>>()
holds<Equal<GivesOf<typeof policy>['input']['query']['page'], number | undefined>>()

// inline guards: facts from the left, facts to the right
const inline = all(
  token,
  {
    name: 'tenant',
    check: (_ctx, facts) => {
      holds<Equal<typeof facts.principal, Principal>>()
      return facts.principal.tenant === undefined ? forbid('no_tenant') : allow({ tenant: facts.principal.tenant })
    },
  },
  {
    name: 'plan',
    check: async (_ctx, { tenant, principal }) => {
      holds<Equal<typeof tenant, string>>()
      holds<Equal<typeof principal, Principal>>()
      return allow({ plan: tenant.length })
    },
  },
)
holds<Equal<GivesOf<typeof inline>['tenant'], string>>()
holds<Equal<GivesOf<typeof inline>['plan'], number>>()

// defineGuard(): needs from the facts parameter, gives from allow(); literals stay literal
const sameTenant = defineGuard({
  name: 'sameTenant',
  check: (ctx, { principal }: { readonly principal: Principal }) =>
    ctx.params.tenant === principal.tenant ? allow({ shared: true }) : forbid('other_tenant'),
})
holds<Equal<NeedsOf<typeof sameTenant>, WithPrincipal>>()
holds<Equal<GivesOf<typeof sameTenant>, { readonly shared: true }>>()
const plain = defineGuard({ name: 'plain', check: () => allow() })
holds<Equal<NeedsOf<typeof plain>, NoFacts>>()
holds<Equal<GivesOf<typeof plain>, NoFacts>>()

// any(): what one of them gave; needs what all of them need
const service = defineGuard({ name: 'service', check: () => allow({ service: 'batch' }) })
const either = any(token, service)
holds<Equal<NeedsOf<typeof either>, NoFacts>>()
holds<Equal<GivesOf<typeof either>, WithPrincipal | { readonly service: 'batch' }>>()
const eitherNeeds = any(requireRole('admin'), sameTenant, service)
holds<Equal<keyof NeedsOf<typeof eitherNeeds>, 'principal'>>()
const sameFact = all(any(token, jwt({ issuer: 'https://other.example', audience: 'orders-api' })), requireRole('admin'))
holds<Equal<GivesOf<typeof sameFact>['principal'], Principal>>()

// when(): facts that may be missing; report(): none at all
const sometimes = when((ctx) => ctx.method !== 'GET', token)
holds<Equal<GivesOf<typeof sometimes>['principal'], Principal | undefined>>()
const conditional = when((_ctx, facts: WithPrincipal) => facts.principal.roles.has('admin'), input)
holds<Equal<keyof NeedsOf<typeof conditional>, 'principal'>>()
const trial = report(token)
holds<Equal<GivesOf<typeof trial>, NoFacts>>()
const trialNeeding = report(requireRole('admin'))
holds<Equal<NeedsOf<typeof trialNeeding>, WithPrincipal>>()

// authorize(): the resource as it was loaded
const owned = authorize({
  action: 'orders:read',
  resource: orderOf,
  decide: ({ principal, resource, facts }) => {
    holds<Equal<typeof resource, Order>>()
    holds<Equal<typeof facts, WithPrincipal>>()
    return principal.tenant === resource.tenant
  },
})
holds<Equal<GivesOf<typeof owned>, { readonly resource: Order }>>()
const withInput = all(
  token,
  input,
  authorize({
    action: 'orders:write',
    resource: orderOf,
    decide: ({ facts }: AccessRequest<Order, WithPrincipal & GivesOf<typeof input>>) => facts.input.body.quantity > 0,
  }),
)
holds<Equal<GivesOf<typeof withInput>['resource'], Order>>()

// decisions: the kind tells the rest
export const described = (decision: Decision<WithPrincipal>): string => {
  if (decision.allowed) return decision.facts.principal.id
  holds<Equal<typeof decision, Denial>>()
  switch (decision.kind) {
    case 'unauthenticated':
      return decision.challenges[0].scheme
    case 'exhausted':
      return String(decision.retryAfterSeconds)
    case 'invalid':
      return decision.issues.map(({ pointer }) => pointer).join()
    case 'forbidden':
    case 'unavailable':
    case 'internal':
      return decision.code
  }
}
declare const ctx: RequestContext
const answer = decide(all(limit, token), ctx)
holds<Equal<GivesOfAnswer<Awaited<typeof answer>>, 'principal'>>()
type GivesOfAnswer<D> = D extends { readonly allowed: true; readonly facts: infer F } ? keyof F : never

// mounts: facts of the policy, and of both with and()
declare const request: Parameters<typeof signedIn.facts>[0]
const signedIn = guard(all(limit, token))
holds<Equal<ReturnType<typeof signedIn.facts>['principal'], Principal>>()
const writing = signedIn.and(input).and(requireScope('orders:write')).and(owned)
export const total: number = writing.facts(request).input.body.quantity
export const order: Order = writing.facts(request).resource
export const caller: string = writing.facts(request).principal.id
