import { canonicalAddress } from '../../lib/address.js'
import { knownOptions, nonEmptyStrings, oneOf, shown } from '../../lib/options.js'
import { isThumbprint } from '../../lib/thumbprint.js'
import type { Certificate } from './certificate.js'
import type { AlternativeNames } from './certificate-extensions.js'
import { isTrustDomain, trustDomainId } from './spiffe-id.js'
import { pathPattern } from './spiffe-path.js'
import { type SvidFault, svidOf } from './x509-svid.js'

/** Who is let in. All members of one rule must hold together. */
export interface CertificateRule {
  /** An X509-SVID of this trust domain. */
  readonly spiffe?: SpiffeRule | undefined
  /** Subject alternative names, each one of those listed, compared exactly; those of DNS without regard to case. */
  readonly san?: { readonly [K in keyof AlternativeNames]?: string | readonly string[] | undefined } | undefined
  /** Name of the issuer, its parts in order, such as `C=DE, O=Example, CN=Services`. One of those listed. */
  readonly issuer?: string | readonly string[] | undefined
  /** SHA-256 of the certificate's DER in base64url. One of those listed. */
  readonly thumbprint?: string | readonly string[] | undefined
}

/** X509-SVIDs of one trust domain (X509-SVID section 2). */
export interface SpiffeRule {
  /** Its name, such as `example.org`. */
  readonly trustDomain: string
  /** Patterns of paths: `*` for one segment, a last `**` for one or more. Default: every path. */
  readonly paths?: readonly string[] | undefined
}

/** What a certificate is known by. */
export interface CertificateIdentity {
  readonly id: string
  readonly issuer: string
}

/** Where the id of a caller comes from that no SPIFFE ID names. */
export type CertificateIdentityKind = keyof AlternativeNames | 'subject' | 'thumbprint'

/** Whom a certificate names, or why it is not let in. */
export type CertificateVerdict = CertificateIdentity | RuleFault

type RuleFault = SvidFault | 'certificate_not_allowed' | 'certificate_identity_missing'

type Check = (certificate: Certificate) => string | undefined

interface CheckedRule {
  readonly spiffe: ((certificate: Certificate) => CertificateVerdict) | undefined
  /** A name that the rule matched; undefined when one of its members does not hold. */
  readonly names: readonly Check[]
  readonly holds: readonly ((certificate: Certificate) => boolean)[]
}

/**
 * Judges certificates that have been verified.
 *
 * @throws TypeError for an empty list, an empty rule, and for names and patterns that no certificate could match.
 */
export function certificateRules(
  allow: 'any-verified' | readonly CertificateRule[],
  kind: CertificateIdentityKind | undefined,
): (certificate: Certificate) => CertificateVerdict {
  const chosen = kind === undefined ? undefined : oneOf('identity', kind, IDENTITIES)
  if (allow === 'any-verified') return (certificate) => named(certificate, chosen, undefined)
  if (!Array.isArray(allow) || allow.length === 0) {
    throw new TypeError(`allow must be a list of rules or 'any-verified', got ${shown(allow)}`)
  }
  const rules = allow.map(checkedRule)
  return (certificate) => {
    let fault: RuleFault = 'certificate_not_allowed'
    for (const rule of rules) {
      const verdict = judged(certificate, rule, chosen)
      if (typeof verdict !== 'string') return verdict
      if (fault === 'certificate_not_allowed') fault = verdict
    }
    return fault
  }
}

const KINDS = ['uri', 'dns', 'email', 'ip'] as const
const IDENTITIES = [...KINDS, 'subject', 'thumbprint'] as const

function judged(
  certificate: Certificate,
  { spiffe, names, holds }: CheckedRule,
  chosen: CertificateIdentityKind | undefined,
): CertificateVerdict {
  if (!holds.every((check) => check(certificate))) return 'certificate_not_allowed'
  const matched = names.map((check) => check(certificate))
  if (matched.includes(undefined)) return 'certificate_not_allowed'
  return spiffe?.(certificate) ?? named(certificate, chosen, matched[0])
}

/** The name that the rule matched, unless another kind was chosen; of several names of a kind none is taken. */
function named(
  certificate: Certificate,
  chosen: CertificateIdentityKind | undefined,
  matched: string | undefined,
): CertificateVerdict {
  const { issuer, names, subject, thumbprint } = certificate
  if (chosen === undefined && matched !== undefined) return { id: matched, issuer }
  const kind = chosen ?? KINDS.find((candidate) => names[candidate].length > 0) ?? 'subject'
  if (kind === 'thumbprint') return { id: thumbprint, issuer }
  const ids = kind === 'subject' ? [subject] : names[kind]
  return ids.length === 1 && ids[0] !== '' ? { id: ids[0]!, issuer } : 'certificate_identity_missing'
}

function checkedRule(rule: CertificateRule): CheckedRule {
  knownOptions('allow', rule, ['spiffe', 'san', 'issuer', 'thumbprint'])
  const { spiffe, san = {}, issuer, thumbprint } = rule
  knownOptions('allow.san', san, KINDS)
  const names = KINDS.filter((kind) => san[kind] !== undefined).map((kind) => nameCheck(kind, san[kind]!))
  const holds: ((certificate: Certificate) => boolean)[] = []
  if (issuer !== undefined) {
    const issuers = nonEmptyStrings('allow.issuer', issuer)
    holds.push((certificate) => issuers.includes(certificate.issuer))
  }
  if (thumbprint !== undefined) {
    const thumbprints = nonEmptyStrings('allow.thumbprint', thumbprint).map(checkedThumbprint)
    holds.push((certificate) => thumbprints.includes(certificate.thumbprint))
  }
  if (spiffe === undefined && names.length + holds.length === 0) throw new TypeError('allow: a rule must not be empty')
  return { spiffe: spiffe === undefined ? undefined : spiffeCheck(spiffe), names, holds }
}

function checkedThumbprint(text: string): string {
  if (isThumbprint(text)) return text
  throw new TypeError(`allow.thumbprint must be a SHA-256 in base64url, got ${shown(text)}`)
}

function nameCheck(kind: keyof AlternativeNames, wanted: string | readonly string[]): Check {
  const spelled = SPELLING[kind]
  const list = nonEmptyStrings(`allow.san.${kind}`, wanted).map((name) => {
    const spelling = spelled(name)
    if (spelling === undefined) throw new TypeError(`allow.san.${kind} is no address: ${shown(name)}`)
    return spelling
  })
  return ({ names }) =>
    names[kind].map((name) => spelled(name)).find((name) => name !== undefined && list.includes(name))
}

const asIs = (name: string) => name

const SPELLING: Readonly<Record<keyof AlternativeNames, (name: string) => string | undefined>> = {
  uri: asIs,
  dns: (name) => name.toLowerCase(),
  email: asIs,
  ip: canonicalAddress,
}

function spiffeCheck(rule: SpiffeRule): (certificate: Certificate) => CertificateVerdict {
  knownOptions('allow.spiffe', rule, ['trustDomain', 'paths'])
  const { trustDomain } = rule
  if (!isTrustDomain(trustDomain)) {
    throw new TypeError(`allow.spiffe.trustDomain must be the name of a trust domain, got ${shown(trustDomain)}`)
  }
  const issuer = trustDomainId(trustDomain)
  const patterns =
    rule.paths === undefined ? undefined : nonEmptyStrings('allow.spiffe.paths', rule.paths).map(pathPattern)
  return (certificate) => {
    const svid = svidOf(certificate)
    if (typeof svid === 'string') return svid
    const isAllowed = svid.trustDomain === trustDomain && patterns?.some((matches) => matches(svid.path)) !== false
    return isAllowed ? { id: `${issuer}${svid.path}`, issuer } : 'certificate_not_allowed'
  }
}
