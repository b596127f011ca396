import { type CertificateOptions, createTestCa, LOOPBACK, type TestCa, type TestCertificate } from '@wardline/test-kit'

/** An authority, and what it has issued. */
export interface Certificates {
  /** The one that services trust. */
  readonly authority: TestCa
  /** Of a service that ends TLS itself. */
  readonly server: TestCertificate
  /** By the name that rows write as `certificate`. */
  readonly clients: Readonly<Record<string, TestCertificate>>
  /** As each kind of proxy writes them: `svid-rfc`, `svid-envoy`, `svid-nginx`. */
  readonly fields: Readonly<Record<string, string>>
}

const LEDGER = { uris: ['spiffe://example.org/service/ledger'] }
const HOUR_MS = 3_600_000

const CLIENTS: Readonly<Record<string, CertificateOptions>> = {
  svid: LEDGER,
  'svid-other': { uris: ['spiffe://example.org/person/alice'] },
  'svid-domain': { uris: ['spiffe://example.com/service/ledger'] },
  'svid-two': { uris: [...LEDGER.uris, 'spiffe://example.org/service/admin'] },
  'svid-ca': { ...LEDGER, ca: true },
  'svid-old': { ...LEDGER, notBefore: new Date(0), notAfter: new Date(Date.now() - HOUR_MS) },
  'svid-long': { ...LEDGER, notAfter: new Date(Date.now() + 90 * 24 * HOUR_MS) },
}

export async function makeCertificates(): Promise<Certificates> {
  const [authority, stranger] = await Promise.all([createTestCa(), createTestCa()])
  const between = await authority.intermediate()
  const issued = Object.entries(CLIENTS).map(async ([name, options]) => [name, await authority.issue(options)] as const)
  const clients = {
    ...Object.fromEntries(await Promise.all(issued)),
    'svid-below': await between.issue(LEDGER),
    'svid-stranger': await stranger.issue(LEDGER),
  }
  const written = Object.entries(clients).map(([name, certificate]) => fieldsOf(name, certificate))
  return {
    authority,
    server: await authority.issue(LOOPBACK),
    clients,
    fields: Object.assign({ 'svid-chain': `:${between.der.toString('base64')}:` }, ...written),
  }
}

const fieldsOf = (name: string, { der, certPem }: TestCertificate): Readonly<Record<string, string>> => ({
  [`${name}-rfc`]: `:${der.toString('base64')}:`,
  [`${name}-envoy`]: `By=spiffe://example.org/proxy;Cert="${encodeURIComponent(certPem)}"`,
  [`${name}-nginx`]: encodeURIComponent(certPem),
})
