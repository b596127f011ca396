import { type AuditedAnswer, freshAddress, slowRequest, tokenFor } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { challengeOf, challengesOf, PROOF_ALGORITHMS, proofAlgorithms } from './support/challenges.js'
import { type Claims, DpopCaller } from './support/dpop-caller.js'
import { boundToken, MFA, nowSeconds } from './support/tokens.js'
import { startWorld, type World } from './support/world.js'
import { ORIGIN, SERVICES, type ServiceRequest, type ZeroTrustService } from './support/zero-trust-service.js'

const POST = { method: 'POST', target: '/payments' } as const
const PAYMENT = { amount: 100, to: 'alice' }

let world: World
let caller: DpopCaller
beforeAll(async () => {
  ;[world, caller] = await Promise.all([startWorld(), DpopCaller.create()])
})
afterAll(() => world.close())

describe.each(SERVICES)('%s', { concurrent: true }, (_name, script) => {
  let service: ZeroTrustService
  let nonce: string
  beforeAll(async () => {
    service = await world.start(script)
    nonce = await nonceOf(service)
  })
  afterAll(() => service.close())

  const codeOf = async (answer: AuditedAnswer) => (await service.audit(answer)).code

  /** A payment with all that it needs, but for what is given. */
  async function pay(claims: Claims, request: Partial<ServiceRequest> = { json: PAYMENT }): Promise<AuditedAnswer> {
    const token = await boundToken(world.people, caller, claims)
    return service.send({ ...POST, token, proof: await caller.proof({ ...POST, token, nonce }), ...request })
  }

  describe('a server nonce in the proof', () => {
    test('without one: use_dpop_nonce and a nonce, which is good then', async () => {
      const token = await boundToken(world.people, caller)
      const first = await service.send({ ...POST, token, proof: await caller.proof({ ...POST, token }), json: PAYMENT })
      expect([first.status, await codeOf(first)]).toEqual([401, 'dpop_nonce_missing'])
      expect(challengesOf(first)).toMatchObject([{ scheme: 'DPoP', params: { error: 'use_dpop_nonce' } }])
      expect(proofAlgorithms(challengeOf(first, 'DPoP')!.algs)).toEqual(PROOF_ALGORITHMS)
      const given = first.headers['dpop-nonce']!
      expect(given).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]{16,}$/)
      const proof = await caller.proof({ ...POST, token, nonce: given })
      const second = await service.send({ ...POST, token, proof, json: PAYMENT })
      expect([second.status, await codeOf(second)]).toEqual([201, 'allowed'])
      expect(second.headers['cache-control']).toBe('no-store')
    })

    test.each<[what: string, change: (good: string) => unknown]>([
      ['of its own making', () => 'nonce'],
      ['that is empty', () => ''],
      ['of the right length', (good) => 'A'.repeat(good.length)],
      ['with one character changed', (good) => `${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'A'}`],
      ['with one character more', (good) => `${good}A`],
      ['with one character less', (good) => good.slice(0, -1)],
      ['in a list', (good) => [good]],
      ['that is a number', () => 1],
      ['of 5 000 characters', () => 'x'.repeat(4_000)],
    ])('a nonce %s', async (_what, change) => {
      const token = await boundToken(world.people, caller)
      const proof = caller.handmade({ ...POST, token }, ({ claims }) => ({
        claims: { ...claims, nonce: change(nonce) },
      }))
      const answer = await service.send({ ...POST, token, proof, json: PAYMENT })
      expect(answer.status).toBe(401)
      expect(await codeOf(answer)).toMatch(/^dpop_nonce_(missing|stale)$/)
      expect(challengeOf(answer, 'DPoP')).toMatchObject({ error: 'use_dpop_nonce' })
      expect(answer.headers['dpop-nonce']).toBeDefined()
    })

    test('a bad proof is no way to a nonce', async () => {
      const token = await boundToken(world.people, caller)
      const proof = caller.handmade({ ...POST, token }, ({ claims }) => ({ claims: { ...claims, htm: 'GET' } }))
      const answer = await service.send({ ...POST, token, proof, json: PAYMENT })
      expect([answer.status, await codeOf(answer)]).toEqual([401, 'dpop_method_mismatch'])
      expect(answer.headers).not.toHaveProperty('dpop-nonce')
    })

    test('a proof is good for one payment', async () => {
      const token = await boundToken(world.people, caller)
      const asked = { ...POST, token, proof: await caller.proof({ ...POST, token, nonce }), json: PAYMENT }
      const answers = await Promise.all(Array.from({ length: 10 }, () => service.send(asked)))
      const codes = await Promise.all(answers.map(codeOf))
      expect(codes.filter((code) => code === 'allowed')).toHaveLength(1)
      expect(codes.filter((code) => code === 'dpop_replayed')).toHaveLength(9)
    })

    test('a proof that was used stays refused after a restart, and its nonce is worth nothing', async () => {
      const before = await world.start(script)
      const token = await boundToken(world.people, caller)
      const given = await nonceOf(before)
      const asked = { ...POST, token, proof: await caller.proof({ ...POST, token, nonce: given }), json: PAYMENT }
      expect((await before.send(asked)).status).toBe(201)
      await before.close()
      const after = await world.start(script)
      const answer = await after.send(asked)
      expect([answer.status, (await after.audit(answer)).code]).toEqual([401, 'dpop_nonce_stale'])
      await after.close()
    })
  })

  test('a token as the provider itself issues it pays, and the answer says for whom', async () => {
    const token = await world.dpopToken(caller)
    const proof = await caller.proof({ ...POST, token, nonce })
    const { status, json, headers } = await service.send({ ...POST, token, proof, json: PAYMENT })
    expect([status, headers['cache-control']]).toEqual([201, 'no-store'])
    expect(json.principal).toMatchObject({ issuer: world.people.issuer, client: 'app', proof: 'dpop' })
  })

  describe('authentication by acr urn:example:mfa at most 300 s ago', () => {
    test.each<[what: string, claims: () => Claims]>([
      ['just now', () => ({ auth_time: nowSeconds() })],
      ['290 s ago', () => ({ auth_time: nowSeconds() - 290 })],
    ])('%s', async (_what, claims) => {
      expect((await pay({ acr: MFA, ...claims() })).status).toBe(201)
    })

    const ACR = { acr_values: MFA }
    const AGE = { max_age: '300' }
    test.each<[what: string, params: object, claims: () => Claims]>([
      ['another acr', ACR, () => ({ acr: 'urn:example:pwd' })],
      ['acr in another letter case', ACR, () => ({ acr: MFA.toUpperCase() })],
      ['acr with more behind it', ACR, () => ({ acr: `${MFA}2` })],
      ['acr among others', ACR, () => ({ acr: `x ${MFA}` })],
      ['acr in a list', ACR, () => ({ acr: [MFA] })],
      ['no acr', ACR, () => ({ acr: undefined })],
      ['302 s ago', AGE, () => ({ auth_time: nowSeconds() - 302 })],
      ['yesterday', AGE, () => ({ auth_time: nowSeconds() - 86_400 })],
      ['at no time', AGE, () => ({ auth_time: undefined })],
      ['at a time that is text', AGE, () => ({ auth_time: String(nowSeconds()) })],
      ['in milliseconds', AGE, () => ({ auth_time: Date.now() })],
      ['in an hour', AGE, () => ({ auth_time: nowSeconds() + 3_600 })],
      ['neither', { ...ACR, ...AGE }, () => ({ acr: undefined, auth_time: undefined })],
      ['both unmet', { ...ACR, ...AGE }, () => ({ acr: 'x', auth_time: 1 })],
    ])('%s', async (_what, params, claims) => {
      const answer = await pay(claims())
      expect(answer.status).toBe(401)
      expect(await codeOf(answer)).toMatch(/^authentication_/)
      expect(challengesOf(answer).map(({ scheme }) => scheme)).toEqual(['DPoP'])
      const { realm, error, error_description, algs, resource_metadata, ...told } = challengeOf(answer, 'DPoP')!
      expect(error).toBe('insufficient_user_authentication')
      expect(proofAlgorithms(algs)).toEqual(PROOF_ALGORITHMS)
      expect(told).toEqual(params)
    })

    test('is decided before the body is read', async () => {
      const token = await boundToken(world.people, caller, { acr: 'x' })
      service.keepSecret(token)
      const startedAt = performance.now()
      const lines = [
        'POST /payments HTTP/1.1',
        `authorization: DPoP ${token}`,
        `dpop: ${await caller.proof({ ...POST, token, nonce })}`,
        'content-type: application/json',
        'content-length: 30',
        `host: ${new URL(ORIGIN).host}`,
      ]
      const answer = await slowRequest(service.port, {
        start: `${lines.join('\r\n')}\r\n\r\n`,
        until: 'answered',
        from: freshAddress(),
        tls: { ca: world.ca.certPem },
      })
      expect(answer).toMatch(/^HTTP\/1\.1 401 /)
      expect(performance.now() - startedAt).toBeLessThan(4_000)
    })

    test.each<[what: string, request: Partial<ServiceRequest>]>([
      ['text', { headers: [['content-type', 'text/plain']], body: 'x' }],
      ['too much', { headers: [['content-type', 'application/json']], body: 'x'.repeat(70_000) }],
      ['not JSON', { headers: [['content-type', 'application/json']], body: '{' }],
      ['no payment', { json: {} }],
    ])('whatever the body is: %s', async (_what, request) => {
      const answer = await pay({ acr: 'x' }, request)
      expect([answer.status, await codeOf(answer)]).toEqual([401, 'authentication_class_insufficient'])
    })
  })

  test.each<[what: string, claims: Claims]>([
    ['no scope', { scope: '' }],
    ['the scope of accounts', { scope: 'accounts:read' }],
  ])('%s is a 403, whatever the body is', async (_what, claims) => {
    const answer = await pay(claims, { headers: [['content-type', 'text/plain']], body: 'x' })
    expect([answer.status, await codeOf(answer)]).toEqual([403, 'scope_missing'])
    expect(challengeOf(answer, 'DPoP')).toMatchObject({ error: 'insufficient_scope', scope: 'payments:write' })
  })

  test.each<[what: string, code: string, token: () => Promise<string>]>([
    ['bound to nothing', 'token_proof_missing', () => tokenFor(world.people, { scope: 'payments:write', acr: MFA })],
    ['bound to a key', 'token_scheme_mismatch', () => boundToken(world.people, caller)],
  ])('a bearer token %s is refused', async (_what, code, token) => {
    const answer = await service.send({ ...POST, token: await token(), json: PAYMENT })
    expect([answer.status, await codeOf(answer)]).toEqual([401, code])
  })

  describe('the body', () => {
    test.each<[what: string, body: unknown]>([
      ['the least', { amount: 1, to: 'x' }],
      ['the most', { amount: 1_000_000, to: 'x'.repeat(64) }],
    ])('%s', async (_what, json) => {
      expect((await pay({}, { json })).status).toBe(201)
    })

    test.each<[what: string, body: unknown]>([
      ['amount 0', { ...PAYMENT, amount: 0 }],
      ['amount -1', { ...PAYMENT, amount: -1 }],
      ['amount 1000001', { ...PAYMENT, amount: 1_000_001 }],
      ['amount 1.5', { ...PAYMENT, amount: 1.5 }],
      ['amount as text', { ...PAYMENT, amount: '1' }],
      ['amount null', { ...PAYMENT, amount: null }],
      ['amount in a list', { ...PAYMENT, amount: [1] }],
      ['no amount', { to: 'x' }],
      ['to empty', { ...PAYMENT, to: '' }],
      ['to of 65 characters', { ...PAYMENT, to: 'x'.repeat(65) }],
      ['to a number', { ...PAYMENT, to: 1 }],
      ['no to', { amount: 1 }],
      ['another member', { ...PAYMENT, note: 'x' }],
      ['a list', [PAYMENT]],
      ['null', null],
      ['text', 'x'],
    ])('%s', async (_what, json) => {
      const answer = await pay({}, { json })
      expect([answer.status, await codeOf(answer)]).toEqual([422, 'invalid_body'])
    })

    test.each<[what: string, status: number, type: string | undefined, body: string]>([
      ['text', 415, 'text/plain', JSON.stringify(PAYMENT)],
      ['a form', 415, 'application/x-www-form-urlencoded', 'amount=1&to=x'],
      ['no type', 415, undefined, JSON.stringify(PAYMENT)],
      ['not JSON', 400, 'application/json', '{"amount":1'],
      ['a member twice', 400, 'application/json', '{"amount":1,"to":"x","amount":1000000}'],
      ['__proto__', 400, 'application/json', '{"amount":1,"to":"x","__proto__":{"a":1}}'],
      ['no UTF-8', 400, 'application/json', '{"amount":1,"to":"\xff"}'],
      ['more than 64 KiB', 413, 'application/json', `{"amount":1,"to":"${'x'.repeat(65_536)}"}`],
    ])('%s is a %i', async (_what, status, type, body) => {
      const headers = type === undefined ? [] : [['content-type', type] as const]
      const answer = await pay({}, { headers, body: Buffer.from(body, 'latin1') })
      expect(answer.status).toBe(status)
    })
  })

  test.each<[what: string, status: number, headers: readonly [string, string][], body: string]>([
    ['that is compressed', 415, [['content-encoding', 'gzip']], JSON.stringify(PAYMENT)],
    ['in chunks', 201, [['transfer-encoding', 'chunked']], chunked(JSON.stringify(PAYMENT))],
    ['in chunks that are too many', 413, [['transfer-encoding', 'chunked']], chunked(' '.repeat(70_000))],
  ])('a body %s is a %i', async (_what, status, headers, body) => {
    const answer = await pay({}, { headers: [['content-type', 'application/json'], ...headers], body })
    expect(answer.status).toBe(status)
  })

  /** A nonce of the service's, had by a proof without one. */
  async function nonceOf(from: ZeroTrustService): Promise<string> {
    const token = await boundToken(world.people, caller)
    const { headers } = await from.send({
      ...POST,
      token,
      proof: await caller.proof({ ...POST, token }),
      json: PAYMENT,
    })
    return headers['dpop-nonce']!
  }

  test('htu is held against PUBLIC_ORIGIN', async () => {
    const token = await boundToken(world.people, caller)
    const proof = caller.handmade({ ...POST, token, nonce }, ({ claims }) => ({
      claims: { ...claims, htu: `${ORIGIN}/accounts/me` },
    }))
    expect(await service.verdict({ ...POST, token, proof, json: PAYMENT })).toEqual([401, 'dpop_uri_mismatch'])
  })
})

function chunked(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`
}
