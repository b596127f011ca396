/** An address as eight groups of 16 bits; IPv4 as it is mapped into IPv6 (RFC 4291 section 2.5.5.2). */
export type Groups = readonly number[]

/** Text must have passed isIPv4 or isIPv6, which know what an address is: here it is only taken apart. */
export function groupsOf(address: string): Groups {
  if (address.includes(':')) return ipv6Groups(address)
  const number = ipv4Number(address)
  return [0, 0, 0, 0, 0, 0xffff, number >>> 16, number & 0xffff]
}

/** Of dotted decimal, which must have passed isIPv4. */
export function ipv4Number(address: string): number {
  let number = 0
  let octet = 0
  for (let i = 0; i < address.length; i++) {
    const char = address.charCodeAt(i)
    if (char === DOT) {
      number = number * 256 + octet
      octet = 0
    } else octet = octet * 10 + char - ZERO
  }
  return number * 256 + octet
}

/** A zone is left out. One pass that makes no string: it stands in the way of every request. */
function ipv6Groups(address: string): Groups {
  const groups = [0, 0, 0, 0, 0, 0, 0, 0]
  let count = 0
  let gap = 8
  let start = 0
  let group = 0
  let end = 0
  for (; end < address.length; end++) {
    const char = address.charCodeAt(end)
    if (char === COLON) {
      if (end > start) groups[count++] = group
      else gap = count
      start = end + 1
      group = 0
    } else if (char < ZERO)
      break // a dot, or the zone
    else group = group * 16 + hexDigit(char)
  }
  if (address.charCodeAt(end) === DOT) {
    const number = ipv4Number(dottedAt(address, start))
    groups[count++] = number >>> 16
    groups[count++] = number & 0xffff
  } else if (end > start) groups[count++] = group
  for (let from = count - 1, to = 7; from >= gap && from < to; from--, to--) {
    groups[to] = groups[from]!
    groups[from] = 0
  }
  return groups
}

function dottedAt(address: string, start: number): string {
  const zone = address.indexOf('%', start)
  return address.slice(start, zone === -1 ? undefined : zone)
}

/** Without a branch, which no processor could foretell: it would more than double the whole. */
const hexDigit = (char: number): number => (char & 0xf) + 9 * (char >> 6)

const DOT = 0x2e
const ZERO = 0x30
const COLON = 0x3a

/** Whether it is an IPv4 address. */
export const isMapped = (groups: Groups): boolean =>
  groups[5] === 0xffff && groups[4] === 0 && groups[3] === 0 && groups[2] === 0 && groups[1] === 0 && groups[0] === 0

/** The first `bits`, and zeros. */
export const masked = (groups: Groups, bits: number): Groups =>
  groups.map((group, index) => group & (0xffff0000 >> Math.max(0, Math.min(16, bits - 16 * index))) & 0xffff)
