import { createHash, X509Certificate } from 'node:crypto'
import type { TestCertificate } from '@wardline/test-kit'
import { type BoundCertificates, CERTIFICATES, makeCertificates } from '../bound-certificates.js'

interface PublishedCertificate {
  readonly apart: unknown
  readonly certificate: string
  readonly privateKey: string
}

/** What `rfc8705.json` has of certificates. */
interface CertificatesFile {
  readonly verifier: { readonly authority: string }
  readonly certificates: Readonly<Record<string, PublishedCertificate>>
}

/** The certificates that a file has, while they are those that `CERTIFICATES` asks for; otherwise new ones. */
export async function certificatesLike(text: string | undefined): Promise<BoundCertificates> {
  const file = text === undefined ? undefined : (JSON.parse(text) as CertificatesFile)
  if (file === undefined || !isCurrent(file)) return makeCertificates()
  const of = Object.entries(file.certificates).map(([name, { certificate, privateKey }]) => [
    name,
    certificateOf(certificate, privateKey),
  ])
  return { root: certificateOf(file.verifier.authority, ''), of: Object.fromEntries(of) as BoundCertificates['of'] }
}

function isCurrent({ certificates }: CertificatesFile): boolean {
  const asked = Object.entries(CERTIFICATES)
  const has = Object.entries(certificates).map(([name, { apart }]) => [name, apart])
  return JSON.stringify(asked) === JSON.stringify(has)
}

function certificateOf(base64: string, key: string): TestCertificate {
  const der = Buffer.from(base64, 'base64')
  const certPem = new X509Certificate(der).toString()
  return {
    der,
    certPem,
    chainPem: certPem,
    keyPem: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
    thumbprint: createHash('sha256').update(der).digest('base64url'),
  }
}
