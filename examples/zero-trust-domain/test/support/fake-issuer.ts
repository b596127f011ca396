import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An issuer that says of tokens whatever the test wants. */
export interface FakeIssuer {
  readonly issuer: string
  /** What it was asked, and how: every request to its introspection endpoint. */
  readonly asked: readonly { readonly authorization: string | undefined; readonly form: URLSearchParams }[]
  /** What becomes of questions about this token from now on. */
  readonly answer: (token: string, respond: (response: ServerResponse) => void) => void
  readonly close: () => Promise<void>
}

export async function startFakeIssuer(): Promise<FakeIssuer> {
  const asked: { authorization: string | undefined; form: URLSearchParams }[] = []
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'fake', alg: 'ES256', use: 'sig' }
  const answers = new Map<string, (response: ServerResponse) => void>()
  const server = createServer(async (request, response) => {
    if (request.url === '/.well-known/openid-configuration') {
      return json({ issuer, jwks_uri: `${issuer}/jwks`, introspection_endpoint: `${issuer}/introspect` })(response)
    }
    if (request.url === '/jwks') return json({ keys: [jwk] })(response)
    if (request.url !== '/introspect' || request.method !== 'POST') return json({}, 404)(response)
    const form = new URLSearchParams(await bodyOf(request))
    asked.push({ authorization: request.headers.authorization, form })
    const respond = answers.get(form.get('token') ?? '') ?? json({ active: false })
    respond(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    issuer,
    asked,
    answer: (token, respond) => void answers.set(token, respond),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}

export const json =
  (value: unknown, status = 200) =>
  (response: ServerResponse): void =>
    text(JSON.stringify(value), status)(response)

export const text =
  (body: string, status = 200, headers: Readonly<Record<string, string>> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body)
  }
