import { describe, expect, test } from 'vitest'
import { clientAddress } from '../../src/index.js'

const LIST = 'x-forwarded-for'

describe('options that would trust too much, or nothing that was meant, are a TypeError', () => {
  const range = 'trustedProxies must hold addresses or CIDR ranges, got'
  const array = 'trustedProxies must be an array of addresses and CIDR ranges, got'
  const fields =
    'header must be one of x-forwarded-for, forwarded, cf-connecting-ip, true-client-ip, x-real-ip, fastly-client-ip, ' +
    'x-azure-socketip, fly-client-ip, got'
  const field = 'header.field must be the name of a field that holds one address, got'
  const noList = (name: string) =>
    `clientAddress(): hops counts the entries of a list; ${name} is none and needs trustedProxies`
  const wide = (text: string, bits: number) =>
    `trustedProxies: "${text}" is wider than any network of proxies, /${bits}; for a service that only proxies can reach there is hops`
  test.each<readonly [string, unknown, string]>([
    ['all of IPv4', { trustedProxies: ['0.0.0.0/0'] }, 'trustedProxies: "0.0.0.0/0" covers every address'],
    ['all of IPv6', { trustedProxies: ['10.0.0.0/8', '::/0'] }, 'trustedProxies: "::/0" covers every address'],
    [
      'all of IPv4, mapped',
      { trustedProxies: ['::ffff:0:0/96'] },
      'trustedProxies: "::ffff:0:0/96" covers every address',
    ],
    [
      'all, by another address',
      { trustedProxies: ['10.0.0.0/0'] },
      'trustedProxies: "10.0.0.0/0" covers every address',
    ],
    ['all, with zeros', { trustedProxies: ['10.0.0.0/00'] }, 'trustedProxies: "10.0.0.0/00" covers every address'],
    ['a prefix too long', { trustedProxies: ['10.0.0.0/33'] }, 'trustedProxies: prefix out of range in "10.0.0.0/33"'],
    ['an IPv6 prefix too long', { trustedProxies: ['::1/129'] }, 'trustedProxies: prefix out of range in "::1/129"'],
    [
      'more than mapped',
      { trustedProxies: ['::ffff:0:0/95'] },
      'trustedProxies: prefix out of range in "::ffff:0:0/95"',
    ],
    ['a negative prefix', { trustedProxies: ['10.0.0.0/-8'] }, `${range} "10.0.0.0/-8"`],
    ['no prefix', { trustedProxies: ['10.0.0.0/'] }, `${range} "10.0.0.0/"`],
    ['a netmask', { trustedProxies: ['10.0.0.0/255.0.0.0'] }, `${range} "10.0.0.0/255.0.0.0"`],
    ['a short form', { trustedProxies: ['10/8'] }, `${range} "10/8"`],
    ['octal', { trustedProxies: ['010.0.0.0/8'] }, `${range} "010.0.0.0/8"`],
    ['a name', { trustedProxies: ['proxy.internal'] }, `${range} "proxy.internal"`],
    [
      "Express's loopback",
      { trustedProxies: ['loopback'] },
      `${range} "loopback", which is 127.0.0.0/8, ::1: list what your proxies have`,
    ],
    [
      "Express's linklocal",
      { trustedProxies: ['10.0.0.1', 'linklocal'] },
      `${range} "linklocal", which is 169.254.0.0/16, fe80::/10: list what your proxies have`,
    ],
    [
      "Express's uniquelocal",
      { trustedProxies: ['uniquelocal'] },
      `${range} "uniquelocal", which is 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7: list what your proxies have`,
    ],
    ['half of IPv4', { trustedProxies: ['0.0.0.0/1'] }, wide('0.0.0.0/1', 8)],
    ['a half of IPv4, mapped', { trustedProxies: ['::ffff:128.0.0.0/97'] }, wide('::ffff:128.0.0.0/97', 8)],
    ['two networks of IPv4', { trustedProxies: ['10.0.0.1', '10.0.0.0/7'] }, wide('10.0.0.0/7', 8)],
    ['two networks of IPv4, mapped', { trustedProxies: ['::ffff:a00:0/103'] }, wide('::ffff:a00:0/103', 8)],
    ['all that is global in IPv6', { trustedProxies: ['2000::/3'] }, wide('2000::/3', 7)],
    ['more than what is local in IPv6', { trustedProxies: ['fc00::/6'] }, wide('fc00::/6', 7)],
    ['no ranges', { trustedProxies: [] }, 'trustedProxies must not be empty: without it nobody is trusted'],
    ['a space', { trustedProxies: [' 10.0.0.0/8'] }, `${range} " 10.0.0.0/8"`],
    ['two in one', { trustedProxies: ['10.0.0.0/8,192.168.0.0/16'] }, `${range} "10.0.0.0/8,192.168.0.0/16"`],
    ['an empty text', { trustedProxies: [''] }, `${range} ""`],
    ['a number', { trustedProxies: [10] }, `${range} 10`],
    ['true', { trustedProxies: true }, `${array} true; for a number of proxies there is hops`],
    ['a number of proxies', { trustedProxies: 1 }, `${array} 1; for a number of proxies there is hops`],
    ['false', { trustedProxies: false }, `${array} false`],
    ['a text', { trustedProxies: '10.0.0.0/8' }, `${array} "10.0.0.0/8"`],
    ['a function', { trustedProxies: () => true }, `${array} a function`],
    ['null', { trustedProxies: null }, `${array} null`],
    ['both ways', { trustedProxies: ['10.0.0.1'], hops: 1 }, 'clientAddress(): give trustedProxies or hops, not both'],
    ['no hops', { hops: 0 }, 'hops must be an integer from 1 to 16, got 0'],
    ['negative hops', { hops: -1 }, 'hops must be an integer from 1 to 16, got -1'],
    ['half a hop', { hops: 1.5 }, 'hops must be an integer from 1 to 16, got 1.5'],
    ['any hops', { hops: true }, 'hops must be an integer from 1 to 16, got true'],
    ['too many hops', { hops: 17 }, 'hops must be an integer from 1 to 16, got 17'],
    ['a field without a name here', { hops: 1, header: 'x-client-ip' }, `${fields} "x-client-ip"`],
    ['the field in capitals', { hops: 1, header: 'Forwarded' }, `${fields} "Forwarded"`],
    ['true as a field', { hops: 1, header: true }, `${fields} true`],
    ['null as a field', { hops: 1, header: null }, `${fields} null`],
    ['a list of fields', { hops: 1, header: ['forwarded'] }, 'header: options must be an object, got an array'],
    ['a list without proxies', { header: 'forwarded' }, 'clientAddress(): header needs trustedProxies or hops'],
    ['the usual list without proxies', { header: LIST }, 'clientAddress(): header needs trustedProxies or hops'],
    ['one address without proxies', { header: 'x-real-ip' }, 'clientAddress(): header needs trustedProxies'],
    ['one address by hops', { header: 'x-real-ip', hops: 1 }, noList('x-real-ip')],
    ['a field of your own by hops', { header: { field: 'X-Client-IP' }, hops: 1 }, noList('x-client-ip')],
    [
      'one address and no ranges',
      { header: 'x-real-ip', trustedProxies: [] },
      'trustedProxies must not be empty: without it nobody is trusted',
    ],
    ['a list as one address', { header: { field: LIST } }, `header: ${LIST} is a list, give header: '${LIST}'`],
    [
      'Forwarded as one address',
      { header: { field: 'Forwarded' } },
      "header: forwarded is a list, give header: 'forwarded'",
    ],
    ['no field', { header: {} }, `${field} undefined`],
    ['an empty field', { header: { field: '' } }, `${field} ""`],
    ['a number as a field', { header: { field: 7 } }, `${field} 7`],
    ['a field with a space', { header: { field: 'x client' } }, `${field} "x client"`],
    ['a field with a colon', { header: { field: 'x-client:' } }, `${field} "x-client:"`],
    ['a field with a line break', { header: { field: 'x-client\n' } }, `${field} "x-client\\n"`],
    ['a field with underscores', { header: { field: 'x_client_ip' } }, `${field} "x_client_ip"`],
    ['a field that ends in a hyphen', { header: { field: 'x-' } }, `${field} "x-"`],
    ['a field of 65 characters', { header: { field: 'x'.repeat(65) } }, `${field} "${'x'.repeat(65)}"`],
    ['Host', { header: { field: 'Host' } }, `${field} "Host"`],
    ['Cookie', { header: { field: 'cookie' } }, `${field} "cookie"`],
    ['X-Forwarded-Proto', { header: { field: 'x-forwarded-proto' } }, `${field} "x-forwarded-proto"`],
    [
      'a field and more',
      { header: { field: 'x-client-ip', lines: 2 } },
      'header: unknown option lines; known are field',
    ],
    [
      'the word of another library',
      { trustProxy: true },
      'clientAddress(): unknown option trustProxy; known are trustedProxies, hops, header',
    ],
    ['a switch', true, 'clientAddress(): options must be an object, got true'],
  ])('%s', (_name, options, message) => expect(() => clientAddress(options as never)).toThrow(new TypeError(message)))
})

/** What is left of all addresses without one, as the ranges that a calculator of subnets gives. */
const allBut = (bits: number, family: 'ipv4' | 'ipv6'): readonly string[] =>
  Array.from({ length: bits }, (_, bit) => {
    const prefix = bit + 1
    if (family === 'ipv6') return `${(0x8000 >> bit).toString(16)}::/${prefix}`
    return `${bit < 8 ? 0x80 >> bit : 0}.${bit < 8 ? 0 : 0x80 >> (bit - 8)}.0.0/${prefix}`
  })

describe('ranges that are together nearly every address are a TypeError', () => {
  test.each<readonly [string, readonly string[]]>([
    ['the halves of IPv4', ['0.0.0.0/1', '128.0.0.0/1']],
    ['the halves of IPv4, mapped', ['::ffff:0.0.0.0/97', '128.0.0.0/1']],
    ['the halves of IPv6', ['::/1', '8000::/1']],
    ['the networks of IPv4', Array.from({ length: 256 }, (_, first) => `${first}.0.0.0/8`)],
    ['all but a network of IPv4', allBut(16, 'ipv4')],
    ['all but a network of IPv6', allBut(16, 'ipv6')],
  ])('%s', (_name, trustedProxies) =>
    expect(() => clientAddress({ trustedProxies })).toThrow(/^trustedProxies: .*(?:wider than|cover every)/),
  )
})

test.each([
  ['the widest private network of IPv4', '10.0.0.0/8'],
  ['the same, mapped', '::ffff:10.0.0.0/104'],
  ['a network of loopback addresses', '127.0.0.0/8'],
  ['the unique local addresses', 'fc00::/7'],
  ['the link-local addresses', 'fe80::/10'],
  ['one address', '::1'],
  ['one address as a range', '192.0.2.1/32'],
])('%s is a network of proxies', (_name, range) =>
  expect(clientAddress({ trustedProxies: [range] })).toBeTypeOf('function'),
)
