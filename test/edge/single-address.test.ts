import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ClientAddressOptions, clientAddress } from '../../src/index.js'
import { seenBy } from './peers.js'

const STRANGER = '203.0.113.66'
const CLIENT = '198.51.100.9'
const PROXY = '10.0.0.1'
const trustedProxies = ['10.0.0.0/8']

const FIELDS = [
  'cf-connecting-ip',
  'true-client-ip',
  'x-real-ip',
  'fastly-client-ip',
  'x-azure-socketip',
  'fly-client-ip',
]
const HEADERS = [
  ...FIELDS.map((field) => [field, field] as const),
  ['x-client-ip', { field: 'x-client-ip' }],
  ['x-client-ip', { field: 'X-Client-IP' }],
  ['cf-connecting-ip', { field: 'cf-connecting-ip' }],
] as readonly (readonly [field: string, header: ClientAddressOptions['header']])[]

describe.each(HEADERS)('by %s, given as %j', (field, header) => {
  const rule = () => clientAddress({ trustedProxies, header })

  test.each<[string, string | undefined, readonly string[], string, string?]>([
    ['one address', PROXY, [CLIENT], CLIENT],
    ['with spaces', PROXY, [` ${CLIENT} `], CLIENT],
    ['with a port', PROXY, [`${CLIENT}:4711`], CLIENT],
    ['IPv6', PROXY, ['2001:DB8:0::9'], '2001:db8::9'],
    ['IPv6 in brackets', PROXY, ['[2001:db8::9]:443'], '2001:db8::9'],
    ['IPv4-mapped', PROXY, [`::ffff:${CLIENT}`], CLIENT],
    ['the address of a proxy: it asks itself', PROXY, ['10.2.2.2'], '10.2.2.2'],
    ['no field', PROXY, [], PROXY],
    ['two lines', PROXY, [CLIENT, STRANGER], PROXY, 'forwarding_repeated'],
    ['two lines, the same', PROXY, [CLIENT, CLIENT], PROXY, 'forwarding_repeated'],
    ['two lines, one empty', PROXY, ['', CLIENT], PROXY, 'forwarding_repeated'],
    ['a list', PROXY, [`${STRANGER}, ${CLIENT}`], PROXY, 'forwarding_malformed'],
    ['a list of one', PROXY, [`${CLIENT},`], PROXY, 'forwarding_malformed'],
    ['junk', PROXY, ['junk'], PROXY, 'forwarding_malformed'],
    ['nothing', PROXY, [''], PROXY, 'forwarding_malformed'],
    ['an element of Forwarded', PROXY, [`for=${CLIENT}`], PROXY, 'forwarding_malformed'],
    ['a range', PROXY, [`${CLIENT}/32`], PROXY, 'forwarding_malformed'],
    ['a stranger', STRANGER, [CLIENT], STRANGER, 'forwarding_untrusted'],
    ['a stranger without it', STRANGER, [], STRANGER],
    ['a Unix socket', undefined, [CLIENT], 'unknown', 'forwarding_untrusted'],
  ])('%s', (_name, peer, values, client, code) =>
    expect(seenBy(rule(), peer, ...values.map((value) => [field, value] as const))).toEqual({
      client,
      codes: code === undefined ? [] : [code],
    }),
  )

  test('lists beside it change nothing', () =>
    expect(seenBy(rule(), PROXY, STRANGER, [field, CLIENT], ['forwarded', `for=${STRANGER}`])).toEqual({
      client: CLIENT,
      codes: [],
    }))

  test('the twin with underscores changes nothing, and is told', () => {
    const twin = [field.replaceAll('-', '_'), STRANGER] as const
    expect(seenBy(rule(), PROXY, twin, [field, CLIENT])).toEqual({ client: CLIENT, codes: ['forwarding_twin'] })
    expect(seenBy(rule(), PROXY, twin)).toEqual({ client: PROXY, codes: ['forwarding_twin'] })
    expect(seenBy(rule(), STRANGER, twin).codes).toEqual(['forwarding_untrusted'])
  })

  test('of whatever else was sent, nothing counts', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('x-forwarded-for', 'forwarded', 'x-envoy-external-address'), fc.ipV4())),
        (others) => {
          expect(seenBy(rule(), PROXY, ...others, [field, CLIENT], ...others).client).toBe(CLIENT)
        },
      ),
    ))
})
