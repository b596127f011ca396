import { describe, expect, test } from 'vitest'
import {
  auth0,
  cognito,
  entra,
  type IssuerOptions,
  jwt,
  jwtSvid,
  keycloak,
  type TokenProfile,
} from '../../../src/index.js'
import { ask, headerOf, NOW, signed, type TestKey, testKey } from '../../support/fake-issuer.js'
import { PRODUCTS } from '../../vectors/product-claims.js'
import { PRODUCT_TOKENS, type ProductToken } from '../../vectors/product-tokens.js'

type Product = ProductToken['product']

const rsa = testKey('RS256')
const svidKey = testKey('ES256', { use: 'jwt-svid' })
const keyOf = (product: Product): TestKey => (product === 'jwtSvid' ? svidKey : rsa)

const PROFILES: Readonly<Record<Product, TokenProfile>> = {
  keycloak: keycloak({ client: 'orders-api' }),
  entra: entra(),
  auth0: auth0({ namespace: 'https://example.com/' }),
  cognito: cognito(),
  jwtSvid: jwtSvid(),
}

const guardOf = (product: Product, rest: Partial<IssuerOptions> = {}) =>
  jwt({ ...PRODUCTS[product], jwks: { keys: [keyOf(product).jwk] }, profile: PROFILES[product], ...rest })

const GUARDS = Object.fromEntries(Object.keys(PROFILES).map((product) => [product, guardOf(product as Product)]))

const TIMES = ['exp', 'iat', 'nbf', 'auth_time']

/** Times of a vector are seconds from now. */
function tokenOf({ product, header, claims }: Pick<ProductToken, 'product' | 'header' | 'claims'>): string {
  const key = keyOf(product)
  const dated = Object.entries(claims).map(([name, value]) => [
    name,
    TIMES.includes(name) ? NOW + (value as number) : value,
  ])
  return signed(key, { ...headerOf(key), ...header }, Object.fromEntries(dated))
}

const answerTo = (row: Pick<ProductToken, 'product' | 'header' | 'claims'>, guard = GUARDS[row.product]!) =>
  ask(guard, tokenOf(row))

describe('tokens as the products make them', () => {
  test.each(PRODUCT_TOKENS)('$product: $input: $code', async (row) => {
    const answer = await answerTo(row)
    if (row.code !== 'allowed') {
      expect(answer).toMatchObject({ allowed: false, kind: 'unauthenticated', code: row.code })
      return
    }
    if (!answer.allowed) throw new Error(`refused: ${answer.code}`)
    const { id, client, kind, scopes, roles, tenant, issuer } = answer.facts.principal
    expect({ id, client, kind, scopes: [...scopes], roles: [...roles], tenant, issuer }).toEqual({
      tenant: undefined,
      ...row.caller,
      issuer: PRODUCTS[row.product].issuer,
    })
  })

  test.each(Object.keys(PROFILES) as Product[])('%s: every profile has both ends of its answer', (product) => {
    const codes = PRODUCT_TOKENS.filter((row) => row.product === product).map(({ code }) => code)
    expect(codes).toContain('allowed')
    expect(codes).toContain('token_claim_invalid')
  })

  test('a token of one product is nothing to the profile of another, by its shape alone', async () => {
    for (const row of PRODUCT_TOKENS.filter(({ code, product }) => code === 'allowed' && product !== 'jwtSvid')) {
      const { issuer } = PRODUCTS[row.product]
      for (const product of ['keycloak', 'entra', 'cognito'] as const) {
        if (product === row.product) continue
        const guard = guardOf(product, { issuer, audience: issuer, mapping: { audience: ['iss'] } })
        expect(await answerTo(row, guard)).toMatchObject({
          allowed: false,
          code: expect.stringMatching(/^token_(claim_invalid|type_refused)$/),
        })
      }
    }
  })
})

describe('entra() of one version', () => {
  const tenant = '6f7c1e1c-5d26-4f5c-9d4b-0c7a5a3e2b10'
  const first = PRODUCT_TOKENS.find(({ product }) => product === 'entra')!.claims
  const second = { ...first, iss: `https://sts.windows.net/${tenant}/`, ver: '1.0', appid: first.azp, azp: undefined }
  const one = { issuer: `https://sts.windows.net/${tenant}/` }

  test.each<[1 | 2 | undefined, string, object, string]>([
    [1, '1', second, 'allowed'],
    [undefined, '1', second, 'allowed'],
    [2, '1', second, 'token_claim_invalid'],
    [2, '2', first, 'allowed'],
    [1, '2', first, 'token_claim_invalid'],
    [1, '1 with the client of version 2', { ...second, appid: undefined, azp: 'a' }, 'token_claim_invalid'],
  ])('version %s, a token of version %s', async (version, name, claims, code) => {
    const guard = guardOf('entra', { profile: entra({ version }), ...(name.startsWith('1') && one) })
    const answer = await answerTo({ product: 'entra', header: { typ: 'JWT' }, claims: claims as never }, guard)
    expect(answer).toMatchObject(code === 'allowed' ? { allowed: true } : { allowed: false, code })
  })
})

describe('keycloak() without a client', () => {
  test('takes the roles of the realm alone', async () => {
    const answer = await answerTo(PRODUCT_TOKENS[0]!, guardOf('keycloak', { profile: keycloak() }))
    expect(answer.allowed && [...answer.facts.principal.roles]).toEqual(['offline_access', 'clerk'])
  })
})

describe('jwtSvid()', () => {
  const svid = PRODUCT_TOKENS.find(({ product }) => product === 'jwtSvid')!
  const https = { issuer: 'https://oidc.example.org', profile: jwtSvid({ trustDomain: 'example.org' }) }
  const named = { ...svid, claims: { ...svid.claims, iss: 'https://oidc.example.org' } }

  test.each<[string, Partial<IssuerOptions>, ProductToken, string]>([
    ['a trust domain behind an https issuer', https, named, 'allowed'],
    ['an https issuer, no domain said', { ...https, profile: jwtSvid() }, named, 'token_claim_invalid'],
    [
      'another domain than the one said',
      { profile: jwtSvid({ trustDomain: 'other.org' }) },
      svid,
      'token_claim_invalid',
    ],
    ['the domain said', { profile: jwtSvid({ trustDomain: 'example.org' }) }, svid, 'allowed'],
    [
      'keys for signatures in general',
      { jwks: { keys: [testKey('ES256').jwk, { ...svidKey.jwk, kid: 'x' }] } },
      svid,
      'token_key_unknown',
    ],
    [
      'keys for all signatures, taken so',
      { profile: { ...jwtSvid(), keyUse: 'sig' }, jwks: { keys: [{ ...svidKey.jwk, use: 'sig' }] } },
      svid,
      'allowed',
    ],
  ])('%s', async (_name, options, row, code) => {
    const answer = await answerTo(row, guardOf('jwtSvid', options))
    expect(answer).toMatchObject(code === 'allowed' ? { allowed: true } : { allowed: false, code })
  })

  test.each([
    ['sig', { ...svidKey.jwk, use: 'sig' }],
    ['x509-svid', { ...svidKey.jwk, use: 'x509-svid' }],
    ['none', { ...svidKey.jwk, use: undefined }],
  ])('no key of use %s is one for SVIDs', (_use, jwk) => {
    expect(() => guardOf('jwtSvid', { jwks: { keys: [jwk] } })).toThrow(/^jwks: the key set has no usable key/)
  })

  test.each(['ES384', 'ES512', 'PS512', 'RS384'] as const)('takes %s by default', (algorithm) => {
    expect(jwtSvid().algorithms).toContain(algorithm)
  })

  test.each(['EdDSA', 'Ed25519'] as const)('takes no %s, even when told to', (algorithm) => {
    expect(() => guardOf('jwtSvid', { algorithms: [algorithm] })).toThrow(
      /^algorithms must be of the profile's, got "Ed/,
    )
  })
})

describe('options', () => {
  test.each([
    ['keycloak', () => keycloak({ client: '' }), /^client must be a non-empty string/],
    ['keycloak', () => keycloak({ realm: 'x' } as never), /^keycloak\(\): unknown option realm/],
    ['entra', () => entra({ version: 3 as never }), /^version must be an integer from 1 to 2/],
    ['entra', () => entra({ version: '1' as never }), /^version must be an integer from 1 to 2/],
    ['auth0', () => auth0({ namespace: '' }), /^namespace must be a non-empty string/],
    [
      'jwtSvid',
      () => jwtSvid({ trustDomain: 'spiffe://example.org' }),
      /^trustDomain must be the name of a trust domain/,
    ],
    ['jwtSvid', () => jwtSvid({ trustDomain: 'Example.org' }), /^trustDomain must be the name of a trust domain/],
    ['jwtSvid', () => jwtSvid({ trustDomain: '' }), /^trustDomain must be the name of a trust domain/],
    ...[['example.org'], 42, null, { toString: () => 'example.org' }].map(
      (trustDomain): [string, () => unknown, RegExp] => [
        'jwtSvid',
        () => jwtSvid({ trustDomain: trustDomain as never }),
        /^trustDomain must be the name of a trust domain/,
      ],
    ),
  ])('%s', (_name, make, message) => {
    expect(make).toThrow(expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(message) }))
  })
})
