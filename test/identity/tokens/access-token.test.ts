import { describe, expect, test } from 'vitest'
import type { Allowance, Principal } from '../../../src/index.js'
import { ask, FakeIssuer, headerOf, ISSUER, NOW, NOW_MS, signed, standardClaims } from '../../support/fake-issuer.js'
import { ACCEPTED_CLAIMS, REFUSED_CLAIM_TEXTS, REFUSED_CLAIMS } from '../../vectors/token-claims.js'

const idp = new FakeIssuer()
const guard = idp.guard()
const key = idp.keys[0]!

const refused = (code: string) => ({ allowed: false, kind: 'unauthenticated', code })
const principalOf = async (claims: Readonly<Record<string, unknown>>): Promise<Principal> => {
  const answer = await ask(guard, idp.token(claims))
  expect(answer).toMatchObject({ allowed: true })
  return (answer as Allowance<{ readonly principal: Principal }>).facts.principal
}

describe('claims that refuse a token', () => {
  test.each(REFUSED_CLAIMS)('$input: $code ($section)', async ({ claims, code }) => {
    expect(await ask(guard, idp.token(claims))).toMatchObject(refused(code))
  })

  test.each(REFUSED_CLAIM_TEXTS.map(([find, replace, code]) => [find, replace, code] as const))(
    '%s to %j: %s',
    async (find, replace, code) => {
      const text = JSON.stringify(standardClaims())
      expect(text).toMatch(find)
      expect(await ask(guard, signed(key, headerOf(key), text.replace(find, replace)))).toMatchObject(refused(code))
    },
  )

  test.each([
    ['a byte that is not UTF-8', Buffer.from(JSON.stringify(standardClaims()).replace('alice', '\xff'), 'latin1')],
    ['an overlong form', Buffer.from(JSON.stringify(standardClaims()).replace('alice', '\xc1\xa1'), 'latin1')],
    ['UTF-16', Buffer.from(JSON.stringify(standardClaims()), 'utf16le')],
    ['a lone NUL', Buffer.from([0])],
  ])('%s in the payload: token_malformed (RFC 8725 section 3.7)', async (_name, payload) => {
    expect(await ask(guard, signed(key, headerOf(key), payload))).toMatchObject(refused('token_malformed'))
  })

  test('at another time: expiry follows the clock of the request', async () => {
    const token = idp.token({ nbf: NOW })
    expect(await ask(idp.guard(), token, NOW_MS - 30_001)).toMatchObject(refused('token_not_yet_valid'))
    expect(await ask(idp.guard(), token, NOW_MS + 329_999)).toMatchObject({ allowed: true })
    expect(await ask(idp.guard(), token, NOW_MS + 330_000)).toMatchObject(refused('token_expired'))
  })

  test.each([
    [0, 0, 'token_expired'],
    [0, 1, 'allowed'],
    [300, -299, 'allowed'],
    [300, -300, 'token_expired'],
  ])('clockToleranceSeconds %i, exp in %i seconds: %s', async (clockToleranceSeconds, seconds, code) => {
    const answer = await ask(idp.guard({ clockToleranceSeconds }), idp.token({ exp: NOW + seconds }))
    expect(answer).toMatchObject(code === 'allowed' ? { allowed: true } : refused(code))
  })
})

describe('claims that do not', () => {
  test.each(ACCEPTED_CLAIMS)('$input ($section)', async ({ claims }) => {
    expect(await ask(guard, idp.token(claims))).toMatchObject({ allowed: true })
  })

  test('the last of several with one name (RFC 7519 section 4)', async () => {
    const text = JSON.stringify(standardClaims()).replace('{', '{"iss":"https://evil.example","exp":0,')
    expect(await ask(guard, signed(key, headerOf(key), text))).toMatchObject({ allowed: true })
  })

  test.each([
    [['orders-api', 'legacy-api'], 'legacy-api', true],
    [['orders-api', 'legacy-api'], ['x', 'orders-api'], true],
    [['orders-api', 'legacy-api'], 'orders-api legacy-api', false],
  ])('audience %j takes aud %j: %s', async (audience, aud, allowed) => {
    expect(await ask(idp.guard({ audience }), idp.token({ aud }))).toMatchObject({ allowed })
  })
})

describe('the principal', () => {
  test('is what the claims say', async () => {
    const claims = { scope: 'orders:read orders:write', roles: ['clerk', 'admin'], tenant: 'acme', iss: ISSUER }
    const principal = await principalOf(claims)
    expect(principal).toMatchObject({ id: 'alice', issuer: ISSUER, client: 'shop', tenant: 'acme', proof: 'bearer' })
    expect([...principal.scopes]).toEqual(['orders:read', 'orders:write'])
    expect([...principal.roles]).toEqual(['clerk', 'admin'])
    expect(principal.claims).toMatchObject(claims)
  })

  test.each([
    [undefined, []],
    ['', []],
    ['orders:read', ['orders:read']],
    ['  orders:read   orders:write ', ['orders:read', 'orders:write']],
    ['orders:read\torders:write', ['orders:read\torders:write']],
    ['orders:read,orders:write', ['orders:read,orders:write']],
    ['orders', ['orders']],
    [['orders:read'], []],
    [null, []],
    [1, []],
    [{ 'orders:read': true }, []],
  ])('scope %j is the scopes %j', async (scope, expected) => {
    expect([...(await principalOf({ scope })).scopes]).toEqual(expected)
  })

  test.each([
    [undefined, []],
    [[], []],
    [['admin'], ['admin']],
    [['admin', 1, null, '', ['root'], { value: 'root' }], ['admin']],
    [['administrator'], ['administrator']],
    ['admin', []],
    ['admin root', []],
    [{ 0: 'admin', length: 1 }, []],
    [null, []],
  ])('roles %j is the roles %j', async (roles, expected) => {
    expect([...(await principalOf({ roles })).roles]).toEqual(expected)
  })

  // CVE-2026-32716
  test.each([
    ['scopes', { scope: 'orders:readwrite' }, 'orders:read'],
    ['scopes', { scope: 'orders' }, 'orders:read'],
    ['scopes', { scope: 'Orders:Read' }, 'orders:read'],
    ['roles', { roles: ['administrator'] }, 'admin'],
    ['roles', { roles: ['ADMIN'] }, 'admin'],
    ['roles', { roles: 'administrator' }, 'admin'],
  ] as const)('%s of %j do not hold %s', async (kind, claims, name) => {
    expect((await principalOf(claims))[kind].has(name)).toBe(false)
  })

  test.each([
    ['acme', 'acme'],
    [undefined, undefined],
    ['', undefined],
    [null, undefined],
    [1, undefined],
    [['acme'], undefined],
  ])('tenant %j is the tenant %s', async (tenant, expected) => {
    expect((await principalOf({ tenant })).tenant).toBe(expected)
  })

  test('claims named like members of Object.prototype are plain data', async () => {
    const text = JSON.stringify(standardClaims()).replace('{', '{"__proto__":{"roles":["admin"]},"constructor":1,')
    const answer = await ask(guard, signed(key, headerOf(key), text))
    expect(answer).toMatchObject({ allowed: true })
    const { principal } = (answer as Allowance<{ readonly principal: Principal }>).facts
    expect([...principal.roles]).toEqual([])
    expect(Object.getPrototypeOf(principal.claims)).toBe(Object.prototype)
    expect(({} as { readonly roles?: unknown }).roles).toBeUndefined()
  })

  test('claims may be nested as deep as the longest token allows', async () => {
    const deep = `${'['.repeat(2_700)}${']'.repeat(2_700)}`
    const token = signed(key, headerOf(key), JSON.stringify(standardClaims()).replace('{', `{"x":${deep},`))
    expect(token.length).toBeGreaterThan(7_500)
    expect(await ask(guard, token)).toMatchObject({ allowed: true })
  })

  test('cannot be changed by one who shares it', async () => {
    const principal = await principalOf({ scope: 'a', roles: ['b'], realm_access: { roles: [{ name: 'c' }] } })
    const { scopes, roles, claims } = principal
    for (const set of [scopes, roles] as Set<string>[]) {
      expect(() => set.add('admin')).toThrow(TypeError)
      expect(() => set.delete('a')).toThrow(TypeError)
      expect(() => set.clear()).toThrow(TypeError)
      expect(set.size).toBe(1)
    }
    const { realm_access: nested } = claims as { realm_access: { roles: object[] } }
    expect([principal, claims, nested, nested.roles, nested.roles[0]].map(Object.isFrozen)).toEqual(Array(5).fill(true))
    expect(() => Object.assign(principal, { id: 'root' })).toThrow(TypeError)
    expect(() => nested.roles.push({ name: 'root' })).toThrow(TypeError)
  })
})
