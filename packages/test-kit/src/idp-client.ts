import { createHash, X509Certificate } from 'node:crypto'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { SigningAlgorithm } from './idp-keys.js'

/** How a client says who it is at the provider (RFC 6749 section 2.3, RFC 7523 section 2.2, RFC 8705 section 2). */
export type ClientAuthentication =
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'private_key_jwt'
  | 'tls_client_auth'
  | 'self_signed_tls_client_auth'

/** A client of the identity provider, and what its tokens say. */
export interface IdpClient {
  readonly id: string
  readonly scope?: string
  readonly roles?: readonly string[]
  readonly tenant?: string
  /** Of its access tokens. Default: `jwt`. */
  readonly format?: 'jwt' | 'opaque'
  /** Default: `client_secret_basic`. Those over TLS need the provider's `tls`. */
  readonly authentication?: ClientAuthentication
  /** The certificate that `self_signed_tls_client_auth` knows it by, PEM. */
  readonly certPem?: string
  /** The URI in the certificate that `tls_client_auth` knows it by. */
  readonly certUri?: string
  /** Whether tokens are bound to the certificate of the connection (RFC 8705 section 3). */
  readonly certificateBound?: boolean
  /** Whether it gets tokens with a DPoP proof only (RFC 9449 section 5.2). A client that sends one gets a bound token anyway. */
  readonly dpopBound?: boolean
  /** More claims of its tokens, such as `acr`, `auth_time`, `amr`, `sid`. With `sub`, the token is a user's. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** The secret of every client that has one. */
export const CLIENT_SECRET = 'a-secret-of-the-test-clients-only'

/** A client with the key that it signs its assertions with, where it does. */
export interface KnownClient extends IdpClient {
  readonly assertionKey: CryptoKey | undefined
  readonly assertionJwk: JWK | undefined
}

export async function knownClient(client: IdpClient): Promise<KnownClient> {
  if (client.authentication !== 'private_key_jwt') {
    return { ...client, assertionKey: undefined, assertionJwk: undefined }
  }
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  return { ...client, assertionKey: privateKey, assertionJwk: { ...(await exportJWK(publicKey)), alg: 'ES256' } }
}

/** As the provider registers it (RFC 7591 section 2). */
export function registration(client: KnownClient, algorithm: SigningAlgorithm) {
  const { authentication = 'client_secret_basic', assertionJwk, certPem } = client
  const keys = [
    ...(assertionJwk === undefined ? [] : [assertionJwk]),
    ...(certPem === undefined ? [] : [certificateJwk(certPem)]),
  ]
  return {
    client_id: client.id,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    token_endpoint_auth_method: authentication,
    id_token_signed_response_alg: algorithm,
    introspection_signed_response_alg: algorithm,
    ...(authentication.startsWith('client_secret') && { client_secret: CLIENT_SECRET }),
    ...(keys.length > 0 && { jwks: { keys } }),
    ...(client.scope !== undefined && { scope: client.scope }),
    ...(client.certUri !== undefined && { tls_client_auth_san_uri: client.certUri }),
    ...(client.certificateBound && { tls_client_certificate_bound_access_tokens: true }),
    ...(client.dpopBound && { dpop_bound_access_tokens: true }),
  }
}

function certificateJwk(certPem: string): JWK {
  const { publicKey, raw } = new X509Certificate(certPem)
  return {
    ...(publicKey.export({ format: 'jwk' }) as JWK),
    x5c: [raw.toString('base64')],
    'x5t#S256': createHash('sha256').update(raw).digest('base64url'),
  }
}
