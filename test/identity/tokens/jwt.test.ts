import { describe, expect, test } from 'vitest'
import { auditEvent } from '../../../src/audit/event.js'
import { toHttp } from '../../../src/http/index.js'
import { type Denial, describe as describeGuard, evaluate, jwt } from '../../../src/index.js'
import { contextFor } from '../../support/context.js'
import {
  ask,
  askWith,
  FakeIssuer,
  headerOf,
  NOW_MS,
  signed,
  standardClaims,
  testKey,
} from '../../support/fake-issuer.js'
import { REFUSED_CLAIM_TEXTS, REFUSED_CLAIMS } from '../../vectors/token-claims.js'
import { REFUSED_HEADER_TEXTS, REFUSED_HEADERS } from '../../vectors/token-headers.js'

describe('all refused tokens look alike to the caller', () => {
  const idp = new FakeIssuer()
  const guard = idp.guard()
  const key = idp.keys[0]!
  const header = JSON.stringify(headerOf(key))
  const claims = JSON.stringify(standardClaims())
  const tokens = [
    ...REFUSED_CLAIMS.map((row) => idp.token(row.claims)),
    ...REFUSED_HEADERS.map((row) => idp.token({}, row.header)),
    ...REFUSED_CLAIM_TEXTS.map(([find, replace]) => signed(key, header, claims.replace(find, replace))),
    ...REFUSED_HEADER_TEXTS.map(([find, replace]) => signed(key, header.replace(find, replace), claims)),
    signed(key, header, claims).replace(/[^.]+$/, idp.token().split('.')[2]!),
    idp.token({ long: 'x'.repeat(10_000) }),
    'opaque',
  ]
  const denials = Promise.all(
    tokens.map(async (token) => {
      const answer = await ask(guard, token)
      if (answer.allowed) throw new Error(`${token} was allowed`)
      return answer
    }),
  )

  test('in status, challenge and problem details, byte for byte', async () => {
    const answers = new Set((await denials).map((denial) => JSON.stringify(toHttp(denial, 'urn:uuid:1'))))
    expect([...answers].map((answer) => JSON.parse(answer))).toEqual([
      {
        status: 401,
        headers: [
          ['content-type', 'application/problem+json'],
          ['cache-control', 'no-store'],
          ['www-authenticate', 'Bearer realm="orders-api", error="invalid_token"'],
        ],
        body: '{"type":"about:blank","title":"Unauthorized","status":401,"instance":"urn:uuid:1"}',
      },
    ])
  })

  test('and differ in the audit trail', async () => {
    const ctx = contextFor()
    const event = (decision: Denial) =>
      auditEvent({
        ctx,
        decision,
        policy: 'jwt',
        status: 401,
        traceId: '0',
        arrivedMs: NOW_MS,
        endedMs: NOW_MS,
        notices: undefined,
      })
    const events = (await denials).map(event)
    expect(new Set(events.map(({ event: name, guard: by }) => `${name} by ${by}`))).toEqual(
      new Set(['authn_login_fail by jwt']),
    )
    expect([...new Set(events.map(({ code }) => code))].sort()).toEqual([
      'token_algorithm_refused',
      'token_audience_mismatch',
      'token_claim_invalid',
      'token_expired',
      'token_header_refused',
      'token_issuer_mismatch',
      'token_key_unknown',
      'token_malformed',
      'token_not_yet_valid',
      'token_proof_missing',
      'token_signature_invalid',
      'token_too_long',
      'token_type_refused',
    ])
  })

  test('without a word of the token in denial or event', async () => {
    const secret = idp.token({ sub: 'alice-the-secret' }, { kid: 'kid-the-secret' })
    expect(JSON.stringify(await ask(guard, secret))).not.toMatch(/secret/)
  })
})

describe('the guard', () => {
  const idp = new FakeIssuer()

  test('describes itself without a key or a function', () => {
    expect(describeGuard(idp.guard({ audience: ['orders-api', 'legacy-api'] }))).toEqual({
      name: 'jwt',
      room: 'identity',
      requires: { issuer: 'https://idp.test', audience: ['orders-api', 'legacy-api'] },
    })
  })

  test('cannot be changed, nor by changing the options it was made of', async () => {
    const audience = ['orders-api']
    const options = { issuer: 'https://idp.test', audience, algorithms: ['ES256' as const], fetch: idp.fetch }
    const guard = jwt(options)
    audience.push('billing-api')
    Object.assign(options, { issuer: 'https://evil.example', clockToleranceSeconds: 300 })
    expect(Object.isFrozen(guard)).toBe(true)
    expect(await ask(guard, idp.token({ aud: 'billing-api' }))).toMatchObject({ code: 'token_audience_mismatch' })
    expect(await ask(guard, idp.token())).toMatchObject({ allowed: true })
  })

  test.each([
    [['ES256'], 'ES256', 'allowed'],
    [['RS256'], 'ES256', 'token_algorithm_refused'],
    [['EdDSA', 'Ed25519'], 'ES256', 'token_algorithm_refused'],
    [['ES256', 'ES384'], 'ES384', 'token_key_unknown'],
  ] as const)('algorithms %j, alg %s: %s', async (algorithms, alg, code) => {
    const issuer = new FakeIssuer(testKey('RS256'), testKey('EdDSA'), ...idp.keys)
    const answer = await ask(issuer.guard({ algorithms }), issuer.token({}, { alg }))
    expect(answer).toMatchObject(code === 'allowed' ? { allowed: true } : { kind: 'unauthenticated', code })
  })

  test('gives one frozen answer to all who bring the same token', async () => {
    const guard = idp.guard()
    const token = idp.token()
    await ask(guard, token)
    const [first, second] = [await ask(guard, token), await askWith(guard, `bearer  ${token}`)]
    expect(second).toBe(first)
    expect(Object.isFrozen(first)).toBe(true)
    expect(Object.isFrozen(first.allowed && first.facts)).toBe(true)
  })

  test('reads nothing of the request but the Authorization field and the clock', async () => {
    const { headers, nowMs } = contextFor({ headers: [['authorization', `Bearer ${idp.token()}`]] })
    const asked = new Set<string>()
    const noted =
      <T>(read: (name: string) => T) =>
      (name: string) => {
        asked.add(name)
        return read(name)
      }
    const watched = { all: noted(headers.all), get: noted(headers.get), count: noted(headers.count) }
    const ctx = { nowMs, headers: watched } as unknown as ReturnType<typeof contextFor>
    expect(await evaluate(idp.guard(), ctx, {})).toMatchObject({ allowed: true })
    expect([...asked]).toEqual(['authorization'])
  })
})
