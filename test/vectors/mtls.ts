import type { TestCertificate } from '@wardline/test-kit'
import type { CertificateField } from '../../src/index.js'

const LEAF = [
  'MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBB',
  'dXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAx',
  'MTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZI',
  'zj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p',
  '5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIw',
  'ADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMC',
  'BsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1w',
  'bGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMje',
  'SkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=',
].join('')

const INTERMEDIATE = [
  'MIIB5jCCAYugAwIBAgIBFjAKBggqhkjOPQQDAjBWMQswCQYDVQQGEwJVUzEbMBkG',
  'A1UECgwSTGV0J3MgQXV0aGVudGljYXRlMSowKAYDVQQDDCFMZXQncyBBdXRoZW50',
  'aWNhdGUgUm9vdCBBdXRob3JpdHkwHhcNMjAwMTE0MjEzMjMwWhcNMzAwMTExMjEz',
  'MjMwWjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxB',
  'IEludGVybWVkaWF0ZSBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJf+aA54',
  'RC5pyLAR5yfXVYmNpgd+CGUTDp2KOGhc0gK91zxhHesEYkdXkpS2UN8Kati+yHtW',
  'CV3kkhCngGyv7RqjZjBkMB0GA1UdDgQWBBRm3WjLa38lbEYCuiCPct0ZaSED2DAf',
  'BgNVHSMEGDAWgBTEA2Q6eecKu9g9yb5glbkhhVINGDASBgNVHRMBAf8ECDAGAQH/',
  'AgEAMA4GA1UdDwEB/wQEAwIBhjAKBggqhkjOPQQDAgNJADBGAiEA5pLvaFwRRkxo',
  'mIAtDIwg9D7gC1xzxBl4r28EzmSO1pcCIQCJUShpSXO9HDIQMUgH69fNDEMHXD3R',
  'RX5gP7kuu2KGMg==',
].join('')

const ROOT = [
  'MIICBjCCAaygAwIBAgIJAKS0yiqKtlhoMAoGCCqGSM49BAMCMFYxCzAJBgNVBAYT',
  'AlVTMRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxKjAoBgNVBAMMIUxldCdz',
  'IEF1dGhlbnRpY2F0ZSBSb290IEF1dGhvcml0eTAeFw0yMDAxMTQyMTI1NDVaFw00',
  'MDAxMDkyMTI1NDVaMFYxCzAJBgNVBAYTAlVTMRswGQYDVQQKDBJMZXQncyBBdXRo',
  'ZW50aWNhdGUxKjAoBgNVBAMMIUxldCdzIEF1dGhlbnRpY2F0ZSBSb290IEF1dGhv',
  'cml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABFoaHU+Z5bPKmGzlYXtCf+E6',
  'HYj62fORaHDOrt+yyh3H/rTcs7ynFfGn+gyFsrSP3Ez88rajv+U2NfD0o0uZ4Pmj',
  'YzBhMB0GA1UdDgQWBBTEA2Q6eecKu9g9yb5glbkhhVINGDAfBgNVHSMEGDAWgBTE',
  'A2Q6eecKu9g9yb5glbkhhVINGDAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQE',
  'AwIBhjAKBggqhkjOPQQDAgNIADBFAiEAmAeg1ycKHriqHnaD4M/UDBpQRpkmdcRF',
  'YGMg1Qyrkx4CIB4ivz3wQcQkGhcsUZ1SOImd/lq1Q0FLf09rGfLQPWDc',
].join('')

/** RFC 9440 appendix A: a client certificate and its chain, as the proxy hands them on. */
export const RFC9440_EXAMPLE = {
  leaf: LEAF,
  clientCert: `:${LEAF}:`,
  clientCertChain: `:${INTERMEDIATE}:, :${ROOT}:`,
  rootPem: `-----BEGIN CERTIFICATE-----\n${ROOT}\n-----END CERTIFICATE-----\n`,
  email: 'bdc@example.com',
  issuer: "O=Let's Authenticate, CN=LA Intermediate CA",
  /** 2020-06-01: the leaf ended in January 2021. */
  validAtMs: Date.UTC(2020, 5, 1),
} as const

type Lines = readonly (readonly [name: string, value: string])[]

/** How a proxy writes a good certificate into each field. */
export const fieldLines = (field: CertificateField, { der, certPem }: TestCertificate): Lines => {
  switch (field) {
    case 'client-cert':
      return [[field, `:${der.toString('base64')}:`]]
    case 'x-forwarded-client-cert':
      return [[field, `By=spiffe://example.org/me;Cert="${encodeURIComponent(certPem)}"`]]
    case 'x-ssl-client-cert':
      return [[field, encodeURIComponent(certPem)]]
  }
}

/** One thing wrong with the field of a proxy each. */
export interface RefusedField {
  readonly input: string
  readonly field: CertificateField
  readonly lines: Lines
  readonly code: string
}

export function refusedFields(leaf: TestCertificate, other: TestCertificate): readonly RefusedField[] {
  const base64 = leaf.der.toString('base64')
  const pem = encodeURIComponent(leaf.certPem)
  const row =
    (field: CertificateField) =>
    (input: string, value: string, code = 'certificate_header_malformed'): RefusedField => ({
      input: `${field}: ${input}`,
      field,
      lines: [[field, value]],
      code,
    })
  const rfc9440 = row('client-cert')
  const envoy = row('x-forwarded-client-cert')
  const nginx = row('x-ssl-client-cert')
  return [
    // RFC 9440 section 2.1, RFC 8941 section 3.3.5
    rfc9440('empty', ''),
    rfc9440('without colons', base64),
    rfc9440('an open colon', `:${base64}`),
    rfc9440('a string', `"${base64}"`),
    rfc9440('no bytes', '::'),
    rfc9440('URL-safe alphabet', `:${'-_'.repeat(40)}:`),
    rfc9440('a space within', `:${base64.slice(0, 8)} ${base64.slice(8)}:`),
    rfc9440('no certificate', `:${Buffer.from('certificate').toString('base64')}:`),
    rfc9440('PEM', `:${Buffer.from(leaf.certPem).toString('base64')}:`),
    rfc9440('bytes behind it', `:${Buffer.concat([leaf.der, Buffer.from([0])]).toString('base64')}:`),
    rfc9440('cut short', `:${leaf.der.subarray(0, -1).toString('base64')}:`),
    rfc9440('two in a list', `:${base64}:, :${base64}:`),
    rfc9440('a parameter', `:${base64}:;a=1`),
    rfc9440('too long', `:${'A'.repeat(70_000)}:`),
    // RFC 9440 section 2.2 and 2.3
    {
      ...rfc9440('a chain that is none', ''),
      lines: [...fieldLines('client-cert', leaf), ['client-cert-chain', ':AA:']],
    },
    { ...rfc9440('a chain alone', ''), lines: [['client-cert-chain', `:${base64}:`]] },
    {
      ...rfc9440('a chain of eleven', ''),
      lines: [
        ...fieldLines('client-cert', leaf),
        ['client-cert-chain', Array.from({ length: 11 }, () => `:${base64}:`).join(', ')],
      ],
    },
    {
      ...rfc9440('two lines', ''),
      lines: [...fieldLines('client-cert', leaf), ...fieldLines('client-cert', leaf)],
      code: 'certificate_header_repeated',
    },
    {
      ...rfc9440('two lines of the chain', ''),
      lines: [
        ...fieldLines('client-cert', leaf),
        ['client-cert-chain', `:${base64}:`],
        ['client-cert-chain', `:${base64}:`],
      ],
      code: 'certificate_header_repeated',
    },
    // Envoy, x-forwarded-client-cert
    envoy('empty', ''),
    envoy('no certificate', 'By=spiffe://example.org/me;URI=spiffe://example.org/service/a'),
    envoy('an open quote', `Cert="${pem}`),
    envoy('a key that there is not', `Cert="${pem}";Role=admin`),
    envoy('two certificates', `Cert="${pem}";Cert="${pem}"`),
    envoy('a hash of another', `Hash=${'0'.repeat(64)};Cert="${pem}"`),
    envoy('a URI of another', `Cert="${pem}";URI=spiffe://example.org/service/admin`),
    envoy('a chain that is none', `Cert="${pem}";Chain="none"`),
    envoy('text behind a quote', `Cert="${pem}"x`),
    envoy('a malformed element ahead', `Cert="x,Cert="${pem}"`),
    envoy('a last element without certificate', `Cert="${pem}",By=spiffe://example.org/me`),
    {
      ...envoy('two lines', ''),
      lines: [...fieldLines('x-forwarded-client-cert', other), ...fieldLines('x-forwarded-client-cert', leaf)],
      code: 'certificate_header_repeated',
    },
    // nginx, $ssl_client_escaped_cert
    nginx('text', 'certificate'),
    nginx('(null)', '(null)'),
    nginx('a lone percent sign', `${pem}%`),
    nginx('no end', pem.slice(0, -40)),
    nginx('two certificates', pem + encodeURIComponent(other.certPem)),
    nginx('text ahead', `x${pem}`),
    nginx('a character of another alphabet', pem.replace('CERTIFICATE-----%0A', 'CERTIFICATE-----%0A!')),
    {
      ...nginx('two lines', ''),
      lines: [...fieldLines('x-ssl-client-cert', other), ...fieldLines('x-ssl-client-cert', leaf)],
      code: 'certificate_header_repeated',
    },
  ]
}
