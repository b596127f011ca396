import { METHODS } from 'node:http'
import { CANARY, type Idp, rawRequest, startIdp, tokenFor } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Orders } from '../src/orders.js'
import { CLERK, ORDER } from './support/callers.js'
import { OrdersService, SERVICES } from './support/orders-service.js'

const CLIENTS = [
  { id: 'plain' },
  { id: 'reader', scope: 'orders:read' },
  { id: 'clerk', roles: ['clerk'], tenant: 'acme' },
  { id: 'admin', roles: ['admin'], tenant: 'acme' },
  { id: 'foreign-admin', roles: ['admin'], tenant: 'globex' },
  { id: 'free-admin', roles: ['admin'] },
  { id: 'free-clerk', roles: ['clerk'] },
  { id: 'all', scope: 'orders:read', roles: ['clerk', 'admin'], tenant: 'acme' },
] as const

type Who = (typeof CLIENTS)[number]['id']

let idp: Idp
const tokens: Partial<Record<Who, string>> = {}

beforeAll(async () => {
  idp = await startIdp({ clients: CLIENTS })
  for (const { id } of CLIENTS) tokens[id] = await idp.token(id)
})
afterAll(() => idp.close())

describe.each(SERVICES)('%s', { concurrent: true }, (_name, script) => {
  let service: OrdersService
  beforeAll(async () => {
    service = await OrdersService.start(script, { ISSUER: idp.issuer })
  })
  afterAll(() => service.close())

  const as = (who: Who) => ({ token: tokens[who]! })
  const create = async (who: Who): Promise<string> =>
    `/orders/${(await service.send({ ...as(who), method: 'POST', target: '/orders', json: ORDER })).json.id}`

  describe('GET /healthz is public', () => {
    test.each([['/healthz'], [`/healthz?probe=${CANARY}`]])('%s answers 200', async (target) => {
      const answer = await service.send({ target })
      expect([answer.status, answer.json]).toEqual([200, { status: 'ok' }])
      expect(answer.headers).not.toHaveProperty('ratelimit')
    })

    test('HEAD is GET', async () => {
      expect(await service.send({ method: 'HEAD', target: '/healthz' })).toMatchObject({ status: 200, body: '' })
    })
  })

  describe('a stranger gets 401: only GET /healthz stands outside the guard', () => {
    test.each([
      ['GET', '/'],
      ['GET', '/healthz/'],
      ['GET', '/HEALTHZ'],
      ['GET', '/Healthz'],
      ['GET', '//healthz'],
      ['GET', '/healthz//'],
      ['GET', '/healthz%2f'],
      ['GET', '/healthz%2F..%2Forders'],
      ['GET', '/%68ealthz'],
      ['GET', '/healthz%00'],
      ['GET', '/healthz%20'],
      ['GET', '/healthz;a=b'],
      ['GET', '/healthz/.'],
      ['GET', '/./healthz'],
      ['GET', '/orders/../healthz'],
      ['GET', '/healthz/../orders/1'],
      ['GET', '/healthz%3fa'],
      ['GET', '/healthz%23a'],
      ['GET', '/healthz.json'],
      ['GET', '/healthz/orders'],
      ['GET', '/healthz\\'],
      ['GET', '*'],
      ['GET', 'http://service.test/orders/1'],
      ['POST', '/healthz'],
      ['PUT', '/healthz'],
      ['PATCH', '/healthz'],
      ['DELETE', '/healthz'],
      ['OPTIONS', '/healthz'],
      ['TRACE', '/healthz'],
      ['OPTIONS', '*'],
      ['GET', '/orders'],
      ['GET', '/orders/1'],
      ['HEAD', '/orders/1'],
      ['OPTIONS', '/orders/1'],
      ['TRACE', '/orders/1'],
      ['DELETE', '/orders/1'],
      ['POST', '/orders'],
      ['POST', '/nowhere'],
    ])('%s %s', async (method, target) => {
      const answer = await service.send({ method, target })
      expect(answer.status).toBe(401)
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="orders-api"')
    })

    test.each([
      ['X-HTTP-Method-Override', 'GET', 'POST', '/healthz'],
      ['X-HTTP-Method', 'GET', 'POST', '/healthz'],
      ['X-Method-Override', 'GET', 'POST', '/healthz'],
      ['X-Original-URL', '/healthz', 'GET', '/orders/1'],
      ['X-Rewrite-URL', '/healthz', 'GET', '/orders/1'],
      ['X-Forwarded-Uri', '/healthz', 'GET', '/orders/1'],
      ['X-Forwarded-Path', '/healthz', 'GET', '/orders/1'],
      ['X-Forwarded-Prefix', '/healthz', 'GET', '/orders/1'],
      ['X-Forwarded-For', '127.0.0.1', 'GET', '/orders/1'],
      ['X-Forwarded-User', 'admin', 'GET', '/orders/1'],
      ['X-Real-IP', '127.0.0.1', 'GET', '/orders/1'],
      ['X-Internal', 'true', 'GET', '/orders/1'],
      ['X-Debug', '1', 'GET', '/orders/1'],
      ['x-middleware-subrequest', 'middleware:middleware:middleware', 'GET', '/orders/1'],
      ['Upgrade', 'h2c', 'GET', '/orders/1'],
      ['Referer', 'http://127.0.0.1/healthz', 'GET', '/orders/1'],
      ['Access-Control-Request-Method', 'GET', 'OPTIONS', '/orders/1'],
    ])('%s: %s with %s %s', async (header, value, method, target) => {
      expect((await service.send({ method, target, headers: [[header, value]] })).status).toBe(401)
    })

    test('CONNECT is not answered', async () => {
      await expect(rawRequest(service.process.port, { method: 'CONNECT', target: 'orders:443' })).rejects.toThrow()
    })

    test.each([['FOO'], ['get'], ['GET\t'], ['']])('unknown method %j is no request at all', async (method) => {
      const answer = await service.send({ method, target: '/healthz' })
      expect(answer).toMatchObject({ status: 400, body: '' })
    })
  })

  describe('who may', () => {
    test.each<[route: string, who: Who, by: Who, status: number, code?: string]>([
      ['GET', 'reader', 'clerk', 200],
      ['GET', 'all', 'free-clerk', 200],
      ['GET', 'clerk', 'clerk', 403, 'scope_missing'],
      ['GET', 'admin', 'clerk', 403, 'scope_missing'],
      ['GET', 'plain', 'clerk', 403, 'scope_missing'],
      ['HEAD', 'reader', 'clerk', 200],
      ['HEAD', 'plain', 'clerk', 403],
      ['DELETE', 'admin', 'clerk', 204],
      ['DELETE', 'all', 'admin', 204],
      ['DELETE', 'clerk', 'clerk', 403, 'role_missing'],
      ['DELETE', 'reader', 'clerk', 403, 'role_missing'],
      ['DELETE', 'plain', 'clerk', 403, 'role_missing'],
      ['DELETE', 'foreign-admin', 'clerk', 403, 'access_denied'],
      ['DELETE', 'free-admin', 'clerk', 403, 'attribute_unknown'],
      ['DELETE', 'admin', 'free-clerk', 403, 'attribute_unknown'],
      ['DELETE', 'free-admin', 'free-clerk', 403, 'attribute_unknown'],
    ])('%s by %s of an order by %s: %i', async (method, who, by, status, code) => {
      const target = await create(by)
      const answer = await service.send({ ...as(who), method, target })
      expect([answer.status, answer.json.code]).toEqual([status, code])
      const left = await service.send({ ...as('reader'), target })
      expect(left.status).toBe(status === 204 ? 404 : 200)
    })

    test.each<[who: Who, status: number, code?: string]>([
      ['clerk', 201],
      ['admin', 201],
      ['free-clerk', 201],
      ['reader', 403, 'role_missing'],
      ['plain', 403, 'role_missing'],
    ])('POST by %s: %i', async (who, status, code) => {
      const answer = await service.send({ ...as(who), method: 'POST', target: '/orders', json: ORDER })
      expect([answer.status, answer.json.code]).toEqual([status, code])
    })

    test.each<[method: string, who: Who, status: number]>([
      ['GET', 'reader', 404],
      ['HEAD', 'reader', 404],
      ['GET', 'plain', 403],
      ['DELETE', 'admin', 404],
      ['DELETE', 'free-admin', 404],
      ['DELETE', 'clerk', 403],
    ])('%s by %s of an order that is not there: %i', async (method, who, status) => {
      const answer = await service.send({ ...as(who), method, target: '/orders/b5c1f5ac-0e9f-4e6f-9b53-8e3f0a4f6a10' })
      expect(answer.status).toBe(status)
    })
  })

  describe('POST /orders', () => {
    test("answers 201, Location, JSON with id; the order takes the creator's tenant", async () => {
      const answer = await service.send({ ...as('clerk'), method: 'POST', target: '/orders', json: ORDER })
      const { id } = answer.json
      expect(answer.status).toBe(201)
      expect(answer.headers['content-type']).toMatch(/^application\/json\b/)
      expect(answer.headers.location).toBe(`/orders/${id}`)
      expect(answer.json).toEqual({ ...ORDER, id, tenant: 'acme' })
      const read = await service.send({ ...as('reader'), target: answer.headers.location! })
      expect([read.status, read.json]).toEqual([200, answer.json])
    })

    test('an order of a creator without tenant has none', async () => {
      const answer = await service.send({ ...as('free-clerk'), method: 'POST', target: '/orders', json: ORDER })
      expect(answer.status).toBe(201)
      expect(answer.json).not.toHaveProperty('tenant')
    })

    test('ids do not repeat', async () => {
      const ids = await Promise.all(Array.from({ length: 20 }, () => create('all')))
      expect(new Set(ids).size).toBe(20)
    })
  })

  describe('anything else, for a verified principal', () => {
    test.each([
      ['/'],
      ['/nowhere'],
      ['/orders/'],
      ['/Orders'],
      ['/orders/1/'],
      ['/orders/1/items'],
      ['/healthz/'],
      ['/HEALTHZ'],
      ['/healthz.json'],
      ['/healthz%3fa'],
    ])('GET %s answers 404', async (target) => {
      expect((await service.send({ ...as('all'), target })).status).toBe(404)
    })

    test.each([
      ['/healthz', ['GET', 'HEAD']],
      ['/orders', ['POST']],
      ['/orders/1', ['GET', 'HEAD', 'DELETE']],
    ])('%s answers 405 with Allow: %j to every other method', async (target, allowed) => {
      const token = await tokenFor(idp, CLERK)
      // TRACE is refused by the guard, on every path.
      const others = METHODS.filter((method) => ![...allowed, 'CONNECT', 'TRACE'].includes(method))
      const answers = await Promise.all(others.map((method) => service.send({ token, method, target })))
      const told = answers.map(({ status, headers }, index) => [others[index], status, headers.allow])
      expect(told).toEqual(others.map((method) => [method, 405, allowed.join(', ')]))
    })

    test('a path that does not exist answers 404 to every method', async () => {
      const token = await tokenFor(idp, CLERK)
      const methods = METHODS.filter((method) => !['CONNECT', 'TRACE'].includes(method))
      const answers = await Promise.all(methods.map((method) => service.send({ token, method, target: '/nowhere' })))
      expect(answers.map(({ status }, index) => [methods[index], status])).toEqual(methods.map((name) => [name, 404]))
    })

    test.each([['/healthz'], ['/orders'], ['/orders/1']])('TRACE %s answers 405 with Allow', async (target) => {
      const answer = await service.send({ ...as('all'), method: 'TRACE', target, headers: [['cookie', CANARY]] })
      expect(answer.status).toBe(405)
      expect(answer.headers.allow).toMatch(/^[A-Z]+(?:, [A-Z]+)*$/)
      expect(answer.headers.allow).not.toContain('TRACE')
      expect(answer.body).not.toContain(CANARY)
    })

    test.each([
      ['X-HTTP-Method-Override', 'DELETE'],
      ['X-HTTP-Method', 'DELETE'],
      ['X-Method-Override', 'DELETE'],
    ])('%s: %s does nothing', async (header, value) => {
      const target = await create('clerk')
      const answer = await service.send({
        ...as('all'),
        target: `${target}?_method=DELETE`,
        headers: [[header, value]],
      })
      expect(answer.status).toBe(200)
      expect((await service.send({ ...as('reader'), target })).status).toBe(200)
    })
  })
})

test('orders live in memory, bounded: the oldest give way', () => {
  const orders = new Orders()
  const made = Array.from({ length: 10_001 }, () => orders.create(ORDER as never, undefined).id)
  expect([orders.find(made[0]), orders.find(made[1])?.id, orders.find(made.at(-1))?.id]).toEqual([
    undefined,
    made[1],
    made.at(-1),
  ])
})
