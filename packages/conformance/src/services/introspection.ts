import { clientSecretBasic, introspect, requireScope } from 'wardline'
import { LOOK_UP_CLIENT, LOOK_UP_ISSUER, LOOK_UP_KEYS, lookUp } from '../introspection-answers.js'
import { get } from '../route.js'
import type { Service } from '../service.js'
import { settingsOf, type World } from '../world.js'
import { AUDIENCE, limit } from './guards.js'

/** Tokens that say nothing themselves. */
export const lookingUp = (world: World): Service => {
  const options = {
    issuer: LOOK_UP_ISSUER,
    audience: AUDIENCE,
    endpoint: `${LOOK_UP_ISSUER}/introspect`,
    clientAuth: clientSecretBasic({ clientId: LOOK_UP_CLIENT, clientSecret: 'secret-of-the-tables' }),
    jwks: LOOK_UP_KEYS,
    fetch: lookUp,
  }
  return {
    settings: settingsOf(world, { clock: Date.now }),
    everyone: limit('address', 10_000),
    mountedAt: 'routes',
    routes: [
      get('/opaque', [introspect(options), requireScope('orders:read')]),
      // an answer that does not hold is an outage: each has a guard that knows of no other
      ...SIGNED.map((name) => get(`/${name}`, [introspect({ ...options, signedAnswers: true })])),
    ],
  }
}

/** Tokens that are asked about where answers must be signed. */
const SIGNED = [
  'signed-alice',
  'signed-inactive',
  'signed-forged',
  'signed-typ',
  'signed-other-issuer',
  'signed-other-client',
  'signed-old',
  'opaque-alice',
]
