import { isObject, type JsonObject } from '../../lib/json-value.js'

/** A compact JWS, taken apart but not decoded, and what its header says of how to verify it. All of it unverified input. */
export interface CompactToken {
  readonly alg: string
  readonly kid: string | undefined
  readonly typ: string | undefined
  /** All of the header. */
  readonly header: JsonObject
  /** Header and payload with the dot between them (RFC 7515 section 5.2). */
  readonly signed: string
  readonly payload: string
  readonly signature: string
}

/** RFC 7515 section 3.1: three parts, none empty. A five-part token is a JWE and nothing this service asked for. */
const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/**
 * Members that would let the token name its own key or change how it is read (RFC 8725 sections 3.1 and 3.10, RFC 7515
 * section 4.1.11, RFC 7797). No access token needs them.
 */
const REFUSED = ['jwk', 'jku', 'x5c', 'x5u', 'crit', 'b64', 'zip', 'enc', 'p2c', 'p2s', 'epk']

/** A proof brings the key that it is signed with, and nothing else (RFC 9449 section 4.2). */
export const REFUSED_IN_PROOFS: readonly string[] = REFUSED.filter((name) => name !== 'jwk')

const MAX_KID_LENGTH = 256

/** A token as a compact JWS, or why it is none to speak of. */
export function compactToken(
  token: string,
  refused: readonly string[] = REFUSED,
): CompactToken | 'token_malformed' | 'token_header_refused' {
  if (!COMPACT_JWS.test(token)) return 'token_malformed'
  const first = token.indexOf('.')
  const last = token.lastIndexOf('.')
  const header = token.slice(0, first)
  const payload = token.slice(first + 1, last)
  const signature = token.slice(last + 1)
  if (!isCanonical(header) || !isCanonical(payload) || !isCanonical(signature)) return 'token_malformed'
  const members = decodeObject(header)
  if (members === undefined) return 'token_malformed'
  if (refused.some((name) => Object.hasOwn(members, name))) return 'token_header_refused'
  const { alg, kid, typ } = members
  if (typeof alg !== 'string' || !isOptionalString(typ)) return 'token_malformed'
  if (!isOptionalString(kid) || (kid?.length ?? 0) > MAX_KID_LENGTH) return 'token_malformed'
  return { alg, kid, typ, header: members, signed: token.slice(0, last), payload, signature }
}

/**
 * RFC 4648 section 3.5: bits of the last character that belong to no byte are zero, so that no second spelling of a
 * token is signed as well. Of text in the alphabet, this is all there is to ask.
 */
function isCanonical(part: string): boolean {
  switch (part.length % 4) {
    case 0:
      return true
    case 2:
      return 'AQgw'.includes(part.at(-1)!)
    case 3:
      return 'AEIMQUYcgkosw048'.includes(part.at(-1)!)
    default:
      return false // six bits are no byte
  }
}

/** A JSON object in UTF-8 (RFC 8725 section 3.7), of text in base64url; undefined for anything else. */
export function decodeObject(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(UTF8.decode(Buffer.from(part, 'base64url')))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const isOptionalString = (value: unknown): value is string | undefined =>
  value === undefined || typeof value === 'string'
