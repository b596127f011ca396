import { describe, expect, test } from 'vitest'
import { clientAddress } from '../../src/index.js'
import { canonicalAddress } from '../../src/lib/address.js'
import { clientOf } from './peers.js'

const STRANGER = '203.0.113.66'
const CLIENT = '198.51.100.9'
const PROXY = '10.0.0.1'

describe('without options, the connection counts and every field is ignored', () => {
  test.each([
    ['IPv4', CLIENT],
    ['IPv6', '2001:db8::9'],
  ])('%s', (_name, peer) => {
    const lines = [
      'x-forwarded-for',
      'forwarded',
      'x-real-ip',
      'true-client-ip',
      'cf-connecting-ip',
      'client-ip',
      'via',
    ]
    const spoofed = lines.map((name) => [name, name === 'forwarded' ? `for=${STRANGER}` : STRANGER] as const)
    expect(clientOf(clientAddress(), peer, ...spoofed)).toBe(peer)
    expect(clientOf(clientAddress({}), peer, ...spoofed)).toBe(peer)
  })

  test('a Unix socket has no address', () => expect(clientOf(clientAddress(), undefined, STRANGER)).toBe('unknown'))
})

// threats.md, Addresses and limits: the right-most untrusted hop; junk falls back to the peer.
describe('behind trusted proxies', () => {
  const rule = clientAddress({ trustedProxies: ['10.0.0.0/8', '192.0.2.10', '2001:db8:ffff::/48'] })

  test.each<readonly [string, string | undefined, readonly string[], string]>([
    ['one entry', PROXY, [CLIENT], CLIENT],
    ['no field', PROXY, [], PROXY],
    ['an untrusted peer', STRANGER, [CLIENT], STRANGER],
    ['an untrusted peer next to a trusted address', '192.0.2.11', [CLIENT], '192.0.2.11'],
    ['an untrusted peer that claims to be a proxy', STRANGER, [`${CLIENT}, ${PROXY}`], STRANGER],
    ['a peer trusted by address', '192.0.2.10', [CLIENT], CLIENT],
    ['a peer trusted by IPv6 range', '2001:db8:ffff::1', [CLIENT], CLIENT],
    ['a peer just outside the IPv6 range', '2001:db8:fffe::1', [CLIENT], '2001:db8:fffe::1'],
    ['a Unix socket', undefined, [CLIENT], 'unknown'],
    ['a chain of proxies', PROXY, [`${CLIENT}, 10.1.1.1, 10.2.2.2`], CLIENT],
    ['a spoofed entry on the left', PROXY, [`${STRANGER}, ${CLIENT}`], CLIENT],
    ['a spoofed proxy on the left', PROXY, [`10.9.9.9, ${CLIENT}, 10.1.1.1`], CLIENT],
    ['proxies only: the farthest', PROXY, ['10.3.3.3, 10.2.2.2'], '10.3.3.3'],
    ['proxies only, in several lines', PROXY, ['10.3.3.3', '10.2.2.2'], '10.3.3.3'],
    ['several lines, the last is nearest', PROXY, [STRANGER, CLIENT], CLIENT],
    ['several lines, the last a proxy', PROXY, [STRANGER, CLIENT, '10.1.1.1'], CLIENT],
    ['no spaces', PROXY, [`${STRANGER},${CLIENT}`], CLIENT],
    ['many spaces and tabs', PROXY, [`${STRANGER} ,\t  ${CLIENT} \t`], CLIENT],
    ['a port', PROXY, [`${CLIENT}:4711`], CLIENT],
    ['IPv6', PROXY, ['2001:db8::9'], '2001:db8::9'],
    ['IPv6 in full', PROXY, ['2001:0DB8:0000:0000:0000:0000:0000:0009'], '2001:db8::9'],
    ['IPv6 in brackets', PROXY, ['[2001:db8::9]'], '2001:db8::9'],
    ['IPv6 in brackets with a port', PROXY, ['[2001:db8::9]:4711'], '2001:db8::9'],
    ['IPv6 with a zone', PROXY, ['fe80::1%eth0'], 'fe80::1'],
    ['an IPv6 proxy in the chain', PROXY, [`${CLIENT}, 2001:db8:ffff::2`], CLIENT],
    ['junk', PROXY, ['junk'], PROXY],
    ['junk nearest', PROXY, [`${CLIENT}, junk`], PROXY],
    ['junk beyond the client', PROXY, [`junk, ${CLIENT}`], CLIENT],
    ['junk between proxies', PROXY, [`${CLIENT}, junk, 10.1.1.1`], PROXY],
    ['an empty field', PROXY, [''], PROXY],
    ['an empty entry nearest', PROXY, [`${CLIENT}, `], PROXY],
    ['an empty entry beyond the client', PROXY, [`, ${CLIENT}`], CLIENT],
    ['commas only', PROXY, [',,,'], PROXY],
    ['unknown', PROXY, ['unknown'], PROXY],
    ['a host name', PROXY, ['client.example'], PROXY],
    ['a range', PROXY, ['198.51.100.0/24'], PROXY],
    ['octal', PROXY, ['0306.0063.0144.0011'], PROXY],
    ['a leading zero', PROXY, ['198.051.100.009'], PROXY],
    ['hexadecimal', PROXY, ['0xc6336409'], PROXY],
    ['a number', PROXY, ['3325256713'], PROXY],
    ['three octets', PROXY, ['198.51.100'], PROXY],
    ['five octets', PROXY, ['198.51.100.9.1'], PROXY],
    ['an octet too large', PROXY, ['198.51.100.256'], PROXY],
    ['quotes', PROXY, [`"${CLIENT}"`], PROXY],
    ['IPv6 with a port but no brackets reads as an address', PROXY, ['2001:db8::9:4711'], '2001:db8::9:4711'],
    ['an unclosed bracket', PROXY, ['[2001:db8::9'], PROXY],
    ['text after the bracket', PROXY, ['[2001:db8::9]x'], PROXY],
    ['a port without digits', PROXY, [`${CLIENT}:`], PROXY],
    ['a port of letters', PROXY, [`${CLIENT}:http`], PROXY],
    ['two addresses without a comma', PROXY, [`${STRANGER} ${CLIENT}`], PROXY],
    ['a NUL', PROXY, [`${CLIENT}\0`], PROXY],
    ['a scheme', PROXY, [`http://${CLIENT}`], PROXY],
  ])('%s', (_name, peer, lines, client) => expect(clientOf(rule, peer, ...lines)).toBe(client))

  // threats.md, Addresses and limits: CVE-2025-64484, CVE-2026-26308.
  test.each([
    ['underscores', 'x_forwarded_for'],
    ['one underscore', 'x-forwarded_for'],
    ['another field', 'x-real-ip'],
    ['the standard field', 'forwarded'],
    ['a longer name', 'x-forwarded-for-2'],
    ['a shorter name', 'forwarded-for'],
  ])('a twin with %s is ignored', (_name, twin) => {
    const value = twin === 'forwarded' ? `for=${STRANGER}` : STRANGER
    expect(clientOf(rule, PROXY, [twin, value])).toBe(PROXY)
    expect(clientOf(rule, PROXY, [twin, value], CLIENT, [twin, value])).toBe(CLIENT)
  })

  test('no more than 64 entries are read, from the right', () => {
    const chain = (proxies: number) => [CLIENT, ...Array.from({ length: proxies }, (_, i) => `10.1.0.${i}`)].join(', ')
    expect(clientOf(rule, PROXY, chain(63))).toBe(CLIENT)
    expect(clientOf(rule, PROXY, chain(64))).toBe(PROXY)
  })

  test('later changes to the list change nothing', () => {
    const trustedProxies = ['10.0.0.1']
    const early = clientAddress({ trustedProxies })
    trustedProxies.push('10.0.0.2')
    expect(clientOf(early, '10.0.0.2', CLIENT)).toBe('10.0.0.2')
  })
})

// threats.md, Addresses and limits: CVE-2026-30827, CVE-2026-39409.
describe('IPv4-mapped IPv6 is IPv4', () => {
  const spellings = (dotted: string, hex: string) =>
    [
      `::ffff:${dotted}`,
      `::FFFF:${dotted}`,
      `::ffff:${hex}`,
      `::FFFF:${hex.toUpperCase()}`,
      `0:0:0:0:0:ffff:${dotted}`,
      `0:0:0:0:0:ffff:${hex}`,
      `0000:0000:0000:0000:0000:ffff:${hex}`,
      `0::ffff:${dotted}`,
      `::0:ffff:${dotted}`,
      `::ffff:${dotted}%eth0`,
    ].map((spelling) => [spelling] as const)
  const rule = clientAddress({ trustedProxies: ['10.0.0.0/8'] })

  test.each(spellings('10.0.0.1', '0a00:0001'))('as the peer: %s', (spelling) => {
    const peer = canonicalAddress(spelling)
    expect(peer).toBe('10.0.0.1')
    expect(clientOf(rule, peer, CLIENT)).toBe(CLIENT)
  })

  test.each(spellings('10.7.7.7', '0a07:0707'))('as a proxy in the chain: %s', (spelling) =>
    expect(clientOf(rule, PROXY, `${CLIENT}, ${spelling}`)).toBe(CLIENT),
  )

  test.each(spellings(CLIENT, 'c633:6409'))('as the client: %s', (spelling) => {
    expect(clientOf(rule, PROXY, spelling)).toBe(CLIENT)
    if (!spelling.includes('%')) expect(clientOf(rule, PROXY, `[${spelling}]:4711`)).toBe(CLIENT)
  })

  test.each([['::ffff:10.0.0.0/104'], ['::FFFF:0a00:0/104'], ['0:0:0:0:0:ffff:10.0.0.0/104']])(
    'as a range: %s is 10.0.0.0/8',
    (range) => {
      const mapped = clientAddress({ trustedProxies: [range] })
      expect(clientOf(mapped, '10.255.255.255', CLIENT)).toBe(CLIENT)
      expect(clientOf(mapped, '11.0.0.0', CLIENT)).toBe('11.0.0.0')
    },
  )

  test('as one address of a list', () => {
    const mapped = clientAddress({ trustedProxies: ['::ffff:10.0.0.1'] })
    expect(clientOf(mapped, '10.0.0.1', CLIENT)).toBe(CLIENT)
    expect(clientOf(mapped, '10.0.0.2', CLIENT)).toBe('10.0.0.2')
  })

  test.each([['::10.0.0.1'], ['::a00:1'], ['64:ff9b::10.0.0.1'], ['::ffff:0:10.0.0.1'], ['2002:a00:1::1']])(
    '%s, which is not mapped, is not',
    (other) => expect(clientOf(rule, canonicalAddress(other), CLIENT)).toBe(canonicalAddress(other)),
  )
})

describe('by hops', () => {
  test.each<readonly [string, number, string | undefined, readonly string[], string]>([
    ['the nearest', 1, PROXY, [`${STRANGER}, ${CLIENT}`], CLIENT],
    ['the second', 2, PROXY, [`${STRANGER}, ${CLIENT}, 10.1.1.1`], CLIENT],
    ['the second, in two lines', 2, PROXY, [STRANGER, CLIENT, '10.1.1.1'], CLIENT],
    ['the sixteenth', 16, PROXY, [`${STRANGER}, ${CLIENT}${', 10.1.1.1'.repeat(15)}`], CLIENT],
    ['whoever the peer is', 1, STRANGER, [CLIENT], CLIENT],
    ['over a Unix socket', 1, undefined, [CLIENT], CLIENT],
    ['too few entries', 2, PROXY, [CLIENT], PROXY],
    ['no field', 1, PROXY, [], PROXY],
    ['no field on a Unix socket', 1, undefined, [], 'unknown'],
    ['junk there', 1, PROXY, [`${CLIENT}, junk`], PROXY],
    ['junk there on a Unix socket', 1, undefined, ['junk'], 'unknown'],
    ['junk elsewhere', 1, PROXY, [`junk, ${CLIENT}`], CLIENT],
    ['an empty entry counts', 2, PROXY, [`${CLIENT}, , 10.1.1.1`], PROXY],
    ['mapped', 1, PROXY, [`::ffff:${CLIENT}`], CLIENT],
    ['a port', 1, PROXY, [`${CLIENT}:1`], CLIENT],
  ])('%s', (_name, hops, peer, lines, client) => expect(clientOf(clientAddress({ hops }), peer, ...lines)).toBe(client))
})
