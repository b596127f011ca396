import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clientAddress } from '../../src/index.js'
import { canonicalAddress } from '../../src/lib/address.js'
import { seenBy } from './peers.js'

/** A chain as it arrives: what the client sent, then what proxies of the service wrote, the last of them the peer. */
interface Chain {
  readonly sent: readonly string[]
  readonly client: string
  readonly proxies: readonly string[]
  readonly peer: string
}

const TRUSTED = ['10.0.0.0/8', 'fd00::/8']
const ofProxy = fc.oneof(
  fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map((rest) => `10.${rest.join('.')}`),
  fc.integer({ min: 1, max: 0xffff }).map((last) => `fd00::${last.toString(16)}`),
)
const ofStranger = fc
  .oneof(fc.ipV4(), fc.ipV6())
  .filter((address) => !/^(?:10\.|fd)/i.test(canonicalAddress(address) ?? 'fd'))

const hostile = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '',
    ' ',
    'unknown',
    '_hidden',
    'junk',
    '"',
    '\\"',
    'for=10.0.0.9',
    'for="',
    '10.0.0.9',
    '[',
    ';',
    '\\',
  ),
  ofProxy,
)
const someChain: fc.Arbitrary<Chain> = fc.record({
  sent: fc.array(hostile, { maxLength: 6 }),
  client: ofStranger,
  proxies: fc.array(ofProxy, { maxLength: 6 }),
  peer: ofProxy,
})

/** Lines of a field, of any number of entries each: proxies append to the last line, or add one. */
function inLines(entries: readonly string[], breaks: readonly boolean[]): readonly string[] {
  const lines: string[] = []
  for (const [index, entry] of entries.entries()) {
    const appends = index > 0 && !breaks[index % breaks.length]
    lines.push(appends ? `${lines.pop()}, ${entry}` : entry)
  }
  return lines
}

/** Each way in which proxies write an address. */
const spellings: readonly ((address: string) => string)[] = [
  (address) => address,
  (address) => ` ${address.toUpperCase()}\t`,
  (address) => (address.includes(':') ? `[${address}]:4711` : `${address}:80`),
  (address) => (address.includes(':') ? `[${address}]` : `::ffff:${address}`),
]
const elements: readonly ((address: string) => string)[] = [
  (address) => (address.includes(':') ? `for="[${address}]"` : `for=${address}`),
  (address) => `proto=https;For="${address.includes(':') ? `[${address}]` : address}:4711";by=_me`,
  (address) => `host="a,b;for=203.0.113.66";for="${address.includes(':') ? `[${address}]` : `[::ffff:${address}]`}"`,
]

const FIELDS = [
  ['x-forwarded-for', spellings],
  ['forwarded', elements],
] as const

describe.each(FIELDS)('%s', (header, writers) => {
  const some = { breaks: fc.array(fc.boolean(), { minLength: 1 }), ways: fc.array(fc.nat(99), { minLength: 1 }) }

  /** What arrives of a chain: the first proxy writes the client, each other one the proxy ahead of it. */
  const linesOf = ({ sent, client, proxies }: Chain, ways: readonly number[], breaks: readonly boolean[]) => {
    const written = [client, ...proxies].map((address, index) =>
      writers[ways[index % ways.length]! % writers.length]!(address),
    )
    return inLines([...sent, ...written], breaks).map((line) => [header, line] as const)
  }

  test('by trusted proxies, the client is the right-most stranger, whatever stands left of it', () =>
    fc.assert(
      fc.property(someChain, some.ways, some.breaks, (chain, ways, breaks) => {
        const rule = clientAddress({ trustedProxies: TRUSTED, header })
        expect(seenBy(rule, chain.peer, ...linesOf(chain, ways, breaks))).toEqual({
          client: canonicalAddress(chain.client),
          codes: [],
        })
      }),
      { numRuns: 2000 },
    ))

  test('by hops, the client is that many entries from the right, whatever stands left of it', () =>
    fc.assert(
      fc.property(someChain, some.ways, some.breaks, (chain, ways, breaks) => {
        const rule = clientAddress({ hops: chain.proxies.length + 1, header })
        expect(seenBy(rule, chain.peer, ...linesOf(chain, ways, breaks))).toEqual({
          client: canonicalAddress(chain.client),
          codes: [],
        })
      }),
      { numRuns: 2000 },
    ))

  test('a proxy that does not say where the address is ends the search', () =>
    fc.assert(
      fc.property(someChain, fc.constantFrom('unknown', '_hidden', ''), (chain, hidden) => {
        const rule = clientAddress({ trustedProxies: TRUSTED, header })
        const entry = header === 'forwarded' ? `for=${hidden}` : hidden
        const lines = linesOf({ ...chain, proxies: [] }, [0], [false])
        expect(seenBy(rule, chain.peer, ...lines, [header, entry])).toEqual({
          client: canonicalAddress(chain.peer),
          codes: ['forwarding_malformed'],
        })
      }),
    ))
})

/** The slow, obvious way for entries without quotes. */
function reference(text: string, peer: string): string {
  for (const [index, entry] of text.split(',').reverse().entries()) {
    const address = canonicalAddress(entry.trim())
    if (address === undefined || index === 64) return peer
    if (!address.startsWith('10.') || index === text.split(',').length - 1) return address
  }
  return peer
}

test('entries in any order are read as the reference reads them', () =>
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          { weight: 30, arbitrary: fc.nat(255).map((last) => `10.1.1.${last}`) },
          { weight: 2, arbitrary: fc.nat(255).map((last) => `198.51.100.${last}`) },
          { weight: 1, arbitrary: fc.constantFrom('', 'unknown', '10.1.1', '10.1.1.256', '010.1.1.1') },
        ),
        { minLength: 1, maxLength: 90, size: 'max' },
      ),
      (entries) => {
        const text = entries.join(', ')
        const rule = clientAddress({ trustedProxies: ['10.0.0.0/8'] })
        expect(seenBy(rule, '10.0.0.1', text).client).toBe(reference(text, '10.0.0.1'))
      },
    ),
    { numRuns: 2000 },
  ))
