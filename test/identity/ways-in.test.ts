import { describe, expect, test } from 'vitest'
import { toHttp } from '../../src/http/index.js'
import { mtls } from '../../src/identity/certificates/mtls.js'
import { all, any, apiKey, type Denial, issueApiKey, requireAuthentication, requireScope } from '../../src/index.js'
import { contextFor, type TestRequest } from '../support/context.js'
import { FakeIssuer, NOW, NOW_MS } from '../support/fake-issuer.js'
import { decideNow } from '../support/guards.js'

const issuer = new FakeIssuer()
const { key, record } = issueApiKey({ client: 'billing', scopes: ['reports:read'] })
const byToken = issuer.guard()
const byKey = apiKey({ lookup: (id) => (id === record.id ? record : undefined), realm: 'reports' })
const expired = issuer.token({ exp: NOW - 3600 })
const token = issuer.token({ scope: 'reports:read' })

type Headers = NonNullable<TestRequest['headers']>

const ask = (guard: Parameters<typeof decideNow>[0], headers: Headers) =>
  decideNow(guard, contextFor({ headers, nowMs: NOW_MS }))

const challengesOf = (denial: unknown) =>
  Object.fromEntries(toHttp(denial as Denial, 'urn:uuid:0').headers)['www-authenticate']

const BEARER = 'Bearer realm="orders-api"'
const API_KEY = 'ApiKey realm="reports"'

describe.each([
  ['a token, then a key', any(byToken, byKey), (bearer: string, apiKey: string) => `${bearer}, ${apiKey}`],
  ['a key, then a token', any(byKey, byToken), (bearer: string, apiKey: string) => `${apiKey}, ${bearer}`],
] as const)('%s', (_order, either, offered) => {
  test.each<readonly [string, Headers, string]>([
    ['a token', [['authorization', `Bearer ${token}`]], 'bearer'],
    ['a key', [['authorization', `ApiKey ${key}`]], 'key'],
    ['a key in its own field', [['x-api-key', key]], 'key'],
    [
      'a key beside an expired token',
      [
        ['authorization', `Bearer ${expired}`],
        ['x-api-key', key],
      ],
      'key',
    ],
    [
      'a token beside a key that is none',
      [
        ['authorization', `Bearer ${token}`],
        ['x-api-key', 'none'],
      ],
      'bearer',
    ],
  ])('%s is let in as what it is', async (_name, headers, proof) =>
    expect(await ask(either, headers)).toMatchObject({ allowed: true, facts: { principal: { proof } } }),
  )

  test.each<readonly [string, Headers, RegExp, string, string]>([
    ['nothing', [], /^(?:token|key)_missing$/, BEARER, API_KEY],
    ['another scheme', [['authorization', 'Basic YTpi']], /_missing$/, BEARER, API_KEY],
    [
      'an expired token',
      [['authorization', `Bearer ${expired}`]],
      /^token_expired$/,
      `${BEARER}, error="invalid_token"`,
      API_KEY,
    ],
    [
      'a key as a token',
      [['authorization', `Bearer ${key}`]],
      /^token_malformed$/,
      `${BEARER}, error="invalid_token"`,
      API_KEY,
    ],
    ['a token as a key', [['authorization', `ApiKey ${token}`]], /^key_malformed$/, BEARER, API_KEY],
    ['a token in the field of keys', [['x-api-key', token]], /^key_malformed$/, BEARER, API_KEY],
    [
      'a key that is unknown',
      [['x-api-key', key.replace(record.id, '0'.repeat(16))]],
      /^key_unknown$/,
      BEARER,
      API_KEY,
    ],
  ])('%s: one 401 that offers both', async (_name, headers, code, bearer, apiKeyChallenge) => {
    const denial = await ask(either, headers)
    expect(denial).toMatchObject({ kind: 'unauthenticated', code: expect.stringMatching(code) })
    expect(challengesOf(denial)).toBe(offered(bearer, apiKeyChallenge))
  })

  test.each<readonly [string, Headers]>([
    [
      'a token and a key',
      [
        ['authorization', `Bearer ${token}`],
        ['authorization', `ApiKey ${key}`],
      ],
    ],
    [
      'a key and a token',
      [
        ['authorization', `ApiKey ${key}`],
        ['authorization', `Bearer ${token}`],
      ],
    ],
    [
      'one key twice',
      [
        ['authorization', `ApiKey ${key}`],
        ['authorization', `ApiKey ${key}`],
      ],
    ],
  ])('two Authorization fields, %s: 400', async (_name, headers) =>
    expect(await ask(either, headers)).toMatchObject({ kind: 'invalid' }),
  )
})

test('a stranger where a certificate would do as well gets one 401 that offers all three', async () => {
  const denial = await ask(any(byToken, byKey, mtls({ allow: 'any-verified' })), [])
  expect(denial).toMatchObject({ kind: 'unauthenticated', code: 'token_missing' })
  expect(challengesOf(denial)).toBe(`${BEARER}, ${API_KEY}, ClientCertificate`)
})

describe('what is asked of whoever came in, is asked by the scheme it used', () => {
  const guard = all(
    any(byToken, byKey),
    requireScope('reports:read'),
    requireAuthentication({ acr: 'urn:example:mfa' }),
  )
  const asked =
    'error="insufficient_user_authentication", error_description="Stronger authentication is required", ' +
    'acr_values="urn:example:mfa"'
  test.each<readonly [string, Headers, string]>([
    ['a token', [['authorization', `Bearer ${token}`]], `Bearer ${asked}`],
    ['a key', [['x-api-key', key]], `${API_KEY}, ${asked}`],
  ])('%s', async (_name, headers, challenge) => {
    const denial = await ask(guard, headers)
    expect(denial).toMatchObject({ kind: 'unauthenticated', code: 'authentication_class_insufficient' })
    expect(challengesOf(denial)).toBe(challenge)
  })

  test('a token that says so passes', async () => {
    const strong = issuer.token({ scope: 'reports:read', acr: 'urn:example:mfa', auth_time: NOW })
    expect(await ask(guard, [['authorization', `Bearer ${strong}`]])).toMatchObject({ allowed: true })
  })
})
