import { request } from 'node:https'
import type { ClientTls } from './tls-options.js'

/** `fetch` over TLS of the test's own: the global one trusts no CA but the public ones, and has no client certificate. */
export function tlsFetch(tls: ClientTls): (url: string | URL, init?: RequestInit) => Promise<Response> {
  return async (url, init) => {
    const asked = new Request(url, init)
    const body = Buffer.from(await asked.arrayBuffer())
    return new Promise((resolve, reject) => {
      const sent = request(
        url,
        {
          ...tls,
          agent: false,
          method: asked.method,
          headers: Object.fromEntries(asked.headers),
          signal: asked.signal,
        },
        (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk) => chunks.push(chunk))
          answer.on('error', reject)
          answer.on('end', () => {
            const headers = new Headers()
            for (const [name, values] of Object.entries(answer.headersDistinct)) {
              for (const value of values ?? []) headers.append(name, value)
            }
            const status = answer.statusCode ?? 0
            const isEmpty = [204, 205, 304].includes(status)
            resolve(new Response(isEmpty ? null : Buffer.concat(chunks), { status, headers }))
          })
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })
  }
}
