import { any, apiKey, certificateSource, introspect, jwt, mtls } from 'wardline'
import { keyRecords } from '../api-keys.js'
import { get } from '../route.js'
import type { Service } from '../service.js'
import { PROXY, settingsOf, type World } from '../world.js'
import { AUDIENCE, limit, signedIn } from './guards.js'

/** Ends mutual TLS itself, and takes certificates from the trusted proxy as well. */
export function secured(world: World): Service {
  const { issuer, partner, tlsFiles } = world
  const tls = tlsFiles.server
  const source = certificateSource({ header: 'client-cert', trustedProxies: [PROXY], ca: tls.clientCa })
  const allow = [{ spiffe: { trustDomain: 'example.org', paths: ['/service/*'] } }] as const
  const known = mtls({ source, allow })
  const ours = { issuer, audience: AUDIENCE, jwksUri: `${issuer}/jwks` }
  const theirs = { issuer: partner.idp.issuer, audience: AUDIENCE, fetch: partner.network }
  const keys = keyRecords()
  return {
    settings: settingsOf(world),
    everyone: limit('address', 10_000),
    mountedAt: 'service',
    tls,
    routes: [
      get('/bound', [jwt({ ...ours, proofs: [known] })]),
      get('/required', [jwt({ ...ours, proofs: [mtls({ source, allow, required: true })] })]),
      get('/partner', [jwt({ ...theirs, proofs: [known] })]),
      get('/partner-opaque', [introspect({ ...theirs, clientAuth: partner.clientAuths.basic, proofs: [known] })]),
      get('/svid', [known]),
      get('/ending', [mtls({ source, allow, expiryWarningDays: 30 })]),
      get('/any', [any(signedIn(world), apiKey({ lookup: (id) => keys.get(id), realm: 'reports' }), known)]),
    ],
  }
}
