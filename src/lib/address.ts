import { isIPv4, isIPv6 } from 'node:net'
import { shown } from './options.js'

/** An address as eight groups of 16 bits; IPv4 as it is mapped into IPv6 (RFC 4291 section 2.5.5.2). */
type Groups = readonly number[]

/**
 * One spelling per address: dotted decimal for IPv4, also where it was mapped into IPv6 in any spelling; RFC 5952 for
 * IPv6, without zone. Undefined for anything that is not exactly an address.
 */
export function canonicalAddress(text: string): string | undefined {
  if (isIPv4(text)) return text
  return isIPv6(text) ? spelled(groupsOf(text)) : undefined
}

/** The network that counts as one client: an IPv4 address alone, an IPv6 address by its first `ipv6Bits`. */
export function clientNetwork(address: string, ipv6Bits = 64): string {
  if (!address.includes(':')) return address // not IPv6, for less than isIPv6 costs
  return ipv6Bits === 64 ? rememberedNetwork(address) : networkOf(address, ipv6Bits)
}

/** Clients come again, and parsing costs several times the look. At the bound all are forgotten. */
const networks = new Map<string, string>()
const MAX_NETWORKS = 4096
/** The longest spelling without a zone (RFC 4291 section 2.2). */
const MAX_SPELLING = 45

function rememberedNetwork(address: string): string {
  const known = networks.get(address)
  if (known !== undefined) return known
  const network = networkOf(address, 64)
  if (address.length > MAX_SPELLING) return network
  if (networks.size === MAX_NETWORKS) networks.clear()
  networks.set(address, network)
  return network
}

function networkOf(address: string, ipv6Bits: number): string {
  if (!isIPv6(address)) return address
  const groups = groupsOf(address)
  return isMapped(groups) ? spelled(groups) : `${spelled(masked(groups, ipv6Bits))}/${ipv6Bits}`
}

/** A predicate for addresses in canonical spelling. A bare address stands for itself alone. */
export function addressMatcher(option: string, ranges: readonly string[]): (address: string) => boolean {
  const parsed = ranges.map((range) => parseRange(option, range))
  return (address) => {
    if (!isIPv4(address) && !isIPv6(address)) return false
    const candidate = groupsOf(address)
    return parsed.some((range) => isWithin(range, candidate))
  }
}

interface Range {
  readonly network: Groups
  readonly bits: number
}

/** A range of IPv6 holds no IPv4 address, though all of them are mapped into `::/80`. */
const isWithin = ({ network, bits }: Range, candidate: Groups): boolean =>
  isMapped(candidate) === isMapped(network) && masked(candidate, bits).every((group, index) => group === network[index])

/** The bits ahead of an IPv4 address that is mapped. */
const MAPPED_BITS = 96

function parseRange(option: string, range: unknown): Range {
  const [, address, prefix] = typeof range === 'string' ? (RANGE.exec(range) ?? []) : []
  if (address === undefined || (!isIPv4(address) && !isIPv6(address))) {
    throw new TypeError(`${option} must hold addresses or CIDR ranges, got ${shown(range)}`)
  }
  const groups = groupsOf(address)
  const bits = prefix === undefined ? 128 : Number(prefix) + (isIPv4(address) ? MAPPED_BITS : 0)
  const everyBits = isMapped(groups) ? MAPPED_BITS : 0
  if (bits < everyBits || bits > 128) throw new TypeError(`${option}: prefix out of range in ${shown(range)}`)
  if (bits === everyBits) throw new TypeError(`${option}: ${shown(range)} covers every address`)
  return { network: masked(groups, bits), bits }
}

const RANGE = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/

/** Text must have passed isIPv4 or isIPv6, which know what an address is: here it is only taken apart. */
function groupsOf(address: string): Groups {
  if (!address.includes(':')) return [0, 0, 0, 0, 0, 0xffff, ...dottedGroups(address)]
  const zone = address.indexOf('%')
  const plain = zone === -1 ? address : address.slice(0, zone)
  const gap = plain.indexOf('::')
  if (gap === -1) return writtenGroups(plain)
  const before = writtenGroups(plain.slice(0, gap))
  const after = writtenGroups(plain.slice(gap + 2))
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
}

const writtenGroups = (text: string): Groups =>
  text === ''
    ? []
    : text.split(':').flatMap((group) => (group.includes('.') ? dottedGroups(group) : Number.parseInt(group, 16)))

function dottedGroups(text: string): Groups {
  const [a, b, c, d] = text.split('.').map(Number) as [number, number, number, number]
  return [a * 256 + b, c * 256 + d]
}

const isMapped = (groups: Groups): boolean =>
  groups[5] === 0xffff && groups[4] === 0 && groups[3] === 0 && groups[2] === 0 && groups[1] === 0 && groups[0] === 0

const masked = (groups: Groups, bits: number): Groups =>
  groups.map((group, index) => group & (0xffff0000 >> Math.max(0, Math.min(16, bits - 16 * index))) & 0xffff)

/** RFC 5952 section 4: lower case, no leading zeros, the first of the longest runs of zeros cut out. */
function spelled(groups: Groups): string {
  if (isMapped(groups)) return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join('.')
  const hex = groups.map((group) => group.toString(16))
  const [start, length] = longestZeros(groups)
  return length < 2 ? hex.join(':') : `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

function longestZeros(groups: Groups): readonly [start: number, length: number] {
  let longest: readonly [number, number] = [0, 0]
  let start = 0
  for (let i = 0; i < groups.length; i++) {
    if (groups[i] !== 0) start = i + 1
    else if (i + 1 - start > longest[1]) longest = [start, i + 1 - start]
  }
  return longest
}
