import { shown } from '../../lib/options.js'
import { isSecureUrl } from '../fetch-json.js'

/** Longer URIs than anybody sends. */
const MAX_URI_LENGTH = 4096

/**
 * RFC 3986 section 3 with the schemes of RFC 9110 section 4.2; no userinfo (section 4.2.4), and hosts as they are in
 * the DNS. `URL` alone would do for no guard: it takes backslashes for slashes, drops tabs and reads `0x7f.1` as an
 * address.
 */
const URI =
  /^(https?):\/\/(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]*))?((?:\/(?:[a-z0-9._~!$&'()*+,;=:@-]|%[0-9a-f]{2})*)*)(?:\?(?:[a-z0-9._~!$&'()*+,;=:@/?-]|%[0-9a-f]{2})*)?(?:#(?:[a-z0-9._~!$&'()*+,;=:@/?-]|%[0-9a-f]{2})*)?$/i

/** RFC 3986 section 3.3, path-absolute. */
const PATH = /^(?:\/(?:[a-z0-9._~!$&'()*+,;=:@-]|%[0-9a-f]{2})*)+$/i

const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' }

/**
 * A URI without query and fragment, after syntax- and scheme-based normalisation (RFC 3986 sections 6.2.2 and 6.2.3),
 * as RFC 9449 section 4.3 compares them; undefined for what is no such URI.
 */
export function normalUri(text: string): string | undefined {
  const parts = text.length > MAX_URI_LENGTH ? null : URI.exec(text)
  if (parts === null) return undefined
  const [, written, host, port = '', path] = parts as unknown as [string, string, string, string | undefined, string]
  const scheme = written.toLowerCase()
  const authority = port === '' || port === DEFAULT_PORTS[scheme] ? host : `${host}:${port}`
  return `${scheme}://${authority.toLowerCase()}${withoutDotSegments(normalOctets(path)) || '/'}`
}

/** Case of percent-encodings, and unreserved characters that need none (RFC 3986 sections 6.2.2.1 and 6.2.2.2). */
function normalOctets(path: string): string {
  if (!path.includes('%')) return path
  return path.replace(ENCODED, (octet) => {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16))
    return UNRESERVED.test(character) ? character : octet.toUpperCase()
  })
}

const ENCODED = /%[0-9a-f]{2}/gi
const UNRESERVED = /^[A-Za-z0-9._~-]$/

/** RFC 3986 section 5.2.4, for a path that is empty or begins with a slash. */
function withoutDotSegments(path: string): string {
  if (!DOT_SEGMENT.test(path)) return path
  const kept: string[] = []
  const segments = path.split('/').slice(1)
  for (const segment of segments) {
    if (segment === '..') kept.pop()
    else if (segment !== '.') kept.push(segment)
  }
  const last = segments.at(-1)
  if (last === '.' || last === '..') kept.push('')
  return `/${kept.join('/')}`
}

/**
 * The origins that callers use, normalised, each with the path prefix it may have.
 *
 * @throws TypeError for one that is not `https` (or `http` on loopback), or has userinfo, a query or a fragment.
 */
export function publicOrigins(name: string, value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0 || list.length > MAX_ORIGINS) {
    throw new TypeError(`${name} must be 1 to ${MAX_ORIGINS} origins, got ${list.length}`)
  }
  return Object.freeze(list.map((origin) => publicOrigin(name, origin)))
}

const MAX_ORIGINS = 100

function publicOrigin(name: string, origin: unknown): string {
  const normal = isSecureUrl(origin) && !/[?#]/.test(origin) ? normalUri(origin) : undefined
  // A host that a caller's client would write in another way would never be met.
  if (normal === undefined || new URL(normal).origin !== normal.slice(0, normal.indexOf('/', 'https://'.length))) {
    throw new TypeError(`${name} must be an https origin (http on loopback only), got ${shown(origin)}`)
  }
  return normal.endsWith('/') ? normal.slice(0, -1) : normal
}

/**
 * Whether `htu` is the URI of a request for `path` at one of `origins`. A path with dot segments is at none: what is
 * routed as it stands must not be proven by what it could be read as.
 */
export function isRequestUri(htu: string, origins: readonly string[], path: string): boolean {
  if (path.length > MAX_URI_LENGTH || !PATH.test(path)) return false
  const asked = normalOctets(path)
  if (DOT_SEGMENT.test(asked)) return false
  for (const origin of origins) if (htu === origin + asked) return true // as most clients write it
  const claimed = normalUri(htu)
  return claimed !== undefined && origins.some((origin) => claimed === origin + asked)
}
