import { type CertificateField, certificateSource, mtls, refuseForgedCertificates } from 'wardline'
import { get } from '../route.js'
import type { Service } from '../service.js'
import { PROXY, settingsOf, type World } from '../world.js'

/** Services behind a proxy that ends mutual TLS, one route for each field, and one for those that use none. */
export const certified = (world: World): Service => ({
  settings: settingsOf(world),
  everyone: refuseForgedCertificates(sourceOf(world, 'client-cert')),
  mountedAt: 'service',
  routes: [
    get('/open'),
    get('/rfc', [known(world, 'client-cert')]),
    get('/envoy', [known(world, 'x-forwarded-client-cert')]),
    get('/nginx', [known(world, 'x-ssl-client-cert')]),
    get('/socket', [mtls({ allow: 'any-verified', source: certificateSource({ trustedProxies: [PROXY] }) })]),
  ],
})

const sourceOf = ({ certificates }: World, header: CertificateField) =>
  certificateSource({ header, trustedProxies: [PROXY], ca: certificates.authority.certPem })

const known = (world: World, header: CertificateField) =>
  mtls({ source: sourceOf(world, header), allow: [{ spiffe: { trustDomain: 'example.org', paths: ['/service/*'] } }] })
