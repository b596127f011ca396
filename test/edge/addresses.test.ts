import { describe, expect, test } from 'vitest'
import type { Decision } from '../../src/decision.js'
import { allowAddresses } from '../../src/edge/allow-addresses.js'
import { clientAddress } from '../../src/edge/client-address.js'
import { denyAddresses } from '../../src/edge/deny-addresses.js'
import { describe as described, type Guard } from '../../src/guard.js'
import { contextFor, headerReader } from '../support/context.js'

const RANGES = ['10.0.0.0/8', '192.0.2.10', '2001:db8::/32', '::ffff:172.16.0.0/108']
const guards = { allow: allowAddresses({ ranges: RANGES }), deny: denyAddresses({ ranges: RANGES }) }

/** At once: a list in code is never waited for. */
const judged = ({ check }: Guard, client: string) => check(contextFor({ client }), {}) as Decision
const answers = (client: string) =>
  Object.values(guards).map((guard) => {
    const decision = judged(guard, client)
    return decision.allowed ? 'allowed' : decision.code
  })

test.each([
  ['10.0.0.0'],
  ['10.255.255.255'],
  ['192.0.2.10'],
  ['2001:db8::'],
  ['2001:DB8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['172.31.255.255'],
  ['::ffff:10.0.0.1'],
  ['::FFFF:a00:1'],
  ['0:0:0:0:0:ffff:0a00:0001'],
  ['2001:db8::1%eth0'],
])('%s is listed: allowed by one, refused by the other', (client) =>
  expect(answers(client)).toEqual(['allowed', 'address_refused']),
)

test.each([
  ['9.255.255.255'],
  ['11.0.0.0'],
  ['192.0.2.11'],
  ['2001:db9::'],
  ['172.32.0.0'],
  ['::10.0.0.1'],
  ['::ffff:0:10.0.0.1'],
  ['64:ff9b::10.0.0.1'],
])('%s is not: refused by one, allowed by the other', (client) =>
  expect(answers(client)).toEqual(['address_refused', 'allowed']),
)

test.each([['unknown'], [''], ['localhost'], ['10.0.0.1:80'], ['010.0.0.1'], ['10.0.0.1, 8.8.8.8'], ['[2001:db8::1]']])(
  '%j is no address: refused by both',
  (client) => expect(answers(client)).toEqual(['address_refused', 'address_refused']),
)

test('a client on a socket without an address is refused by both', () => {
  const rule = clientAddress()
  const client = rule({ ...contextFor().peer, address: undefined }, headerReader([]))
  expect(answers(client)).toEqual(['address_refused', 'address_refused'])
})

test('every refusal is the same, whatever the list, and tells nothing of it', () => {
  const refusals = [judged(guards.allow, '8.8.8.8'), judged(guards.deny, '10.0.0.1'), judged(guards.deny, 'unknown')]
  for (const refusal of refusals) {
    expect(refusal).toEqual({
      allowed: false,
      kind: 'forbidden',
      code: 'address_refused',
      detail: 'Requests from this address are not accepted.',
    })
  }
})

test('what a guard is says nothing of the list', () =>
  expect([described(guards.allow), described(guards.deny)]).toEqual([
    { name: 'allowAddresses', room: 'edge' },
    { name: 'denyAddresses', room: 'edge' },
  ]))

test('a list that is changed afterwards changes nothing', () => {
  const ranges = ['10.0.0.0/8']
  const guard = denyAddresses({ ranges })
  ranges[0] = '192.0.2.0/24'
  expect(judged(guard, '10.0.0.1').allowed).toBe(false)
})

const file = '/nonexistent'

describe.each([
  ['allowAddresses', allowAddresses],
  ['denyAddresses', denyAddresses],
])('%s with', (name, make) => {
  test.each<readonly [string, unknown, string]>([
    ['nothing', undefined, `${name}(): options must be an object, got undefined`],
    ['a list for options', ['10.0.0.0/8'], `${name}(): options must be an object, got an array`],
    ['a misspelt option', { range: [] }, `${name}(): unknown option range; known are ranges, file, refreshMs, onEvent`],
    ['no list', {}, `${name}(): give ranges, file, or both`],
    ['an empty list', { ranges: [] }, 'ranges must be an array of 1 to 100000 addresses and CIDR ranges, got 0'],
    [
      'an empty list beside a file',
      { ranges: [], file },
      'ranges must be an array of 1 to 100000 addresses and CIDR ranges, got 0',
    ],
    [
      'a huge list',
      { ranges: Array(100_001).fill('10.0.0.1') },
      'ranges must be an array of 1 to 100000 addresses and CIDR ranges, got 100001',
    ],
    [
      'text for a list',
      { ranges: '10.0.0.0/8' },
      'ranges must be an array of 1 to 100000 addresses and CIDR ranges, got "10.0.0.0/8"',
    ],
    ['a hole in the list', { ranges: Array(1) }, 'ranges must hold addresses or CIDR ranges, got undefined'],
    ['a name', { ranges: ['10.0.0.0/8', 'localhost'] }, 'ranges must hold addresses or CIDR ranges, got "localhost"'],
    ['a zone', { ranges: ['fe80::1%eth0'] }, 'ranges must hold addresses or CIDR ranges, got "fe80::1%eth0"'],
    ['a prefix too long', { ranges: ['10.0.0.0/33'] }, 'ranges: prefix out of range in "10.0.0.0/33"'],
    ['all of IPv4', { ranges: ['0.0.0.0/0'] }, 'ranges: "0.0.0.0/0" covers every address'],
    ['all of IPv6', { ranges: ['::/0'] }, 'ranges: "::/0" covers every address'],
    [
      'all of IPv4 in halves',
      { ranges: ['0.0.0.0/1', '128.0.0.0/1'] },
      'ranges: together they cover every IPv4 address',
    ],
    ['all of IPv6 in halves', { ranges: ['::/1', '8000::/1'] }, 'ranges: together they cover every IPv6 address'],
    ['an empty path', { file: '' }, 'file must be a non-empty string, got ""'],
    ['a number for a path', { file: 3 }, 'file must be a non-empty string, got 3'],
    ['refreshMs of zero', { file, refreshMs: 0 }, 'refreshMs must be an integer from 100 to 60000, got 0'],
    ['negative refreshMs', { file, refreshMs: -100 }, 'refreshMs must be an integer from 100 to 60000, got -100'],
    ['refreshMs of NaN', { file, refreshMs: Number.NaN }, 'refreshMs must be an integer from 100 to 60000, got NaN'],
    ['fractional refreshMs', { file, refreshMs: 100.5 }, 'refreshMs must be an integer from 100 to 60000, got 100.5'],
    ['huge refreshMs', { file, refreshMs: 60_001 }, 'refreshMs must be an integer from 100 to 60000, got 60001'],
    ['an onEvent that is no function', { file, onEvent: 'log' }, 'onEvent must be a function, got "log"'],
    ['refreshMs without a file', { ranges: RANGES, refreshMs: 100 }, `${name}(): refreshMs needs file`],
    ['onEvent without a file', { ranges: RANGES, onEvent: () => {} }, `${name}(): onEvent needs file`],
  ])('%s is a TypeError', (_what, options, message) =>
    expect(() => make(options as never)).toThrow(new TypeError(message)),
  )
})
