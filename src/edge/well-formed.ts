import type { RequestContext } from '../context.js'
import { ALLOWED, type Decision, type Invalid, invalid } from '../decision.js'
import type { Guard } from '../guard.js'

/**
 * Refuses requests that two readers could read differently: paths with encoded slashes, backslashes, dot segments,
 * empty segments, semicolons, control or non-ASCII characters, letters hidden by percent-encoding, double encoding or
 * broken UTF-8; targets that are not in origin form (RFC 9112 section 3.2.1); fields that occur once by definition and
 * came twice. TRACE and CONNECT are refused. Nothing is normalised: what the guard saw is what the framework routes.
 *
 * Denies with 400 `ambiguous_path`, `ambiguous_query` or `duplicate_header`, or 405 `method_refused`.
 */
export function wellFormed(): Guard {
  return WELL_FORMED
}

const WELL_FORMED: Guard = Object.freeze({
  name: 'wellFormed',
  about: { room: 'edge' } as const,
  check: ({ method, path, query, headers }: RequestContext): Decision => {
    if (method === 'TRACE' || method === 'CONNECT') return METHOD_REFUSED
    if (!PLAIN_PATH.test(path) && !isUnambiguous(path)) return AMBIGUOUS_PATH
    if (query !== '' && !QUERY.test(query)) return AMBIGUOUS_QUERY
    for (const name of SINGLETONS) if (headers.count(name) > 1) return DUPLICATE_HEADER
    return ALLOWED
  },
})

/** Most paths: no encoding, and no segment that is empty or begins with a dot. Halves what the rules below cost. */
const PLAIN_PATH = /^\/(?:[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9._~!$&'()*+,=:@-]*(?:\/|$))*$/

/** RFC 3986 section 3.3, path-absolute; without semicolons, which some readers take for parameters. */
const PATH = /^\/(?:[A-Za-z0-9._~!$&'()*+,=:@/-]|%[0-9A-Fa-f]{2})*$/
/** RFC 3986 section 5.2.4: `.` and `..`; and segments that are empty. */
const DOT_OR_EMPTY_SEGMENT = /\/(?:\/|\.{1,2}(?:\/|$))/
/** Control characters, letters and digits, `.`, `/`, `;`, `\`: each changes meaning, or hides, when encoded. */
const TELLING_OCTET = /%(?:[01][0-9a-f]|2[ef]|3[0-9b]|4[1-9a-f]|5[0-9ac]|6[1-9a-f]|7[0-9af])/i
/** An encoded percent sign that begins another encoding. */
const DOUBLE_ENCODING = /%25[0-9a-f]{2}/i
/** RFC 3986 section 3.4, and what browsers leave unencoded in it; no fragment. */
const QUERY = /^[\x21\x22\x24-\x7e]*$/

function isUnambiguous(path: string): boolean {
  if (!PATH.test(path) || DOT_OR_EMPTY_SEGMENT.test(path)) return false
  if (!path.includes('%')) return true
  if (TELLING_OCTET.test(path) || DOUBLE_ENCODING.test(path)) return false
  try {
    decodeURIComponent(path) // refuses broken and overlong UTF-8
    return true
  } catch {
    return false
  }
}

/** Fields that a message has at most once (RFC 9110 section 5.3); Node keeps the first and drops the rest. */
const SINGLETONS = [
  'authorization',
  'host',
  'content-type',
  'content-encoding',
  'proxy-authorization',
  'x-api-key',
  'dpop',
]

const refusal = (code: string, detail: string, rest?: Partial<Invalid>): Invalid =>
  Object.freeze(invalid(code, detail, rest))

const AMBIGUOUS_PATH = refusal('ambiguous_path', 'The request path can be read in more than one way.')
const AMBIGUOUS_QUERY = refusal('ambiguous_query', 'The query has characters that must be percent-encoded.')
const DUPLICATE_HEADER = refusal('duplicate_header', 'A header field that may occur once occurs twice.')
const METHOD_REFUSED = refusal('method_refused', 'This method is not served.', {
  status: 405,
  headers: [['allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']],
})
