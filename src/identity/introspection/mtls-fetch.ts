import type { Agent, RequestOptions } from 'node:https'
import { integerBetween, knownOptions } from '../../lib/options.js'
import type { Fetch } from '../fetch-json.js'
import { secretText } from './client-authentication.js'

/** The certificate to show, and what connections are like. */
export interface MtlsFetchOptions {
  /** Client certificate, and the chain behind it: PEM. */
  readonly cert: string
  /** Its private key: PEM. */
  readonly key: string
  /** Authorities to believe instead of those that Node.js comes with: PEM. */
  readonly ca?: string | undefined
  /** Connections at once to one server, 1 to 1000; further requests wait. Default: 50. */
  readonly maxConnections?: number | undefined
}

/** RFC 9110: such answers have no body, and a `Response` with one cannot be made. */
const WITHOUT_BODY: readonly number[] = [204, 205, 304]

/**
 * A network that shows a client certificate (RFC 8705 section 2). Speaks TLS only, verifies the server, follows no
 * redirect, and loads `node:https` when it is first used.
 *
 * @throws TypeError for an option out of its range; the error does not show the key.
 */
export function mtlsFetch(options: MtlsFetchOptions): Fetch {
  knownOptions('mtlsFetch()', options, ['cert', 'key', 'ca', 'maxConnections'])
  const maxSockets = integerBetween('maxConnections', options.maxConnections ?? 50, 1, 1000)
  const tls = {
    cert: secretText('cert', options.cert),
    key: secretText('key', options.key),
    ...(options.ca !== undefined && { ca: secretText('ca', options.ca) }),
    rejectUnauthorized: true, // whatever NODE_TLS_REJECT_UNAUTHORIZED says
  }
  let agent: Agent | undefined
  return async (url, { method = 'GET', headers, body, signal }) => {
    if (new URL(url).protocol !== 'https:') throw new TypeError('a client certificate is shown over TLS only')
    const [{ Agent, request }, { Readable }] = await Promise.all([import('node:https'), import('node:stream')])
    agent ??= new Agent({ ...tls, keepAlive: true, maxSockets })
    const how: RequestOptions = {
      method,
      headers: Object.fromEntries(new Headers(headers)),
      agent,
      ...(signal && { signal }),
    }
    return new Promise<Response>((resolve, reject) => {
      const asked = request(url, how, (answer) => {
        const status = answer.statusCode!
        const fields = new Headers()
        const { rawHeaders } = answer
        for (let i = 0; i < rawHeaders.length; i += 2) fields.append(rawHeaders[i]!, rawHeaders[i + 1]!)
        if (status < 200 || WITHOUT_BODY.includes(status)) answer.resume()
        const stream = status < 200 || WITHOUT_BODY.includes(status) ? null : Readable.toWeb(answer)
        resolve(new Response(stream as ReadableStream | null, { status, headers: fields }))
      })
      asked.on('error', reject)
      asked.end(body)
    })
  }
}
