import {
  all,
  any,
  apiKey,
  backChannelLogout,
  clientSecretBasic,
  dpop,
  introspect,
  jwt,
  memoryRevocationStore,
  protectedResource,
  type RevocationStore,
  requireAuthentication,
  requireScope,
  responseHeaders,
  revokeTokens,
  type TokensToRevoke,
  trustedIssuer,
  wellFormed,
} from 'wardline'
import { get, post, remove } from '../route.js'
import type { Reply, Service } from '../service.js'
import { settingsOf, type World } from '../world.js'
import { AUDIENCE, limit } from './guards.js'

/** A service that says what it is, and that its issuer tells of the end of sessions. */
export const sessions = (world: World): Service => {
  const { issuer } = world
  const resource = protectedResource({
    resource: 'https://orders.example/v1',
    authorizationServers: issuer,
    scopes: ['orders:read', 'orders:write'],
    dpopAlgorithms: ['ES256'],
  })
  const idp = trustedIssuer({ issuer, audience: AUDIENCE, jwksUri: `${issuer}/jwks` })
  const revocation = memoryRevocationStore()
  const signedIn = jwt({ issuers: [idp], revocation })
  const logout = (options: Partial<Parameters<typeof backChannelLogout>[0]> = {}) =>
    backChannelLogout({ issuers: [idp], revocation, ...options })
  const revoke = async (tokens: TokensToRevoke): Promise<Reply> => {
    await revokeTokens(revocation, tokens, { nowMs: world.clock() })
    return { status: 204 }
  }
  const clientAuth = clientSecretBasic({ clientId: 'orders', clientSecret: 'unused' })
  return {
    settings: settingsOf(world, { resource }),
    everyone: all(responseHeaders(), limit('address', 100_000), wellFormed()),
    mountedAt: 'service',
    routes: [
      get(resource.path, [resource], 'answer'),
      post('/metadata', [resource], 'answer'),
      post('/backchannel-logout', [logout()], 'answer'),
      get('/backchannel-logout', [logout()], 'answer'),
      post('/logout/store-away', [logout({ revocation: AWAY })], 'answer'),
      post('/logout/replay-full', [logout({ replay: { claim: () => 'full' } })], 'answer'),
      post('/logout/no-keys', [logout({ issuers: [{ issuer, audience: AUDIENCE, fetch: noNetwork }] })], 'answer'),
      remove('/tokens/:id', [], ({ params }) => revoke({ by: 'token', issuer, tokenId: idIn(params) })),
      remove('/clients/:id', [], ({ params }) => revoke({ by: 'client', issuer, client: idIn(params) })),
      get('/me', [signedIn]),
      get('/revocation-away', [jwt({ issuers: [idp], revocation: AWAY })]),
      get('/write', [signedIn, requireScope('orders:write')]),
      get('/strong', [signedIn, requireAuthentication({ acr: ['urn:example:mfa'] })]),
      get('/proven', [jwt({ issuers: [idp], proofs: [dpop({ origin: 'https://orders.example' })] })]),
      get('/opaque', [
        introspect({ issuer, audience: AUDIENCE, clientAuth, endpoint: `${issuer}/token/introspection` }),
      ]),
      get('/either', [any(signedIn, apiKey({ lookup: () => undefined, realm: 'orders' }))]),
      get('/no-keys', [jwt({ issuer, audience: AUDIENCE, fetch: noNetwork })]),
    ],
  }
}

const idIn = (params: unknown): string => (params as { readonly id: string }).id

const fail = (): never => {
  throw new Error('connect ECONNREFUSED 10.0.0.9:6379')
}

const AWAY: RevocationStore = { revoke: async () => fail(), isRevoked: async () => fail() }

const noNetwork = async (): Promise<never> => fail()
