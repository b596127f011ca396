import { describe, expect, test } from 'vitest'
import { describe as describeGuard, type IssuerOptions, jwt, keycloak, trustedIssuer } from '../../../src/index.js'
import { ask, encoded, headerOf, NOW_MS, signed, testKey } from '../../support/fake-issuer.js'
import { party } from '../../support/party.js'
import { promisesMadeBy } from '../../support/promises.js'

const allowed = { allowed: true }
const refused = (code: string) => ({ allowed: false, kind: 'unauthenticated', code })

const KID = 'one kid for both'
const a = party('https://a.test', testKey('ES256', { kid: KID }), 'a-api')
const b = party('https://b.test', testKey('ES256', { kid: KID }), 'b-api')
const guard = jwt({ issuers: [a.options(), b.options()] })

describe('a token is held against the issuer that it names, and against nothing of another', () => {
  test.each([
    ['a', a.token(), 'https://a.test'],
    ['b', b.token(), 'https://b.test'],
  ])("%s's own token", async (_name, token, issuer) => {
    expect(await ask(guard, token)).toMatchObject({ allowed: true, facts: { principal: { id: 'alice', issuer } } })
  })

  test.each([
    ["a's name, b's key of the same kid", a.token({}, {}, b.key), 'token_signature_invalid'],
    ["b's name, a's key of the same kid", b.token({}, {}, a.key), 'token_signature_invalid'],
    ["b's name, a's key, a's audience", b.token({ aud: 'a-api' }, {}, a.key), 'token_signature_invalid'],
    ["a's token for b's audience", a.token({ aud: 'b-api' }), 'token_audience_mismatch'],
    ["b's token for a's audience", b.token({ aud: 'a-api' }), 'token_audience_mismatch'],
    ['a stranger', a.token({ iss: 'https://c.test' }), 'token_issuer_unknown'],
    ['no issuer', a.token({ iss: undefined }), 'token_issuer_unknown'],
    ['an empty issuer', a.token({ iss: '' }), 'token_issuer_unknown'],
    ['both issuers in a list (CVE-2025-30144)', a.token({ iss: [a.issuer, b.issuer] }), 'token_issuer_unknown'],
    ['one issuer in a list', a.token({ iss: [a.issuer] }), 'token_issuer_unknown'],
    ['an issuer with a slash', a.token({ iss: `${a.issuer}/` }), 'token_issuer_unknown'],
    ['an issuer in capitals', a.token({ iss: a.issuer.toUpperCase() }), 'token_issuer_unknown'],
    ['an issuer with a space', a.token({ iss: ` ${a.issuer}` }), 'token_issuer_unknown'],
    ['an issuer named like a member of Object', a.token({ iss: '__proto__' }), 'token_issuer_unknown'],
    ['an issuer of 3000 characters', a.token({ iss: `https://${'a'.repeat(3000)}` }), 'token_issuer_unknown'],
    ['a payload that is no object', signed(a.key, headerOf(a.key), '[]'), 'token_issuer_unknown'],
    ['no JWT', 'opaque', 'token_malformed'],
  ])('%s: %s', async (_name, token, code) => {
    expect(await ask(guard, token)).toMatchObject(refused(code))
  })

  test('of two members iss, the last counts, for the choice as for the check', async () => {
    const text = JSON.stringify({ ...JSON.parse(Buffer.from(a.token().split('.')[1]!, 'base64url').toString()) })
    const double = text.replace('{', `{"iss":"${b.issuer}",`)
    expect(await ask(guard, signed(a.key, headerOf(a.key), double))).toMatchObject(allowed)
    expect(await ask(guard, signed(b.key, headerOf(b.key), double))).toMatchObject(refused('token_signature_invalid'))
  })

  test('algorithms, types, required claims, clocks and profiles are its own', async () => {
    const es = party('https://es.test', testKey('ES256'))
    const ed = party('https://ed.test', testKey('EdDSA'))
    const each = jwt({
      issuers: [
        es.options({ algorithms: ['ES256'], clockToleranceSeconds: 0 }),
        ed.options({
          algorithms: ['EdDSA'],
          typ: ['JWT'],
          requiredClaims: { acr: 'high' },
          clockToleranceSeconds: 300,
        }),
      ],
    })
    const strict = { acr: 'high' }
    const old = { exp: NOW_MS / 1000 - 60 }
    expect(await ask(each, es.token())).toMatchObject(allowed)
    expect(await ask(each, ed.token(strict, { typ: 'JWT' }))).toMatchObject(allowed)
    expect(await ask(each, ed.token({ ...strict, ...old }, { typ: 'JWT' }))).toMatchObject(allowed)
    expect(await ask(each, es.token(old))).toMatchObject(refused('token_expired'))
    expect(await ask(each, es.token({}, { typ: 'JWT' }))).toMatchObject(refused('token_type_refused'))
    expect(await ask(each, ed.token(strict))).toMatchObject(refused('token_type_refused'))
    expect(await ask(each, ed.token({}, { typ: 'JWT' }))).toMatchObject(refused('token_claim_invalid'))
    expect(await ask(each, es.token({}, { alg: 'EdDSA' }))).toMatchObject(refused('token_algorithm_refused'))
    const stolen = { ...ed.key, jwk: { ...ed.key.jwk, kid: es.key.jwk.kid } }
    expect(await ask(each, es.token({}, {}, stolen))).toMatchObject(refused('token_algorithm_refused'))
  })

  test('one issuer alone keeps its own words for a token of another', async () => {
    const alone = jwt({ issuers: [a.options()] })
    expect(await ask(alone, b.token())).toMatchObject(refused('token_signature_invalid'))
    expect(await ask(alone, a.token({ iss: b.issuer }))).toMatchObject(refused('token_issuer_mismatch'))
  })

  test('a token of one guard is not remembered by another', async () => {
    const other = jwt({ issuers: [b.options(), party('https://c.test').options()] })
    const token = a.token()
    expect(await ask(guard, token)).toMatchObject(allowed)
    expect(await ask(other, token)).toMatchObject(refused('token_issuer_unknown'))
  })

  test('a remembered token makes no promise, whoever issued it', async () => {
    const token = b.token()
    await ask(guard, token)
    expect(promisesMadeBy(() => ask(guard, token))).toMatchObject({ promises: 0, result: allowed })
  })

  test('an outage of one issuer is none of the other', async () => {
    const away = async (): Promise<Response> => Response.error()
    const down: IssuerOptions = { issuer: 'https://down.test', audience: 'a-api', fetch: away }
    const both = jwt({ issuers: [down, a.options()] })
    const named = `${encoded(headerOf(a.key))}.${encoded({ iss: 'https://down.test' })}.${encoded('x'.repeat(63))}`
    expect(await ask(both, named)).toMatchObject({ allowed: false, kind: 'unavailable', code: 'keys_unavailable' })
    expect(await ask(both, a.token())).toMatchObject(allowed)
  })
})

describe('one trusted issuer in several guards', () => {
  test('is one set of keys: fetched once', async () => {
    let fetches = 0
    const fetch = async () => {
      fetches++
      return Response.json({ keys: [a.key.jwk] })
    }
    const trusted = trustedIssuer({ issuer: a.issuer, audience: 'a-api', jwksUri: `${a.issuer}/jwks`, fetch })
    const guards = [jwt({ issuers: [trusted] }), jwt({ issuers: [trusted, b.options()] })]
    for (const each of guards) expect(await ask(each, a.token())).toMatchObject(allowed)
    expect(fetches).toBe(1)
    expect(Object.isFrozen(trusted.state())).toBe(true)
  })
})

describe('options', () => {
  const typeError = (message: RegExp) =>
    expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(message) })
  const one = a.options()
  test.each<[string, object, RegExp]>([
    ['no list', { issuers: one }, /^issuers must be a list of 1 to 100 issuers, got an object/],
    ['an empty list', { issuers: [] }, /^issuers must be a list of 1 to 100/],
    ['too many', { issuers: Array.from({ length: 101 }, () => one) }, /^issuers must be a list of 1 to 100/],
    ['one twice', { issuers: [one, one] }, /^issuers must not name one issuer twice/],
    ['undefined', { issuers: [undefined] }, /^issuers: options must be an object, got undefined/],
    ['a hand-made issuer', { issuers: [{ ...trustedIssuer(one) }] }, /^issuers: unknown option/],
    ['issuer beside issuers', { issuers: [one], issuer: a.issuer }, /^jwt\(\): either issuer or issuers, not both/],
    ['a misspelt option', { issuers: [one], resolver: () => undefined }, /^jwt\(\): unknown option resolver/],
    ['resolveIssuer', { issuers: [one], resolveIssuer: 'x' }, /^resolveIssuer must be a function/],
    [
      'maxResolvedIssuers',
      { issuers: [one], resolveIssuer: () => undefined, maxResolvedIssuers: 0 },
      /^maxResolvedIssuers must be an integer from 1 to 10000/,
    ],
    [
      'resolvedForMs',
      { issuers: [one], resolveIssuer: () => undefined, resolvedForMs: 999 },
      /^resolvedForMs must be an integer from 1000/,
    ],
    [
      'a resolver alone, without a realm',
      { issuers: [], resolveIssuer: () => undefined },
      /^realm must be given where no issuer is listed/,
    ],
    [
      'a resolver without a list',
      { resolveIssuer: () => undefined, realm: 'orders' },
      /^issuers must be a list of 1 to 100 issuers, or of none beside resolveIssuer, got undefined$/,
    ],
    [
      'a resolver beside one issuer',
      { ...one, resolveIssuer: () => undefined },
      /^jwt\(\): unknown option issuer; known are issuers, /,
    ],
    ['proofs', { issuers: [one], proofs: [{}] }, /^proofs must hold what dpop\(\) or mtls\(\) gives/],
    ['revocation', { issuers: [one], revocation: {} }, /^revocation.isRevoked must be a function/],
    ['jwks without keys', { issuers: [a.options({ jwks: {} as never })] }, /^jwks: the key set has no keys member/],
    ['jwks null', { issuers: [a.options({ jwks: null as never })] }, /^jwks: the key set has no keys member/],
    [
      'jwks without a usable key',
      { issuers: [a.options({ jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } })] },
      /^jwks: the key set has no usable key/,
    ],
    [
      'jwks with a private key',
      { issuers: [a.options({ jwks: { keys: [{ ...a.key.jwk, d: 'AAAA' }] } })] },
      /^jwks: the key set has no usable key/,
    ],
    [
      'jwks and jwksUri',
      { issuers: [a.options({ jwksUri: 'https://a.test/jwks' })] },
      /^give jwks or jwksUri, not both/,
    ],
    [
      'a trust domain without keys',
      { issuers: [{ issuer: 'spiffe://example.org', audience: 'x' }] },
      /^a trust domain has no discovery/,
    ],
    [
      'a trust domain with a path',
      { issuers: [a.options({ issuer: 'spiffe://example.org/x' })] },
      /^issuer must be an https URL/,
    ],
    ['introspection', { issuers: [a.options({ introspection: {} as never })] }, /^introspection must be a function/],
    ['onEvent', { issuers: [a.options({ onEvent: {} as never })] }, /^onEvent must be a function/],
    ['typ', { issuers: [a.options({ typ: ['jwt'] as never })] }, /^typ must be one of/],
    ['no typ', { issuers: [a.options({ typ: [] })] }, /^typ must not be empty/],
    [
      'requiredClaims',
      { issuers: [a.options({ requiredClaims: { acr: 1 } as never })] },
      /^requiredClaims.acr must be a non-empty string/,
    ],
    [
      'no wanted value',
      { issuers: [a.options({ requiredClaims: { acr: [] } })] },
      /^requiredClaims.acr must not be empty/,
    ],
    ['mapping', { issuers: [a.options({ mapping: { role: [] } as never })] }, /^mapping: unknown option role/],
    [
      'a mapped path',
      { issuers: [a.options({ mapping: { id: 'sub' as never } })] },
      /^mapping.id must be a list of member names/,
    ],
    [
      'mapped paths',
      { issuers: [a.options({ mapping: { roles: ['roles'] as never } })] },
      /^mapping.roles must be a list of member names/,
    ],
    [
      'a mapped kind',
      { issuers: [a.options({ mapping: { kind: 'user' as never } })] },
      /^mapping.kind must be a function/,
    ],
    ['profile', { issuers: [a.options({ profile: { types: [] } as never })] }, /^profile: unknown option types/],
    [
      'profile.check',
      { issuers: [a.options({ profile: { check: true } as never })] },
      /^profile.check must be a function/,
    ],
    [
      'profile.keyUse',
      { issuers: [a.options({ profile: { keyUse: 1 } as never })] },
      /^profile.keyUse must be a string/,
    ],
    [
      'profile.algorithms',
      { issuers: [a.options({ profile: { algorithms: ['HS256'] } as never })] },
      /^profile.algorithms must be one of/,
    ],
    [
      'algorithms outside the profile',
      { issuers: [a.options({ algorithms: ['ES256', 'RS256'], profile: { algorithms: ['ES256'] } })] },
      /^algorithms must be of the profile's, got "RS256"/,
    ],
  ])('%s', (_name, options, message) => {
    expect(() => jwt(options as never)).toThrow(typeError(message))
  })
})

describe('describe()', () => {
  test('names every issuer and its audience, and that more may be found', () => {
    const issuers = [
      { issuer: 'https://a.test', audience: ['a-api'] },
      { issuer: 'https://b.test', audience: ['b-api'] },
    ]
    expect(describeGuard(guard)).toEqual({ name: 'jwt', room: 'identity', requires: { issuers } })
    const open = jwt({ issuers: [a.options(), b.options()], resolveIssuer: () => undefined })
    expect(describeGuard(open).requires).toEqual({ issuers, resolvesIssuers: true })
  })

  test('is data even with profiles', () => {
    const shaped = jwt({ issuers: [a.options({ profile: keycloak() }), b.options()] })
    expect(JSON.parse(JSON.stringify(describeGuard(shaped)))).toEqual(describeGuard(shaped))
  })
})
