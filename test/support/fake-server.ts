import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { clientSecretBasic, type IntrospectOptions, introspect } from '../../src/index.js'
import { AUDIENCE, NOW, type TestKey, testKey } from './fake-issuer.js'

type Members = Readonly<Record<string, unknown>>

/** One request to the introspection endpoint. */
export interface Asked {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly form: Readonly<Record<string, string>>
  /** Common name of the client's certificate. */
  readonly certificate: string | undefined
}

export const CLIENT_ID = 'orders-service'
export const CLIENT_SECRET = 'never: to be+seen %'

/** An authorization server on a real socket of loopback, which goes wrong when a test says so. */
export class FakeServer {
  readonly asked: Asked[] = []
  readonly requests: string[] = []
  readonly key: TestKey = testKey()
  /** What is said of each token; of others, that they are not active. */
  readonly tokens = new Map<string, unknown>()
  /** How the endpoint answers instead. */
  fault: ((response: ServerResponse, asked: Asked) => void) | undefined
  /** Members of the discovery document beside the standard ones. */
  metadata: Members = {}
  #issued = 0
  readonly #server: Server
  readonly #scheme: string

  constructor(tls?: ServerOptions) {
    this.#scheme = tls === undefined ? 'http' : 'https'
    this.#server = tls === undefined ? createServer() : createTlsServer(tls)
    this.#server.on('request', (request, response: ServerResponse) => {
      const path = request.url!
      this.requests.push(path)
      if (path === '/.well-known/openid-configuration') return json(response, this.document())
      if (path === '/jwks') return json(response, { keys: [this.key.jwk] })
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()))
        const certificate = (request.socket as TLSSocket).getPeerCertificate?.()?.subject?.CN as string | undefined
        const asked = { path, headers: request.headers, form, certificate }
        this.asked.push(asked)
        if (this.fault !== undefined) return this.fault(response, asked)
        json(response, this.tokens.get(form.token!) ?? { active: false })
      })
    })
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get issuer(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get endpoint(): string {
    return `${this.issuer}/introspect`
  }

  document(): Members {
    const { issuer } = this
    return { issuer, jwks_uri: `${issuer}/jwks`, introspection_endpoint: `${issuer}/introspect`, ...this.metadata }
  }

  /** What RFC 7662 section 2.2 lets it say of a token, changed as said; `undefined` leaves a member out. */
  answer(members: Members = {}): Members {
    const standard = {
      active: true,
      iss: this.issuer,
      aud: AUDIENCE,
      sub: 'alice',
      client_id: 'shop',
      scope: 'orders:read',
      token_type: 'Bearer',
      exp: NOW + 3600,
      iat: NOW - 10,
    }
    return JSON.parse(JSON.stringify({ ...standard, ...members }))
  }

  /** A new token, of which it says `answer`; without one, that the token is not active. */
  opaque(answer?: unknown): string {
    const token = `opaque-${++this.#issued}`
    if (answer !== undefined) this.tokens.set(token, answer)
    return token
  }

  guard(options: Partial<IntrospectOptions> = {}) {
    const clientAuth = clientSecretBasic({ clientId: CLIENT_ID, clientSecret: CLIENT_SECRET })
    return introspect({ issuer: this.issuer, audience: AUDIENCE, clientAuth, ...options })
  }

  /** It is well again, knows no token, and was asked nothing. */
  reset(): void {
    this.fault = undefined
    this.metadata = {}
    this.tokens.clear()
    this.asked.length = this.requests.length = 0
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
