import type { Configuration } from 'oidc-provider'
import { type SigningAlgorithm, signingKey } from './idp-keys.js'
import { quietly } from './idp-provider.js'

export interface LogoutProviderOptions {
  readonly issuer: string
  readonly clientId: string
  readonly algorithm: SigningAlgorithm
  /** Whether logout tokens name the session (`backchannel_logout_session_required`). */
  readonly namesSession: boolean
  /** The network between the provider and the client's logout address. */
  readonly deliver: (url: string, init: RequestInit) => Promise<Response>
}

/** A provider that tells its one client itself when a session ends. */
export interface LogoutProvider {
  readonly jwks: { readonly keys: readonly object[] }
  /** Rejects where the client answers anything but 200 or 204. */
  readonly endSession: (sub: string, sid: string) => Promise<void>
}

/** What the provider's types do not tell of its clients. */
interface LogoutClient {
  readonly backchannelLogout: (sub: string, sid: string) => Promise<void>
}

/** oidc-provider without a socket: what it sends goes through `deliver`. */
export async function logoutProvider(options: LogoutProviderOptions): Promise<LogoutProvider> {
  const { issuer, clientId, algorithm, namesSession, deliver } = options
  const { jwk } = await signingKey(algorithm)
  const configuration: Configuration = {
    jwks: { keys: [jwk as never] },
    clients: [
      {
        client_id: clientId,
        token_endpoint_auth_method: 'none',
        redirect_uris: ['https://client.test/back'],
        id_token_signed_response_alg: algorithm,
        backchannel_logout_uri: 'https://client.test/backchannel-logout',
        backchannel_logout_session_required: namesSession,
      },
    ],
    features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: false } },
    fetch: (url, init) => deliver(String(url), init as RequestInit),
  }
  const provider = await quietly(async () => new (await import('oidc-provider')).Provider(issuer, configuration))
  const client = (await provider.Client.find(clientId)) as unknown as LogoutClient
  const { d, p, q, dp, dq, qi, ...publicPart } = jwk
  return {
    jwks: { keys: [publicPart] },
    endSession: (sub, sid) => quietly(() => client.backchannelLogout(sub, sid)),
  }
}
