import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clientAddress } from '../../src/index.js'
import { clientOf } from './peers.js'

const STRANGER = '203.0.113.66'
const CLIENT = '198.51.100.9'
const PROXY = '10.0.0.1'

const rule = clientAddress({ trustedProxies: ['10.0.0.0/8'], header: 'forwarded' })
const ask = (...lines: readonly string[]) => clientOf(rule, PROXY, ...lines.map((line) => ['forwarded', line] as const))

// RFC 7239 sections 4 and 6.
describe('the field Forwarded', () => {
  test.each<readonly [string, readonly string[], string]>([
    ['an address', [`for=${CLIENT}`], CLIENT],
    ['For', [`For=${CLIENT}`], CLIENT],
    ['FOR', [`FOR=${CLIENT}`], CLIENT],
    ['a quoted address', [`for="${CLIENT}"`], CLIENT],
    ['a quoted address and port', [`for="${CLIENT}:4711"`], CLIENT],
    ['IPv6', ['for="[2001:db8:cafe::17]"'], '2001:db8:cafe::17'],
    ['IPv6 and port', ['for="[2001:db8:cafe::17]:4711"'], '2001:db8:cafe::17'],
    ['IPv6 mapped', [`for="[::ffff:${CLIENT}]"`], CLIENT],
    ['other parameters behind', [`for=${CLIENT};proto=http;by=203.0.113.43`], CLIENT],
    ['other parameters ahead', [`proto=https;by="[2001:db8::1]:80";for=${CLIENT}`], CLIENT],
    ['spaces around', [` for=${CLIENT} ; proto=http `], CLIENT],
    ['several elements', [`for=${STRANGER}, for=${CLIENT}`], CLIENT],
    ['several elements, no spaces', [`for=${STRANGER},for=${CLIENT}`], CLIENT],
    ['a chain', [`for=${STRANGER};proto=https, for=${CLIENT};proto=http, for=10.2.2.2`], CLIENT],
    ['a chain in several lines', [`for=${STRANGER}`, `for=${CLIENT}, for=10.3.3.3`, 'for=10.2.2.2'], CLIENT],
    ['proxies only', ['for=10.3.3.3, for=10.2.2.2'], '10.3.3.3'],
    ['no field', [], PROXY],
    ['an empty field', [''], PROXY],
    ['unknown', ['for=unknown'], PROXY],
    ['unknown, quoted', ['for="unknown"'], PROXY],
    ['unknown nearest', [`for=${CLIENT}, for=unknown`], PROXY],
    ['unknown beyond the client', [`for=unknown, for=${CLIENT}`], CLIENT],
    ['an obfuscated identifier', ['for=_mdn'], PROXY],
    ['an obfuscated identifier, quoted', ['for="_gazonk"'], PROXY],
    ['an obfuscated port', [`for="${CLIENT}:_port"`], PROXY],
    ['no for', ['proto=https;by=203.0.113.43'], PROXY],
    ['for twice', [`for=${STRANGER};for=${CLIENT}`], PROXY],
    ['for twice, the same', [`for=${CLIENT};for=${CLIENT}`], PROXY],
    ['a port that is not quoted', [`for=${CLIENT}:4711`], PROXY],
    ['IPv6 that is not quoted', ['for=[2001:db8::1]'], PROXY],
    ['IPv6 without quotes or brackets', ['for=2001:db8::1'], PROXY],
    ['an unclosed quote', [`for="${CLIENT}`], PROXY],
    ['a quote that only closes', [`for=${CLIENT}"`], PROXY],
    ['an escape', ['for="198\\.51.100.9"'], PROXY],
    ['spaces around the equals sign', [`for = ${CLIENT}`], PROXY],
    ['another name that ends so', [`xfor=${CLIENT}`], PROXY],
    ['no name', [CLIENT], PROXY],
    ['a list in quotes', [`for="${STRANGER}, ${CLIENT}"`], PROXY],
    ['a name longer than any address', [`for="${'1'.repeat(5000)}"`], PROXY],
  ])('%s', (_name, lines, client) => expect(ask(...lines)).toBe(client))

  test('x-forwarded-for beside it is ignored', () =>
    expect(clientOf(rule, PROXY, STRANGER, ['forwarded', `for=${CLIENT}`], STRANGER)).toBe(CLIENT))

  test('from an untrusted peer is ignored', () =>
    expect(clientOf(rule, STRANGER, ['forwarded', `for=${CLIENT}`])).toBe(STRANGER))

  test('by hops', () =>
    expect(
      clientOf(clientAddress({ hops: 2, header: 'forwarded' }), PROXY, [
        'forwarded',
        `for=${STRANGER}, for=${CLIENT};host="a,b", for=10.2.2.2`,
      ]),
    ).toBe(CLIENT))
})

// A proxy repeats what the client sent, such as its Host, inside a quoted string; nothing in there is an element.
describe('what a proxy quotes from its client', () => {
  test.each([
    ['a comma', 'a,b'],
    ['another element', `a,for=${STRANGER}`],
    ['another element that swallows the closing quote', `a,for=${STRANGER};b=`],
    ['another parameter', `a;for=${STRANGER};b=`],
    ['a trusted element', 'a,for=10.9.9.9;b='],
    ['a quote and another element', `a",for=${STRANGER};b="`],
    ['a backslash at the end', 'a\\'],
    ['a backslash, a quote and another element', `a\\",for=${STRANGER};b="\\`],
  ])('%s', (_name, host) => {
    expect(ask(`for=${CLIENT};host=${quoted(host)}`)).toBe(CLIENT)
    expect(ask(`for=${CLIENT};host=${quoted(host)};proto=https, for=10.2.2.2;host=${quoted(host)}`)).toBe(CLIENT)
    expect(ask(`host=${quoted(host)};for=${CLIENT}`)).toBe(CLIENT)
  })

  test('anything', () =>
    fc.assert(
      fc.property(hostile, hostile, (host, sent) => {
        expect(ask(`${sent}, for=${CLIENT};host=${quoted(host)}, for="10.2.2.2:80";host=${quoted(host)}`)).toBe(CLIENT)
      }),
      { numRuns: 3000 },
    ))
})

/** RFC 9110 section 5.6.4, quoted-string. */
const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

/** What a client may have sent, well-formed or not. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', '\\', ',', ';', '=', ' ', '[', ']', ':', 'for=', `for=${STRANGER}`, 'for=10.9.9.9', '"\\"'),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(''))

test.each([
  ['quotes', '"'],
  ['backslashes', '\\'],
  ['escaped quotes', '\\"'],
  ['commas', ','],
  ['semicolons', ';'],
  ['elements', `for=${STRANGER},`],
])('a client that sends 64 KiB of %s does not hide behind them', (_name, piece) =>
  expect(ask(piece.repeat(65_536 / piece.length), `for=${CLIENT}`)).toBe(CLIENT),
)
