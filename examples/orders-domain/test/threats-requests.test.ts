import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { type Idp, startIdp, tokenFor } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN, CLERK, ORDER, READER } from './support/callers.js'
import { OrdersService, SERVICES } from './support/orders-service.js'

type Headers = readonly (readonly [name: string, value: string])[]

let idp: Idp
beforeAll(async () => {
  idp = await startIdp({ clients: [], algorithm: 'ES256' })
})
afterAll(() => idp.close())

describe.each(SERVICES)('%s', { concurrent: true }, (_name, script) => {
  let service: OrdersService
  beforeAll(async () => {
    service = await OrdersService.start(script, { ISSUER: idp.issuer })
  })
  afterAll(() => service.close())

  const create = async () => {
    const answer = await service.send({
      token: await tokenFor(idp, CLERK),
      method: 'POST',
      target: '/orders',
      json: ORDER,
    })
    return String(answer.json.id)
  }

  describe('ambiguous spellings are refused, not normalised', () => {
    test.each<[what: string, spell: (id: string) => string]>([
      ['encoded slash', (id) => `/orders%2f${id}`],
      ['encoded slash at the end', (id) => `/orders/${id}%2F`],
      ['backslash', (id) => `/orders\\${id}`],
      ['encoded backslash', (id) => `/orders%5c${id}`],
      ['dot segment', (id) => `/orders/./${id}`],
      ['two-dot segment', (id) => `/orders/x/../${id}`],
      ['two-dot segment into the public route', (id) => `/healthz/../orders/${id}`],
      ['encoded dot segment', (id) => `/orders/%2e/${id}`],
      ['half-encoded two-dot segment', (id) => `/healthz/.%2e/orders/${id}`],
      ['NUL', (id) => `/orders/${id}%00`],
      ['NUL and a public name', (id) => `/orders/${id}%00/healthz`],
      ['encoded line break', (id) => `/orders/${id}%0d%0a`],
      ['double encoding', (id) => `/orders/%2564${id.slice(1)}`],
      ['double-encoded slash', (id) => `/orders%252f${id}`],
      ['semicolon', (id) => `/orders;/${id}`],
      ['semicolon at the end', (id) => `/orders/${id};x=1`],
      ['encoded semicolon', (id) => `/orders/${id}%3bx`],
      ['double slash', (id) => `//orders/${id}`],
      ['double slash within', (id) => `/orders//${id}`],
      ['double slash at the end', (id) => `/orders/${id}//`],
      ['encoded letter', (id) => `/%6frders/${id}`],
      ['encoded digit', (id) => `/orders/${id}%31`],
      ['overlong UTF-8', (id) => `/orders/%c0%ae%c0%ae/${id}`],
      ['broken UTF-8', (id) => `/orders/${id}%ff`],
      ['broken encoding', (id) => `/orders/${id}%zz`],
      ['encoded surrogate', (id) => `/orders/${id}%ed%a0%80`],
      ['absolute form', (id) => `http://service.test/orders/${id}`],
      ['absolute form of the public route', (id) => `http://service.test/healthz/../orders/${id}`],
      ['fragment', (id) => `/orders/${id}#x`],
    ])('%s', async (_what, spell) => {
      const id = await create()
      const token = await tokenFor(idp, ADMIN)
      for (const method of ['GET', 'DELETE']) {
        const answer = await service.send({ token, method, target: spell(id) })
        expect([answer.status, answer.json.code]).toEqual([400, 'ambiguous_path'])
      }
      expect((await service.send({ token, target: `/orders/${id}` })).status).toBe(200)
    })

    test.each([['\u00e9'], ['\u0000'], ['\u007f'], ['\uff0f']])('raw %j is no request at all', async (character) => {
      const token = await tokenFor(idp, ADMIN)
      const answer = await service.send({ token, target: `/orders/${character}` })
      expect(answer).toMatchObject({ status: 400, body: '' })
    })

    test.each([['\\'], ['a=%'], ['a=b#c']])('query %j never becomes a 5xx', async (query) => {
      const answer = await service.send({ token: await tokenFor(idp, READER), target: `/orders/1?${query}` })
      expect(answer.status).toBeLessThan(500)
    })
  })

  describe('Authorization: look at every value, not the first', () => {
    test.each<[what: string, headers: (good: string) => Headers, status: number, code: string]>([
      ['good and good', (good) => both(good, good), 400, 'token_repeated'],
      ['good and bad', (good) => both(good, 'a.b.c'), 400, 'token_repeated'],
      ['bad and good', (good) => both('a.b.c', good), 400, 'token_repeated'],
      ['in another case', (good) => [field(good), ['AUTHORIZATION', `Bearer ${good}`]], 400, 'token_repeated'],
      ['joined', (good) => [['authorization', `Bearer ${good}, Bearer ${good}`]], 400, 'token_malformed'],
      ['a parameter', (good) => [['authorization', `Bearer ${good}; x=y`]], 400, 'token_malformed'],
      ['quoted', (good) => [['authorization', `Bearer "${good}"`]], 400, 'token_malformed'],
      ['a tab', (good) => [['authorization', `Bearer\t${good}`]], 401, 'token_missing'],
      ['without scheme', (good) => [['authorization', good]], 401, 'token_missing'],
      ['a scheme that starts like it', (good) => [['authorization', `BearerX ${good}`]], 401, 'token_missing'],
      ['scheme alone', () => [['authorization', 'Bearer']], 400, 'token_malformed'],
      ['empty', () => [['authorization', '']], 401, 'token_missing'],
    ])('%s', async (_what, headers, status, code) => {
      const good = await tokenFor(idp)
      service.keepSecret(good)
      const answer = await service.send({ target: '/nowhere', headers: headers(good) })
      expect(answer.status).toBe(status)
      const line = await service.audit(answer)
      expect(line.code).toBe(code)
      expect(line).not.toHaveProperty('principal')
    })

    test.each([['bearer'], ['BEARER'], ['bEaReR']])('the scheme is %s as well', async (scheme) => {
      const good = await tokenFor(idp)
      service.keepSecret(good)
      const headers = [['authorization', `${scheme} ${good}`]] as const
      expect((await service.send({ target: '/nowhere', headers })).status).toBe(404)
    })

    test.each<[where: string, request: (good: string) => { readonly target?: string; readonly headers?: Headers }]>([
      ['query', (good) => ({ target: `/nowhere?access_token=${good}` })],
      ['cookie', (good) => ({ headers: [['cookie', `access_token=${good}; authorization=Bearer ${good}`]] })],
      ['Proxy-Authorization', (good) => ({ headers: [['proxy-authorization', `Bearer ${good}`]] })],
      ['X-Authorization', (good) => ({ headers: [['x-authorization', `Bearer ${good}`]] })],
      ['X-Forwarded-Access-Token', (good) => ({ headers: [['x-forwarded-access-token', good]] })],
      ['an underscore twin', (good) => ({ headers: [['authorization_', `Bearer ${good}`]] })],
      ['a WebSocket protocol', (good) => ({ headers: [['sec-websocket-protocol', `bearer, ${good}`]] })],
    ])('a token in %s is none', async (_where, request) => {
      const good = await tokenFor(idp)
      service.keepSecret(good)
      const answer = await service.send({ target: '/nowhere', ...request(good) })
      expect([answer.status, (await service.audit(answer)).code]).toEqual([401, 'token_missing'])
    })

    test('a token in a form is none', async () => {
      const good = await tokenFor(idp)
      service.keepSecret(good)
      const headers = [['content-type', 'application/x-www-form-urlencoded']] as const
      const body = `access_token=${good}`
      expect((await service.send({ method: 'POST', target: '/orders', headers, body })).status).toBe(401)
    })
  })

  describe('no request header makes more of a caller', () => {
    test.each([
      ['X-Role', 'admin'],
      ['X-Roles', 'admin,clerk'],
      ['X-User', 'admin'],
      ['X-Scope', 'orders:read'],
      ['X-Tenant', 'acme'],
      ['X-Forwarded-User', 'admin'],
      ['X-Forwarded-Groups', 'admin'],
      ['X-HTTP-Method-Override', 'GET'],
      ['x-middleware-subrequest', '1'],
      ['X-Original-URL', '/healthz'],
      ['Connection', 'authorization'],
    ])('%s: %s', async (header, value) => {
      const id = await create()
      const token = await tokenFor(idp)
      const headers = [[header, value]] as const
      const requests = [{ target: `/orders/${id}` }, { method: 'DELETE', target: `/orders/${id}` }]
      for (const request of requests) {
        expect((await service.send({ ...request, token, headers })).status).toBe(403)
      }
      expect((await service.send({ method: 'POST', target: '/orders', token, headers, json: ORDER })).status).toBe(403)
    })
  })

  test.each<[what: string, headers: Headers, status: number]>([
    [
      'two Host fields',
      [
        ['host', 'a.test'],
        ['host', 'b.test'],
      ],
      400,
    ],
    [
      'two API keys',
      [
        ['x-api-key', 'a'],
        ['x-api-key', 'b'],
      ],
      400,
    ],
    ['a field name with a blank', [['x a', 'b']], 400],
    ['a folded field', [['x-a', 'b\r\n c']], 400],
    ['a field of 20 000 characters', [['x-a', 'b'.repeat(20_000)]], 431],
  ])('%s: refused', async (_what, headers, status) => {
    const answer = await service.send({ token: await tokenFor(idp), target: '/nowhere', headers })
    expect(answer.status).toBe(status)
  })

  test('an Expect field leads nobody past the guard', async () => {
    const stranger = await service.send({ target: '/orders/1', headers: [['expect', 'nothing']] })
    expect([stranger.status, (await service.audit(stranger)).code]).toEqual([401, 'token_missing'])
  })

  test.each<[what: string, body: object, heads: readonly number[]]>([
    ['is not asked for a body that is refused unread', { length: 70_000 }, [413]],
    ['is asked for a body that is read', { body: JSON.stringify(ORDER) }, [100, 201]],
  ])(
    'a client that waits for 100 (Continue) %s',
    async (_what, { length, body }: { length?: number; body?: string }, heads) => {
      const token = await tokenFor(idp, CLERK)
      service.keepSecret(token)
      const seen: number[] = []
      const request = httpRequest({
        port: service.process.port,
        method: 'POST',
        path: '/orders',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-length': length ?? body?.length,
          expect: '100-continue',
          traceparent: `00-${token.slice(-32).replace(/[^0-9a-f]/g, '0')}-00f067aa0ba902b7-01`,
        },
      })
      request.on('error', () => {}) // the connection is given up once the answer is there
      request.on('continue', () => {
        seen.push(100)
        request.end(body)
      })
      request.flushHeaders()
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      seen.push(response.statusCode ?? 0)
      response.resume()
      request.destroy()
      expect(seen).toEqual(heads)
    },
  )

  test('HEAD is GET, for whom it is allowed and what it counts', async () => {
    const target = `/orders/${await create()}`
    const token = await tokenFor(idp, READER)
    const [head, get] = [await service.send({ token, method: 'HEAD', target }), await service.send({ token, target })]
    expect([head.status, head.body, get.status]).toEqual([200, '', 200])
    expect(head.headers['content-length']).toBe(get.headers['content-length'])
    expect(head.headers.ratelimit).toMatch(/"principal";r=99/)
    expect((await service.send({ token: await tokenFor(idp), method: 'HEAD', target })).status).toBe(403)
  })
})

const field = (token: string): readonly [string, string] => ['authorization', `Bearer ${token}`]
const both = (first: string, second: string): Headers => [field(first), field(second)]
