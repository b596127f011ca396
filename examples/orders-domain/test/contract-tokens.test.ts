import { type Idp, startIdp, tokenFor } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN, CLERK, type Claims, ORDER, READER } from './support/callers.js'
import { OrdersService, SERVICES } from './support/orders-service.js'

const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const

const idps = {} as Record<(typeof ALGORITHMS)[number], Idp>
let idp: Idp
beforeAll(async () => {
  const clients = [{ id: 'shop', ...READER, roles: ['clerk'], tenant: 'acme' }]
  for (const algorithm of ALGORITHMS) idps[algorithm] = await startIdp({ clients, algorithm })
  idp = idps.RS256
})
afterAll(() => Promise.all(ALGORITHMS.map((algorithm) => idps[algorithm].close())))

describe.each(SERVICES)('%s', { concurrent: true }, (_name, script) => {
  const services = {} as Record<(typeof ALGORITHMS)[number], OrdersService>
  let service: OrdersService
  beforeAll(async () => {
    const start = async (algorithm: (typeof ALGORITHMS)[number]) => {
      services[algorithm] = await OrdersService.start(script, { ISSUER: idps[algorithm].issuer })
    }
    await Promise.all(ALGORITHMS.map(start))
    service = services.RS256
  })
  afterAll(() => Promise.all(ALGORITHMS.map((algorithm) => services[algorithm].close())))

  /** What a verified principal gets at a path that is not there, and a stranger does not. */
  const statusFor = async (token: string) => (await service.send({ token, target: '/nowhere' })).status
  const now = () => Math.floor(Date.now() / 1000)

  describe.each(ALGORITHMS)('%s', (algorithm) => {
    test('an access token of the token endpoint', async () => {
      const token = await idps[algorithm].token('shop')
      const created = await services[algorithm].send({ token, method: 'POST', target: '/orders', json: ORDER })
      expect([created.status, created.json.tenant]).toEqual([201, 'acme'])
      const read = await services[algorithm].send({ token, target: created.headers.location! })
      expect(read.status).toBe(200)
      expect((await services[algorithm].audit(read)).principal).toEqual({
        issuer: idps[algorithm].issuer,
        id: 'shop',
        client: 'shop',
      })
    })

    test.each(ALGORITHMS.filter((other) => other !== algorithm))(
      'a token that another issuer signed, by %s, is refused',
      async (other) => {
        const token = await tokenFor(idps[other], { iss: idps[algorithm].issuer })
        const answer = await services[algorithm].send({ token, target: '/nowhere' })
        expect(answer.status).toBe(401)
        expect((await services[algorithm].audit(answer)).code).toBe('token_key_unknown')
      },
    )
  })

  describe('typ: at+jwt', () => {
    test.each([['at+jwt'], ['AT+JWT'], ['application/at+jwt'], ['Application/At+Jwt']])('%s', async (typ) => {
      expect(await statusFor(await tokenFor(idp, {}, { typ }))).toBe(404)
    })

    test.each([
      ['JWT', 'token_type_refused'],
      [undefined, 'token_type_refused'],
      ['', 'token_type_refused'],
      ['at+jwt ', 'token_type_refused'],
      ['xat+jwt', 'token_type_refused'],
      ['at+jwt2', 'token_type_refused'],
      ['id+jwt', 'token_type_refused'],
      ['logout+jwt', 'token_type_refused'],
      ['dpop+jwt', 'token_type_refused'],
      [['at+jwt'], 'token_malformed'],
      [null, 'token_malformed'],
    ])('%j is refused', async (typ, code) => {
      const answer = await service.send({ token: await tokenFor(idp, {}, { typ }), target: '/nowhere' })
      expect(answer.status).toBe(401)
      expect((await service.audit(answer)).code).toBe(code)
    })
  })

  describe('claims', () => {
    test.each<[claim: string, value: unknown, code: string]>([
      ['iss', undefined, 'token_issuer_mismatch'],
      ['sub', undefined, 'token_claim_invalid'],
      ['aud', undefined, 'token_audience_mismatch'],
      ['exp', undefined, 'token_claim_invalid'],
      ['iat', undefined, 'token_claim_invalid'],
      ['jti', undefined, 'token_claim_invalid'],
      ['client_id', undefined, 'token_claim_invalid'],
      ['sub', '', 'token_claim_invalid'],
      ['sub', 7, 'token_claim_invalid'],
      ['sub', null, 'token_claim_invalid'],
      ['sub', ['alice'], 'token_claim_invalid'],
      ['sub', { id: 'alice' }, 'token_claim_invalid'],
      ['sub', true, 'token_claim_invalid'],
      ['jti', '', 'token_claim_invalid'],
      ['jti', 1, 'token_claim_invalid'],
      ['client_id', '', 'token_claim_invalid'],
      ['client_id', ['shop'], 'token_claim_invalid'],
      ['exp', '9999999999', 'token_claim_invalid'],
      ['exp', null, 'token_claim_invalid'],
      ['exp', true, 'token_claim_invalid'],
      ['exp', 0, 'token_expired'],
      ['exp', -1, 'token_expired'],
      ['iat', '1', 'token_claim_invalid'],
      ['nbf', 'tomorrow', 'token_claim_invalid'],
      ['aud', [], 'token_audience_mismatch'],
      ['aud', '', 'token_audience_mismatch'],
      ['aud', 'orders-api-2', 'token_audience_mismatch'],
      ['aud', 'orders', 'token_audience_mismatch'],
      ['aud', 'Orders-API', 'token_audience_mismatch'],
      ['aud', 'billing-api orders-api', 'token_audience_mismatch'],
      ['aud', { 'orders-api': true }, 'token_audience_mismatch'],
      ['aud', [['orders-api']], 'token_audience_mismatch'],
    ])('%s: %j is refused', async (claim, value, code) => {
      const answer = await service.send({ token: await tokenFor(idp, { [claim]: value }), target: '/nowhere' })
      expect(answer.status).toBe(401)
      expect((await service.audit(answer)).code).toBe(code)
    })

    test.each([[['orders-api']], [['billing-api', 'orders-api']]])('aud: %j is accepted', async (aud) => {
      expect(await statusFor(await tokenFor(idp, { aud }))).toBe(404)
    })

    test.each<[what: string, of: (issuer: string) => unknown]>([
      ['a trailing slash', (issuer) => `${issuer}/`],
      ['upper case', (issuer) => issuer.toUpperCase()],
      ['another path', (issuer) => `${issuer}/tenant`],
      ['another scheme', (issuer) => issuer.replace('http:', 'https:')],
      ['userinfo', (issuer) => issuer.replace('//', '//evil@')],
      ['a prefix', (issuer) => issuer.slice(0, -1)],
      ['an array', (issuer) => [issuer]],
      ['an array of two', (issuer) => ['https://evil.test', issuer]],
      ['an object', (issuer) => ({ issuer })],
    ])('iss with %s is refused', async (_what, of) => {
      const answer = await service.send({ token: await tokenFor(idp, { iss: of(idp.issuer) }), target: '/nowhere' })
      expect(answer.status).toBe(401)
      expect((await service.audit(answer)).code).toBe('token_issuer_mismatch')
    })
  })

  describe('clock skew at most 60 s', () => {
    test.each<[what: string, claims: () => Claims, code: string]>([
      ['expired 61 s ago', () => ({ exp: now() - 61 }), 'token_expired'],
      ['valid in 62 s', () => ({ nbf: now() + 62 }), 'token_not_yet_valid'],
      ['issued in 62 s', () => ({ iat: now() + 62 }), 'token_not_yet_valid'],
    ])('%s is refused', async (_what, claims, code) => {
      const answer = await service.send({ token: await tokenFor(idp, claims()), target: '/nowhere' })
      expect(answer.status).toBe(401)
      expect((await service.audit(answer)).code).toBe(code)
    })

    test.each<[what: string, claims: () => Claims]>([
      ['expires in 5 s', () => ({ exp: now() + 5 })],
      ['issued 2 s ahead', () => ({ iat: now() + 2, nbf: now() + 2 })],
      ['issued a day ago', () => ({ iat: now() - 86_400 })],
    ])('%s is accepted', async (_what, claims) => {
      expect(await statusFor(await tokenFor(idp, claims()))).toBe(404)
    })
  })

  describe('scope is compared exactly', () => {
    let target: string
    beforeAll(async () => {
      const token = await tokenFor(idp, CLERK)
      target = (await service.send({ token, method: 'POST', target: '/orders', json: ORDER })).headers.location!
    })

    test.each<[scope: unknown, status: number]>([
      ['orders:read', 200],
      ['openid orders:read', 200],
      ['orders:read orders:write', 200],
      [undefined, 403],
      ['', 403],
      ['orders', 403],
      ['orders:reader', 403],
      ['orders:read:all', 403],
      ['myorders:read', 403],
      ['ORDERS:READ', 403],
      ['orders:read,orders:write', 403],
      ['orders:read\torders:write', 403],
      ['orders:read\n', 403],
      ['orders:*', 403],
      ['*', 403],
      [['orders:read'], 403],
      [{ 'orders:read': true }, 403],
      [null, 403],
      [1, 403],
      [true, 403],
    ])('%j: %i', async (scope, status) => {
      const answer = await service.send({ token: await tokenFor(idp, { scope }), target })
      expect([answer.status, answer.json.code]).toEqual([status, status === 403 ? 'scope_missing' : undefined])
    })

    test.each([['scp'], ['scopes'], ['permissions']])('%s is no scope', async (claim) => {
      const answer = await service.send({ token: await tokenFor(idp, { [claim]: 'orders:read' }), target })
      expect(answer.status).toBe(403)
    })
  })

  describe('roles is an array, compared exactly', () => {
    test.each<[roles: unknown, status: number]>([
      [['clerk'], 201],
      [['admin'], 201],
      [['viewer', 'clerk'], 201],
      [['clerk', 7, null, ''], 201],
      [undefined, 403],
      [[], 403],
      ['clerk', 403],
      ['admin clerk', 403],
      [['Clerk'], 403],
      [['clerks'], 403],
      [['cler'], 403],
      [['clerk '], 403],
      [['clerk,admin'], 403],
      [['clerk admin'], 403],
      [['*'], 403],
      [[['clerk']], 403],
      [{ clerk: true }, 403],
      [{ 0: 'clerk', length: 1 }, 403],
      [[0, null, ''], 403],
      [null, 403],
      [1, 403],
      [true, 403],
    ])('%j: %i', async (roles, status) => {
      const token = await tokenFor(idp, { roles })
      const answer = await service.send({ token, method: 'POST', target: '/orders', json: ORDER })
      expect([answer.status, answer.json.code]).toEqual([status, status === 403 ? 'role_missing' : undefined])
    })

    test.each([['role'], ['groups'], ['realm_access']])('%s is no role', async (claim) => {
      const token = await tokenFor(idp, { [claim]: ['admin'] })
      const answer = await service.send({ token, method: 'POST', target: '/orders', json: ORDER })
      expect(answer.status).toBe(403)
    })
  })

  describe("DELETE: the principal's tenant equals the order's, and two missing tenants are not equal", () => {
    test.each<[creator: unknown, deleter: unknown, status: number]>([
      ['acme', 'acme', 204],
      ['acme', 'globex', 403],
      ['acme', undefined, 403],
      [undefined, 'acme', 403],
      [undefined, undefined, 403],
      ['', '', 403],
      [null, null, 403],
      [undefined, null, 403],
      [['acme'], ['acme'], 403],
      [['acme'], 'acme', 403],
      ['acme', ['acme'], 403],
      [7, 7, 403],
      ['7', 7, 403],
      [0, 0, 403],
      [true, true, 403],
      [{}, {}, 403],
      [{ id: 'acme' }, { id: 'acme' }, 403],
      ['acme', 'ACME', 403],
      ['acme', 'acme ', 403],
      ['acme', 'acme\u0000', 403],
      ['undefined', undefined, 403],
      ['null', null, 403],
      ['__proto__', undefined, 403],
      ['*', 'acme', 403],
      ['acme', '*', 403],
    ])('%j by %j: %i', async (creator, deleter, status) => {
      const clerk = await tokenFor(idp, { ...CLERK, tenant: creator })
      const { headers } = await service.send({ token: clerk, method: 'POST', target: '/orders', json: ORDER })
      const admin = await tokenFor(idp, { ...ADMIN, tenant: deleter })
      const answer = await service.send({ token: admin, method: 'DELETE', target: headers.location! })
      expect(answer.status).toBe(status)
      const left = await service.send({ token: clerk, target: headers.location! })
      expect(left.status).toBe(status === 204 ? 404 : 200)
    })
  })
})
