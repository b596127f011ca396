import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AuditedAnswer,
  burst,
  freshAddress,
  type Idp,
  remaining,
  startIdp,
  times,
  tokenFor,
} from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADDRESS, expectExactly, PRINCIPAL } from './support/bursts.js'
import { CLERK, ORDER } from './support/callers.js'
import { type OrdersRequest, OrdersService, SERVICES } from './support/orders-service.js'

const CASES = ['routes', 'addresses', 'cold', 'spared', 'retry', 'window'] as const

let idp: Idp
const tokens: Partial<Record<(typeof CASES)[number], string>> = {}
beforeAll(async () => {
  idp = await startIdp({ clients: CASES.map((id) => ({ id, ...(id === 'routes' && { roles: ['clerk'] }) })) })
  for (const id of CASES) tokens[id] = await idp.token(id)
})
afterAll(() => idp.close())

describe.each(SERVICES)('%s', (_name, script) => {
  let service: OrdersService
  beforeAll(async () => {
    service = await OrdersService.start(script, { ISSUER: idp.issuer })
  })
  afterAll(() => service.close())

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

    async function expectAdmittedAfterWait(answers: readonly AuditedAnswer[], request: OrdersRequest): Promise<void> {
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
