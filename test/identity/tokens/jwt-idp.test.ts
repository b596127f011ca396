import { type Idp, startIdp } from '@wardline/test-kit'
import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jwt, type Principal } from '../../../src/index.js'
import { isPromiseLike } from '../../../src/lib/maybe-promise.js'
import { ask, type JwtGuard } from '../../support/fake-issuer.js'

const CLIENTS = [
  { id: 'shop', scope: 'orders:read orders:write', roles: ['clerk', 'auditor'], tenant: 'acme' },
  { id: 'report', scope: 'orders:read' },
  { id: 'bare' },
]
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA', 'Ed25519'] as const
const CLAIM = { iss: '', aud: '', sub: '', client_id: '', jti: '', iat: 0, exp: 0 }

const refused = (code: string) => ({ allowed: false, kind: 'unauthenticated', code })

describe.each(ALGORITHMS)('a certified provider that signs with %s', (algorithm) => {
  let idp: Idp
  let guard: JwtGuard
  beforeAll(async () => {
    idp = await startIdp({ clients: CLIENTS, algorithm })
    guard = jwt({ issuer: idp.issuer, audience: idp.audience, cooldownMs: 1_000 })
  })
  afterAll(() => idp.close())

  const now = (token: string, atMs = Date.now(), by = guard) => ask(by, token, atMs)
  const principalOf = async (token: string): Promise<Principal> => {
    const answer = await now(token)
    if (!answer.allowed) throw new Error(`refused: ${answer.code}`)
    return answer.facts.principal
  }

  test('an access token by client credentials is the client, its scopes, roles and tenant', async () => {
    const token = await idp.token('shop')
    expect(decodeProtectedHeader(token).alg).toBe(algorithm)
    const principal = await principalOf(token)
    expect(principal).toMatchObject({ id: 'shop', issuer: idp.issuer, client: 'shop', tenant: 'acme', proof: 'bearer' })
    expect([...principal.scopes].sort()).toEqual(['orders:read', 'orders:write'])
    expect([...principal.roles]).toEqual(['clerk', 'auditor'])
    expect(Object.keys(principal.claims)).toEqual(expect.arrayContaining(Object.keys(CLAIM)))
  })

  test.each([
    ['report', ['orders:read']],
    ['bare', []],
  ])('%s has the scopes %j, no role and no tenant', async (client, scopes) => {
    const principal = await principalOf(await idp.token(client))
    expect(principal).toMatchObject({ id: client, client, tenant: undefined })
    expect([[...principal.scopes], [...principal.roles]]).toEqual([scopes, []])
  })

  test('another service refuses it', async () => {
    const billing = jwt({ issuer: idp.issuer, audience: 'billing-api' })
    expect(await now(await idp.token('shop'), Date.now(), billing)).toMatchObject(refused('token_audience_mismatch'))
  })

  test.each([
    ['as it is', {}, {}, 'allowed'],
    ['as an ID token', {}, { typ: 'JWT' }, 'token_type_refused'],
    ['an hour old', { exp: Math.floor(Date.now() / 1000) - 3600 }, {}, 'token_expired'],
    ['without jti', { jti: undefined }, {}, 'token_claim_invalid'],
    ['bound to a DPoP key', { cnf: { jkt: 'abc' } }, {}, 'token_proof_missing'],
  ])("a token by the provider's own key, %s: %s", async (_name, claims, header, code) => {
    const answer = await now(await idp.sign(claims, header))
    expect(answer).toMatchObject(code === 'allowed' ? { allowed: true } : refused(code))
  })

  test('many tokens cost one discovery and one fetch of keys', async () => {
    const fresh = await startIdp({ clients: CLIENTS, algorithm })
    try {
      const own = jwt({ issuer: fresh.issuer, audience: fresh.audience })
      const tokens = await Promise.all(Array.from({ length: 20 }, () => fresh.token('shop')))
      const answers = await Promise.all(tokens.map((token) => now(token, Date.now(), own)))
      expect(answers.every(({ allowed }) => allowed)).toBe(true)
      expect(fresh.requests.get('/.well-known/openid-configuration')).toBe(1)
      expect(fresh.requests.get('/jwks')).toBe(1)
    } finally {
      await fresh.close()
    }
  })

  test('after a rotation the new token passes, and the old one dies, also from the cache', async () => {
    const old = await idp.token('shop')
    expect(await now(old)).toMatchObject({ allowed: true })
    await idp.rotate()
    const remembered = now(old)
    expect(isPromiseLike(remembered)).toBe(false)
    expect(remembered).toMatchObject({ allowed: true })
    // by its clock, past any cooldown that an earlier test has left
    const laterMs = Date.now() + 2_000
    expect(await now(await idp.token('shop'), laterMs)).toMatchObject({ allowed: true })
    expect(await now(old, laterMs)).toMatchObject(refused('token_key_unknown'))
    expect(await now(await idp.token('report'), laterMs)).toMatchObject({ allowed: true })
  })
})

test('a provider that is away: known keys go on, unknown ones are 503, and all is well when it is back', async () => {
  const first = await startIdp({ clients: CLIENTS })
  const guard = jwt({ issuer: first.issuer, audience: first.audience })
  const atMs = Date.now()
  const [seen, unseen] = [await first.token('shop'), await first.token('shop')]
  expect(await ask(guard, seen, atMs)).toMatchObject({ allowed: true })
  await first.rotate()
  const rotated = await first.token('shop')
  await first.close()
  expect(await ask(guard, seen, atMs + 60_000)).toMatchObject({ allowed: true })
  expect(await ask(guard, unseen, atMs + 60_000)).toMatchObject({ allowed: true })
  expect(await ask(guard, rotated, atMs + 60_000)).toMatchObject({ allowed: false, code: 'keys_unavailable' })

  const second = await startIdp({ clients: CLIENTS, port: first.port })
  try {
    expect(await ask(guard, await second.token('shop'), atMs + 120_000)).toMatchObject({ allowed: true })
    expect(await ask(guard, seen, atMs + 120_000)).toMatchObject(refused('token_key_unknown'))
  } finally {
    await second.close()
  }
})
