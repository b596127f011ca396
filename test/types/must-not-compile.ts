import {
  type Allowance,
  all,
  allow,
  any,
  authorize,
  byPrincipal,
  challenge,
  type Denial,
  decide,
  defineGuard,
  forbid,
  type Guard,
  jwt,
  memoryStore,
  type NoFacts,
  type Principal,
  type RequestContext,
  rateLimit,
  report,
  requireRole,
  requireScope,
  type ServiceSettings,
  type Unauthenticated,
  validate,
  when,
} from 'wardline'
import { guard as expressGuard, guarded as expressGuarded } from '../../packages/express/src/index.js'

declare const ctx: RequestContext
const token = jwt({ issuer: 'https://idp.example', audience: 'orders-api' })
const limit = rateLimit({ limit: 1, windowMs: 1 })
const admin = requireRole('admin')
const onceIn = when(() => true, token)
const onceAdmin = when(() => true, admin)
const input = validate({ body: { type: 'object', required: ['sku'], properties: { sku: { type: 'string' } } } })

// @ts-expect-error an unmet need where the policy is asked
decide(admin, ctx)
// @ts-expect-error the need of a later guard is not met by an earlier one
all(limit, admin)
// @ts-expect-error facts flow to the right only
all(limit, admin, token)
// @ts-expect-error a need in the last of eight
all(limit, limit, limit, limit, limit, limit, limit, admin)
// @ts-expect-error more than eight: nest them
all(limit, limit, limit, limit, limit, limit, limit, limit, limit)
// @ts-expect-error no guard is not a policy
all()
// @ts-expect-error no alternative is not a policy
any()
// @ts-expect-error rateLimit by principal in front of the guard that gives it
all(rateLimit({ limit: 1, windowMs: 1, key: byPrincipal }), token) satisfies Guard
// @ts-expect-error what only one alternative gives is not there for sure
all(any(token, limit), admin)
// @ts-expect-error what a condition guards is not there for sure
all(onceIn, admin)
// @ts-expect-error what is only reported is not there
all(report(token), admin)
// @ts-expect-error report has the needs of its guard
all(limit, report(admin))
// @ts-expect-error when has the needs of its guard
all(limit, onceAdmin)
// @ts-expect-error a factory that was not called
all(limit, requireRole)
// @ts-expect-error true is no decision
all(limit, { name: 'own', check: () => true })

// @ts-expect-error any() with an unmet need at a mount
expressGuard(any(token, admin))
// @ts-expect-error an unmet need at a mount
expressGuard(admin)
// @ts-expect-error an unmet need at a decorator
expressGuarded(admin)
// @ts-expect-error and() has the facts of its mount only
expressGuard(limit).and(admin)
// @ts-expect-error a mount has the facts of its policy only
expressGuard(token).facts({} as never).input
// @ts-expect-error and() adds no facts to the mount it was called on
export const leaked = ((signedIn) => [signedIn.and(input), signedIn.facts({} as never).input])(expressGuard(token))

// @ts-expect-error RFC 9110 section 15.5.2: a 401 needs a challenge
challenge('token_missing')
// @ts-expect-error a 401 written by hand needs one, too
export const bare: Denial = { allowed: false, kind: 'unauthenticated', code: 'token_missing' }
// @ts-expect-error an empty list is no challenge
export const empty: Unauthenticated = { allowed: false, kind: 'unauthenticated', code: 'token_missing', challenges: [] }
// @ts-expect-error a made-up kind
export const teapot: Denial = { allowed: false, kind: 'teapot', code: 'short_and_stout' }
// @ts-expect-error a 403 does not become a 200
export const fine: Denial = { ...forbid('no'), status: 200 }
// @ts-expect-error an allowance without facts
export const factless: Allowance = { allowed: true }

// @ts-expect-error HMAC where asymmetric keys are configured
jwt({ issuer: 'https://idp.example', audience: 'orders-api', algorithms: ['HS256'] })
// @ts-expect-error no signature at all
jwt({ issuer: 'https://idp.example', audience: 'orders-api', algorithms: ['none'] })
// @ts-expect-error a token for anybody
jwt({ issuer: 'https://idp.example' })
// @ts-expect-error a misspelt option
jwt({ issuer: 'https://idp.example', audience: 'orders-api', clockTolerance: 30 })
// @ts-expect-error a misspelt option
rateLimit({ limit: 1, window: 60_000 })
// @ts-expect-error an option too many
rateLimit({ limit: 1, windowMs: 60_000, max: 5 })
// @ts-expect-error units are milliseconds
rateLimit({ limit: 1, windowMs: '1m' })
// @ts-expect-error a misspelt option
memoryStore({ maxkeys: 5 })
// @ts-expect-error a misspelt part
validate({ boddy: { type: 'object' } })
// @ts-expect-error a misspelt option
validate({ body: { type: 'object' } }, { maxBodyByte: 5 })
// @ts-expect-error a misspelt setting
export const settings: ServiceSettings = { trustProxy: true }
// @ts-expect-error a mode that does not exist
export const mode: ServiceSettings = { mode: 'off' }

// @ts-expect-error no scope is no requirement
requireScope()
// @ts-expect-error no role is no requirement
requireRole()
// @ts-expect-error a list may be empty
requireScope(...([] as string[]))

type Loaded = { readonly id: string }
declare const load: () => Loaded
// @ts-expect-error a decision is true or false
authorize({ action: 'a', resource: load, decide: () => 'yes' })
// @ts-expect-error the resource has no such attribute
authorize({ action: 'a', resource: load, decide: ({ resource }) => resource.owner === 'alice' })
// @ts-expect-error who is asked about must be known
all(limit, authorize({ action: 'a', resource: load, decide: () => true }))

// @ts-expect-error a guard that reads a fact it does not ask for
defineGuard({ name: 'own', check: (_ctx, facts: NoFacts) => (facts.principal ? allow() : forbid('no')) })
// @ts-expect-error an inline guard reads a fact that nobody gave
all(token, { name: 'own', check: (_ctx, facts) => (facts.tenant ? allow() : forbid('no')) })
// @ts-expect-error a fact of another type than the guard asks for
all(giving('text'), needing)
// @ts-expect-error a validated member of another type
all(input, { name: 'own', check: (_ctx, { input: { body } }) => (body.sku > 5 ? allow() : forbid('no')) })
// @ts-expect-error its roles, too
all(token, { name: 'own', check: (_ctx, { principal }) => allow({ roles: principal.roles.add('admin') }) })

export function tampering(facts: { principal: Principal }, allowance: Allowance<{ readonly a: number }>): void {
  // @ts-expect-error the principal is read-only
  facts.principal.id = 'admin'
  // @ts-expect-error its claims, too
  facts.principal.claims.sub = 'admin'
  // @ts-expect-error and so are facts
  allowance.facts.a = 2
}

function giving<const T>(tenant: T): Guard<NoFacts, { readonly tenant: T }> {
  return { name: 'giving', check: () => allow({ tenant }) }
}
declare const needing: Guard<{ readonly tenant: number; readonly principal?: Principal }>
