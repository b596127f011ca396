import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CertificateOptions, createTestCa, LOOPBACK, type TestCertificate } from '@wardline/test-kit'

/** Certificates to try the service with; nobody else trusts their authority. PEM files of these names, and `<name>-key.pem`. */
export interface Certificates {
  /** Authority of them all, as PEM. */
  readonly ca: string
  /** Of the service itself, and of issuers: for 127.0.0.1 and localhost. */
  readonly server: TestCertificate
  /** An X509-SVID of a service that may read the ledger. */
  readonly ledger: TestCertificate
  /** An X509-SVID of the same trust domain that is no service's. */
  readonly guest: TestCertificate
}

/** URI of the one that may read the ledger. */
export const ledgerReader = (trustDomain: string): string => `spiffe://${trustDomain}/service/ledger-reader`

/** Makes an authority and what it issues, and writes all but the authority's key into `folder`. */
export async function writeCertificates(folder: string, trustDomain: string): Promise<Certificates> {
  const ca = await createTestCa({ name: 'Zero Trust Example CA' })
  const issue = (name: string, options: CertificateOptions) => ca.issue({ name, ...options })
  const made = {
    server: await issue('zero-trust', LOOPBACK),
    ledger: await issue('ledger-reader', { uris: [ledgerReader(trustDomain)] }),
    guest: await issue('guest', { uris: [`spiffe://${trustDomain}/guest`] }),
  }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(join(folder, 'ca.pem'), ca.certPem)
  for (const [name, { chainPem, keyPem }] of Object.entries(made)) {
    await writeFile(join(folder, `${name}.pem`), chainPem)
    await writeFile(join(folder, `${name}-key.pem`), keyPem, { mode: 0o600 })
  }
  return { ca: ca.certPem, ...made }
}
