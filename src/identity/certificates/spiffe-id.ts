/** A SPIFFE ID, taken apart. */
export interface SpiffeId {
  /** Without the scheme, such as `example.org`. */
  readonly trustDomain: string
  /** From its slash on; empty for the ID of the trust domain itself. */
  readonly path: string
}

const SCHEME = 'spiffe://'
const MAX_LENGTH = 2048
const MAX_TRUST_DOMAIN_LENGTH = 255

/** SPIFFE-ID section 2: no port, userinfo, query, fragment or percent-encoding, and no empty segment. */
const SPIFFE_ID = /^spiffe:\/\/([a-z0-9._-]+)((?:\/[A-Za-z0-9._-]+)*)$/

const DOT_SEGMENT = /\/\.\.?(?=\/|$)/

/** The parts of a SPIFFE ID (SPIFFE-ID section 2); undefined for anything else. At most 2048 bytes. */
export function parseSpiffeId(text: string): SpiffeId | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const [, trustDomain, path] = SPIFFE_ID.exec(text) ?? []
  if (trustDomain === undefined || path === undefined) return undefined
  if (trustDomain.length > MAX_TRUST_DOMAIN_LENGTH || DOT_SEGMENT.test(path)) return undefined
  return { trustDomain, path }
}

/** The parts of the ID of a workload, which has a path; undefined for anything else, that of a trust domain included. */
export function parseWorkloadId(text: string): SpiffeId | undefined {
  const id = parseSpiffeId(text)
  return id?.path === '' ? undefined : id
}

/** Whether it is the ID of a trust domain itself, such as `spiffe://example.org`. */
export const isTrustDomainId = (text: unknown): text is string =>
  typeof text === 'string' && parseSpiffeId(text)?.path === ''

/** The ID of the trust domain that a workload says it is of, whether or not what follows makes an ID. */
export function claimedTrustDomain(text: string): string | undefined {
  const end = text.indexOf('/', SCHEME.length)
  const domain = end === -1 ? undefined : text.slice(0, end)
  return isTrustDomainId(domain) ? domain : undefined
}

/** The ID of the trust domain with this name. */
export const trustDomainId = (name: string): string => `${SCHEME}${name}`

/** Whether it is the name of a trust domain, such as `example.org`. */
export const isTrustDomain = (name: unknown): name is string =>
  typeof name === 'string' && isTrustDomainId(trustDomainId(name))
