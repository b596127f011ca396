import { setTimeout as sleep } from 'node:timers/promises'
import { type Idp, startIdp } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CLERK, ORDER, tokenFor } from './support/callers.js'
import {
  freshAddress,
  type OrdersAnswer,
  type OrdersRequest,
  OrdersService,
  SERVICES,
} from './support/orders-service.js'

const ADDRESS = { limit: 300, refillMs: 200 }
const PRINCIPAL = { limit: 100, refillMs: 600 }

const CASES = ['routes', 'addresses', 'cold', 'spared', 'retry', 'window'] as const

let idp: Idp
const tokens: Partial<Record<(typeof CASES)[number], string>> = {}
beforeAll(async () => {
  idp = await startIdp({ clients: CASES.map((id) => ({ id, ...(id === 'routes' && { roles: ['clerk'] }) })) })
  for (const id of CASES) tokens[id] = await idp.token(id)
})
afterAll(() => idp.close())

interface Burst {
  readonly admitted: number
  readonly elapsedMs: number
  readonly answers: readonly OrdersAnswer[]
}

/** As many requests at once as `requests` has. */
async function burst(service: OrdersService, requests: readonly OrdersRequest[]): Promise<Burst> {
  const startedAt = performance.now()
  const answers = await Promise.all(requests.map((request) => service.send(request)))
  const elapsedMs = performance.now() - startedAt
  return { admitted: answers.filter(({ status }) => status !== 429).length, elapsedMs, answers }
}

const times = (count: number, request: (index: number) => OrdersRequest) =>
  Array.from({ length: count }, (_, i) => request(i))

/** The quota, and what came back of it meanwhile. */
function expectExactly({ admitted, elapsedMs }: Burst, { limit, refillMs }: typeof ADDRESS): void {
  expect(admitted).toBeGreaterThanOrEqual(limit)
  expect(admitted).toBeLessThanOrEqual(limit + elapsedMs / refillMs)
}

const remaining = ({ headers }: OrdersAnswer, name: 'address' | 'principal'): number =>
  Number(new RegExp(`"${name}";r=(\\d+)`).exec(headers.ratelimit ?? '')?.[1])

describe.each(SERVICES)('%s', (_name, script) => {
  let service: OrdersService
  let proxied: OrdersService
  beforeAll(async () => {
    service = await OrdersService.start(script, { ISSUER: idp.issuer })
    proxied = await OrdersService.start(script, { ISSUER: idp.issuer, TRUST_PROXY: '127.0.0.1/32, 10.0.0.0/8' })
  })
  afterAll(async () => {
    await service.close()
    await proxied.close()
  })

  const via = (client: string, more: Partial<OrdersRequest> = {}): OrdersRequest => ({
    target: '/nowhere',
    from: '127.0.0.1',
    headers: [['x-forwarded-for', client]],
    ...more,
  })

  describe('per client address: 300 requests in 60 s', () => {
    test('exact under concurrency', async () => {
      const from = freshAddress()
      const taken = await burst(
        service,
        times(330, () => ({ target: '/nowhere', from })),
      )
      expectExactly(taken, ADDRESS)
      expect(new Set(taken.answers.map(({ status }) => status))).toEqual(new Set([401, 429]))
    })

    test('every refusal counts, whatever it is for', async () => {
      const from = freshAddress()
      const kinds: readonly OrdersRequest[] = [
        { target: '/orders/1' },
        { target: '//orders' },
        { method: 'TRACE', target: '/orders' },
        { target: '/orders/1', token: 'a.b.c' },
        { target: '/orders/1', headers: [['authorization', 'Bearer a b']] },
      ]
      const { answers, elapsedMs } = await burst(
        service,
        times(20, (index) => ({ ...kinds[index % 5]!, from })),
      )
      const least = Math.min(...answers.map((answer) => remaining(answer, 'address')))
      expect(least).toBeGreaterThanOrEqual(280)
      expect(least).toBeLessThanOrEqual(280 + Math.ceil(elapsedMs / ADDRESS.refillMs))
    })

    test('another address has a quota of its own', async () => {
      const from = freshAddress()
      await burst(
        service,
        times(20, () => ({ target: '/nowhere', from })),
      )
      expect(remaining(await service.send({ target: '/nowhere' }), 'address')).toBe(299)
    })

    test('GET /healthz is outside: it neither counts nor is refused', async () => {
      const from = freshAddress()
      await burst(
        service,
        times(100, () => ({ target: '/healthz', from })),
      )
      expect(remaining(await service.send({ target: '/nowhere', from }), 'address')).toBe(299)
      await burst(
        service,
        times(320, () => ({ target: '/nowhere', from })),
      )
      expect((await service.send({ target: '/healthz', from })).status).toBe(200)
    })
  })

  describe('per principal (issuer and sub together): 100 requests in 60 s', () => {
    test('exact under concurrency, from many addresses', async () => {
      const token = tokens.addresses!
      const taken = await burst(
        service,
        times(130, () => ({ target: '/nowhere', token })),
      )
      expectExactly(taken, PRINCIPAL)
      expect(new Set(taken.answers.map(({ status }) => status))).toEqual(new Set([404, 429]))
    })

    test('exact from the first request, while the keys are still being fetched', async () => {
      const cold = await OrdersService.start(script, { ISSUER: idp.issuer })
      const token = tokens.cold!
      expectExactly(
        await burst(
          cold,
          times(130, () => ({ target: '/nowhere', token })),
        ),
        PRINCIPAL,
      )
      await cold.close()
    })

    test('counted over all routes', async () => {
      const token = tokens.routes!
      const routes: readonly OrdersRequest[] = [
        { token, target: '/orders/1' },
        { token, method: 'POST', target: '/orders', json: ORDER },
        { token, method: 'POST', target: '/orders', headers: [['content-type', 'text/plain']], body: '' },
        { token, method: 'DELETE', target: '/orders/1' },
        { token, method: 'PUT', target: '/healthz' },
        { token, target: '/nowhere' },
        { token, target: '/orders/../nowhere' },
        { token, method: 'TRACE', target: '/orders' },
      ]
      const taken = await burst(
        service,
        times(130, (index) => routes[index % routes.length]!),
      )
      expectExactly(taken, PRINCIPAL)
      const statuses = new Set(taken.answers.map(({ status }) => status))
      expect(statuses).toEqual(new Set([201, 400, 403, 404, 405, 415, 429]))
    })

    test('several tokens of one sub share its quota, another sub has its own', async () => {
      const sub = `caller-${crypto.randomUUID()}`
      const same = await Promise.all(times(4, () => ({ target: '' })).map(() => tokenFor(idp, { sub })))
      const taken = await burst(
        service,
        times(130, (index) => ({ target: '/nowhere', token: same[index % 4]! })),
      )
      expectExactly(taken, PRINCIPAL)
      const other = await service.send({ target: '/nowhere', token: await tokenFor(idp, { sub: `${sub}x` }) })
      expect(remaining(other, 'principal')).toBe(99)
    })

    test('subs that a careless key would mix up are apart', async () => {
      const sub = `caller-${crypto.randomUUID()}`
      for (const other of [sub, sub.toUpperCase(), `${sub} `, `${sub}"`, `${sub}","x`, `${sub}\u0000`, `${sub}:1`]) {
        const answer = await service.send({ target: '/nowhere', token: await tokenFor(idp, { sub: other }) })
        expect(remaining(answer, 'principal')).toBe(99)
      }
    })
  })

  describe('a token that does not verify never counts against the principal it names', () => {
    test.each<[what: string, forge: (sub: string) => Promise<string>]>([
      ['a broken signature', async (sub) => `${(await tokenFor(idp, { sub })).slice(0, -12)}AAAAAAAAAAAA`],
      ['expired', (sub) => tokenFor(idp, { sub, exp: 1 })],
      ['another audience', (sub) => tokenFor(idp, { sub, aud: 'billing-api' })],
      ['another key', (sub) => tokenFor(idp, { sub }, { kid: 'another' })],
      ['another type', (sub) => tokenFor(idp, { sub }, { typ: 'JWT' })],
    ])('%s', async (_what, forge) => {
      const sub = `caller-${crypto.randomUUID()}`
      const token = await forge(sub)
      const { answers } = await burst(
        service,
        times(40, () => ({ target: '/orders/1', token })),
      )
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
      const answer = await service.send({ target: '/nowhere', token: await tokenFor(idp, { sub }) })
      expect(remaining(answer, 'principal')).toBe(99)
    })
  })

  describe('a request refused by one limit spends none of the others', () => {
    test('refused for its principal, it does not spend the address', async () => {
      const token = tokens.spared!
      await burst(
        service,
        times(130, () => ({ target: '/nowhere', token })),
      )
      const from = freshAddress()
      const { admitted } = await burst(
        service,
        times(60, () => ({ target: '/nowhere', token, from })),
      )
      const stranger = await service.send({ target: '/nowhere', from })
      expect(admitted).toBeLessThan(10)
      expect(remaining(stranger, 'address')).toBeGreaterThanOrEqual(299 - admitted)
    })

    test('refused for its address, it does not spend the principal', async () => {
      const from = freshAddress()
      await burst(
        service,
        times(340, () => ({ target: '/nowhere', from })),
      )
      const token = await tokenFor(idp)
      const { admitted } = await burst(
        service,
        times(60, () => ({ target: '/nowhere', token, from })),
      )
      const answer = await service.send({ target: '/nowhere', token })
      expect(admitted).toBeLessThan(10)
      expect(remaining(answer, 'principal')).toBeGreaterThanOrEqual(99 - admitted)
    })
  })

  describe('Retry-After on 429', { concurrent: true }, () => {
    test('waiting that long admits: principal', async () => {
      const token = tokens.retry!
      const { answers } = await burst(
        service,
        times(130, () => ({ target: '/nowhere', token })),
      )
      await expectAdmittedAfterWait(answers, { target: '/nowhere', token })
    })

    test('waiting that long admits: address', async () => {
      const from = freshAddress()
      const { answers } = await burst(
        service,
        times(330, () => ({ target: '/nowhere', from })),
      )
      await expectAdmittedAfterWait(answers, { target: '/nowhere', from })
    })

    async function expectAdmittedAfterWait(answers: readonly OrdersAnswer[], request: OrdersRequest): Promise<void> {
      const { headers } = answers.findLast(({ status }) => status === 429)!
      expect(headers['retry-after']).toMatch(/^[1-9]\d?$/)
      await sleep(Number(headers['retry-after']) * 1_000)
      expect((await service.send(request)).status).not.toBe(429)
    }

    test('the quota comes back evenly over the window', async () => {
      const token = tokens.window!
      const taken = await burst(
        service,
        times(130, () => ({ target: '/nowhere', token })),
      )
      await sleep(1_300)
      const again = await burst(
        service,
        times(20, () => ({ target: '/nowhere', token })),
      )
      const sinceStartMs = taken.elapsedMs + 1_300 + again.elapsedMs + 50
      expect(again.admitted).toBeGreaterThanOrEqual(2)
      expect(taken.admitted + again.admitted).toBeLessThanOrEqual(100 + sinceStartMs / PRINCIPAL.refillMs)
    })
  })

  describe('TRUST_PROXY', () => {
    test.each([
      ['X-Forwarded-For'],
      ['Forwarded'],
      ['X-Real-IP'],
      ['X-Client-IP'],
      ['CF-Connecting-IP'],
      ['True-Client-IP'],
      ['X_Forwarded_For'],
    ])('off: %s is ignored', async (header) => {
      const from = freshAddress()
      const value = header === 'Forwarded' ? 'for=203.0.113.7' : '203.0.113.7'
      const answer = await service.send({ target: '/nowhere', from, headers: [[header, value]] })
      expect((await service.audit(answer)).client).toBe(from)
      expect(
        remaining(await service.send({ target: '/nowhere', from, headers: [[header, '203.0.113.8']] }), 'address'),
      ).toBe(298)
    })

    test.each<[forwarded: string, client: string]>([
      ['203.0.113.7', '203.0.113.7'],
      ['203.0.113.7:4711', '203.0.113.7'],
      ['198.51.100.1, 203.0.113.7', '203.0.113.7'],
      ['127.0.0.1, 203.0.113.7', '203.0.113.7'],
      ['203.0.113.7, 10.1.2.3', '203.0.113.7'],
      ['198.51.100.1, 203.0.113.7, 10.1.2.3, 127.0.0.1', '203.0.113.7'],
      ['2001:db8::7', '2001:db8::7'],
      ['[2001:DB8:0:0::7]:443', '2001:db8::7'],
      ['::ffff:203.0.113.7', '203.0.113.7'],
      ['::ffff:cb00:7107', '203.0.113.7'],
      ['unknown', '127.0.0.1'],
      ['203.0.113.7, unknown', '127.0.0.1'],
      ['203.0.113.7,', '127.0.0.1'],
      ['203.0.113', '127.0.0.1'],
      ['203.0.113.007', '127.0.0.1'],
      ['203.0.113.7 evil', '127.0.0.1'],
      ['3405803783', '127.0.0.1'],
      ['0x7f000001', '127.0.0.1'],
      ['', '127.0.0.1'],
    ])('on: %j from a trusted peer is %s', async (forwarded, client) => {
      const answer = await proxied.send(via(forwarded))
      expect((await proxied.audit(answer)).client).toBe(client)
    })

    test('on: a second line is the continuation of the first', async () => {
      const lines = [
        ['x-forwarded-for', '198.51.100.1'],
        ['x-forwarded-for', '203.0.113.7'],
      ] as const
      const answer = await proxied.send({ target: '/nowhere', from: '127.0.0.1', headers: lines })
      expect((await proxied.audit(answer)).client).toBe('203.0.113.7')
    })

    test.each([['X_Forwarded_For'], ['Forwarded'], ['X-Real-IP'], ['X-Client-IP'], ['X-Forwarded-For-Original']])(
      'on: %s is no way round',
      async (header) => {
        const headers = [[header, header === 'Forwarded' ? 'for=198.51.100.1' : '198.51.100.1']] as const
        const answer = await proxied.send({ target: '/nowhere', from: '127.0.0.1', headers })
        expect((await proxied.audit(answer)).client).toBe('127.0.0.1')
      },
    )

    test('on: X-Forwarded-For of a peer that is no proxy is ignored', async () => {
      const answer = await proxied.send(via('203.0.113.7', { from: '127.0.0.2' }))
      expect((await proxied.audit(answer)).client).toBe('127.0.0.2')
    })

    test('on: a peer that is no proxy cannot take as many addresses as it likes', async () => {
      const from = freshAddress()
      const request = (index: number) => via(`203.0.${index >> 8}.${index & 255}`, { from })
      expectExactly(await burst(proxied, times(330, request)), ADDRESS)
    })

    test('on: clients behind the proxy are counted apart, and exactly', async () => {
      const [one, other] = ['198.51.100.20', '198.51.100.21']
      const taken = await burst(
        proxied,
        times(330, () => via(one!)),
      )
      expectExactly(taken, ADDRESS)
      expect(remaining(await proxied.send(via(other!)), 'address')).toBe(299)
    })
  })

  describe('IPv6 clients count by /64, IPv4-mapped ones as IPv4', () => {
    test('hopping within a /64 counts once', async () => {
      const hop = (index: number) => via(`2001:db8:1:2:${(index * 163).toString(16)}::${index.toString(16)}`)
      expectExactly(await burst(proxied, times(330, hop)), ADDRESS)
    })

    test('another /64 has a quota of its own', async () => {
      await burst(
        proxied,
        times(20, () => via('2001:db8:7:1::1')),
      )
      expect(remaining(await proxied.send(via('2001:db8:7:2::1')), 'address')).toBe(299)
    })

    test('every spelling of a mapped address is one client', async () => {
      const spellings = [
        '192.0.2.55',
        '::ffff:192.0.2.55',
        '::FFFF:192.0.2.55',
        '::ffff:c000:237',
        '0:0:0:0:0:ffff:192.0.2.55',
        '0000:0000:0000:0000:0000:ffff:c000:0237',
        '[::ffff:192.0.2.55]:443',
        '192.0.2.55:443',
      ]
      expectExactly(
        await burst(
          proxied,
          times(330, (index) => via(spellings[index % spellings.length]!)),
        ),
        ADDRESS,
      )
    })

    test('two mapped addresses are two clients', async () => {
      await burst(
        proxied,
        times(20, () => via('::ffff:192.0.2.66')),
      )
      expect(remaining(await proxied.send(via('::ffff:192.0.2.67')), 'address')).toBe(299)
    })
  })

  test('what is left is told truly', async () => {
    const token = await tokenFor(idp, CLERK)
    const from = freshAddress()
    for (const left of [1, 2, 3]) {
      const answer = await service.send({ target: '/nowhere', token, from })
      expect(remaining(answer, 'principal')).toBeGreaterThanOrEqual(100 - left)
      expect(remaining(answer, 'principal')).toBeLessThan(100)
      expect(remaining(answer, 'address')).toBeGreaterThanOrEqual(300 - left)
      expect(remaining(answer, 'address')).toBeLessThan(300)
    }
  })
})
