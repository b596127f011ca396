import { LRUCache } from 'lru-cache'
import { type Denial, unavailable } from '../../decision.js'
import { shown } from '../../lib/options.js'
import type { Certificate } from './certificate.js'
import { PURPOSE } from './certificate-extensions.js'
import { pemCertificates } from './certificate-pem.js'

/** PEM certificates of authorities: text or bytes, one or several. */
export type CertificateBundle = string | Buffer | readonly (string | Buffer)[]

/** Authorities, or a function that gives the current ones and is asked at every request. */
export type TrustedAuthorities = CertificateBundle | (() => CertificateBundle)

interface Path {
  readonly anchors: readonly Certificate[]
  /** The certificates between, which a resumed session does not bring along again. */
  readonly chain: readonly Certificate[]
  readonly validFromMs: number
  readonly validToMs: number
}

/** Certificates between the caller's own and an authority, at most. */
export const MAX_CHAIN = 5
const MAX_AUTHORITIES = 1_000
/** Signatures to look at for one path, at most: a chain may be made to lead astray. */
const MAX_SIGNATURES = 32
const MAX_PATHS = 2_000
const RETRY_AFTER_SECONDS = 1

/** Knows whether there is a path from a certificate to one of the authorities (RFC 5280 section 6). */
export class CertificatePaths {
  readonly #current: () => readonly Certificate[]
  /** By thumbprint; the longest unused forgotten first. */
  readonly #found = new LRUCache<string, Path>({ max: MAX_PATHS })

  /** @throws TypeError naming `option` when the bundle holds no authority, or something else. */
  constructor(option: string, authorities: TrustedAuthorities) {
    this.#current = typeof authorities === 'function' ? rereading(option, authorities) : always(option, authorities)
  }

  /** 503 when the authorities cannot be had; `certificate_untrusted` without a path that holds now. */
  fault(leaf: Certificate, chain: readonly Certificate[], nowMs: number): 'certificate_untrusted' | Denial | undefined {
    let anchors: readonly Certificate[]
    try {
      anchors = this.#current()
    } catch (cause) {
      return unavailable('certificate_authorities_unavailable', RETRY_AFTER_SECONDS, cause)
    }
    const known = this.#found.get(leaf.thumbprint)
    // remembered certificates stand in where none are sent along, and never for others that are
    const isSame = chain.length === 0 || known?.chain.every((certificate) => chain.includes(certificate))
    if (isSame && known?.anchors === anchors && known.validFromMs <= nowMs && nowMs <= known.validToMs) return undefined
    const between = chain.length === 0 ? (known?.chain ?? []) : chain
    const path = new Search(anchors, nowMs).from(leaf, between)
    if (path === undefined) return 'certificate_untrusted'
    this.#found.set(leaf.thumbprint, {
      anchors,
      chain: path.slice(1, -1),
      validFromMs: Math.max(...path.map(({ validFromMs }) => validFromMs)),
      validToMs: Math.min(...path.map(({ validToMs }) => validToMs)),
    })
    return undefined
  }
}

/** @throws TypeError naming `option`. */
export function authoritiesIn(option: string, bundle: CertificateBundle): readonly Certificate[] {
  const certificates = pemCertificates(textOf(option, bundle), MAX_AUTHORITIES)?.certificates
  if (certificates === undefined) throw new TypeError(`${option} holds a certificate that cannot be read`)
  if (certificates.length === 0) throw new TypeError(`${option} holds no certificate`)
  const other = certificates.find((certificate) => !mayIssue(certificate))
  if (other !== undefined) throw new TypeError(`${option}: ${shown(other.subject)} is no certification authority`)
  return certificates
}

function textOf(option: string, bundle: CertificateBundle): string {
  const parts: readonly unknown[] = Array.isArray(bundle) ? bundle : [bundle]
  const isText = (part: unknown) => typeof part === 'string' || Buffer.isBuffer(part)
  if (!parts.every(isText)) throw new TypeError(`${option} must be PEM text or bytes, got ${shown(bundle)}`)
  return parts.map(String).join('\n')
}

function always(option: string, bundle: CertificateBundle): () => readonly Certificate[] {
  const anchors = authoritiesIn(option, bundle)
  return () => anchors
}

/** Reads a bundle again only when its text has changed. */
function rereading(option: string, authorities: () => CertificateBundle): () => readonly Certificate[] {
  let text: string | undefined
  let anchors: readonly Certificate[] = []
  return () => {
    const current = textOf(option, authorities())
    if (current !== text) {
      anchors = authoritiesIn(option, current)
      text = current
    }
    return anchors
  }
}

/** RFC 5280 sections 4.2.1.3 and 4.2.1.9. */
const mayIssue = ({ isCa, keyUsage }: Certificate): boolean => isCa && keyUsage?.keyCertSign !== false

/** Purposes of an authority hold for what it issues, as all TLS libraries read them. */
export const mayIdentifyClients = ({ purposes }: Certificate): boolean =>
  purposes === undefined || purposes.has(PURPOSE.clientAuth) || purposes.has(PURPOSE.any)

class Search {
  readonly #anchors: readonly Certificate[]
  readonly #nowMs: number
  #signaturesLeft = MAX_SIGNATURES

  constructor(anchors: readonly Certificate[], nowMs: number) {
    this.#anchors = anchors
    this.#nowMs = nowMs
  }

  /** From the leaf to an authority, both included. */
  from(leaf: Certificate, between: readonly Certificate[]): readonly Certificate[] | undefined {
    return this.#extend([leaf], between)
  }

  #extend(path: readonly Certificate[], between: readonly Certificate[]): readonly Certificate[] | undefined {
    const anchor = this.#anchors.find((candidate) => this.#continues(path, candidate))
    if (anchor !== undefined) return [...path, anchor]
    if (path.length > MAX_CHAIN) return undefined
    for (const candidate of between) {
      if (path.includes(candidate) || !this.#continues(path, candidate)) continue
      const whole = this.#extend([...path, candidate], between)
      if (whole !== undefined) return whole
    }
    return undefined
  }

  #continues(path: readonly Certificate[], issuer: Certificate): boolean {
    const last = path.at(-1)!
    if (!mayIssue(issuer) || issuer.isBeyond || !mayIdentifyClients(issuer)) return false
    if (!(issuer.validFromMs <= this.#nowMs && this.#nowMs <= issuer.validToMs)) return false
    // section 6.1.4 (l): certificates that an authority issued to itself are not counted
    const below = path.slice(1).filter(({ issuer: by, subject }) => by !== subject).length
    if (issuer.pathLength !== undefined && below > issuer.pathLength) return false
    if (!last.isWellSigned || !last.x509.checkIssued(issuer.x509)) return false
    if (this.#signaturesLeft === 0) return false
    this.#signaturesLeft--
    return isSigned(last, issuer)
  }
}

const MIN_RSA_BITS = 2048

function isSigned(certificate: Certificate, { x509 }: Certificate): boolean {
  try {
    const { publicKey } = x509
    const bits = publicKey.asymmetricKeyDetails?.modulusLength
    return (bits === undefined || bits >= MIN_RSA_BITS) && certificate.x509.verify(publicKey)
  } catch {
    return false // a key that OpenSSL does not read
  }
}
