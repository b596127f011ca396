import { setTimeout as sleep } from 'node:timers/promises'
import { burst, freshAddress, freshSub, remaining, times, tokenFor } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADDRESS, expectExactly, PRINCIPAL } from './support/bursts.js'
import { type Claims, DpopCaller } from './support/dpop-caller.js'
import { boundToken, certificateToken } from './support/tokens.js'
import { startWorld, type World } from './support/world.js'
import { SERVICES, type ServiceRequest, type ZeroTrustService } from './support/zero-trust-service.js'

const REPORTS = { target: '/reports' } as const
const PROXY = '127.0.0.2'
const ACCOUNTS = { target: '/accounts/me' } as const

let world: World
let caller: DpopCaller
const keys: string[] = []
/** A burst is meant to be the only one of its service. */
const IN_TURN = { concurrent: false } as const
beforeAll(async () => {
  ;[world, caller] = await Promise.all([startWorld(), DpopCaller.create()])
  for (let i = 0; i < 4; i++) keys.push(await world.issueKey('--client', 'acme', '--scope', 'reports:read'))
})
afterAll(() => world.close())

const reader = (claims: Claims = {}) => tokenFor(world.people, { scope: 'reports:read partner:read', ...claims })

describe.each(SERVICES)('%s', { concurrent: true }, (_name, script) => {
  let service: ZeroTrustService
  beforeAll(async () => {
    service = await world.start(script)
    await service.healthy()
  })
  afterAll(() => service.close())

  const keyed = (key: string): ServiceRequest => ({ ...REPORTS, token: key, scheme: 'ApiKey' })
  const left = async (request: ServiceRequest, name: 'address' | 'principal' = 'principal') =>
    remaining(await service.send(request), name)

  describe('per client address: 300 requests in 60 s', IN_TURN, () => {
    test('exact under concurrency, over all routes, whatever the answer is', async () => {
      const from = freshAddress()
      const token = await reader()
      expect((await service.send({ ...REPORTS, token })).status).toBe(200) // the issuer's keys are there
      const kinds: readonly ServiceRequest[] = [
        { ...REPORTS },
        { ...ACCOUNTS },
        { method: 'POST', target: '/payments' },
        { target: '/partner', token: 'a.b.c' },
        { target: '/internal/ledger', headers: [['client-cert', 'x']] },
        { target: '/.well-known/oauth-protected-resource' },
        { method: 'POST', target: '/backchannel-logout' },
        { target: '/nowhere' },
        { ...REPORTS, headers: [['x-api-key', 'x']] },
        { ...REPORTS, token },
      ]
      const taken = await burst(
        service,
        times(330, (index) => ({ ...kinds[index % kinds.length]!, from })),
      )
      expectExactly(taken, ADDRESS)
      const statuses = new Set(taken.answers.map(({ status }) => status))
      expect([...statuses].sort()).toEqual([200, 400, 401, 415, 429])
      expect((await service.send({ target: '/healthz', from })).status).toBe(200)
    })

    test('another address has a quota of its own; the health check counts for none', async () => {
      const from = freshAddress()
      await burst(
        service,
        times(20, () => ({ target: '/healthz', from })),
      )
      expect(await left({ ...REPORTS, from }, 'address')).toBe(299)
      expect(await left(REPORTS, 'address')).toBe(299)
    })
  })

  describe('behind a proxy', IN_TURN, () => {
    let behind: ZeroTrustService
    beforeAll(async () => {
      behind = await world.start(script, { TRUST_PROXY: PROXY })
    })
    afterAll(() => behind.close())
    const leftFor = async (client: string, from = PROXY) =>
      remaining(await behind.send({ ...REPORTS, from, headers: [['x-forwarded-for', client]] }), 'address')

    test.each<[what: string, clients: readonly [first: string, second: string], isOne: boolean]>([
      ['addresses of one IPv6 network of 64 bits', ['2001:db8:1::1', '2001:db8:1::ffff:2'], true],
      ['addresses of two of them', ['2001:db8:2::1', '2001:db8:3::1'], false],
      ['an IPv4 address by two names', ['192.0.2.1', '::ffff:192.0.2.1'], true],
      ['an IPv4 address by two names, in hexadecimal', ['192.0.2.2', '::ffff:c000:202'], true],
      ['two IPv4 addresses', ['192.0.2.3', '192.0.2.4'], false],
      ['an address in front of which the client has put another', ['192.0.2.5', '192.0.2.99, 192.0.2.5'], true],
    ])('%s', async (_what, [first, second], isOne) => {
      await Promise.all(times(20, () => leftFor(first)))
      const left = await leftFor(second)
      if (isOne) expect(left).toBeLessThan(290)
      else expect(left).toBe(299)
    })

    test('a stranger names itself for nothing', async () => {
      const from = freshAddress()
      await Promise.all(times(20, (index) => leftFor(`192.0.2.${100 + index}`, from)))
      expect(await leftFor('192.0.2.11', from)).toBeLessThan(290)
    })
  })

  describe('per principal: 100 requests in 60 s', IN_TURN, () => {
    test('exact under concurrency, from many addresses, over several routes', async () => {
      const token = await reader()
      const taken = await burst(
        service,
        times(130, (index) => ({ target: ['/reports', '/partner', '/nowhere'][index % 3]!, token })),
      )
      expectExactly(taken, PRINCIPAL)
      expect(new Set(taken.answers.map(({ status }) => status))).toEqual(new Set([200, 404, 429]))
      const refused = taken.answers.find(({ status }) => status === 429)!
      expect(refused.headers['retry-after']).toMatch(/^[1-9]\d?$/)
      expect(refused.json).toMatchObject({ status: 429, code: 'rate_limited', 'violated-policies': ['principal'] })
      expect(await service.audit(refused)).toMatchObject({ code: 'rate_limited', guard: 'rateLimit(principal)' })
      await sleep(Number(refused.headers['retry-after']) * 1_000)
      expect((await service.send({ ...REPORTS, token })).status).toBe(200)
    })

    test('several tokens of one sub share it, however they are proven', async () => {
      const sub = freshSub()
      const bound = await boundToken(world.people, caller, { sub })
      const bearer = await reader({ sub })
      const requests = await Promise.all(
        times(20, async (index) =>
          index % 2 === 0
            ? { ...REPORTS, token: bearer }
            : { ...ACCOUNTS, token: bound, proof: await caller.proof({ ...ACCOUNTS, token: bound }) },
        ),
      )
      const { answers } = await burst(service, requests)
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
      expect(await left({ ...REPORTS, token: await reader({ sub }) })).toBeLessThan(90)
    })

    test('one sub of two issuers is two principals', async () => {
      const sub = freshSub()
      await burst(service, await Promise.all(times(10, async () => ({ ...REPORTS, token: await reader({ sub }) }))))
      const other = await tokenFor(world.machines, { sub, scope: 'reports:read' })
      expect(await left({ ...REPORTS, token: other })).toBe(99)
    })

    test('one key is one principal, exact under concurrency', async () => {
      const [key, other] = keys as [string, string]
      expectExactly(
        await burst(
          service,
          times(120, () => keyed(key)),
        ),
        PRINCIPAL,
      )
      expect(await left(keyed(other))).toBe(99)
    })

    test('a proof that is good counts: exact under concurrency', async () => {
      const token = await boundToken(world.people, caller)
      const requests = await Promise.all(
        times(120, async () => ({ ...ACCOUNTS, token, proof: await caller.proof({ ...ACCOUNTS, token }) })),
      )
      expectExactly(await burst(service, requests), PRINCIPAL)
    })
  })

  describe("what does not prove itself spends nobody's quota", IN_TURN, () => {
    test.each<
      [what: string, request: (sub: string) => Promise<ServiceRequest>, good: (sub: string) => Promise<ServiceRequest>]
    >([
      [
        'a token that is forged',
        async (sub) => ({ ...REPORTS, token: `${(await reader({ sub })).slice(0, -12)}AAAAAAAAAAAA` }),
        goodReport,
      ],
      ['a token that has expired', async (sub) => ({ ...REPORTS, token: await reader({ sub, exp: 1 }) }), goodReport],
      [
        'a token without its proof',
        async (sub) => ({ ...REPORTS, token: await boundToken(world.people, caller, { sub }) }),
        goodReport,
      ],
      [
        'no proof',
        async (sub) => ({ ...ACCOUNTS, token: await boundToken(world.people, caller, { sub }), scheme: 'DPoP' }),
        goodAccount,
      ],
      ['a proof of another method', async (sub) => account(sub, { htm: 'PUT' }), goodAccount],
      ['a proof of another URI', async (sub) => account(sub, { htu: 'https://evil.test/accounts/me' }), goodAccount],
      ['a proof of yesterday', async (sub) => account(sub, { iat: 1 }), goodAccount],
      ['a proof for another token', async (sub) => account(sub, { ath: 'x' }), goodAccount],
      [
        'a proof without a nonce',
        async (sub) => {
          const payment = { method: 'POST', target: '/payments' }
          const token = await boundToken(world.people, caller, { sub })
          return { ...payment, token, proof: await caller.proof({ ...payment, token }), json: {} }
        },
        goodAccount,
      ],
      [
        'a certificate that is missing',
        async (sub) => ({
          target: '/internal/ledger',
          token: await certificateToken(world.people, 'x'.repeat(43), { sub }),
        }),
        goodReport,
      ],
    ])('%s', async (_what, request, good) => {
      const sub = freshSub()
      const { answers } = await burst(service, await Promise.all(times(10, () => request(sub))))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
      expect(await left(await good(sub))).toBe(99)
    })

    test('a proof that is replayed', async () => {
      const sub = freshSub()
      const first = await goodAccount(sub)
      expect(await left(first)).toBe(99)
      const { answers } = await burst(
        service,
        times(10, () => first),
      )
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
      expect(await left(await goodAccount(sub))).toBeGreaterThanOrEqual(98)
    })

    test('a key with another secret', async () => {
      const key = keys[2]!
      const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`
      const { answers } = await burst(
        service,
        times(10, () => keyed(wrong)),
      )
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
      expect(await left(keyed(key))).toBe(99)
    })

    async function account(sub: string, claims: Claims): Promise<ServiceRequest> {
      const token = await boundToken(world.people, caller, { sub })
      const proof = caller.handmade({ ...ACCOUNTS, token }, (parts) => ({ claims: { ...parts.claims, ...claims } }))
      return { ...ACCOUNTS, token, proof }
    }
  })

  describe('a request refused by one limit spends none of the others', IN_TURN, () => {
    test('refused for its principal, it does not spend the address', async () => {
      const [key, from] = [keys[3]!, freshAddress()]
      await burst(
        service,
        times(110, () => keyed(key)),
      )
      const { admitted } = await burst(
        service,
        times(40, () => ({ ...keyed(key), from })),
      )
      expect(admitted).toBeLessThan(10)
      expect(await left({ ...REPORTS, from }, 'address')).toBeGreaterThanOrEqual(299 - admitted)
    })

    test('refused for its address, it does not spend the principal', async () => {
      const [from, token] = [freshAddress(), await reader()]
      await burst(
        service,
        times(310, () => ({ ...REPORTS, from })),
      )
      const { admitted } = await burst(
        service,
        times(40, () => ({ ...REPORTS, token, from })),
      )
      expect(admitted).toBeLessThan(15)
      expect(await left({ ...REPORTS, token })).toBeGreaterThanOrEqual(99 - admitted)
    })
  })
})

async function goodReport(sub: string): Promise<ServiceRequest> {
  return { ...REPORTS, token: await reader({ sub }) }
}

async function goodAccount(sub: string): Promise<ServiceRequest> {
  const token = await boundToken(world.people, caller, { sub })
  return { ...ACCOUNTS, token, proof: await caller.proof({ ...ACCOUNTS, token }) }
}
