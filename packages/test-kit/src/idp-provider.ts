import type { TLSSocket } from 'node:tls'
import type { AdapterFactory, ClientMetadata, Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider'
import { type KnownClient, registration } from './idp-client.js'
import type { SigningKey } from './idp-keys.js'

export const RESOURCE = 'urn:wardline:service'
const LIFETIME_SECONDS = 600

interface ProviderOptions {
  readonly issuer: string
  readonly audience: string
  readonly clients: readonly KnownClient[]
  /** The first signs; all of them are published. */
  readonly keys: readonly [SigningKey, ...SigningKey[]]
  readonly store: AdapterFactory
}

/** oidc-provider, with every feature that a resource server may meet. */
export async function providerFor({ issuer, audience, clients, keys, store }: ProviderOptions): Promise<Provider> {
  const { algorithm } = keys[0]
  const byId = new Map(clients.map((client) => [client.id, client]))
  const scopes = [...new Set(clients.flatMap(({ scope = '' }) => scope.split(' ').filter(Boolean)))]
  const configuration: Configuration = {
    adapter: store,
    jwks: { keys: keys.map(({ jwk }) => jwk as never) },
    scopes,
    clients: clients.map((client) => registration(client, algorithm) as ClientMetadata),
    clientAuthMethods: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
    ],
    extraTokenClaims: (_ctx, token) => {
      const id = (token as { readonly clientId?: string }).clientId ?? ''
      const { roles, tenant, format, claims } = byId.get(id) ?? {}
      return {
        // An opaque token of a client's own says nowhere else whose it is.
        ...(format === 'opaque' && { sub: id }),
        ...(roles && { roles }),
        ...(tenant !== undefined && { tenant }),
        ...claims,
      }
    },
    formats: {
      customizers: {
        jwt: (_ctx, _token, { payload }) => {
          const own = byId.get(payload.client_id as string)?.claims
          Object.assign(payload, own)
        },
      },
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      jwtIntrospection: { enabled: true },
      revocation: { enabled: true, allowedPolicy: () => true },
      dPoP: { enabled: true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        selfSignedTlsClientAuth: true,
        tlsClientAuth: true,
        getCertificate: (ctx) => peerCertificate(ctx),
        certificateAuthorized: (ctx) => (ctx.socket as TLSSocket).authorized,
        certificateSubjectMatches: (ctx, property, expected) =>
          property === 'tls_client_auth_san_uri' &&
          (peerCertificate(ctx)?.subjectAltName ?? '').split(', ').includes(`URI:${expected}`),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        getResourceServerInfo: (_ctx, _resource, client) => ({
          scope: scopes.join(' '),
          audience,
          accessTokenTTL: LIFETIME_SECONDS,
          accessTokenFormat: byId.get(client.clientId)?.format ?? 'jwt',
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
    enabledJWA: {
      dPoPSigningAlgValues: ['RS256', 'ES256', 'EdDSA', 'Ed25519'],
      introspectionSigningAlgValues: ['RS256', 'ES256', 'EdDSA', 'Ed25519'],
    },
    ttl: { ClientCredentials: LIFETIME_SECONDS },
  }
  return quietly(async () => new (await import('oidc-provider')).Provider(issuer, configuration))
}

const peerCertificate = ({ socket }: KoaContextWithOIDC) =>
  'getPeerX509Certificate' in socket ? (socket as TLSSocket).getPeerX509Certificate() : undefined

/** Without the provider's advice on production set-ups, which this is not. */
export async function quietly<T>(run: () => Promise<T>): Promise<T> {
  const { info, warn } = console
  console.info = console.warn = () => {}
  try {
    return await run()
  } finally {
    Object.assign(console, { info, warn })
  }
}
