import { type CertificateOptions, createTestCa, type TestCertificate } from '@wardline/test-kit'

/** The authority that services trust: made with the tokens, and asked for when a request comes. */
let authority = ''
export const currentAuthority = (): string => authority

const LEDGER = { uris: ['spiffe://example.org/service/ledger'] }
const HOUR_MS = 3_600_000

const CERTIFICATES: Readonly<Record<string, CertificateOptions>> = {
  svid: LEDGER,
  'svid-other': { uris: ['spiffe://example.org/person/alice'] },
  'svid-domain': { uris: ['spiffe://example.com/service/ledger'] },
  'svid-two': { uris: [...LEDGER.uris, 'spiffe://example.org/service/admin'] },
  'svid-ca': { ...LEDGER, ca: true },
  'svid-old': { ...LEDGER, notBefore: new Date(0), notAfter: new Date(Date.now() - HOUR_MS) },
}

/** Certificates as each kind of proxy writes them: `svid-rfc`, `svid-envoy`, `svid-nginx`. */
export async function certificateTokens(): Promise<Readonly<Record<string, string>>> {
  const [ca, stranger] = [await createTestCa(), await createTestCa()]
  authority = ca.certPem
  const between = await ca.intermediate()
  const made = Object.entries(CERTIFICATES).map(async ([name, options]) => fields(name, await ca.issue(options)))
  const below = await between.issue(LEDGER)
  return Object.assign(
    { 'svid-chain': `:${between.der.toString('base64')}:` },
    fields('svid-below', below),
    fields('svid-stranger', await stranger.issue(LEDGER)),
    ...(await Promise.all(made)),
  )
}

const fields = (name: string, { der, certPem }: TestCertificate): Readonly<Record<string, string>> => ({
  [`${name}-rfc`]: `:${der.toString('base64')}:`,
  [`${name}-envoy`]: `By=spiffe://example.org/proxy;Cert="${encodeURIComponent(certPem)}"`,
  [`${name}-nginx`]: encodeURIComponent(certPem),
})
