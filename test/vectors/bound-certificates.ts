import { type CertificateOptions, createTestCa, selfSigned, type TestCertificate } from '@wardline/test-kit'
import { NOW } from '../support/fake-issuer.js'
import { SVID } from './svid.js'

const DAY = 86_400
const at = (seconds: number): Date => new Date((NOW + seconds) * 1000)

/** The authority that the verifier trusts, and one that it does not. */
const AUTHORITY = { notBefore: at(-365 * DAY), notAfter: at(3650 * DAY) } as const satisfies CertificateOptions

/** The certificate of `ledger`, an hour old and good for a day; the others are this one with something changed. */
const LEAF = { ...SVID, notBefore: at(-3600), notAfter: at(DAY) } as const satisfies CertificateOptions

/** One thing that sets a certificate apart from that of `ledger`. */
export interface CertificateChange extends CertificateOptions {
  /** Who signed it. Default: the trusted authority. */
  readonly by?: 'stranger' | 'itself'
}

export const CERTIFICATES = {
  ledger: {},
  renewed: { notAfter: at(2 * DAY) },
  person: { uris: ['spiffe://example.org/person/a'] },
  nobody: { uris: [] },
  otherDomain: { uris: ['spiffe://example.com/service/ledger'] },
  ofStranger: { by: 'stranger' },
  selfSigned: { by: 'itself' },
  expired: { notBefore: at(-2 * DAY), notAfter: at(-1) },
  notYetValid: { notBefore: at(1), notAfter: at(2 * DAY) },
  authority: { ca: true },
  signer: { keyUsage: ['digitalSignature', 'keyCertSign'] },
  keyAgreement: { keyUsage: ['keyAgreement'] },
  serverOnly: { extendedKeyUsage: ['serverAuth'] },
  codeSigner: { extendedKeyUsage: ['codeSigning'] },
  anyPurpose: { extendedKeyUsage: [] },
  rsa: { algorithm: 'RS256' },
  ed25519: { algorithm: 'Ed25519' },
} as const satisfies Readonly<Record<string, CertificateChange>>

export type CertificateName = keyof typeof CERTIFICATES

/** All of `CERTIFICATES`, and the root that the verifier trusts. */
export interface BoundCertificates {
  readonly root: TestCertificate
  readonly of: Readonly<Record<CertificateName, TestCertificate>>
}

/** New ones, with new keys. */
export async function makeCertificates(): Promise<BoundCertificates> {
  const trusted = await createTestCa({ name: 'Services', ...AUTHORITY })
  const stranger = await createTestCa({ name: 'Services', ...AUTHORITY })
  const issue = ({ by, ...change }: CertificateChange): Promise<TestCertificate> => {
    const options = { ...LEAF, ...change }
    return by === 'itself' ? selfSigned(options) : (by === 'stranger' ? stranger : trusted).issue(options)
  }
  const made = await Promise.all(
    Object.entries(CERTIFICATES).map(async ([name, change]) => [name, await legible(() => issue(change))] as const),
  )
  return { root: trusted, of: Object.fromEntries(made) as BoundCertificates['of'] }
}

/** One whose thumbprint tells the two alphabets of base64 apart (RFC 4648 section 5), as three of four do. */
async function legible(issue: () => Promise<TestCertificate>): Promise<TestCertificate> {
  for (;;) {
    const certificate = await issue()
    if (/[-_]/.test(certificate.thumbprint)) return certificate
  }
}
