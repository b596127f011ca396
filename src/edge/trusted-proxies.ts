import { addressMatcher, canonicalAddress } from '../lib/address.js'
import { shown } from '../lib/options.js'

/**
 * The option of that name as a predicate for canonical addresses.
 *
 * @throws TypeError for anything but addresses and ranges, for none, and for a range wider than any network of proxies.
 */
export function trustedProxies(ranges: unknown): (address: string) => boolean {
  if (!Array.isArray(ranges)) {
    const hint = ranges === true || typeof ranges === 'number' ? '; for a number of proxies there is hops' : ''
    throw new TypeError(`trustedProxies must be an array of addresses and CIDR ranges, got ${shown(ranges)}${hint}`)
  }
  if (ranges.length === 0) throw new TypeError('trustedProxies must not be empty: without it nobody is trusted')
  for (const range of ranges) refuseName(range)
  const isTrusted = addressMatcher('trustedProxies', ranges)
  for (const range of ranges) refuseWide(range)
  return isTrusted
}

/** What Express calls ranges. They hold whatever else there is in a private network: here they are written out. */
const NAMES: ReadonlyMap<unknown, string> = new Map([
  ['loopback', '127.0.0.0/8, ::1'],
  ['linklocal', '169.254.0.0/16, fe80::/10'],
  ['uniquelocal', '10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7'],
])

function refuseName(range: unknown): void {
  const ranges = NAMES.get(range)
  if (ranges === undefined) return
  throw new TypeError(
    `trustedProxies must hold addresses or CIDR ranges, got ${shown(range)}, which is ${ranges}: list what your proxies have`,
  )
}

/** Those of 10.0.0.0/8 and fc00::/7, the widest networks that are anybody's own (RFC 1918, RFC 4193). */
const MIN_BITS = { ipv4: 8, ipv6: 7 } as const
const MAPPED_BITS = 96

/** Two halves of all addresses are all addresses, and so is everything but a few. */
function refuseWide(range: string): void {
  const [address = '', prefix] = range.split('/')
  if (prefix === undefined) return
  const family = canonicalAddress(address)?.includes(':') ? 'ipv6' : 'ipv4'
  const bits = Number(prefix) - (family === 'ipv4' && address.includes(':') ? MAPPED_BITS : 0)
  if (bits >= MIN_BITS[family]) return
  throw new TypeError(
    `trustedProxies: ${shown(range)} is wider than any network of proxies, /${MIN_BITS[family]}; for a service that only proxies can reach there is hops`,
  )
}
