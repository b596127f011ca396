import type { HeaderReader, SecurityEvent } from '../context.js'
import { integerBetween, knownOptions, oneOf, shown } from '../lib/options.js'
import type { ClientAddressRule } from '../service.js'
import { entryByHops, type FieldReader, LIST_FIELDS, rightMostStranger, singleAddress } from './forwarding-field.js'
import { IGNORED, TWIN, UNTRUSTED } from './forwarding-notices.js'
import { trustedProxies } from './trusted-proxies.js'

/** Which proxies are believed about the address of a client. */
export interface ClientAddressOptions {
  /**
   * Addresses and CIDR ranges of your own proxies, none wider than /8, or /7 of IPv6. The client is the right-most address
   * in the forwarding field that is none of them, and the field counts only when the connection itself comes from one of
   * them. Default: none.
   */
  readonly trustedProxies?: readonly string[] | undefined
  /**
   * How many proxies of yours every request passes, 1 to 16: the client is that many entries from the right. Only for
   * a service that nothing but those proxies can reach, since the connection is not checked. Default: none.
   */
  readonly hops?: number | undefined
  /**
   * The field your proxies write. Others are ignored. `x-forwarded-for` and `forwarded` (RFC 7239) are lists; all others
   * hold exactly one address in one line, are written by one product, and need `trustedProxies`. A field without a
   * name here is given as `{ field }`. Default: `x-forwarded-for`.
   */
  readonly header?: (typeof FIELDS)[number] | { readonly field: string } | undefined
}

/** Fields that one product sets to one address: Cloudflare, Akamai, nginx, Fastly, Azure Front Door, Fly.io. */
const SINGLE_FIELDS = [
  'cf-connecting-ip',
  'true-client-ip',
  'x-real-ip',
  'fastly-client-ip',
  'x-azure-socketip',
  'fly-client-ip',
] as const
const FIELDS = [...LIST_FIELDS, ...SINGLE_FIELDS] as const

/**
 * The one rule by which a service tells its client's address. Without options: the socket's address, and every
 * forwarding field is ignored. A field that is not believed is noted in the request's audit event, at most one notice
 * each, and the connection's address counts.
 *
 * @throws TypeError for both `trustedProxies` and `hops`, for `header` without them, for `hops` with a field of one address,
 * for no ranges, malformed ones, and ranges wider than any network of proxies.
 */
export function clientAddress(options: ClientAddressOptions = {}): ClientAddressRule {
  knownOptions('clientAddress()', options, ['trustedProxies', 'hops', 'header'])
  const { trustedProxies: ranges, hops } = options
  const header = options.header === undefined ? 'x-forwarded-for' : fieldOf(options.header)
  const list = LIST_FIELDS.find((field) => field === header)
  if (ranges !== undefined && hops !== undefined) {
    throw new TypeError('clientAddress(): give trustedProxies or hops, not both')
  }
  if (hops !== undefined) {
    const count = integerBetween('hops', hops, 1, 16)
    if (list !== undefined) return believing(list, () => true, entryByHops(list, count))
    throw new TypeError(
      `clientAddress(): hops counts the entries of a list; ${header} is none and needs trustedProxies`,
    )
  }
  if (ranges !== undefined) {
    const isProxy = trustedProxies(ranges)
    const read = list === undefined ? singleAddress(header) : rightMostStranger(list, isProxy)
    return believing(header, (address) => address !== undefined && isProxy(address), read)
  }
  if (options.header === undefined) return byConnection()
  throw new TypeError(`clientAddress(): header needs trustedProxies${list === undefined ? '' : ' or hops'}`)
}

function fieldOf(header: unknown): string {
  if (typeof header !== 'object' || header === null) return oneOf('header', header, FIELDS)
  knownOptions('header', header, ['field'])
  const { field } = header as { readonly field?: unknown }
  const name = typeof field === 'string' ? field.toLowerCase() : ''
  if (LIST_FIELDS.some((list) => list === name))
    throw new TypeError(`header: ${name} is a list, give header: '${name}'`)
  if (FIELD_NAME.test(name) && !TAKEN.includes(name)) return name
  throw new TypeError(`header.field must be the name of a field that holds one address, got ${shown(field)}`)
}

/** RFC 9110 section 5.6.2 without what no product uses; of underscores many proxies make hyphens, or nothing. */
const FIELD_NAME = /^(?=.{1,64}$)[a-z0-9]+(?:-[a-z0-9]+)*$/
const TAKEN = ['authorization', 'cookie', 'host', 'proxy-authorization', 'via', 'x-forwarded-host', 'x-forwarded-proto']

const UNKNOWN = 'unknown'

/** What proxies write most: any of these says that there is one, or somebody who pretends. */
const USUAL = [...LIST_FIELDS, 'x-real-ip']

function carries(headers: HeaderReader, fields: readonly string[]): boolean {
  for (const field of fields) if (headers.count(field) > 0) return true
  return false
}

type Report = (event: SecurityEvent) => void
const toNobody: Report = () => {}

function byConnection(): ClientAddressRule {
  const tellIgnored = tellingOnce()
  return ({ address }, headers, report = toNobody) => {
    tellIgnored(headers, report)
    return address ?? UNKNOWN
  }
}

function believing(
  field: string,
  isProxy: (address: string | undefined) => boolean,
  read: FieldReader,
): ClientAddressRule {
  const twins = field.includes('-') ? [field.replaceAll('-', '_')] : []
  const claims = [...new Set([field, ...USUAL, ...twins])]
  const tellIgnored = tellingOnce()
  return ({ address }, headers, report = toNobody) => {
    if (!isProxy(address)) {
      if (carries(headers, claims)) report(UNTRUSTED)
      return address ?? UNKNOWN
    }
    const found = read(headers)
    if (typeof found === 'object') report(found)
    else if (carries(headers, twins)) report(TWIN)
    else if (found === undefined) tellIgnored(headers, report)
    return typeof found === 'string' ? found : (address ?? UNKNOWN)
  }
}

/** A setting that does not fit is so for all requests: it is told of the first, and costs the others nothing. */
function tellingOnce(): (headers: HeaderReader, report: Report) => void {
  let told = false
  return (headers, report) => {
    if (told || !carries(headers, USUAL)) return
    told = true
    report(IGNORED)
  }
}
