import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import type { Provider } from 'oidc-provider'

/** A client of the identity provider, and what its tokens say. */
export interface IdpClient {
  readonly id: string
  readonly scope?: string
  readonly roles?: readonly string[]
  readonly tenant?: string
}

export interface IdpOptions {
  readonly clients: readonly IdpClient[]
  readonly audience?: string
  readonly algorithm?: 'RS256' | 'ES256' | 'EdDSA'
  /** Default: any free port. */
  readonly port?: number
}

/** A running identity provider. */
export interface Idp {
  readonly issuer: string
  readonly port: number
  readonly audience: string
  /** An access token by client credentials (RFC 6749 section 4.4), from the token endpoint. */
  readonly token: (clientId: string) => Promise<string>
  /** A token signed with the provider's own key, with claims of the test's choice; `undefined` leaves one out. */
  readonly sign: (
    claims: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ) => Promise<string>
  /** Replaces the signing key; the old one leaves the key set. */
  readonly rotate: () => Promise<void>
  /** Requests served so far, by path. */
  readonly requests: ReadonlyMap<string, number>
  readonly close: () => Promise<void>
}

const RESOURCE = 'urn:wardline:service'
const SECRET = 'a-secret-of-the-test-clients-only'

/** Starts oidc-provider, a certified OpenID provider, on loopback. */
export async function startIdp({
  clients,
  audience = 'orders-api',
  algorithm = 'RS256',
  port = 0,
}: IdpOptions): Promise<Idp> {
  const requests = new Map<string, number>()
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const bound = (server.address() as AddressInfo).port
  const issuer = `http://127.0.0.1:${bound}`
  let key = await signingKey(algorithm)
  let handle = (await providerFor({ issuer, audience, algorithm, clients, jwk: key.jwk })).callback()
  server.on('request', (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0]!
    requests.set(path, (requests.get(path) ?? 0) + 1)
    return handle(request, response)
  })

  return {
    issuer,
    port: bound,
    audience,
    requests,
    token: (clientId) => clientCredentials(issuer, clients.find(({ id }) => id === clientId)!),
    sign: (claims, header = {}) => {
      const now = Math.floor(Date.now() / 1000)
      const standard = {
        iss: issuer,
        aud: audience,
        sub: 'alice',
        client_id: 'test',
        jti: crypto.randomUUID(),
        iat: now,
        exp: now + 300,
      }
      return new SignJWT({ ...standard, ...claims })
        .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid: key.jwk.kid!, ...header })
        .sign(key.privateKey)
    },
    rotate: async () => {
      key = await signingKey(algorithm)
      handle = (await providerFor({ issuer, audience, algorithm, clients, jwk: key.jwk })).callback()
    },
    close: () => closeServer(server),
  }
}

async function signingKey(algorithm: string) {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk: JWK = { ...(await exportJWK(privateKey)), alg: algorithm, use: 'sig', kid: crypto.randomUUID() }
  return { privateKey, jwk }
}

interface ProviderOptions extends Required<Pick<IdpOptions, 'clients' | 'audience' | 'algorithm'>> {
  readonly issuer: string
  readonly jwk: JWK
}

async function providerFor({ issuer, audience, algorithm, clients, jwk }: ProviderOptions): Promise<Provider> {
  const byId = new Map(clients.map((client) => [client.id, client]))
  const scopes = [...new Set(clients.flatMap(({ scope = '' }) => scope.split(' ').filter(Boolean)))]
  const { Provider } = await quietly(() => import('oidc-provider'))
  const provider = await quietly(
    async () =>
      new Provider(issuer, {
        jwks: { keys: [jwk as never] },
        scopes,
        clients: clients.map(({ id, scope }) => ({
          client_id: id,
          client_secret: SECRET,
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
          token_endpoint_auth_method: 'client_secret_basic',
          id_token_signed_response_alg: algorithm,
          ...(scope !== undefined && { scope }),
        })),
        extraTokenClaims: (_ctx, token) => {
          const { roles, tenant } = byId.get((token as { readonly clientId?: string }).clientId ?? '') ?? {}
          return { ...(roles && { roles }), ...(tenant !== undefined && { tenant }) }
        },
        features: {
          devInteractions: { enabled: false },
          clientCredentials: { enabled: true },
          resourceIndicators: {
            enabled: true,
            defaultResource: () => RESOURCE,
            getResourceServerInfo: () => ({
              scope: scopes.join(' '),
              audience,
              accessTokenTTL: 600,
              accessTokenFormat: 'jwt',
              jwt: { sign: { alg: algorithm } },
            }),
          },
        },
        ttl: { ClientCredentials: 600 },
      }),
  )
  return provider
}

/** Without the provider's advice on production set-ups, which this is not. */
async function quietly<T>(run: () => Promise<T>): Promise<T> {
  const { info, warn } = console
  console.info = console.warn = () => {}
  try {
    return await run()
  } finally {
    Object.assign(console, { info, warn })
  }
}

async function clientCredentials(issuer: string, { id, scope }: IdpClient): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${SECRET}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: RESOURCE, ...(scope && { scope }) }),
  })
  const answer = (await response.json()) as { readonly access_token?: string; readonly error_description?: string }
  if (answer.access_token === undefined) throw new Error(`no token for ${id}: ${answer.error_description}`)
  return answer.access_token
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
