import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { shown } from './options.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/**
 * One spelling per address: dotted decimal for IPv4, also where it was mapped into IPv6 in any spelling; RFC 5952 for
 * IPv6, without zone. Undefined for anything that is not exactly an address.
 */
export function canonicalAddress(text: string): string | undefined {
  if (isIPv4(text)) return text
  return isIPv6(text) ? spelled(parse(text)) : undefined
}

/** The network that counts as one client: an IPv4 address alone, an IPv6 address by its first `ipv6Bits`. */
export function clientNetwork(address: string, ipv6Bits = 64): string {
  if (!isIPv6(address)) return address
  const parsed = parse(address)
  return parsed instanceof ipaddr.IPv6 ? `${spelled(masked(parsed, ipv6Bits))}/${ipv6Bits}` : parsed.toString()
}

/** A predicate for addresses in canonical spelling. A bare address stands for itself alone. */
export function addressMatcher(option: string, ranges: readonly string[]): (address: string) => boolean {
  const parsed = ranges.map((range) => parseRange(option, range))
  return (address) => {
    if (!isIPv4(address) && !isIPv6(address)) return false
    const candidate = parse(address)
    return parsed.some(
      ([network, bits]) => network.kind() === candidate.kind() && candidate.match([network, bits] as never),
    )
  }
}

function parseRange(option: string, range: unknown): readonly [Address, number] {
  const [, address, prefix] = typeof range === 'string' ? (RANGE.exec(range) ?? []) : []
  if (address === undefined || (!isIPv4(address) && !isIPv6(address))) {
    throw new TypeError(`${option} must hold addresses or CIDR ranges, got ${shown(range)}`)
  }
  const parsed = parse(address)
  const width = parsed.kind() === 'ipv4' ? 32 : 128
  // ::ffff:10.0.0.0/104 is 10.0.0.0/8
  const mapped = parsed.kind() === 'ipv4' && isIPv6(address)
  const bits = prefix === undefined ? width : Number(prefix) - (mapped ? 96 : 0)
  if (bits < 0 || bits > width) throw new TypeError(`${option}: prefix out of range in ${shown(range)}`)
  if (bits === 0) throw new TypeError(`${option}: ${shown(range)} covers every address`)
  return [parsed, bits]
}

const RANGE = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/

/** Text must have passed isIPv4 or isIPv6: ipaddr.js alone would also take octal and short forms. */
function parse(text: string): Address {
  const zone = text.indexOf('%')
  const address = zone === -1 ? text : text.slice(0, zone)
  return ipaddr.process(address.replace(IPV4_COMPATIBLE, '0::'))
}

/** RFC 4291 section 2.5.5.1: `::192.0.2.1`, which ipaddr.js takes for `::ffff:192.0.2.1`. */
const IPV4_COMPATIBLE = /^::(?=\d+\.)/

const spelled = (address: Address): string =>
  address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString()

function masked(address: ipaddr.IPv6, bits: number): ipaddr.IPv6 {
  const parts = address.parts.map(
    (part, index) => part & (0xffff << Math.max(0, Math.min(16, 16 * (index + 1) - bits))),
  )
  return new ipaddr.IPv6(parts.map((part) => part & 0xffff))
}
