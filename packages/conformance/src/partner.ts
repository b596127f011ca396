import { KeyObject } from 'node:crypto'
import { CLIENT_SECRET, type Idp, startIdp } from '@wardline/test-kit'
import {
  type ClientAuthentication,
  clientSecretBasic,
  clientSecretPost,
  type Fetch,
  mtlsFetch,
  privateKeyJwt,
  tlsClientAuth,
} from 'wardline'
import type { Certificates } from './certificates.js'
import type { Tokens } from './tokens.js'

/** A provider over TLS. It gives opaque tokens beside JWTs, and binds some to the certificate of the connection. */
export interface Partner {
  readonly idp: Idp
  /** Every way to say to it who a service is, by name. */
  readonly clientAuths: Readonly<Record<ClientAuthName, ClientAuthentication>>
  /** A network that believes its authority. */
  readonly network: Fetch
}

export type ClientAuthName = 'basic' | 'post' | 'key' | 'tls' | 'self'

const SERVICE_URI = 'https://orders.example/service'
const GRANTED = { scope: 'orders:read', roles: ['clerk'], tenant: 'acme' }

export async function startPartner({ authority, server }: Certificates): Promise<Partner> {
  const service = await authority.issue({ name: 'orders', uris: [SERVICE_URI] })
  const idp = await startIdp({
    algorithm: 'ES256',
    tls: { cert: server.chainPem, key: server.keyPem, clientCa: authority.certPem },
    clients: [
      { id: 'opaque', format: 'opaque', ...GRANTED },
      { id: 'opaque-user', format: 'opaque', claims: { sub: 'alice' }, ...GRANTED },
      { id: 'jwt', ...GRANTED },
      { id: 'bound', certificateBound: true, ...GRANTED },
      { id: 'bound-opaque', certificateBound: true, format: 'opaque', ...GRANTED },
      { id: 'rs-basic' },
      { id: 'rs-post', authentication: 'client_secret_post' },
      { id: 'rs-key', authentication: 'private_key_jwt' },
      { id: 'rs-tls', authentication: 'tls_client_auth', certUri: SERVICE_URI },
      { id: 'rs-self', authentication: 'self_signed_tls_client_auth', certPem: service.certPem },
    ],
  })
  const tls = { cert: service.chainPem, key: service.keyPem, ca: authority.certPem }
  const key = KeyObject.from(idp.assertionKey('rs-key') as never)
  return {
    idp,
    network: mtlsFetch(tls),
    clientAuths: {
      basic: clientSecretBasic({ clientId: 'rs-basic', clientSecret: CLIENT_SECRET }),
      post: clientSecretPost({ clientId: 'rs-post', clientSecret: CLIENT_SECRET }),
      key: privateKeyJwt({ clientId: 'rs-key', key, algorithm: 'ES256' }),
      tls: tlsClientAuth({ clientId: 'rs-tls', ...tls }),
      self: tlsClientAuth({ clientId: 'rs-self', ...tls }),
    },
  }
}

/** What the token endpoint gives each client. */
export async function partnerTokens({ idp }: Partner, { authority, clients }: Certificates): Promise<Tokens> {
  const ca = authority.certPem
  const { chainPem, keyPem } = clients.svid!
  const bound = { tls: { ca, cert: chainPem, key: keyPem } }
  return {
    'partner-opaque': await idp.token('opaque', { tls: { ca } }),
    'partner-opaque-user': await idp.token('opaque-user', { tls: { ca } }),
    'partner-jwt': await idp.token('jwt', { tls: { ca } }),
    'partner-bound': await idp.token('bound', bound),
    'partner-bound-opaque': await idp.token('bound-opaque', bound),
    'partner-made-up': Buffer.from('a token that nobody has issued').toString('base64url'),
  }
}
