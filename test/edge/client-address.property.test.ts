import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ClientAddressOptions, clientAddress } from '../../src/index.js'
import { clientOf, seenBy } from './peers.js'

const PROXY = '10.0.0.1'
const someAddress = fc.oneof(fc.ipV4(), fc.ipV6())
const stranger = someAddress.filter((address) => !address.startsWith('10.'))

/** What anybody may write into an entry. */
const someEntry = fc.oneof(
  someAddress,
  fc.ipV4().map((address) => `::ffff:${address}`),
  fc.tuple(fc.ipV6(), fc.nat(99_999)).map(([address, port]) => `[${address}]:${port}`),
  fc.constantFrom('10.0.0.9', '127.0.0.1', '::1', 'unknown', '_hidden', '', ' ', '"', 'for=', '[', ']:', '%', '0x7f.1'),
  fc.string(),
  fc.string({ unit: 'binary' }),
)
const someLines = fc.array(
  fc.tuple(
    fc.constantFrom('x-forwarded-for', 'forwarded', 'x_forwarded_for', 'x-real-ip', 'X-Forwarded-For'),
    fc.array(someEntry, { maxLength: 5 }).map((entries) => entries.join(', ')),
  ),
  { maxLength: 5 },
)
const someHeader = fc.constantFrom<ClientAddressOptions['header']>('x-forwarded-for', 'forwarded')
const trusting = (header: ClientAddressOptions['header']) => clientAddress({ trustedProxies: ['10.0.0.0/8'], header })

describe('clientAddress', () => {
  test('from an untrusted peer, no field changes the answer', () =>
    fc.assert(
      fc.property(stranger, someHeader, someLines, (peer, header, lines) => {
        expect(clientOf(trusting(header), peer, ...lines)).toBe(peer)
        expect(clientOf(clientAddress(), peer, ...lines)).toBe(peer)
      }),
    ))

  test.each<readonly [string, ClientAddressOptions]>([
    ['trusted proxies', { trustedProxies: ['10.0.0.0/8'] }],
    ['hops', { hops: 2 }],
  ])('by %s, what the client sent ahead of the proxies changes nothing', (_name, options) =>
    fc.assert(
      fc.property(
        fc.ipV4().filter((address) => !address.startsWith('10.')),
        fc.array(someEntry),
        (client, sent) => {
          const written = [client, '10.2.2.2']
          const elements = written.map((address) => `for="${address}"`)
          const [plain, standard] = [clientAddress(options), clientAddress({ ...options, header: 'forwarded' })]
          expect(clientOf(plain, PROXY, [...sent, ...written].join(', '))).toBe(client)
          expect(clientOf(plain, PROXY, ...sent, ...written)).toBe(client)
          expect(clientOf(standard, PROXY, ['forwarded', [...sent, ...elements].join(', ')])).toBe(client)
        },
      ),
    ),
  )

  test('answers anything with an address, with the peer, or with unknown, notices one thing at most, and never throws', () =>
    fc.assert(
      fc.property(
        fc.option(someAddress, { nil: undefined }),
        fc.constantFrom<ClientAddressOptions>(
          {},
          { hops: 1 },
          { hops: 16 },
          { trustedProxies: ['10.0.0.0/8', 'fc00::/7'] },
        ),
        someHeader,
        someLines,
        (peer, options, header, lines) => {
          const rule = clientAddress((options.hops ?? options.trustedProxies) ? { ...options, header } : options)
          const { client, codes } = seenBy(rule, peer, ...lines)
          expect(codes.length).toBeLessThanOrEqual(1)
          expect([peer, 'unknown', expect.stringMatching(/^[0-9a-f.:]{2,45}$/)]).toContainEqual(client)
        },
      ),
      { numRuns: 2000 },
    ))
})
