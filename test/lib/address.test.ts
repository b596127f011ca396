import { isIPv4, isIPv6 } from 'node:net'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, test } from 'vitest'
import { addressMatcher, canonicalAddress, clientNetwork } from '../../src/lib/address.js'

/** An address that WHATWG URL hosts know too (URL Standard section 3.5), spelled as they spell it. */
const asUrlHost = (address: string): string => new URL(`http://[${address}]/`).hostname.slice(1, -1)

const someIPv6 = fc.oneof(
  fc.ipV6(),
  fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: fc.stringMatching(/^[0-9a-fA-F]{1,4}$/) },
        { weight: 2, arbitrary: fc.constantFrom('', '0', '0000', 'ffff', 'FFFF') },
        { weight: 1, arbitrary: fc.ipV4() },
      ),
      { minLength: 2, maxLength: 9 },
    )
    .map((groups) => groups.join(':'))
    .filter((text) => isIPv6(text)),
)

/** In a spelling that ipaddr.js takes as everyone does. */
const canonicalV6 = (text: string): string => asUrlHost(text.split('%')[0]!)

describe('canonicalAddress', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::1', '::1'],
    ['::', '::'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8::0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['fe80::1%25eth0', 'fe80::1'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:cb00:7107', '203.0.113.7'],
    ['::ffff:203.0.113.7%eth0', '203.0.113.7'],
    ['::ffff:0.0.0.0', '0.0.0.0'],
    ['::203.0.113.7', '::cb00:7107'],
    ['::ffff:0:203.0.113.7', '::ffff:0:cb00:7107'],
    ['64:ff9b::203.0.113.7', '64:ff9b::cb00:7107'],
    ['1:2:3:4:5:6:203.0.113.7', '1:2:3:4:5:6:cb00:7107'],
  ])('%s is %s', (text, canonical) => expect(canonicalAddress(text)).toBe(canonical))

  test.each([
    [''],
    [' '],
    ['203.0.113'],
    ['203.0.113.7.1'],
    ['203.0.113.256'],
    ['203.0.113.07'],
    ['0313.0.0161.07'],
    ['0xcb007107'],
    ['3405803783'],
    [' 203.0.113.7'],
    ['203.0.113.7 '],
    ['203.0.113.7\n'],
    ['203.0.113.7:80'],
    ['203.0.113.7/32'],
    ['203.0.113.7%eth0'],
    ['[::1]'],
    [':::'],
    ['::1::'],
    ['1:2:3:4:5:6:7'],
    ['1:2:3:4:5:6:7:8:9'],
    ['12345::'],
    ['::g'],
    ['::ffff:203.0.113'],
    ['::ffff:203.0.113.07'],
    ['::1\0'],
    ['\u0661.0.0.1'],
    ['localhost'],
  ])('%j is no address', (text) => expect(canonicalAddress(text)).toBeUndefined())

  test('spells every IPv6 address as URLs do, and mapped ones as IPv4', () =>
    fc.assert(
      fc.property(someIPv6, (text) => {
        const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(asUrlHost(text)) ?? []
        const octets = [high, low].flatMap((group) => {
          const value = Number.parseInt(group ?? '0', 16)
          return [value >> 8, value & 255]
        })
        expect(canonicalAddress(text)).toBe(high === undefined ? asUrlHost(text) : octets.join('.'))
      }),
      { numRuns: 5000 },
    ))

  test('reads and spells every IPv6 address as ipaddr.js does', () =>
    fc.assert(
      fc.property(
        // it takes ::192.0.2.1 for ::ffff:192.0.2.1
        someIPv6.filter((text) => !/^::\d+\./.test(text)),
        (text) => {
          const parsed = ipaddr.process(text)
          expect(canonicalAddress(text)).toBe(
            parsed instanceof ipaddr.IPv6 ? parsed.toRFC5952String() : parsed.toString(),
          )
        },
      ),
      { numRuns: 5000 },
    ))

  test('is its own canonical spelling', () =>
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), someIPv6), (text) => {
        const canonical = canonicalAddress(text)!
        expect(canonicalAddress(canonical)).toBe(canonical)
      }),
    ))

  test('takes any text without throwing, and only addresses for addresses', () =>
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9a-f.:%x[\]/]*$/)),
        (text) => {
          expect(canonicalAddress(text) !== undefined).toBe(isIPv4(text) || isIPv6(text))
        },
      ),
      { numRuns: 5000 },
    ))
})

describe('clientNetwork', () => {
  test.each([
    ['203.0.113.7', undefined, '203.0.113.7'],
    ['::ffff:203.0.113.7', undefined, '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', undefined, '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', undefined, '2001:db8:1:2::/64'],
    ['2001:db8:1:3::', undefined, '2001:db8:1:3::/64'],
    ['fe80::1%eth0', undefined, 'fe80::/64'],
    ['::1', undefined, '::/64'],
    ['2001:db8:1:2:3:4:5:6', 128, '2001:db8:1:2:3:4:5:6/128'],
    ['2001:db8:1:2:3:4:5:6', 56, '2001:db8:1::/56'],
    ['2001:db8:1:ff02:3:4:5:6', 56, '2001:db8:1:ff00::/56'],
    ['2001:db8:1:2:3:4:5:6', 48, '2001:db8:1::/48'],
    ['2001:db8:ffff:2:3:4:5:6', 33, '2001:db8:8000::/33'],
    ['2001:db8:ffff:2:3:4:5:6', 32, '2001:db8::/32'],
    ['ffff::1', 1, '8000::/1'],
    ['unknown', undefined, 'unknown'],
    ['not:an:address', undefined, 'not:an:address'],
    [`fe80::1%${'z'.repeat(100)}`, undefined, 'fe80::/64'],
    ['', undefined, ''],
  ])('%s by %s bits is %s', (address, bits, network) => expect(clientNetwork(address, bits)).toBe(network))

  test('is the same at every look, however many were looked at between, and for text that is no address', () => {
    /** By the whole address in bits. */
    const reference = (text: string) => {
      const canonical = canonicalAddress(text)
      if (canonical === undefined || isIPv4(canonical)) return canonical ?? text
      const bytes = ipaddr.IPv6.parse(canonical).toByteArray()
      return `${new ipaddr.IPv6(bytes.fill(0, 8)).toRFC5952String()}/64`
    }
    const seen = new Map<string, string>()
    fc.assert(
      fc.property(fc.oneof(someIPv6, fc.ipV4(), fc.string(), fc.stringMatching(/^[0-9a-f.:%]*$/)), (text) => {
        expect(clientNetwork(text)).toBe(reference(text))
        seen.set(text, reference(text))
      }),
      { numRuns: 2000 },
    )
    const hop = (i: number) => `2001:db8:${(i >> 4).toString(16)}:${(i & 15).toString(16)}::1`
    for (let i = 0; i < 10_000; i++) expect(clientNetwork(hop(i))).toBe(`${asUrlHost(hop(i).slice(0, -1))}/64`)
    for (const [text, network] of seen) expect(clientNetwork(text)).toBe(network)
  })

  test('holds every address of its own, and none of its neighbour', () =>
    fc.assert(
      fc.property(
        fc.ipV6().filter((text) => isIPv6(canonicalAddress(text)!)),
        fc.integer({ min: 1, max: 128 }),
        (text, bits) => {
          const network = clientNetwork(text, bits)
          const inside = addressMatcher('network', [network])
          expect(inside(text)).toBe(true)
          expect(clientNetwork(network.slice(0, network.indexOf('/')), bits)).toBe(network)
        },
      ),
    ))
})

describe('addressMatcher', () => {
  const RANGES = [
    '10.0.0.0/8',
    '192.0.2.10',
    '198.51.100.7/31',
    '2001:db8::/32',
    '2001:db9::1',
    '::ffff:172.16.0.0/108',
  ]
  const matches = addressMatcher('ranges', RANGES)

  test.each([
    ['10.0.0.0', true],
    ['10.255.255.255', true],
    ['9.255.255.255', false],
    ['11.0.0.0', false],
    ['192.0.2.10', true],
    ['192.0.2.11', false],
    ['198.51.100.6', true],
    ['198.51.100.8', false],
    ['2001:db8::', true],
    ['2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', true],
    ['2001:db9::', false],
    ['2001:db9::1', true],
    ['172.31.255.255', true],
    ['172.32.0.0', false],
    ['::ffff:10.0.0.1', true],
    ['::10.0.0.1', false],
    ['::a00:1', false],
    ['fe80::1%eth0', false],
    ['unknown', false],
    ['', false],
    ['10.0.0.1/8', false],
    ['10.1', false],
    ['010.0.0.1', false],
  ])('%s: %s', (address, expected) => expect(matches(address)).toBe(expected))

  test.each<readonly [unknown, string]>([
    ['10.0.0', 'ranges must hold addresses or CIDR ranges, got "10.0.0"'],
    ['a.b.c.d/8', 'ranges must hold addresses or CIDR ranges, got "a.b.c.d/8"'],
    ['::1%eth0', 'ranges must hold addresses or CIDR ranges, got "::1%eth0"'],
    [undefined, 'ranges must hold addresses or CIDR ranges, got undefined'],
    ['10.0.0.0/33', 'ranges: prefix out of range in "10.0.0.0/33"'],
    ['::ffff:10.0.0.0/95', 'ranges: prefix out of range in "::ffff:10.0.0.0/95"'],
    ['::/0', 'ranges: "::/0" covers every address'],
  ])('of %s is a TypeError', (range, message) =>
    expect(() => addressMatcher('ranges', [range as string])).toThrow(new TypeError(message)),
  )

  test.each<readonly [string, readonly string[]]>([
    ['IPv4', ['0.0.0.0/1', '128.0.0.0/1']],
    ['IPv6', ['8000::/1', '::/1', '10.0.0.0/8']],
  ])('of every %s address in parts is a TypeError', (family, ranges) =>
    expect(() => addressMatcher('ranges', ranges)).toThrow(
      new TypeError(`ranges: together they cover every ${family} address`),
    ),
  )

  test('of a list with a hole in it is a TypeError', () =>
    expect(() => addressMatcher('ranges', Array(1))).toThrow(/^ranges must hold addresses/))

  test('of no range matches nothing', () => expect(addressMatcher('ranges', [])('10.0.0.1')).toBe(false))

  test('agrees with ipaddr.js on every IPv6 range', () =>
    fc.assert(
      fc.property(
        someIPv6,
        someIPv6,
        fc.integer({ min: 1, max: 128 }),
        fc.integer({ min: 0, max: 128 }),
        (a, b, bits, same) => {
          const [network, other] = [ipaddr.IPv6.parse(canonicalV6(a)), ipaddr.IPv6.parse(canonicalV6(b))]
          // shares its first bits with the network, or all of random text would be far from any range
          const address = new ipaddr.IPv6(
            other.toByteArray().map((byte, index) => (8 * index < same ? network.toByteArray()[index]! : byte)),
          )
          fc.pre(!network.isIPv4MappedAddress())
          const within = !address.isIPv4MappedAddress() && address.match(network, bits)
          expect(
            addressMatcher('range', [`${network.toNormalizedString()}/${bits}`])(address.toNormalizedString()),
          ).toBe(within)
        },
      ),
      { numRuns: 5000 },
    ))

  test('agrees with arithmetic on every IPv4 range', () => {
    const number = (address: string) => address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
    return fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 1, max: 32 }), (network, address, bits) => {
        const size = 2 ** (32 - bits)
        const within = Math.floor(number(network) / size) === Math.floor(number(address) / size)
        expect(addressMatcher('range', [`${network}/${bits}`])(address)).toBe(within)
        expect(addressMatcher('range', [`::ffff:${network}/${bits + 96}`])(address)).toBe(within)
      }),
    )
  })
})
