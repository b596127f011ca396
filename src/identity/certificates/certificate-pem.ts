import { type Certificate, certificateOf } from './certificate.js'

const BEGIN = '-----BEGIN CERTIFICATE-----'
const END = '-----END CERTIFICATE-----'

/** The alphabet of RFC 4648 section 4, by lines. */
const BASE64_LINES = /^[A-Za-z0-9+/=\s]*$/

/** PEM blocks of certificates in `text`, in order (RFC 7468 section 5); undefined where one of them is none. */
export interface PemCertificates {
  readonly certificates: readonly Certificate[]
  /** Whether anything but blocks and white space is there. */
  readonly hasMore: boolean
}

/** @param max - More blocks than this are a fault. */
export function pemCertificates(text: string, max: number): PemCertificates | undefined {
  const certificates: Certificate[] = []
  let hasMore = false
  let offset = 0
  for (;;) {
    const begin = text.indexOf(BEGIN, offset)
    hasMore ||= text.slice(offset, begin === -1 ? undefined : begin).trim() !== ''
    if (begin === -1) return { certificates, hasMore }
    const end = text.indexOf(END, begin)
    const body = end === -1 ? '' : text.slice(begin + BEGIN.length, end)
    const certificate = BASE64_LINES.test(body) ? certificateOf(Buffer.from(body, 'base64')) : undefined
    if (certificate === undefined || certificates.length === max) return undefined
    certificates.push(certificate)
    offset = end + END.length
  }
}
