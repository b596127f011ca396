import * as oauth from 'oauth4webapi'
import { CLIENT_SECRET, type KnownClient } from './idp-client.js'
import { RESOURCE } from './idp-provider.js'
import { tlsFetch } from './tls-fetch.js'
import type { ClientTls } from './tls-options.js'

export interface TokenRequest {
  /** The key to bind the token to (RFC 9449 section 5). */
  readonly dpop?: oauth.CryptoKeyPair
  /** The connection to ask over; needed where the provider listens with TLS. */
  readonly tls?: ClientTls
}

/** Asks for a token by client credentials (RFC 6749 section 4.4), as the client's registration says. */
export async function clientCredentials(
  issuer: string,
  client: KnownClient,
  { dpop, tls }: TokenRequest = {},
): Promise<string> {
  const as = { issuer, token_endpoint: `${issuer}/token` }
  const me: oauth.Client = { client_id: client.id }
  const handle = dpop && oauth.DPoP(me, dpop)
  const options = {
    ...(tls === undefined ? { [oauth.allowInsecureRequests]: true } : { [oauth.customFetch]: tlsFetch(tls) as never }),
    ...(handle && { DPoP: handle }),
  }
  const parameters = { resource: RESOURCE, ...(client.scope !== undefined && { scope: client.scope }) }
  const ask = async () => {
    const response = await oauth.clientCredentialsGrantRequest(as, me, authenticationOf(client), parameters, options)
    return oauth.processClientCredentialsResponse(as, me, response)
  }
  const answer = await ask().catch((error) => {
    if (oauth.isDPoPNonceError(error)) return ask()
    throw new Error(
      `no token for ${client.id}: ${(error as { error_description?: string }).error_description ?? error}`,
    )
  })
  return answer.access_token
}

function authenticationOf({ authentication, assertionKey }: KnownClient): oauth.ClientAuth {
  if (assertionKey !== undefined) return oauth.PrivateKeyJwt(assertionKey as never)
  switch (authentication) {
    case 'client_secret_post':
      return oauth.ClientSecretPost(CLIENT_SECRET)
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth':
      return oauth.TlsClientAuth()
    default:
      return oauth.ClientSecretBasic(CLIENT_SECRET)
  }
}
