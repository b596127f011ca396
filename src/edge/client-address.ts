import { LRUCache } from 'lru-cache'
import type { HeaderReader } from '../context.js'
import { addressMatcher, canonicalAddress } from '../lib/address.js'
import { integerBetween, knownOptions, oneOf } from '../lib/options.js'
import type { ClientAddressRule } from '../service.js'

/** Which proxies are believed about the address of a client. */
export interface ClientAddressOptions {
  /**
   * Addresses and CIDR ranges of your own proxies. The client is the right-most address in the forwarding field that is
   * none of them, and the field counts only when the connection itself comes from one of them. Default: none.
   */
  readonly trustedProxies?: readonly string[] | undefined
  /**
   * How many proxies of yours every request passes, 1 to 16: the client is that many entries from the right. Only for
   * a service that nothing but those proxies can reach, since the connection is not checked. Default: none.
   */
  readonly hops?: number | undefined
  /** The field your proxies write. Others are ignored. Default: `x-forwarded-for`. */
  readonly header?: 'x-forwarded-for' | 'forwarded' | undefined
}

/** More entries than any chain of proxies has; a longer field is somebody's toy. */
const MAX_ENTRIES = 64

/**
 * The one rule by which a service tells its client's address. Without options: the socket's address, and every
 * forwarding field is ignored. An entry that is not an address ends the search: the connection's address counts.
 *
 * @throws TypeError for both `trustedProxies` and `hops`, for a malformed range, and for one that covers everything.
 */
export function clientAddress(options: ClientAddressOptions = {}): ClientAddressRule {
  knownOptions('clientAddress()', options, ['trustedProxies', 'hops', 'header'])
  const { trustedProxies, hops, header = 'x-forwarded-for' } = options
  const parse = PARSERS[oneOf('header', header, ['x-forwarded-for', 'forwarded'])]
  if (trustedProxies !== undefined && hops !== undefined) {
    throw new TypeError('clientAddress(): give trustedProxies or hops, not both')
  }
  if (hops !== undefined) return byHops(integerBetween('hops', hops, 1, 16), header, parse)
  if (trustedProxies !== undefined) return byRanges(trustedProxies, header, parse)
  return (peer) => peer.address ?? UNKNOWN
}

const UNKNOWN = 'unknown'

type Parser = (entry: string) => string | undefined

function byHops(hops: number, header: string, parse: Parser): ClientAddressRule {
  return (peer, headers) => parse(entries(headers, header)[hops - 1] ?? '') ?? peer.address ?? UNKNOWN
}

function byRanges(ranges: readonly string[], header: string, parse: Parser): ClientAddressRule {
  if (!Array.isArray(ranges)) throw new TypeError('trustedProxies must be an array of addresses and CIDR ranges')
  const isTrusted = remembered(addressMatcher('trustedProxies', ranges))
  return (peer, headers) => {
    if (peer.address === undefined) return UNKNOWN
    if (!isTrusted(peer.address)) return peer.address
    let client = peer.address
    for (const entry of entries(headers, header)) {
      const address = parse(entry)
      if (address === undefined) return peer.address
      client = address
      if (!isTrusted(address)) return client
    }
    return client
  }
}

/** The nearest first. A second line is the continuation of the first (RFC 9110 section 5.3). */
function entries(headers: HeaderReader, header: string): readonly string[] {
  const lines = headers.all(header)
  return lines.length === 0 ? [] : splitFromRight(lines.join(','), ',')
}

/**
 * What stands between separators, the last first; a separator in a quoted-string (RFC 9110 section 5.6.4) is none. Read
 * from the right, where your own proxies wrote: a quote that a client left open ahead of them does not reach them.
 */
function splitFromRight(text: string, separator: ',' | ';'): readonly string[] {
  const parts: string[] = []
  let end = text.length
  let quoted = false
  for (let i = end - 1; i >= 0; i--) {
    if (text[i] === '"' && !isEscaped(text, i)) quoted = !quoted
    if (text[i] !== separator || quoted) continue
    if (parts.push(text.slice(i + 1, end)) === MAX_ENTRIES) return parts
    end = i
  }
  parts.push(text.slice(0, end))
  return parts
}

/** Behind an odd number of backslashes. */
function isEscaped(text: string, index: number): boolean {
  let first = index
  while (text[first - 1] === '\\') first--
  return (index - first) % 2 === 1
}

/** Few proxies, many requests: the answer per address is remembered. */
function remembered(predicate: (address: string) => boolean): (address: string) => boolean {
  const known = new LRUCache<string, boolean>({ max: 1000 })
  return (address) => {
    const before = known.get(address)
    if (before !== undefined) return before
    const now = predicate(address)
    known.set(address, now)
    return now
  }
}

/** `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1`, `[2001:db8::1]:4711`. */
function hostOf(node: string): string | undefined {
  const [, bracketed, v4] = NODE.exec(node) ?? []
  return canonicalAddress(bracketed ?? v4 ?? node)
}

const NODE = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9.]{7,15}))(?::\d{1,5})?$/

/** RFC 7239 section 4, forwarded-element: the `for` parameter, which must be quoted when it has a colon. */
function forwardedFor(element: string): string | undefined {
  const matches = splitFromRight(element, ';').flatMap((pair) => FOR.exec(pair)?.slice(1, 3).filter(Boolean) ?? [])
  return matches.length === 1 ? hostOf(matches[0]!) : undefined
}

const FOR = /^[ \t]*for=(?:"([^"\\]{1,64})"|([0-9.]{7,15}))[ \t]*$/i

const PARSERS: Readonly<Record<'x-forwarded-for' | 'forwarded', Parser>> = {
  'x-forwarded-for': (entry) => hostOf(entry.trim()),
  forwarded: forwardedFor,
}
