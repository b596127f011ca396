import {
  type AccessRequest,
  type AuthorizeOptions,
  all,
  authorize,
  type MaybePromise,
  type Principal,
} from '../../src/index.js'
import { contextFor, type TestRequest } from '../support/context.js'
import { decideNow, giving, principal } from '../support/guards.js'

/** Attributes that are not there are what is tested: types would not let them be read. */
export type Anything = ReturnType<typeof JSON.parse>
export type Decide = (request: AccessRequest<Anything, Anything>) => MaybePromise<boolean>
export type Options = Partial<AuthorizeOptions<Anything, Anything>>

export const ALICE: Principal = {
  ...principal('alice', ['clerk']),
  tenant: 'acme',
  claims: Object.freeze({ level: 3, address: Object.freeze({ country: 'NZ' }), nothing: null }),
}

export const ORDER = Object.freeze({ id: '42', owner: 'alice', tenant: 'acme' })

/** The answer to a caller with `facts`, where `options` are about ORDER and allow unless they say otherwise. */
export function ask(
  options: Options,
  facts: { readonly principal: Principal } = { principal: ALICE },
  request?: TestRequest,
) {
  const guard = authorize<Anything, { readonly principal: Principal }>({
    action: 'orders:read',
    resource: () => ORDER,
    decide: () => true,
    ...options,
  })
  return decideNow(all(giving('jwt', facts), guard), contextFor(request))
}

const refusal = { allowed: false, kind: 'forbidden', guard: 'authorize(orders:read)' }
export const DENIED = { ...refusal, code: 'access_denied' }
export const UNKNOWN = { ...refusal, code: 'attribute_unknown' }
export const NOT_FOUND = { ...refusal, code: 'resource_not_found', status: 404 }
