import { type Fetch, fetchJson } from '../fetch-json.js'

/** For all of it, however many documents are asked for. */
export const DISCOVERY_TIMEOUT_MS = 5_000
export const MAX_DOCUMENT_BYTES = 256 * 1024

type Metadata = Readonly<Record<string, unknown>>

/**
 * What an issuer says of itself: in the document of OpenID Connect Discovery 1.0 section 4 or, where there is none, in that
 * of RFC 8414 section 3. A server that fails is asked for no other.
 *
 * @throws Error when it cannot be had, or is about another issuer (RFC 8414 section 3.3).
 */
export async function discover(issuer: string, fetch: Fetch, signal: AbortSignal): Promise<Metadata> {
  const faults: string[] = []
  for (const url of [discoveryUrl(issuer), serverMetadataUrl(issuer)]) {
    try {
      return await metadataAt(url, issuer, fetch, signal)
    } catch (cause) {
      if (!(cause instanceof NoDocument)) throw cause
      faults.push(cause.message)
    }
  }
  throw new Error(faults.join(', '))
}

/** OpenID Connect Discovery 1.0 section 4: behind the issuer, path and all. */
const discoveryUrl = (issuer: string): string => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`

/** RFC 8414 section 3.1: between the issuer's host and its path. */
function serverMetadataUrl(issuer: string): string {
  const { origin, pathname } = new URL(issuer)
  return `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`
}

async function metadataAt(url: string, issuer: string, fetch: Fetch, signal: AbortSignal): Promise<Metadata> {
  const metadata = (await fetchJson(missing(fetch), url, MAX_DOCUMENT_BYTES, signal)) as Metadata | null
  if (metadata?.issuer !== issuer) throw new Error(`${url} is about another issuer`)
  return metadata
}

/** The server is well, and does not have the document. */
class NoDocument extends Error {}

const missing =
  (fetch: Fetch): Fetch =>
  async (url, init) => {
    const response = await fetch(url, init)
    if (!isMissing(response.status)) return response
    await response.body?.cancel()
    throw new NoDocument(`${url} answered ${response.status}`)
  }

/**
 * Some servers ask strangers to sign in (401, 403) wherever they have nothing. These mean later, not elsewhere: 408, 425,
 * 429.
 */
const isMissing = (status: number): boolean => status >= 400 && status < 500 && !LATER.includes(status)

const LATER: readonly number[] = [408, 425, 429]
