import { any, certificateSource, dpop, jwt, mtls, requireProof, requireScope } from 'wardline'
import { PUBLIC_ORIGIN } from '../dpop-proofs.js'
import { get, post } from '../route.js'
import type { Service } from '../service.js'
import { PROXY, settingsOf, type World } from '../world.js'
import { AUDIENCE, limit } from './guards.js'

/** Tokens that are bound to a key. Proofs are made before the tables run, so they may be old. */
export function proving(world: World): Service {
  const origin = PUBLIC_ORIGIN
  const signedIn = (proof: ReturnType<typeof dpop>) =>
    jwt({ issuer: world.issuer, audience: AUDIENCE, jwksUri: `${world.issuer}/jwks`, proofs: [proof] })
  const either = signedIn(dpop({ origin, maxAgeSeconds: 600 }))
  const paying = signedIn(dpop({ origin, maxAgeSeconds: 600, nonce: true }))
  const service = mtls({
    source: certificateSource({
      header: 'client-cert',
      trustedProxies: [PROXY],
      ca: world.certificates.authority.certPem,
    }),
    allow: [{ spiffe: { trustDomain: 'example.org', paths: ['/service/*'] } }],
  })
  return {
    settings: settingsOf(world),
    everyone: limit('address', 100_000),
    mountedAt: 'service',
    routes: [
      get('/bound', [either]),
      get('/bound-scope', [either, requireScope('orders:write')]),
      get('/bound-only', [either, requireProof('dpop')]),
      get('/required', [signedIn(dpop({ origin, maxAgeSeconds: 600, required: true, algorithms: ['ES256'] }))]),
      get('/full', [signedIn(dpop({ origin, maxAgeSeconds: 600, replay: { claim: () => 'full' } }))]),
      get('/away', [
        signedIn(dpop({ origin, maxAgeSeconds: 600, replay: { claim: () => Promise.reject(new Error('no store')) } })),
      ]),
      post('/payments', [paying], () => ({ status: 201, body: {} })),
      post('/transfers', [any(service, paying)], () => ({ status: 201, body: {} })),
    ],
  }
}
