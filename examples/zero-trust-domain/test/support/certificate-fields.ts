import { createHash } from 'node:crypto'
import type { CertificateField, TestCertificate } from '@wardline/test-kit'

type Field = readonly [name: string, value: string]
type Certificate = Pick<TestCertificate, 'der' | 'certPem' | 'chainPem'>

export const CERTIFICATE_FIELDS = [
  'client-cert',
  'x-forwarded-client-cert',
  'x-ssl-client-cert',
] as const satisfies readonly CertificateField[]

/** The certificate, alone, as a proxy hands it on. */
export function fieldValue(field: CertificateField, { der, certPem }: Certificate): string {
  switch (field) {
    case 'client-cert':
      return `:${der.toString('base64')}:`
    case 'x-forwarded-client-cert':
      return `Hash=${createHash('sha256').update(der).digest('hex')};Cert="${encodeURIComponent(certPem)}"`
    case 'x-ssl-client-cert':
      return encodeURIComponent(certPem)
  }
}

/** With those above it, where this form can say them. */
export function chainFields(field: CertificateField, certificate: Certificate, above: Certificate): readonly Field[] {
  const alone = [field, fieldValue(field, certificate)] as const
  switch (field) {
    case 'client-cert':
      return [alone, ['client-cert-chain', fieldValue(field, above)]]
    case 'x-forwarded-client-cert':
      return [[field, `${alone[1]};Chain="${encodeURIComponent(certificate.certPem + above.certPem)}"`]]
    case 'x-ssl-client-cert':
      return [[field, encodeURIComponent(certificate.certPem + above.certPem)]]
  }
}
