import { createHash, X509Certificate } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type CertificateExtensions, certificateExtensions } from './certificate-extensions.js'
import { DER, type DerValue, derAt, derMembers, derObjectId } from './der.js'

/** A certificate, read. */
export interface Certificate extends CertificateExtensions {
  readonly x509: X509Certificate
  /** SHA-256 of its DER in base64url, as `x5t#S256` writes it (RFC 8705 section 3.1). */
  readonly thumbprint: string
  readonly validFromMs: number
  /** Inclusive (RFC 5280 section 4.1.2.5). */
  readonly validToMs: number
  /** Who issued it, its parts in order: `C=DE, O=Example, CN=Services`. */
  readonly issuer: string
  readonly subject: string
  /** Whether its signature is of a kind that nobody forges today: no MD5, no SHA-1. */
  readonly isWellSigned: boolean
}

/** Longer than any that is sent in a handshake or fits into a field. */
const MAX_CERTIFICATE_BYTES = 32_768

/** Callers come again. All together take some 16 MiB at most, the longest unused forgotten first. */
const known = new LRUCache<string, Certificate>({ max: 2_000, maxSize: 4 * 1024 * 1024, sizeCalculation: sizeOf })

function sizeOf({ x509 }: Certificate): number {
  return x509.raw.length
}

/** The certificate with this DER; undefined for anything else. Never throws. */
export function certificateOf(der: Buffer): Certificate | undefined {
  if (der.length === 0 || der.length > MAX_CERTIFICATE_BYTES) return undefined
  const thumbprint = createHash('sha256').update(der).digest('base64url')
  const remembered = known.get(thumbprint)
  if (remembered !== undefined) return remembered
  const certificate = read(der, thumbprint)
  if (certificate !== undefined) known.set(thumbprint, certificate)
  return certificate
}

function read(der: Buffer, thumbprint: string): Certificate | undefined {
  const parts = partsOf(der)
  const extensions = parts === undefined ? undefined : certificateExtensions(der, parts.extensions)
  if (parts === undefined || extensions === undefined) return undefined
  try {
    const x509 = new X509Certificate(der)
    // OpenSSL reads PEM as well, and passes over what follows
    if (!x509.raw.equals(der)) return undefined
    const validFromMs = Date.parse(x509.validFrom)
    const validToMs = Date.parse(x509.validTo) + 999
    if (Number.isNaN(validFromMs) || Number.isNaN(validToMs)) return undefined
    const { issuer, subject } = x509
    return Object.freeze({
      ...extensions,
      x509,
      thumbprint,
      validFromMs,
      validToMs,
      issuer: oneLine(issuer),
      subject: oneLine(subject),
      isWellSigned: parts.isWellSigned,
    })
  } catch {
    return undefined
  }
}

/** Node escapes line breaks and commas within the parts of a name. */
const oneLine = (name: string | undefined): string => (name ?? '').split('\n').join(', ')

/** RFC 5280 section 4.1. */
function partsOf(
  der: Buffer,
): { readonly extensions: DerValue | undefined; readonly isWellSigned: boolean } | undefined {
  const whole = derAt(der, 0, der.length)
  if (whole?.tag !== DER.sequence || whole.end !== der.length) return undefined
  const [body, algorithm, signature, ...more] = derMembers(der, whole) ?? []
  if (body?.tag !== DER.sequence || algorithm?.tag !== DER.sequence) return undefined
  if (signature?.tag !== DER.bitString || more.length > 0) return undefined
  const members = derMembers(der, body)
  if (members === undefined) return undefined
  const tagged = members.filter(({ tag }) => tag === EXTENSIONS)
  if (tagged.length > 1 || (tagged.length === 1 && members.at(-1) !== tagged[0])) return undefined
  if (tagged[0] === undefined) return { extensions: undefined, isWellSigned: isStrong(der, algorithm) }
  const [extensions, ...rest] = derMembers(der, tagged[0]) ?? []
  if (extensions === undefined || rest.length > 0) return undefined
  return { extensions, isWellSigned: isStrong(der, algorithm) }
}

const EXTENSIONS = 0xa3

/** ECDSA and RSA with SHA-256, 384 and 512, Ed25519, Ed448. */
const SIGNATURES: readonly string[] = [
  '2a8648ce3d040302',
  '2a8648ce3d040303',
  '2a8648ce3d040304',
  '2a864886f70d01010b',
  '2a864886f70d01010c',
  '2a864886f70d01010d',
  '2b6570',
  '2b6571',
]
const RSASSA_PSS = '2a864886f70d01010a'
const SHA2 = ['608648016503040201', '608648016503040202', '608648016503040203']

function isStrong(der: Buffer, algorithm: DerValue): boolean {
  const [id, params] = derMembers(der, algorithm) ?? []
  const name = derObjectId(der, id)
  if (name === undefined) return false
  if (name !== RSASSA_PSS) return SIGNATURES.includes(name)
  // RFC 4055 section 3.1: the hash is SHA-1 unless the parameters name one
  const hash = params === undefined ? undefined : derMembers(der, params)?.find(({ tag }) => tag === 0xa0)
  const inner = hash === undefined ? undefined : derMembers(der, hash)?.[0]
  const hashId = inner === undefined ? undefined : derObjectId(der, derMembers(der, inner)?.[0])
  return hashId !== undefined && SHA2.includes(hashId)
}
