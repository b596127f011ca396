/** The network as an argument, so that tests are exact. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** Where keys may come from: TLS, or plain HTTP on this machine while developing. */
export function isSecureUrl(text: unknown): text is string {
  if (typeof text !== 'string' || !URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/**
 * A JSON document. Redirects are not followed, and reading stops at `maxBytes`.
 *
 * @throws Error for anything but a 200 with JSON within the bound, before `signal` fires.
 */
export async function fetchJson(fetch: Fetch, url: string, maxBytes: number, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, { headers: { accept: 'application/json' }, redirect: 'error', signal })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`${url} answered ${response.status}`)
  }
  return JSON.parse(await textWithin(response, url, maxBytes))
}

/**
 * The body as text in UTF-8. Reading stops at `maxBytes`.
 *
 * @throws Error beyond them, and for bytes that are no UTF-8.
 */
export async function textWithin(response: Response, url: string, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) throw new Error(`${url} answered more than ${maxBytes} bytes`) // leaving the loop cancels
    chunks.push(chunk)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
}
