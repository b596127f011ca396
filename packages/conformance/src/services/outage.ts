import { CLIENT_SECRET } from '@wardline/test-kit'
import { clientSecretBasic, introspect, jwt, trustedIssuer } from 'wardline'
import { get } from '../route.js'
import type { Service } from '../service.js'
import { CLIENT } from '../tokens.js'
import { settingsOf, type World } from '../world.js'
import { AUDIENCE, limit } from './guards.js'

export const STALE_SECONDS = 120

/** Relies on an issuer that is not always there. */
export function relying(world: World): Service {
  const issuer = { issuer: world.issuer, audience: AUDIENCE }
  const clientAuth = clientSecretBasic({ clientId: CLIENT.id, clientSecret: CLIENT_SECRET })
  return {
    settings: settingsOf(world),
    everyone: limit('address', 10_000),
    mountedAt: 'routes',
    routes: [
      get('/keys', [jwt({ issuers: [trustedIssuer({ ...issuer, onEvent: world.told.note })] })]),
      get('/deny', [introspect({ ...issuer, clientAuth })]),
      get('/stale', [introspect({ ...issuer, clientAuth, onUnavailable: { staleSeconds: STALE_SECONDS } })]),
    ],
  }
}
