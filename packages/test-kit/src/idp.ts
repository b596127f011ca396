import { type CryptoKey, SignJWT } from 'jose'
import { type IdpClient, type KnownClient, knownClient } from './idp-client.js'
import { type SigningAlgorithm, type SigningKey, signingKey } from './idp-keys.js'
import { providerFor } from './idp-provider.js'
import { listen, type ServerTls } from './idp-server.js'
import { idpStore } from './idp-store.js'
import { clientCredentials, type TokenRequest } from './idp-token.js'

type Claims = Readonly<Record<string, unknown>>

export interface IdpOptions {
  readonly clients: readonly IdpClient[]
  readonly audience?: string
  readonly algorithm?: SigningAlgorithm
  /** Default: any free port. */
  readonly port?: number
  /** Listens with TLS, and asks clients for their certificates. Default: plain HTTP. */
  readonly tls?: ServerTls
}

export interface RotateOptions {
  /** Whether the keys so far stay in the key set. Default: false. */
  readonly keepOld?: boolean
  /** Of the new key. Default: that of the one before. */
  readonly algorithm?: SigningAlgorithm
}

/** A running identity provider. */
export interface Idp {
  readonly issuer: string
  readonly port: number
  readonly audience: string
  /** An access token by client credentials (RFC 6749 section 4.4), from the token endpoint. */
  readonly token: (clientId: string, request?: TokenRequest) => Promise<string>
  /** The key that a client with `private_key_jwt` signs its assertions with. */
  readonly assertionKey: (clientId: string) => CryptoKey
  /** A token signed with the provider's own key, with claims of the test's choice; `undefined` leaves one out. */
  readonly sign: (claims: Claims, header?: Claims) => Promise<string>
  /** A logout token (OpenID Connect Back-Channel Logout 1.0 section 2.4), likewise: `sub` or `sid` are the test's to add. */
  readonly logoutToken: (claims: Claims, header?: Claims) => Promise<string>
  /** Replaces the signing key; the old one leaves the key set, unless it is to be kept. */
  readonly rotate: (options?: RotateOptions) => Promise<void>
  /** Goes away, and comes back on the same port: connections are refused meanwhile. */
  readonly pause: () => Promise<void>
  readonly resume: () => Promise<void>
  /** Requests served so far, by path. */
  readonly requests: ReadonlyMap<string, number>
  readonly close: () => Promise<void>
}

/** Starts oidc-provider, a certified OpenID provider, on loopback. */
export async function startIdp(options: IdpOptions): Promise<Idp> {
  const { audience = 'orders-api', algorithm = 'RS256', port = 0, tls } = options
  const clients = await Promise.all(options.clients.map(knownClient))
  const known = (id: string): KnownClient => {
    const client = clients.find((candidate) => candidate.id === id)
    if (client === undefined) throw new Error(`the provider has no client ${id}`)
    return client
  }
  const requests = new Map<string, number>()
  let handle: ReturnType<Awaited<ReturnType<typeof providerFor>>['callback']>
  const server = await listen(port, tls, (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0]!
    requests.set(path, (requests.get(path) ?? 0) + 1)
    return handle(request, response)
  })
  const issuer = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${server.port}`
  const store = idpStore()
  let keys: readonly [SigningKey, ...SigningKey[]] = [await signingKey(algorithm)]
  const provide = async () => {
    handle = (await providerFor({ issuer, audience, clients, keys, store })).callback()
  }
  await provide()

  const now = () => Math.floor(Date.now() / 1000)
  const signed = (claims: Claims, header: Claims) =>
    new SignJWT({ iss: issuer, aud: audience, jti: crypto.randomUUID(), iat: now(), exp: now() + 300, ...claims })
      .setProtectedHeader({ alg: keys[0].algorithm, kid: keys[0].jwk.kid, ...header })
      .sign(keys[0].privateKey)

  return {
    issuer,
    port: server.port,
    audience,
    requests,
    token: (clientId, request) => clientCredentials(issuer, known(clientId), request),
    assertionKey: (clientId) => {
      const { assertionKey } = known(clientId)
      if (assertionKey === undefined) throw new Error(`the client ${clientId} signs no assertions`)
      return assertionKey
    },
    sign: (claims, header) => signed({ sub: 'alice', client_id: 'test', ...claims }, { typ: 'at+jwt', ...header }),
    logoutToken: (claims, header) => signed({ events: LOGOUT, ...claims }, { typ: 'logout+jwt', ...header }),
    rotate: async ({ keepOld = false, algorithm: next = keys[0].algorithm } = {}) => {
      keys = [await signingKey(next), ...(keepOld ? keys : [])]
      await provide()
    },
    pause: server.pause,
    resume: server.resume,
    close: server.pause,
  }
}

const LOGOUT = { 'http://schemas.openid.net/event/backchannel-logout': {} }
