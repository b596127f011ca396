import { CANARY, freshAddress, freshSub, tokenFor } from '@wardline/test-kit'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Claims, DpopCaller } from './support/dpop-caller.js'
import { boundToken, certificateToken, nowSeconds } from './support/tokens.js'
import { startWorld, type World } from './support/world.js'
import { SERVICES, type ServiceRequest, type ZeroTrustService } from './support/zero-trust-service.js'

/** What the contract names, and beside it only these. */
const FIELDS = ['time', 'decision', 'code', 'kind', 'guard', 'method', 'path', 'status', 'client', 'traceId']
const OPTIONAL = ['route', 'principal', 'event', 'durationMs', 'cause', 'notices']

const ACCOUNTS = '/accounts/me'
const FORM = ['content-type', 'application/x-www-form-urlencoded'] as const

type Certificate = Awaited<ReturnType<World['identity']>>

let world: World
let caller: DpopCaller
let certificate: Certificate
let key: string
let revokedKey: string
beforeAll(async () => {
  ;[world, caller] = await Promise.all([startWorld(), DpopCaller.create()])
  certificate = await world.identity()
  key = await world.issueKey('--client', 'acme', '--scope', 'reports:read')
  revokedKey = await world.issueKey('--client', 'acme', '--scope', 'reports:read')
  await world.issueKey('--revoke', revokedKey.split('_')[1]!)
})
afterAll(() => world.close())

const bearer = (claims: Claims = {}) => tokenFor(world.people, claims)
async function account(claims: Claims = {}, proofClaims: Claims = {}): Promise<ServiceRequest> {
  const token = await boundToken(world.people, caller, claims)
  const proof = caller.handmade({ target: ACCOUNTS, token }, (parts) => ({
    claims: { ...parts.claims, ...proofClaims },
  }))
  return { target: ACCOUNTS, token, proof }
}
const logout = async (claims: Claims): Promise<ServiceRequest> => ({
  method: 'POST',
  target: '/backchannel-logout',
  headers: [FORM],
  body: `logout_token=${await world.people.logoutToken(claims)}`,
})

type Make = () => Promise<ServiceRequest>

/** Each thing that may be wrong, and the code that says so: no two of them share one. */
const DENIED: readonly (readonly [status: number, code: string, kind: string, make: Make])[] = [
  [401, 'token_missing', 'unauthenticated', async () => ({ target: '/partner' })],
  [400, 'token_malformed', 'invalid', async () => ({ target: '/partner', headers: [['authorization', 'Bearer a b']] })],
  [401, 'token_expired', 'unauthenticated', async () => ({ target: '/partner', token: await bearer({ exp: 1 }) })],
  [
    401,
    'token_signature_invalid',
    'unauthenticated',
    async () => ({ target: '/partner', token: `${(await bearer()).slice(0, -12)}AAAAAAAAAAAA` }),
  ],
  [
    401,
    'token_audience_mismatch',
    'unauthenticated',
    async () => ({ target: '/partner', token: await bearer({ aud: 'x' }) }),
  ],
  [
    401,
    'token_issuer_unknown',
    'unauthenticated',
    async () => ({ target: '/partner', token: await bearer({ iss: 'https://evil.test' }) }),
  ],
  [
    401,
    'token_type_refused',
    'unauthenticated',
    async () => ({ target: '/partner', token: await world.people.sign({}, { typ: 'JWT' }) }),
  ],
  [401, 'token_inactive', 'unauthenticated', async () => ({ target: '/partner', token: crypto.randomUUID() })],
  [403, 'scope_missing', 'forbidden', async () => ({ target: '/partner', token: await bearer() })],
  [401, 'token_proof_missing', 'unauthenticated', async () => ({ target: ACCOUNTS, token: await bearer() })],
  [
    401,
    'token_scheme_mismatch',
    'unauthenticated',
    async () => ({ target: ACCOUNTS, token: (await account()).token! }),
  ],
  [
    401,
    'dpop_proof_missing',
    'unauthenticated',
    async () => ({ target: ACCOUNTS, token: (await account()).token!, scheme: 'DPoP' }),
  ],
  [401, 'dpop_proof_malformed', 'unauthenticated', async () => ({ ...(await account()), proof: 'x' })],
  [401, 'dpop_method_mismatch', 'unauthenticated', () => account({}, { htm: 'PUT' })],
  [401, 'dpop_uri_mismatch', 'unauthenticated', () => account({}, { htu: 'https://evil.test/' })],
  [401, 'dpop_time_invalid', 'unauthenticated', () => account({}, { iat: 1 })],
  [401, 'dpop_token_mismatch', 'unauthenticated', () => account({}, { ath: 'x' })],
  [
    401,
    'dpop_nonce_missing',
    'unauthenticated',
    async () => {
      const payment = { method: 'POST', target: '/payments' }
      const token = await boundToken(world.people, caller)
      return { ...payment, token, proof: await caller.proof({ ...payment, token }), json: {} }
    },
  ],
  [
    401,
    'certificate_missing',
    'unauthenticated',
    async () => ({ target: '/internal/ledger', token: await certificateToken(world.people, certificate.thumbprint) }),
  ],
  [
    401,
    'certificate_mismatch',
    'unauthenticated',
    async () => ({
      target: '/internal/ledger',
      identity: certificate,
      token: await certificateToken(world.people, 'x'.repeat(43)),
    }),
  ],
  [400, 'certificate_header_refused', 'invalid', async () => ({ target: '/partner', headers: [['client-cert', 'x']] })],
  [
    401,
    'key_unknown',
    'unauthenticated',
    async () => ({ target: '/reports', scheme: 'ApiKey', token: key.replace(/_\w{16}_/, `_${'A'.repeat(16)}_`) }),
  ],
  [
    401,
    'key_secret_mismatch',
    'unauthenticated',
    async () => ({ target: '/reports', scheme: 'ApiKey', token: key.replace(/\w{43}$/, 'A'.repeat(43)) }),
  ],
  [401, 'key_revoked', 'unauthenticated', async () => ({ target: '/reports', scheme: 'ApiKey', token: revokedKey })],
  [401, 'key_malformed', 'unauthenticated', async () => ({ target: '/reports', scheme: 'ApiKey', token: 'x' })],
  [401, 'key_missing', 'unauthenticated', async () => ({ target: '/reports' })],
  [400, 'logout_expired', 'invalid', () => logout({ sid: 'x', exp: nowSeconds() - 400 })],
  [400, 'ambiguous_path', 'invalid', async () => ({ target: '/a/../b', token: await bearer() })],
]

describe.each(SERVICES)('%s', { concurrent: true }, (_name, script) => {
  let service: ZeroTrustService
  beforeAll(async () => {
    service = await world.start(script)
    await service.healthy()
    for (const secret of [key, revokedKey]) service.keepSecret(secret)
  })
  afterAll(() => service.close())

  describe('one JSON line per request that meets a guard', () => {
    test.each(DENIED)('%i %s', async (status, code, kind, make) => {
      const [asked, from] = [await make(), freshAddress()]
      const answer = await service.send({ ...asked, from, target: `${asked.target}?q=${CANARY}` })
      const lines = await service.auditLines(answer)
      expect(lines).toHaveLength(1)
      const line = JSON.parse(lines[0]!)
      expect(line).toMatchObject({
        decision: 'deny',
        code,
        kind,
        status,
        method: asked.method ?? 'GET',
        path: asked.target,
        client: from,
        traceId: answer.traceId,
      })
      expect(answer.status).toBe(status)
      expectFields(line)
    })

    test('no two of them share a code', () => {
      const codes = DENIED.map(([, code]) => code)
      expect(new Set(codes)).toHaveLength(codes.length)
    })

    test.each<
      [what: string, make: (sub: string) => Promise<ServiceRequest>, status: number, principal: (sub: string) => object]
    >([
      ['DPoP', (sub) => account({ sub }), 200, (id) => ({ issuer: world.people.issuer, id, client: 'test' })],
      [
        'a bearer token',
        async (sub) => ({ target: '/reports', token: await bearer({ sub, scope: 'reports:read' }) }),
        200,
        (id) => ({ issuer: world.people.issuer, id, client: 'test' }),
      ],
      [
        'a key',
        async () => ({ target: '/reports', token: key, scheme: 'ApiKey' }),
        200,
        () => ({ issuer: expect.any(String), id: expect.any(String), client: 'acme' }),
      ],
      [
        'an opaque token',
        async () => ({ target: '/partner', token: await world.opaqueToken() }),
        200,
        () => ({ issuer: world.partners.issuer, id: 'partner', client: 'partner' }),
      ],
      [
        'a path that is not there',
        async (sub) => ({ target: '/nowhere', token: await bearer({ sub }) }),
        404,
        (id) => ({ issuer: world.people.issuer, id, client: 'test' }),
      ],
      [
        'a method that is not there',
        async (sub) => ({ method: 'PUT', target: '/reports', token: await bearer({ sub }) }),
        405,
        (id) => ({ issuer: world.people.issuer, id, client: 'test' }),
      ],
    ])('an allowed one: %s', async (_what, make, status, principal) => {
      const sub = freshSub()
      const answer = await service.send(await make(sub))
      const lines = await service.auditLines(answer)
      expect(lines).toHaveLength(1)
      const line = JSON.parse(lines[0]!)
      expect(line).toMatchObject({ decision: 'allow', code: 'allowed', kind: 'allowed', status })
      expect(line.principal).toEqual(principal(sub))
      expectFields(line)
    })

    test('a scope that is missing names who is missing it', async () => {
      const sub = freshSub()
      const answer = await service.send({ target: '/reports', token: await bearer({ sub }) })
      expect(await service.audit(answer)).toMatchObject({
        code: 'scope_missing',
        route: '/reports',
        principal: { id: sub },
      })
    })

    test('GET /healthz meets no guard', async () => {
      const { traceId } = await service.send({ target: '/healthz' })
      await service.audit(await service.send({ target: '/partner' }))
      expect(service.log).not.toContain(traceId)
    })

    test('a logout is one event, and a revoked token says so', async () => {
      const sid = crypto.randomUUID()
      const token = await bearer({ sid, scope: 'reports:read' })
      expect(await service.auditLines(await service.send(await logout({ sid })))).toHaveLength(1)
      const answer = await service.send({ target: '/reports', token })
      expect(await service.audit(answer)).toMatchObject({ code: 'token_revoked', event: 'authn_token_revoked' })
    })
  })

  describe('no token, credential, query string or body content, in any encoding', () => {
    const SECRET = 's3cret-0f9a8b7c6d5e4f30'
    const percent = (text: string) => [...text].map((one) => `%${one.charCodeAt(0).toString(16)}`).join('')

    test.each<[what: string, make: (token: string, proof: string) => ServiceRequest]>([
      ['a token in the query', (token) => ({ target: `/reports?access_token=${token}&q=${SECRET}` })],
      ['a token in the path', (token) => ({ target: `/reports/${token}` })],
      ['a token in the path, encoded', (token) => ({ target: `/reports/${percent(token)}` })],
      ['a proof in the path', (_token, proof) => ({ target: `/reports/${proof}` })],
      ['a key in the query', () => ({ target: `/reports?key=${key}` })],
      ['a key as a bearer token', () => ({ target: '/reports', token: key })],
      ['a key in the wrong scheme', () => ({ target: '/reports', headers: [['authorization', `Key ${key}`]] })],
      [
        'a key as a user name',
        () => ({ target: '/reports', headers: [['authorization', `Basic ${btoa(`${key}:`)}`]] }),
      ],
      ['a key that is malformed', () => ({ target: '/reports', headers: [['x-api-key', `${key} x`]] })],
      [
        'two keys',
        () => ({
          target: '/reports',
          headers: [
            ['x-api-key', key],
            ['x-api-key', SECRET],
          ],
        }),
      ],
      [
        'two proofs',
        (_token, proof) => ({
          target: ACCOUNTS,
          headers: [
            ['dpop', proof],
            ['dpop', proof],
          ],
        }),
      ],
      ['a proof without a token', (_token, proof) => ({ target: ACCOUNTS, headers: [['dpop', proof]] })],
      ['a cookie', (token) => ({ target: '/reports', headers: [['cookie', `s=${SECRET}; token=${token}`]] })],
      [
        'a Referer',
        (token) => ({ target: '/reports', headers: [['referer', `https://x.test/?t=${token}&s=${SECRET}`]] }),
      ],
      ['an opaque token', () => ({ target: '/partner', token: SECRET })],
      [
        'a logout token',
        (token) => ({
          method: 'POST',
          target: '/backchannel-logout',
          headers: [FORM],
          body: `logout_token=${token}&q=${SECRET}`,
        }),
      ],
      ['a certificate field', () => ({ target: '/partner', headers: [['x-ssl-client-cert', SECRET]] })],
      ['a body', () => ({ method: 'POST', target: '/payments', json: { [SECRET]: SECRET } })],
    ])('%s', async (_what, make) => {
      const token = await bearer()
      const proof = await caller.proof({ target: ACCOUNTS, token })
      for (const secret of [token, proof, SECRET, key]) service.keepSecret(secret)
      const [line, ...more] = await service.auditLines(await service.send(make(token, proof)))
      expect(more).toEqual([])
      expect(line).not.toContain(SECRET)
      expect(line).not.toMatch(/eyJ/)
      expect(line).not.toContain(key.split('_')[2])
    })

    test('a payment', async () => {
      const payment = { method: 'POST', target: '/payments' } as const
      const token = await boundToken(world.people, caller)
      const { headers } = await service.send({ ...payment, token, proof: await caller.proof({ ...payment, token }) })
      const nonce = headers['dpop-nonce']!
      service.keepSecret(nonce)
      const proof = await caller.proof({ ...payment, token, nonce })
      const answer = await service.send({ ...payment, token, proof, json: { amount: 4_711, to: SECRET } })
      expect(answer.status).toBe(201)
      expect((await service.auditLines(answer))[0]).not.toContain(SECRET)
    })
  })

  describe('one event is one line, whatever the request holds', () => {
    test.each([
      ['a line break', 'a\n{"decision":"allow"}'],
      ['an escape sequence', 'a\u001b[2J\u009b2Kb'],
      ['bidirectional overrides', 'a\u202eb\u2066c\u200fd\u061ce'],
      ['quotes and a brace', '","decision":"allow","x":"}'],
      ['line separators', 'a\u2028b\u2029c\u0085d'],
    ])('in sub, client_id and sid: %s', async (_what, text) => {
      const claims = { sub: `${text}${crypto.randomUUID()}`, client_id: text, sid: text, scope: 'reports:read' }
      await expectOneTameLine(await service.send({ target: '/reports', token: await bearer(claims) }))
    })

    test.each([
      ['dpop'],
      ['x-api-key'],
      ['client-cert'],
      ['x-forwarded-client-cert'],
      ['user-agent'],
      ['x-forwarded-for'],
    ])('in %s', async (name) => {
      const headers = [[name, 'a\u0085\u009b"},{"decision":"allow"\t\u00ad']] as const
      await expectOneTameLine(await service.send({ target: '/reports', headers }))
    })

    test('generated paths, claims and fields', async () => {
      const subs = fc.sample(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), 20)
      const paths = fc.sample(fc.stringMatching(/^\/[\x21-\x7e]{0,80}$/), 30)
      const fields = fc.sample(fc.stringMatching(/^[\x20-\x7e\x80-\xff]{0,80}$/), 30)
      const answers = await Promise.all([
        ...subs.map(async (sub) => service.send({ target: '/reports', token: await bearer({ sub, client_id: sub }) })),
        ...paths.map((target) => service.send({ target })),
        ...fields.map((value) =>
          service.send({ target: ACCOUNTS, headers: [['dpop', value]], token: 'x', scheme: 'DPoP' }),
        ),
        ...fields.map((value) => service.send({ target: '/reports', headers: [['x-api-key', value]] })),
      ])
      for (const answer of answers) await expectOneTameLine(answer)
    })

    async function expectOneTameLine(answer: { readonly traceId: string; readonly status: number }) {
      const lines = await service.auditLines(answer)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+$/)
      expect(lines[0]!.length).toBeLessThanOrEqual(8_192)
      expect(JSON.parse(lines[0]!)).toMatchObject({ traceId: answer.traceId, status: answer.status })
    }
  })
})

function expectFields(line: Record<string, unknown>): void {
  const names = Object.keys(line)
  expect(names).toEqual(expect.arrayContaining(FIELDS))
  expect(names.filter((name) => !FIELDS.includes(name) && !OPTIONAL.includes(name))).toEqual([])
  expect(new Date(line.time as string).toISOString()).toBe(line.time)
  expect(line.guard).toMatch(/./)
}
