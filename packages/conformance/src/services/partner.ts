import { clientSecretBasic, introspect, introspection, jwt, requireScope } from 'wardline'
import { get } from '../route.js'
import type { Service } from '../service.js'
import { settingsOf, type World } from '../world.js'
import { AUDIENCE, limit } from './guards.js'

/** Asks a certified provider, found by discovery over TLS, in every way that it knows its clients. */
export function partnered(world: World): Service {
  const { idp, clientAuths, network } = world.partner
  const { basic } = clientAuths
  const issuer = { issuer: idp.issuer, audience: AUDIENCE, fetch: network }
  const unknown = clientSecretBasic({ clientId: 'rs-basic', clientSecret: 'the-secret-of-another' })
  return {
    // assertions and signed answers are good for a minute
    settings: settingsOf(world, { clock: Date.now }),
    everyone: limit('address', 10_000),
    mountedAt: 'routes',
    routes: [
      ...Object.entries(clientAuths).map(([name, clientAuth]) =>
        get(`/${name}`, [introspect({ ...issuer, clientAuth }), requireScope('orders:read')]),
      ),
      get('/credentials-refused', [introspect({ ...issuer, clientAuth: unknown })]),
      get('/signed', [introspect({ ...issuer, clientAuth: basic, signedAnswers: true })]),
      get('/both', [jwt({ issuers: [{ ...issuer, introspection: introspection({ clientAuth: basic }) }] })]),
      get('/jwt', [jwt(issuer)]),
    ],
  }
}
