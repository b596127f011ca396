/** The header members that choose how a compact JWS is verified (RFC 7515 section 4.1). Unverified input. */
export interface TokenHeader {
  readonly alg: string
  readonly kid: string | undefined
  readonly typ: string | undefined
}

/** RFC 7515 section 3.1: three parts, none empty. A five-part token is a JWE and nothing this service asked for. */
const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/**
 * Members that would let the token name its own key or change how it is read (RFC 8725 sections 3.1 and 3.10, RFC 7515
 * section 4.1.11, RFC 7797). No access token needs them.
 */
const REFUSED = ['jwk', 'jku', 'x5c', 'x5u', 'crit', 'b64', 'zip', 'enc', 'p2c', 'p2s', 'epk']

const MAX_KID_LENGTH = 256

/** The header of a compact JWS, or why there is none to speak of. */
export function tokenHeader(token: string): TokenHeader | 'token_malformed' | 'token_header_refused' {
  if (!COMPACT_JWS.test(token) || !token.split('.').every(isCanonical)) return 'token_malformed'
  const header = decodeObject(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url'))
  if (header === undefined) return 'token_malformed'
  if (REFUSED.some((name) => Object.hasOwn(header, name))) return 'token_header_refused'
  const { alg, kid, typ } = header
  if (typeof alg !== 'string' || !isOptionalString(typ)) return 'token_malformed'
  if (!isOptionalString(kid) || (kid?.length ?? 0) > MAX_KID_LENGTH) return 'token_malformed'
  return { alg, kid, typ }
}

/** Unused bits of the last character are zero (RFC 4648 section 3.5): no second spelling of a token is signed as well. */
const isCanonical = (part: string): boolean => Buffer.from(part, 'base64url').toString('base64url') === part

/** A JSON object in UTF-8 (RFC 8725 section 3.7); undefined for anything else. */
export function decodeObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(UTF8.decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const isOptionalString = (value: unknown): value is string | undefined =>
  value === undefined || typeof value === 'string'
