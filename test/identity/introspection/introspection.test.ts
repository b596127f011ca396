import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  allow,
  clientSecretBasic,
  type IntrospectionOptions,
  introspection,
  jwt,
  keycloak,
  type TokenProof,
  trustedIssuer,
} from '../../../src/index.js'
import { AUDIENCE, ask, askWith, NOW, NOW_MS, signed, standardClaims, testKey } from '../../support/fake-issuer.js'
import { CLIENT_ID, CLIENT_SECRET, FakeServer, json } from '../../support/fake-server.js'
import { ACCEPTED_ANSWERS, REFUSED_ANSWERS, REFUSED_SIGNED_ANSWERS } from '../../vectors/introspection.js'

const server = new FakeServer()
const other = new FakeServer()
const clientAuth = clientSecretBasic({ clientId: CLIENT_ID, clientSecret: CLIENT_SECRET })

beforeAll(async () => {
  await Promise.all([server.listen(), other.listen()])
})
afterAll(async () => {
  await Promise.all([server.close(), other.close()])
})
beforeEach(() => {
  for (const each of [server, other]) each.reset()
})

const unauthorized = (code: string) => ({
  kind: 'unauthenticated',
  code,
  challenges: [{ scheme: 'Bearer', params: { realm: AUDIENCE, error: 'invalid_token' } }],
})

describe('answers (RFC 7662 section 2.2)', () => {
  test.each(ACCEPTED_ANSWERS)('$name: allowed', async ({ change }) => {
    const answer = server.answer(change)
    expect(await ask(server.guard(), server.opaque(answer))).toMatchObject({
      allowed: true,
      facts: { principal: { id: answer.sub ?? answer.client_id, issuer: server.issuer, proof: 'bearer' } },
    })
  })

  test.each(REFUSED_ANSWERS)('$name: 401 $code', async ({ change, code }) => {
    // JSON has no undefined: the answer is made without the member
    expect(await ask(server.guard(), server.opaque(server.answer(change)))).toMatchObject(unauthorized(code))
  })

  test('the principal: everything the issuer said, by its profile', async () => {
    const guard = server.guard({ mapping: { roles: [['groups']], client: [['azp']] }, requiredClaims: { azp: 'web' } })
    const answer = server.answer({ azp: 'web', groups: ['clerk'], tenant: 'north', acr: 'mfa', act: { sub: 'bob' } })
    expect(await ask(guard, server.opaque(answer))).toMatchObject({
      facts: {
        principal: {
          id: 'alice',
          client: 'web',
          kind: 'user',
          scopes: new Set(['orders:read']),
          roles: new Set(['clerk']),
          tenant: 'north',
          authentication: { acr: 'mfa' },
          actors: [{ id: 'bob' }],
          claims: answer,
        },
      },
    })
    expect(await ask(guard, server.opaque(server.answer({ azp: 'app' })))).toMatchObject(
      unauthorized('token_claim_invalid'),
    )
  })

  test('a client that acts for itself is a service', async () => {
    const answer = await ask(server.guard(), server.opaque(server.answer({ sub: undefined })))
    expect(answer).toMatchObject({ facts: { principal: { id: 'shop', client: 'shop', kind: 'service' } } })
  })

  // `client_id` is always there (RFC 7662 section 2.2), so that it tells nobody apart
  test.each<[string, object, 'user' | 'service']>([
    ['of a person', { preferred_username: 'alice', username: 'alice', sid: 's' }, 'user'],
    ['of a person, without the scope profile', { username: 'alice', sid: 's' }, 'user'],
    ['of a person, by their session alone', { sid: 's' }, 'user'],
    ['of a service account', { username: 'service-account-shop' }, 'service'],
    ['of a service account without a name', {}, 'service'],
    ['of a person that is named like another service account', { username: 'service-account-other' }, 'user'],
  ])('Keycloak: an answer %s: %s', async (_name, change, kind) => {
    const guard = server.guard({ profile: keycloak() })
    const answer = server.answer({ azp: 'shop', client_id: 'shop', typ: 'Bearer', jti: '1', iat: NOW, ...change })
    expect(await ask(guard, server.opaque(answer))).toMatchObject({ facts: { principal: { kind } } })
  })

  test.each([
    ['names a type', {}, true],
    ['names no type, as of refresh tokens', { token_type: undefined }, false],
  ])('audienceOptional: an answer without aud that %s', async (_name, change, allowed) => {
    const guard = server.guard({ audienceOptional: true })
    expect(await ask(guard, server.opaque(server.answer({ aud: undefined, ...change })))).toMatchObject({ allowed })
    expect(await ask(guard, server.opaque(server.answer({ aud: 'billing-api' })))).toMatchObject(
      unauthorized('token_audience_mismatch'),
    )
  })

  test('no JSON value makes a token pass, or the guard fail', async () => {
    const guard = server.guard({ maxInFlight: 1000 })
    let count = 0
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (value) => {
        server.fault = (response) => json(response, value)
        const answer = await ask(guard, server.opaque(), NOW_MS + 10_000 * ++count)
        expect(answer.allowed).toBe(false)
        expect(answer).toHaveProperty('kind', expect.stringMatching(/^un(authenticated|available)$/))
      }),
      { numRuns: 100 },
    )
  })
})

describe('what is asked', () => {
  test('one form, with the credentials of this service, where discovery says', async () => {
    const token = server.opaque(server.answer())
    await ask(server.guard(), token)
    expect(server.requests).toEqual(['/.well-known/openid-configuration', '/introspect'])
    expect(server.asked).toMatchObject([
      {
        form: { token, token_type_hint: 'access_token' },
        headers: {
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `Basic ${Buffer.from(`${CLIENT_ID}:never%3A+to+be%2Bseen+%25`).toString('base64')}`,
        },
      },
    ])
  })

  test('an endpoint that was given is asked without discovery', async () => {
    await ask(server.guard({ endpoint: `${server.issuer}/other` }), server.opaque())
    expect(server.requests).toEqual(['/other'])
  })

  test.each([
    ['of another issuer', { issuer: 'http://127.0.0.1:1' }],
    ['without endpoint', { introspection_endpoint: undefined }],
    ['with an endpoint in the clear', { introspection_endpoint: 'http://idp.example/introspect' }],
  ])('discovery %s: 503, and no token is sent', async (_name, metadata) => {
    server.metadata = metadata
    expect(await ask(server.guard(), server.opaque())).toMatchObject({ code: 'introspection_unavailable' })
    expect(server.asked).toEqual([])
  })

  const key = testKey()
  const jwtOf = (claims: object) => signed(key, { alg: 'ES256', typ: 'at+jwt' }, { ...standardClaims(), ...claims })
  test.each([
    ['that names another issuer', () => jwtOf({ iss: 'https://other.example' }), 'token_issuer_unknown'],
    ['that names none', () => jwtOf({ iss: undefined }), 'token_issuer_unknown'],
    ['that names several', () => jwtOf({ iss: [server.issuer] }), 'token_issuer_unknown'],
    ['without its signature', () => `${jwtOf({}).split('.').slice(0, 2).join('.')}.`, 'token_malformed'],
    ['that is encrypted', () => `${jwtOf({})}.a.b`, 'token_malformed'],
    ['that brings a key', () => signed(key, { alg: 'ES256', jwk: {} }, { iss: server.issuer }), 'token_header_refused'],
    ['that is too long', () => 'x'.repeat(8193), 'token_too_long'],
  ])('a token %s is never sent', async (_name, make, code) => {
    expect(await ask(server.guard(), make())).toMatchObject(unauthorized(code))
    expect(server.requests).toEqual([])
  })

  test('a JWT that names this issuer is asked about, whatever its signature', async () => {
    const token = jwtOf({ iss: server.issuer })
    server.tokens.set(token, server.answer())
    expect(await ask(server.guard(), token)).toMatchObject({ allowed: true })
    expect(await ask(server.guard(), jwtOf({ iss: server.issuer }))).toMatchObject(unauthorized('token_inactive'))
  })

  test('characters that no token has never reach the issuer', async () => {
    for (const field of ['Bearer a b', 'Bearer "a"', 'Bearer a,b', 'Bearer a\u00e9'])
      expect(await askWith(server.guard(), field)).toMatchObject({ kind: 'invalid', code: 'token_malformed' })
    expect(server.requests).toEqual([])
  })
})

describe('beside JWTs, in jwt()', () => {
  const guardOf = (rest: Partial<IntrospectionOptions> = {}) =>
    jwt({
      issuers: [server, other].map(({ issuer }) => ({
        issuer,
        audience: AUDIENCE,
        introspection: introspection({ clientAuth, ...rest }),
      })),
    })

  test('JWTs are verified here, opaque tokens are looked up', async () => {
    const guard = guardOf()
    const { alg, kid } = server.key.jwk
    const token = signed(server.key, { alg, kid, typ: 'at+jwt' }, { ...standardClaims(), iss: server.issuer })
    expect(await ask(guard, token)).toMatchObject({ allowed: true })
    expect(server.asked).toEqual([])
    expect(await ask(guard, server.opaque(server.answer()))).toMatchObject({ allowed: true })
    expect(server.asked).toHaveLength(1)
  })

  test('the second issuer knows the token that the first does not, also while that is away', async () => {
    const guard = guardOf()
    const token = server.opaque()
    other.tokens.set(token, other.answer())
    const principal = { issuer: other.issuer }
    expect(await ask(guard, token)).toMatchObject({ facts: { principal } })
    server.fault = (response) => response.destroy()
    const second = server.opaque()
    other.tokens.set(second, other.answer())
    expect(await ask(guard, second)).toMatchObject({ facts: { principal } })
    expect(await ask(guard, server.opaque())).toMatchObject({ kind: 'unavailable', code: 'introspection_unavailable' })
  })

  test('of: all asks about JWTs as well', async () => {
    const { alg, kid } = server.key.jwk
    const token = signed(server.key, { alg, kid, typ: 'at+jwt' }, { ...standardClaims(), iss: server.issuer })
    expect(await ask(guardOf({ of: 'all' }), token)).toMatchObject(unauthorized('token_inactive'))
    expect([server.asked.length, other.asked.length]).toEqual([1, 0])
  })
})

describe('bound tokens', () => {
  const thumbprint = createHash('sha256').update('key').digest('base64url')
  const proofOf = (required = false): TokenProof => ({
    proof: 'dpop',
    confirms: 'jkt',
    scheme: 'DPoP',
    challenge: { algs: 'ES256' },
    required,
    prove: (_ctx, bound) => (bound.thumbprint === thumbprint ? allow() : bound.refuse('x', 'invalid_dpop_proof')),
  })
  const bound = { cnf: { jkt: thumbprint }, token_type: 'DPoP' }

  test.each([
    ['with its proof', bound, 'DPoP', undefined],
    ['without token_type', { ...bound, token_type: undefined }, 'DPoP', undefined],
    ['as a bearer token', bound, 'Bearer', 'token_scheme_mismatch'],
    ['with the proof of another', { ...bound, cnf: { jkt: 'A'.repeat(43) } }, 'DPoP', 'x'],
    ['unbound, sent as DPoP', {}, 'DPoP', 'token_scheme_mismatch'],
  ])('%s', async (_name, change, scheme, code) => {
    const answer = await askWith(
      server.guard({ proofs: [proofOf()] }),
      `${scheme} ${server.opaque(server.answer(change))}`,
    )
    expect(answer).toMatchObject(
      code === undefined ? { facts: { principal: { proof: 'dpop' } } } : { kind: 'unauthenticated', code },
    )
  })

  test('guards with other proofs share the answer, and not the principal', async () => {
    const lookUp = introspection({ clientAuth })
    const shared = trustedIssuer({ issuer: server.issuer, audience: AUDIENCE, introspection: lookUp })
    const [plain, proving] = [jwt({ issuers: [shared] }), jwt({ issuers: [shared], proofs: [proofOf()] })]
    const token = server.opaque(server.answer(bound))
    expect(await ask(plain, token)).toMatchObject({ code: 'token_proof_missing' })
    expect(await askWith(proving, `DPoP ${token}`)).toMatchObject({ facts: { principal: { proof: 'dpop' } } })
    expect(server.asked).toHaveLength(1)
  })

  test('revocation is asked at every request, by the hash of a token without jti', async () => {
    const seen: unknown[] = []
    const revocation = { revoke: () => {}, isRevoked: (token: unknown) => seen.push(token) > 1 }
    const guard = server.guard({ revocation })
    const token = server.opaque(server.answer({ sid: 's1', exp: undefined }))
    expect(await ask(guard, token)).toMatchObject({ allowed: true })
    expect(await ask(guard, token)).toMatchObject({ code: 'token_revoked', event: 'authn_token_revoked' })
    expect(seen[0]).toEqual({
      issuer: server.issuer,
      tokenId: createHash('sha256').update(token).digest('base64url'),
      subject: 'alice',
      client: 'shop',
      sessionId: 's1',
      issuedAtMs: (NOW - 10) * 1000,
      expiresAtMs: Number.POSITIVE_INFINITY,
    })
  })
})

describe('signed answers (RFC 9701)', () => {
  const signing = (header: object = {}, claims: object = {}) => {
    const { alg, kid } = server.key.jwk
    const text = signed(
      server.key,
      { alg, kid, typ: 'token-introspection+jwt', ...header },
      { iss: server.issuer, aud: CLIENT_ID, iat: NOW, token_introspection: server.answer(), ...claims },
    )
    server.fault = (response) =>
      response.writeHead(200, { 'content-type': 'application/token-introspection+jwt; charset=utf-8' }).end(text)
  }

  test.each([
    ['asked for', { signedAnswers: true }, 'application/token-introspection+jwt'],
    ['not asked for', {}, 'application/json'],
  ])('%s: taken', async (_name, options, accept) => {
    signing()
    expect(await ask(server.guard(options), server.opaque())).toMatchObject({ facts: { principal: { id: 'alice' } } })
    expect(server.asked[0]!.headers.accept).toBe(accept)
  })

  test.each(REFUSED_SIGNED_ANSWERS)('$name: 503', async ({ header, claims, cause }) => {
    signing(header, claims)
    expect(await ask(server.guard({ signedAnswers: true }), server.opaque())).toMatchObject({
      kind: 'unavailable',
      code: 'introspection_unavailable',
      cause: { message: expect.stringMatching(cause) },
    })
  })

  test('by another key of the same name: 503', async () => {
    const { alg, kid } = server.key.jwk
    const forged = signed(
      testKey(),
      { alg, kid, typ: 'token-introspection+jwt' },
      { iss: server.issuer, aud: CLIENT_ID, iat: NOW, token_introspection: server.answer() },
    )
    server.fault = (response) =>
      response.writeHead(200, { 'content-type': 'application/token-introspection+jwt' }).end(forged)
    expect(await ask(server.guard(), server.opaque())).toMatchObject({
      cause: { message: expect.stringMatching(/signature_invalid/) },
    })
  })

  test('what it says of the token is held against the same rules', async () => {
    signing({}, { token_introspection: server.answer({ aud: 'billing-api' }) })
    expect(await ask(server.guard(), server.opaque())).toMatchObject(unauthorized('token_audience_mismatch'))
  })

  test('a plain answer where signed ones are asked for: 503', async () => {
    expect(await ask(server.guard({ signedAnswers: true }), server.opaque(server.answer()))).toMatchObject({
      code: 'introspection_unavailable',
      cause: { message: expect.stringMatching(/signed answer/) },
    })
  })
})
