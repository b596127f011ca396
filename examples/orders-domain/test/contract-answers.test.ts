import { type Idp, startIdp, tokenFor } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN, CLERK, type Claims, ORDER, READER } from './support/callers.js'
import { type OrdersRequest, OrdersService, SERVICES } from './support/orders-service.js'

let idp: Idp
beforeAll(async () => {
  idp = await startIdp({ clients: [] })
})
afterAll(() => idp.close())

type Row = readonly [status: number, what: string, claims: Claims | undefined, request: OrdersRequest]

const POST = { method: 'POST', target: '/orders' } as const
const TEXT = ['content-type', 'text/plain'] as const
const AUTHORIZATION = ['authorization', 'Bearer a.b.c'] as const
const JSON_TYPE = ['content-type', 'application/json'] as const

const ALLOWED: readonly Row[] = [[201, 'a new order', CLERK, { ...POST, json: ORDER }]]

const DENIED: readonly Row[] = [
  [400, 'two Authorization fields', undefined, { target: '/orders/1', headers: [AUTHORIZATION, AUTHORIZATION] }],
  [400, 'an ambiguous path', CLERK, { target: '/orders/../healthz' }],
  [400, 'a body that is not JSON', CLERK, { ...POST, headers: [JSON_TYPE], body: '{' }],
  [401, 'no token', undefined, { target: '/orders/1' }],
  [403, 'a missing scope', { roles: ['clerk'] }, { target: '/orders/1' }],
  [403, 'a missing role', READER, { ...POST, json: ORDER }],
  [404, 'an order that is not there', READER, { target: '/orders/1' }],
  [404, 'an order that is not there, to delete', ADMIN, { method: 'DELETE', target: '/orders/1' }],
  [404, 'a path that is not there', {}, { target: '/nowhere' }],
  [405, 'a method that is not there', {}, { method: 'PUT', target: '/orders' }],
  [405, 'TRACE', {}, { method: 'TRACE', target: '/orders' }],
  [413, 'a body too long', CLERK, { ...POST, headers: [JSON_TYPE, ['content-length', '65537']] }],
  [415, 'a body that is text', CLERK, { ...POST, headers: [TEXT], body: 'x' }],
  [422, 'a body beside the schema', CLERK, { ...POST, json: {} }],
]

describe.each(SERVICES)('%s', { concurrent: true }, (_name, script) => {
  let service: OrdersService
  beforeAll(async () => {
    service = await OrdersService.start(script, { ISSUER: idp.issuer })
  })
  afterAll(() => service.close())

  const send = async (claims: Claims | undefined, request: OrdersRequest) =>
    service.send({ ...(claims && { token: await tokenFor(idp, claims) }), ...request })

  test.each(DENIED)('%i for %s is problem details, and never cached', async (status, _what, claims, request) => {
    const { headers, json, ...answer } = await send(claims, request)
    expect(answer.status).toBe(status)
    expect(headers['content-type']).toBe('application/problem+json')
    expect(headers['cache-control']).toBe('no-store')
    expect(json).toMatchObject({ type: 'about:blank', title: expect.stringMatching(/^[A-Z]/), status })
  })

  test.each([...ALLOWED, ...DENIED])(
    '%i for %s carries RateLimit and RateLimit-Policy',
    async (status, _what, claims, request) => {
      const { headers, ...answer } = await send(claims, request)
      expect(answer.status).toBe(status)
      const [policy, state] = [headers['ratelimit-policy'], headers.ratelimit]
      if (claims === undefined) {
        expect(policy).toBe('"address";q=300;w=60')
        expect(state).toBe('"address";r=299;t=1')
      } else {
        expect(policy).toBe('"address";q=300;w=60, "principal";q=100;w=60')
        expect(state).toBe('"address";r=299;t=1, "principal";r=99;t=1')
      }
    },
  )

  test('200 and 204 carry RateLimit and RateLimit-Policy, and are never cached', async () => {
    const token = await tokenFor(idp, ADMIN)
    const { headers } = await service.send({ ...POST, token, json: ORDER })
    const read = await service.send({ token, target: headers.location! })
    const deleted = await service.send({ method: 'DELETE', token, target: headers.location! })
    expect([read.status, deleted.status, deleted.body]).toEqual([200, 204, ''])
    for (const answer of [read, deleted]) {
      expect(answer.headers['ratelimit-policy']).toBe('"address";q=300;w=60, "principal";q=100;w=60')
      expect(answer.headers.ratelimit).toMatch(/^"address";r=299;t=1, "principal";r=9[78];t=[12]$/)
      expect(answer.headers['cache-control']).toBe('no-store')
    }
  })

  test('429 is problem details, never cached, with Retry-After not earlier than t', async () => {
    const token = await tokenFor(idp)
    const answers = await Promise.all(Array.from({ length: 130 }, () => service.send({ token, target: '/nowhere' })))
    const { headers, json } = answers.find(({ status }) => status === 429)!
    expect(headers).toMatchObject({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
    expect(headers['ratelimit-policy']).toBe('"address";q=300;w=60, "principal";q=100;w=60')
    const [, seconds] = /"principal";r=0;t=(\d+)$/.exec(headers.ratelimit!)!
    expect(headers['retry-after']).toMatch(/^[1-9]\d*$/)
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(Number(seconds))
    expect(json).toMatchObject({ status: 429, code: 'rate_limited', 'violated-policies': ['principal'] })
  })

  describe('the right challenge', () => {
    test.each<[what: string, claims: Claims | undefined, headers: [string, string][], challenge: string | undefined]>([
      ['no token', undefined, [], 'Bearer realm="orders-api"'],
      ['another scheme', undefined, [['authorization', 'Basic YTpi']], 'Bearer realm="orders-api"'],
      [
        'a token that is refused',
        undefined,
        [['authorization', 'Bearer a.b.c']],
        'Bearer realm="orders-api", error="invalid_token"',
      ],
      [
        'a malformed field',
        undefined,
        [['authorization', 'Bearer a b']],
        'Bearer realm="orders-api", error="invalid_request"',
      ],
      ['a missing scope', {}, [], 'Bearer error="insufficient_scope", scope="orders:read"'],
      ['an order that is not there', READER, [], undefined],
    ])('%s', async (_what, claims, headers, challenge) => {
      const answer = await send(claims, { target: '/orders/1', headers })
      expect(answer.headers['www-authenticate']).toBe(challenge)
    })
  })

  describe('nothing that helps an attacker', () => {
    test('every token that is refused gets the same answer, apart from its instance', async () => {
      const now = Math.floor(Date.now() / 1000)
      const good = await tokenFor(idp)
      const tokens = [
        'a.b.c',
        'eyJhbGciOiJub25lIn0.e30.',
        `${good.slice(0, -8)}AAAAAAAA`,
        await tokenFor(idp, { exp: now - 600 }),
        await tokenFor(idp, { aud: 'billing-api' }),
        await tokenFor(idp, { iss: 'https://evil.test' }),
        await tokenFor(idp, { nbf: now + 600 }),
        await tokenFor(idp, { sub: '' }),
        await tokenFor(idp, { cnf: { jkt: 'x' } }),
        await tokenFor(idp, {}, { typ: 'JWT' }),
        await tokenFor(idp, {}, { kid: 'another' }),
        'x'.repeat(9_000),
      ]
      const answers = await Promise.all(tokens.map((token) => service.send({ token, target: '/orders/1' })))
      const shapes = answers.map(({ status, json, headers }) => {
        const { date, ...rest } = headers
        return JSON.stringify([status, { ...json, instance: '' }, rest])
      })
      expect(new Set(shapes)).toHaveLength(1)
      expect(answers[0]!.json).toEqual({
        type: 'about:blank',
        title: 'Unauthorized',
        status: 401,
        instance: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/),
      })
    })

    test.each([...ALLOWED, ...DENIED])('%i for %s names no software and no place', async (_s, _w, claims, request) => {
      const { headers, body } = await send(claims, request)
      expect(headers).not.toHaveProperty('x-powered-by')
      expect(headers).not.toHaveProperty('server')
      expect(`${JSON.stringify(headers)}${body}`).not.toMatch(
        /express|koa|node|wardline|\.js\b|\bat \S+ \(|stack|jose|ajv|127\.0\.0\.1|jwks/i,
      )
    })

    test('every guarded answer carries the security headers', async () => {
      for (const target of ['/orders/1', '/nowhere']) {
        const { headers } = await service.send({ target, ...(target === '/nowhere' && { token: await tokenFor(idp) }) })
        expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' })
      }
    })
  })
})
