import { describe, expect, test } from 'vitest'
import type { Principal } from '../../src/index.js'
import { ALICE, type Anything, ask, type Decide, ORDER, UNKNOWN } from './orders.js'

class Invoice {
  readonly #owner: string
  readonly sharedWith = new Set(['alice'])
  readonly limits = new Map([['NZ', 100]])
  readonly dueAt = new Date(1_700_000_000_001)
  readonly approvers = ['bob', 'alice']

  constructor(owner: string) {
    this.#owner = owner
  }

  get owner() {
    return this.#owner
  }

  mayBeReadBy(id: string) {
    return this.#owner === id
  }
}

describe('what may be decided on', () => {
  const allows = async (decide: Decide, resource: object) => {
    const facts = { principal: ALICE, input: { reason: 'audit' } }
    const request = { params: { id: '42' }, headers: [['x-purpose', 'audit']] } as const
    expect(await ask({ decide, resource: () => resource }, facts, request)).toMatchObject({ allowed: true })
  }

  test.each<readonly [string, Decide]>([
    ['principal and resource', ({ principal, resource }) => principal.tenant === resource.tenant],
    ['roles', ({ principal }) => principal.roles.has('clerk') && !principal.roles.has('admin')],
    ['claims', ({ principal }) => Number(principal.claims.level) > 2],
    ['nested claims', ({ principal }: Anything) => principal.claims.address.country === 'NZ'],
    ['the action', ({ action }) => action === 'orders:read'],
    ['the context', ({ context }) => context.method === 'GET' && context.params.id === '42'],
    ['fields of the context', ({ context }) => context.headers.get('x-purpose') === 'audit'],
    ['the time', ({ context }) => context.nowMs === 1_700_000_000_000],
    ['facts of other guards', ({ facts }) => facts.input.reason === 'audit'],
    ['the principal among the facts', ({ facts, principal }) => facts.principal.id === principal.id],
    ['an optional attribute that is not there', ({ resource }) => !('archived' in resource)],
    ['an optional attribute that is null', ({ principal }) => !('nothing' in principal.claims)],
    ['an optional attribute that is undefined', ({ principal }) => !('client' in principal)],
    ['an optional attribute that is there', ({ resource }) => 'tenant' in resource && resource.tenant === 'acme'],
  ])('%s', (_name, decide) => allows(decide, ORDER))

  test.each<readonly [string, Decide]>([
    ['a getter over a private field', ({ principal, resource }) => resource.owner === principal.id],
    ['a method over a private field', ({ principal, resource }) => resource.mayBeReadBy(principal.id)],
    ['a Set', ({ principal, resource }) => resource.sharedWith.has(principal.id)],
    ['a Map', ({ resource }) => resource.limits.get('NZ') > 99],
    ['a Date', ({ context, resource }) => resource.dueAt > context.nowMs],
    ['a list', ({ principal, resource }) => resource.approvers.includes(principal.id)],
    ['its class', ({ resource }) => resource instanceof Invoice],
  ])('%s of an instance, frozen or not', async (_name, decide) => {
    await allows(decide, new Invoice('alice'))
    await allows(decide, Object.freeze(new Invoice('alice')))
  })
})

// Two missing tenants are not one tenant, and nothing that is not known is different from anything either.
describe('an attribute that is not known never allows', () => {
  const nobody: Principal = { ...ALICE, tenant: undefined }
  const denies = async (decide: Decide, resource: object, principal = ALICE) =>
    expect(await ask({ decide, resource: () => resource }, { principal })).toMatchObject(UNKNOWN)

  test.each<readonly [string, Decide]>([
    ['missing on the resource', ({ resource }) => resource.archived !== true],
    ['missing on both, equal', ({ principal, resource }: Anything) => principal.team === resource.team],
    ['a claim', ({ principal }) => principal.claims.banned !== true],
    ['a claim that is null', ({ principal }) => principal.claims.nothing === null],
    ['a nested claim', ({ principal }: Anything) => principal.claims.address.city === undefined],
    ['a fact', ({ facts }) => facts.input === undefined],
    ['the route', ({ context }) => context.route === undefined],
    ['a path parameter', ({ context }) => context.params.id === undefined],
    ['negated', ({ resource }) => !resource.locked],
    ['optional chaining', ({ resource }) => resource.lock?.holder === undefined],
    ['a default', ({ resource: { level = 0 } }) => level < 5],
    ['nullish coalescing', ({ resource }) => (resource.level ?? 0) < 5],
    ['read for nothing', ({ resource }) => [resource.other].length === 1],
    [
      'ahead of one that allows',
      ({ principal, resource }) => resource.open === true || principal.id === resource.owner,
    ],
    [
      'caught',
      ({ resource }) => {
        try {
          return resource.lock.holder === 'alice'
        } catch {
          return true
        }
      },
    ],
  ])('%s', (_name, decide) => denies(decide, ORDER))

  test.each<readonly [string, Decide]>([
    ['null on the resource', ({ resource }) => resource.tenant === null],
    ['null on one, a value on the other', ({ principal, resource }) => principal.tenant !== resource.tenant],
    ['nested in the resource', ({ resource }) => resource.owner.team === undefined],
    ['nested on both, equal', ({ principal, resource }: Anything) => principal.claims.city === resource.owner.city],
  ])('%s', (_name, decide) => denies(decide, { id: '42', tenant: null, owner: {} }))

  test.each<readonly [string, Decide, object]>([
    ['missing on the principal', ({ principal, resource }) => principal.tenant !== resource.tenant, ORDER],
    ['missing on both, the tenant', ({ principal, resource }) => principal.tenant === resource.tenant, {}],
    [
      'missing on one, null on the other',
      ({ principal, resource }) => (principal.tenant ?? null) === resource.tenant,
      { tenant: null },
    ],
    ['a copy of all', ({ principal }) => ({ ...principal }).id === 'alice', ORDER],
  ])('%s', (_name, decide, resource) => denies(decide, resource, nobody))

  test('but what is not read need not be known', async () =>
    expect(
      await ask({ decide: ({ principal, resource }) => principal.id === resource.owner || resource.archived }),
    ).toMatchObject({ allowed: true }))
})

describe('a decider cannot change what it decides on', () => {
  test.each<readonly [string, (request: Anything) => unknown]>([
    ['the principal', ({ principal }) => (principal.tenant = 'other')],
    ['a claim', ({ principal }) => (principal.claims.level = 9)],
    ['the roles', ({ principal }) => (principal.roles = new Set(['admin']))],
    ['the resource', ({ resource }) => (resource.owner = 'mallory')],
    ['the resource, nested', ({ resource }) => (resource.lock.holder = 'mallory')],
    ['the facts', ({ facts }) => (facts.principal = { id: 'mallory' })],
    ['the context', ({ context }) => (context.client = '127.0.0.1')],
    ['by deleting', ({ resource }) => delete resource.owner],
  ])('%s: internal', async (_name, change) => {
    const order = { id: '42', owner: 'alice', lock: { holder: 'alice' } }
    const caller = { ...ALICE, claims: { level: 3 } }
    const decide = (request: Anything) => {
      change(request)
      return true
    }
    expect(await ask({ resource: () => order, decide }, { principal: caller })).toMatchObject({
      kind: 'internal',
      code: 'guard_failed',
      cause: new TypeError('attributes are read-only'),
    })
    expect({ order, tenant: caller.tenant, claims: caller.claims }).toEqual({
      order: { id: '42', owner: 'alice', lock: { holder: 'alice' } },
      tenant: 'acme',
      claims: { level: 3 },
    })
  })
})
