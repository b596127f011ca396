import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, test } from 'vitest'
import { type AddressRange, AddressSet, addressRange } from '../../src/lib/address-set.js'

const setOf = (...ranges: readonly string[]) =>
  new AddressSet(ranges.map((range) => addressRange(range) as AddressRange))

/** An address of IPv6 as one number; IPv4 where it is mapped. */
type Value = bigint

const MAPPED = 0xffffn << 32n
const LAST = (1n << 128n) - 1n
const isIPv4 = (value: Value) => value >> 32n === 0xffffn
const parsed = (value: Value) =>
  new ipaddr.IPv6(Array.from({ length: 16 }, (_, index) => Number((value >> BigInt(120 - 8 * index)) & 255n)))

/** Dotted, in eight groups of any case, or as short as can be. */
const spellings = (value: Value): readonly string[] => {
  const address = parsed(value)
  const dotted = isIPv4(value) ? [address.toIPv4Address().toString(), `::ffff:${address.toIPv4Address()}`] : []
  const short = address.toRFC5952String()
  const long = address.parts.map((part) => part.toString(16).padStart(4, '0')).join(':')
  return [...dotted, address.toNormalizedString(), long.toUpperCase(), short, `${short}%eth0.1`]
}

/** A range by its network and how many of its 128 bits count. */
interface Range {
  readonly network: Value
  readonly bits: number
}
const hostPart = ({ bits }: Range) => (1n << BigInt(128 - bits)) - 1n
const first = (range: Range) => range.network & ~hostPart(range) & LAST
const last = (range: Range) => range.network | hostPart(range)
const written = (range: Range) => {
  const address = parsed(range.network)
  return isIPv4(range.network) ? `${address.toIPv4Address()}/${range.bits - 96}` : `${address}/${range.bits}`
}

/** The slow and obvious way. */
const isListed = (ranges: readonly Range[], value: Value) =>
  ranges.some((range) => isIPv4(range.network) === isIPv4(value) && first(range) <= value && value <= last(range))

/** Words at which comparisons go wrong, so that many addresses share some of theirs, and some that do not. */
const word = fc.oneof(
  fc.constantFrom(0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x20010db8),
  fc.integer({ min: 0, max: 0xffffffff }),
)
const ipv4 = word.map((low): Value => MAPPED | BigInt(low))
const ipv6 = fc
  .tuple(word, word, word, word)
  .map((words): Value => words.reduce((value, next) => (value << 32n) | BigInt(next), 0n))
const ipv4Range = fc.record({ network: ipv4, bits: fc.integer({ min: 97, max: 128 }) })
const ipv6Range = fc
  .record({ network: ipv6, bits: fc.integer({ min: 1, max: 128 }) })
  .filter(({ network }) => !isIPv4(network))

/** Ranges, and addresses of which half are at their ends and beside them. */
const lists = fc.array(fc.oneof(ipv4Range, ipv6Range), { maxLength: 40 }).chain((ranges) => {
  const ends = ranges.flatMap((range) => [first(range) - 1n, first(range), last(range), last(range) + 1n])
  const near = ends.filter((value) => value >= 0n && value <= LAST)
  const some = fc.array(fc.oneof(ipv4, ipv6), { maxLength: 20 })
  return some.map((others) => ({ ranges, values: [...near, ...others] }))
})

describe('AddressSet', () => {
  test('holds what one of its ranges holds, in every spelling', () =>
    fc.assert(
      fc.property(lists, ({ ranges, values }) => {
        const set = setOf(...ranges.map(written))
        for (const value of values) {
          const told = spellings(value).map((text) => `${text}: ${set.has(text)}`)
          expect(told).toEqual(spellings(value).map((text) => `${text}: ${isListed(ranges, value)}`))
        }
      }),
      { numRuns: 500 },
    ))

  test('agrees with ipaddr.js', () =>
    fc.assert(
      fc.property(lists, ({ ranges, values }) => {
        const set = setOf(...ranges.map(written))
        const cidrs = ranges.map((range) => ipaddr.parseCIDR(written(range)))
        for (const value of values) {
          const address = ipaddr.process(parsed(value).toString())
          const isIn = cidrs.some(
            ([network, bits]) => network.kind() === address.kind() && address.match([network, bits]),
          )
          expect(set.has(parsed(value).toString())).toBe(isIn)
        }
      }),
      { numRuns: 500 },
    ))

  test('of tens of thousands, at both ends of each', () => {
    const ranges = Array.from({ length: 30_000 }, (_, index) => {
      const low = BigInt((index * 2_654_435_761) % 0x100000000)
      return index % 2 === 0
        ? { network: MAPPED | low, bits: 118 + (index % 11) }
        : { network: (0x20010db8n << 96n) | ((low >> 8n) << 64n), bits: 50 + (index % 70) }
    })
    const set = setOf(...ranges.map(written))
    for (const range of ranges) {
      expect(set.has(parsed(first(range)).toString())).toBe(true)
      expect(set.has(parsed(last(range)).toString())).toBe(true)
    }
    // a hundred of the values beside them, by the slow way
    const beside = ranges.slice(0, 100).map((range) => last(range) + 1n)
    expect(beside.map((value) => set.has(parsed(value).toString()))).toEqual(
      beside.map((value) => isListed(ranges, value)),
    )
  })

  test.each([
    ['unknown'],
    [''],
    ['10.0.0.1/8'],
    ['10.1'],
    ['010.0.0.1'],
    ['10.0.0.1 '],
    ['[::1]'],
    ['::1\0'],
    ['\u0661.0.0.1'],
  ])('does not know %j, which is no address', (text) => {
    expect(setOf('10.0.0.0/8', '::/1').has(text)).toBeUndefined()
  })

  test.each<readonly [readonly string[], 'IPv4' | 'IPv6' | undefined]>([
    [[], undefined],
    [['0.0.0.0/1'], undefined],
    [['128.0.0.0/1', '0.0.0.0/1'], 'IPv4'],
    [['128.0.0.0/1', '0.0.0.0/2', '64.0.0.0/2', '10.0.0.0/8'], 'IPv4'],
    [['128.0.0.0/1', '0.0.0.0/2', '64.0.0.0/3', '96.0.0.0/4'], undefined],
    [['128.0.0.0/1', '0.0.0.1', '0.0.0.2/31', '0.0.0.4/30'], undefined],
    [['::/1', '8000::/1'], 'IPv6'],
    [['::/1', '8000::/2', 'c000::/2', '10.0.0.0/8'], 'IPv6'],
    [['::/1', '8000::/2'], undefined],
    [['::/1', '128.0.0.0/1'], undefined],
    [['::ffff:0.0.0.0/97', '::ffff:128.0.0.0/97'], 'IPv4'],
  ])('%j covers %s', (ranges, covered) => expect(setOf(...ranges).covers).toBe(covered))
})

describe('addressRange', () => {
  test.each<readonly [unknown, string]>([
    ['', 'malformed'],
    ['10.0.0', 'malformed'],
    ['10.0.0.0/', 'malformed'],
    ['10.0.0.0/8/8', 'malformed'],
    ['10.0.0.0/-8', 'malformed'],
    ['10.0.0.0/8.0', 'malformed'],
    ['10.0.0.0/255.0.0.0', 'malformed'],
    ['10.0.0.0-10.0.0.9', 'malformed'],
    [' 10.0.0.0/8', 'malformed'],
    ['10.0.0.0/8\n', 'malformed'],
    ['fe80::1%eth0', 'malformed'],
    [undefined, 'malformed'],
    [167772160, 'malformed'],
    ['10.0.0.0/33', 'prefix_out_of_range'],
    ['::1/129', 'prefix_out_of_range'],
    ['::ffff:10.0.0.0/8', 'prefix_out_of_range'],
    ['0.0.0.0/0', 'covers_everything'],
    ['10.0.0.0/0', 'covers_everything'],
    ['::/0', 'covers_everything'],
    ['::ffff:0:0/96', 'covers_everything'],
  ])('of %j is %s', (text, fault) => expect(addressRange(text)).toBe(fault))
})
