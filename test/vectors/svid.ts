import type { CertificateOptions } from '@wardline/test-kit'

export const TRUST_DOMAIN = 'example.org'
export const SVID = { uris: [`spiffe://${TRUST_DOMAIN}/service/ledger`] } as const satisfies CertificateOptions

/** One field of a good X509-SVID changed each, and the code of the refusal. */
export interface RefusedSvid {
  readonly input: string
  readonly change: CertificateOptions
  readonly code: string
}

const id = (input: string, uri: string, code = 'svid_id_invalid'): RefusedSvid => ({
  input: `${input}: ${uri.slice(0, 60)}`,
  change: { uris: [uri] },
  code,
})

export const REFUSED_SVIDS: readonly RefusedSvid[] = [
  // X509-SVID section 2: exactly one URI
  { input: 'no URI', change: { uris: [] }, code: 'svid_uri_count' },
  { input: 'a DNS name instead', change: { uris: [], dns: ['example.org'] }, code: 'svid_uri_count' },
  { input: 'two URIs', change: { uris: [...SVID.uris, 'https://example.org/'] }, code: 'svid_uri_count' },
  { input: 'the same URI twice', change: { uris: [...SVID.uris, ...SVID.uris] }, code: 'svid_uri_count' },
  // SPIFFE-ID section 2
  id('another scheme', 'https://example.org/service/ledger'),
  id('a scheme in capitals', 'SPIFFE://example.org/service/ledger'),
  id('no trust domain', 'spiffe:///service/ledger'),
  id('capitals in the trust domain', 'spiffe://Example.org/service/ledger'),
  id('a port', 'spiffe://example.org:443/service/ledger'),
  id('a user', 'spiffe://me@example.org/service/ledger'),
  id('a query', 'spiffe://example.org/service/ledger?a=1'),
  id('a fragment', 'spiffe://example.org/service/ledger#a'),
  id('percent-encoding', 'spiffe://example.org/service/%6cedger'),
  id('an empty segment', 'spiffe://example.org/service//ledger'),
  id('a dot segment', 'spiffe://example.org/service/./ledger'),
  id('two dots', 'spiffe://example.org/service/../ledger'),
  id('a slash at the end', 'spiffe://example.org/service/ledger/'),
  id('too long', `spiffe://example.org/service/${'a'.repeat(2048)}`),
  id('a trust domain too long', `spiffe://${'a'.repeat(256)}/service/ledger`),
  // X509-SVID section 5.2: a leaf has a path
  id('the trust domain itself', 'spiffe://example.org'),
  // X509-SVID section 4.1: no leaf is an authority
  {
    input: 'CA, and says so in its key usage',
    change: { ca: true, keyUsage: ['digitalSignature', 'keyCertSign'] },
    code: 'certificate_is_ca',
  },
  { input: 'CA without that key usage', change: { ca: true }, code: 'certificate_is_ca' },
  // X509-SVID section 4.3
  { input: 'keyCertSign', change: { keyUsage: ['digitalSignature', 'keyCertSign'] }, code: 'certificate_is_ca' },
  { input: 'cRLSign', change: { keyUsage: ['digitalSignature', 'cRLSign'] }, code: 'svid_key_usage' },
  { input: 'no key usage', change: { keyUsage: [] }, code: 'svid_key_usage' },
  { input: 'no digitalSignature', change: { keyUsage: ['keyAgreement'] }, code: 'certificate_purpose' },
  // X509-SVID section 4.4
  { input: 'serverAuth only', change: { extendedKeyUsage: ['serverAuth'] }, code: 'certificate_purpose' },
  { input: 'clientAuth only', change: { extendedKeyUsage: ['clientAuth'] }, code: 'svid_purpose' },
  { input: 'codeSigning', change: { extendedKeyUsage: ['codeSigning'] }, code: 'certificate_purpose' },
  // of another, and for another
  id('another trust domain', 'spiffe://example.com/service/ledger', 'certificate_not_allowed'),
  id('a longer trust domain', 'spiffe://example.org.evil/service/ledger', 'certificate_not_allowed'),
  id('another path', 'spiffe://example.org/person/ledger', 'certificate_not_allowed'),
  id('a longer first segment', 'spiffe://example.org/services/ledger', 'certificate_not_allowed'),
  id('the folder itself', 'spiffe://example.org/service', 'certificate_not_allowed'),
  id('a deeper path', 'spiffe://example.org/service/ledger/admin', 'certificate_not_allowed'),
  // RFC 5280 section 4.1.2.5
  {
    input: 'expired',
    change: { notBefore: new Date(Date.now() - 7_200_000), notAfter: new Date(Date.now() - 3_600_000) },
    code: 'certificate_expired',
  },
  {
    input: 'not valid yet',
    change: { notBefore: new Date(Date.now() + 3_600_000) },
    code: 'certificate_not_yet_valid',
  },
]

/** And nothing wrong. */
export const ACCEPTED_SVIDS: readonly { readonly input: string; readonly change: CertificateOptions }[] = [
  { input: 'as it should be', change: {} },
  { input: 'no extended key usage', change: { extendedKeyUsage: [] } },
  { input: 'no basic constraints', change: { ca: null } },
  { input: 'DNS names beside', change: { dns: ['ledger.example.org'] } },
  { input: 'an RSA key', change: { algorithm: 'RS256' } },
  { input: 'an Ed25519 key', change: { algorithm: 'Ed25519' } },
]
