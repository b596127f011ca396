import { burst, freshAddress, type Idp, remaining, startIdp, times } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADDRESS, expectExactly } from './support/bursts.js'
import { type OrdersRequest, OrdersService, SERVICES } from './support/orders-service.js'

let idp: Idp
beforeAll(async () => {
  idp = await startIdp({ clients: [], algorithm: 'ES256' })
})
afterAll(() => idp.close())

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
})
