import { type Certificates, ledgerReader } from '@wardline/example-zero-trust-domain/certificates'
import { CLIENT_SECRET, type ClientTls, type Idp, startIdp, type TestCertificate, tlsFetch } from '@wardline/test-kit'
import * as oauth from 'oauth4webapi'

const AUDIENCE = 'zero-trust-api'
export const TRUST_DOMAIN = 'example.org'

/** Two identity providers, and what their clients hold. */
export interface Issuers {
  /** Of people and services: its tokens are JWTs. */
  readonly people: Idp
  /** Of partners: most of its tokens are opaque. */
  readonly partners: Idp
  /** As ISSUERS has them. */
  readonly configured: readonly object[]
}

export async function startIssuers({ ca, server }: Certificates): Promise<Issuers> {
  const tls = { cert: server.chainPem, key: server.keyPem, clientCa: ca }
  const common = { audience: AUDIENCE, algorithm: 'ES256', tls } as const
  const now = Math.floor(Date.now() / 1000)
  const app = { scope: 'accounts:read payments:write', dpopBound: true }
  const people = await startIdp({
    ...common,
    clients: [
      { id: 'app', ...app, claims: { sub: 'alice', sid: 's-alice', acr: 'urn:example:mfa', auth_time: now } },
      { id: 'old-app', ...app, claims: { sub: 'bob', acr: 'urn:example:password', auth_time: now - 3600 } },
      { id: 'plain-app', scope: 'accounts:read', claims: { sub: 'carol' } },
      {
        id: 'ledger-reader',
        scope: 'ledger:read',
        authentication: 'tls_client_auth',
        certUri: ledgerReader(TRUST_DOMAIN),
        certificateBound: true,
      },
      { id: 'reporter', scope: 'reports:read', authentication: 'private_key_jwt' },
    ],
  })
  const partners = await startIdp({
    ...common,
    clients: [
      { id: 'zero-trust' },
      { id: 'partner', scope: 'partner:read', format: 'opaque' },
      { id: 'jwt-partner', scope: 'partner:read' },
    ],
  })
  const introspected = { mode: 'introspection', clientId: 'zero-trust', clientSecret: CLIENT_SECRET }
  return {
    people,
    partners,
    configured: [
      { issuer: people.issuer, audience: AUDIENCE, mode: 'jwt' },
      { issuer: partners.issuer, audience: AUDIENCE, ...introspected },
    ],
  }
}

/** How clients connect: they trust the demo's authority, and some of them show a certificate. */
export const connection = ({ ca }: Certificates, own?: TestCertificate): ClientTls => ({
  ca,
  ...(own !== undefined && { cert: own.chainPem, key: own.keyPem }),
})

/** The partner takes its token back (RFC 7009). */
export async function revoke({ partners }: Issuers, token: string, tls: ClientTls): Promise<void> {
  const { issuer } = partners
  const as = { issuer, revocation_endpoint: `${issuer}/token/revocation` }
  const options = { [oauth.customFetch]: tlsFetch(tls) as never }
  const secret = oauth.ClientSecretBasic(CLIENT_SECRET)
  const response = await oauth.revocationRequest(as, { client_id: 'partner' }, secret, token, options)
  await oauth.processRevocationResponse(response)
}
