import { type Fetch, fetchJson } from '../fetch-json.js'

export const DISCOVERY_TIMEOUT_MS = 5_000
export const MAX_DOCUMENT_BYTES = 256 * 1024

/**
 * What an issuer says of itself (OpenID Connect Discovery 1.0 section 4).
 *
 * @throws Error when it cannot be had, or is about another issuer (RFC 8414 section 3.3).
 */
export async function discover(
  issuer: string,
  fetch: Fetch,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const url = discoveryUrl(issuer)
  const document = (await fetchJson(fetch, url, MAX_DOCUMENT_BYTES, signal)) as Readonly<Record<string, unknown>> | null
  if (document?.issuer !== issuer) throw new Error(`${url} is about another issuer`)
  return document
}

export const discoveryUrl = (issuer: string): string => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
