import { type CertificateField, certificateSource, mtls, refuseForgedCertificates } from 'wardline'
import { currentAuthority } from '../certificates.js'
import { get } from '../route.js'
import type { Service } from '../service.js'
import { PROXY, settingsOf, type World } from '../world.js'

/** Services behind a proxy that ends mutual TLS, one route for each field, and one for those that use none. */
export const certified = (world: World): Service => ({
  settings: settingsOf(world),
  everyone: refuseForgedCertificates(sourceOf('client-cert')),
  mountedAt: 'service',
  routes: [
    get('/open'),
    get('/rfc', [known('client-cert')]),
    get('/envoy', [known('x-forwarded-client-cert')]),
    get('/nginx', [known('x-ssl-client-cert')]),
    get('/socket', [mtls({ allow: 'any-verified', source: certificateSource({ trustedProxies: [PROXY] }) })]),
  ],
})

const sourceOf = (header: CertificateField) =>
  certificateSource({ header, trustedProxies: [PROXY], ca: currentAuthority })

const known = (header: CertificateField) =>
  mtls({ source: sourceOf(header), allow: [{ spiffe: { trustDomain: 'example.org', paths: ['/service/*'] } }] })
