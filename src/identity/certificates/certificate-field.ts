import { type Certificate, certificateOf } from './certificate.js'
import { pemCertificates } from './certificate-pem.js'
import { lastXfccElement } from './xfcc.js'

/** Fields in which proxies tell the certificate of their client. */
export type CertificateField = 'client-cert' | 'x-forwarded-client-cert' | 'x-ssl-client-cert'

/** A certificate and those that were sent along, in any order. */
export interface CertificateChain {
  readonly leaf: Certificate
  readonly chain: readonly Certificate[]
}

/** Longer values are a fault. */
const MAX_FIELD_LENGTH = 65_536

/** With the leaf, which some lists hold again. */
const MAX_CERTIFICATES = 10

/**
 * What stands in `value`; `none` for a proxy that says its client had no certificate, `no_cert` for an Envoy that tells of
 * it but does not send it; undefined when malformed.
 */
export function certificatesIn(
  field: CertificateField,
  value: string,
  chain: string | undefined,
): CertificateChain | 'none' | 'no_cert' | undefined {
  if (value.length > MAX_FIELD_LENGTH || (chain !== undefined && chain.length > MAX_FIELD_LENGTH)) return undefined
  switch (field) {
    case 'client-cert':
      return byRfc9440(value, chain)
    case 'x-forwarded-client-cert':
      return byEnvoy(value)
    case 'x-ssl-client-cert':
      // nginx leaves an empty variable out, others send it empty
      return value === '' ? 'none' : escapedPem(value, 1)
  }
}

/** RFC 9440 sections 2.1 to 2.3: a byte sequence, and a list of them (RFC 8941 section 3.3.5). */
function byRfc9440(value: string, list: string | undefined): CertificateChain | undefined {
  const leaf = byteSequence(value)
  const items = list === undefined ? [] : list.split(',', MAX_CERTIFICATES + 1)
  if (leaf === undefined || items.length > MAX_CERTIFICATES) return undefined
  const chain = items.map((item) => byteSequence(item.trim()))
  return chain.includes(undefined) ? undefined : { leaf, chain: chain as Certificate[] }
}

const BYTE_SEQUENCE = /^:([A-Za-z0-9+/]+={0,2}):$/

function byteSequence(text: string): Certificate | undefined {
  const [, base64] = BYTE_SEQUENCE.exec(text) ?? []
  return base64 === undefined ? undefined : certificateOf(Buffer.from(base64, 'base64'))
}

/** The certificate itself must be there, since dates and rules are checked here; hash and URIs must be its own. */
function byEnvoy(value: string): CertificateChain | 'no_cert' | undefined {
  const element = lastXfccElement(value)
  if (element === undefined) return undefined
  if (element.cert === undefined) return 'no_cert'
  const own = escapedPem(element.cert, 1)
  const sent = element.chain === undefined ? { certificates: [] } : escapedCertificates(element.chain)
  if (own === undefined || sent === undefined) return undefined
  const { leaf } = own
  if (element.hash !== undefined && element.hash.toLowerCase() !== hexOf(leaf)) return undefined
  if (!element.uris.every((uri) => leaf.names.uri.includes(uri))) return undefined
  return { leaf, chain: sent.certificates.filter((certificate) => certificate !== leaf) }
}

const hexOf = ({ thumbprint }: Certificate): string => Buffer.from(thumbprint, 'base64url').toString('hex')

function escapedPem(text: string, max: number): CertificateChain | undefined {
  const { certificates } = escapedCertificates(text, max) ?? {}
  const [leaf, ...chain] = certificates ?? []
  return leaf === undefined ? undefined : { leaf, chain }
}

function escapedCertificates(text: string, max = MAX_CERTIFICATES) {
  try {
    const found = pemCertificates(decodeURIComponent(text), max)
    return found?.hasMore === false ? found : undefined
  } catch {
    return undefined // a percent sign that escapes nothing
  }
}
