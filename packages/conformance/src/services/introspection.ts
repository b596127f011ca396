import { clientSecretBasic, introspect, requireScope } from 'wardline'
import { LOOK_UP_ISSUER, lookUp } from '../introspection-answers.js'
import { get } from '../route.js'
import type { Service } from '../service.js'
import { settingsOf, type World } from '../world.js'
import { AUDIENCE, limit } from './guards.js'

/** Tokens that say nothing themselves. */
export const lookingUp = (world: World): Service => {
  const signedIn = introspect({
    issuer: LOOK_UP_ISSUER,
    audience: AUDIENCE,
    endpoint: `${LOOK_UP_ISSUER}/introspect`,
    clientAuth: clientSecretBasic({ clientId: 'orders-service', clientSecret: 'secret-of-the-tables' }),
    fetch: lookUp,
  })
  return {
    settings: settingsOf(world),
    everyone: limit('address', 10_000),
    mountedAt: 'routes',
    routes: [get('/opaque', [signedIn, requireScope('orders:read')])],
  }
}
