import { isIPv4, isIPv6 } from 'node:net'
import { type Groups, groupsOf, isMapped, masked } from './address-groups.js'
import { type AddressRange, AddressSet, addressRange } from './address-set.js'
import { shown } from './options.js'

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

/** A predicate for addresses in any spelling. A bare address stands for itself alone. */
export function addressMatcher(option: string, ranges: readonly string[]): (address: string) => boolean {
  const set = new AddressSet(Array.from(ranges, (range) => rangeOf(option, range)))
  if (set.covers !== undefined) throw new TypeError(`${option}: together they cover every ${set.covers} address`)
  return (address) => set.has(address) === true
}

/** @throws TypeError that names `option`, for what is neither an address nor a range, or is too much of one. */
export function rangeOf(option: string, text: unknown): AddressRange {
  const range = addressRange(text)
  switch (range) {
    case 'malformed':
      throw new TypeError(`${option} must hold addresses or CIDR ranges, got ${shown(text)}`)
    case 'prefix_out_of_range':
      throw new TypeError(`${option}: prefix out of range in ${shown(text)}`)
    case 'covers_everything':
      throw new TypeError(`${option}: ${shown(text)} covers every address`)
    default:
      return range
  }
}

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
