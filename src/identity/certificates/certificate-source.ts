import type { Peer, RequestContext } from '../../context.js'
import { type Denial, type Invalid, invalid } from '../../decision.js'
import { addressMatcher } from '../../lib/address.js'
import { knownOptions, oneOf, shown } from '../../lib/options.js'
import { type Certificate, certificateOf } from './certificate.js'
import { type CertificateChain, type CertificateField, certificatesIn } from './certificate-field.js'
import { CertificatePaths, MAX_CHAIN, type TrustedAuthorities } from './certificate-path.js'
import { TrustBundles, type TrustBundlesByDomain } from './trust-bundles.js'

/** Who tells the certificate of a caller, and which authorities may have issued it. */
export interface CertificateSourceOptions {
  /**
   * Field in which your proxies tell the certificate of their client: `client-cert` (RFC 9440, with `client-cert-chain`),
   * `x-forwarded-client-cert` (Envoy, with `Cert`), `x-ssl-client-cert` (nginx, `$ssl_client_escaped_cert`). Default: none.
   */
  readonly header?: CertificateField | undefined
  /** Addresses and CIDR ranges of your own proxies. From anybody else such a field is refused. Default: none. */
  readonly trustedProxies?: readonly string[] | undefined
  /**
   * Authorities that certificates must come from, PEM: what the proxy or the TLS layer has verified is verified again, by
   * the authorities as they are now. Needed with `header`. A function is asked at every request, such as
   * `secureServer().clientCa`.
   */
  readonly ca?: TrustedAuthorities | undefined
  /**
   * In place of `ca`, authorities by trust domain: every caller must then be a workload of one of these, and its certificate
   * come from an authority of its own domain (X509-SVID section 5). Needed by an `mtls()` whose rules name
   * several trust domains. 1 to 1000.
   */
  readonly trustBundles?: TrustBundlesByDomain | undefined
}

/** Where the certificate of a caller comes from. Made by `certificateSource()`, for `mtls()`. */
export interface CertificateSource {
  /** What the caller presented, verified; undefined where it presented none. Asked once per request and guard. */
  readonly present: (ctx: RequestContext) => PresentedCertificate | undefined
  /** Why this request is refused, whether a certificate is needed or not: a certificate field that is no proxy's. */
  readonly refusal: (ctx: RequestContext) => Denial | undefined
  /** The field that is read; undefined for the TLS layer alone. */
  readonly header: CertificateField | undefined
  /** Trust domains that have authorities of their own; undefined where all authorities vouch for all names. */
  readonly trustDomains?: ReadonlySet<string> | undefined
}

/** A certificate that was found, the code of what is wrong with it, or a denial of the request. */
export type PresentedCertificate = CertificateChain | CertificateFault | Denial

export type CertificateFault = 'certificate_malformed' | 'certificate_untrusted'

/**
 * Where client certificates come from. Without options: the TLS layer, and what it has verified. With `header`, a field that
 * your proxies write; a connection of theirs without that field has no certificate, whatever the proxy itself presented.
 * Certificate fields from anybody else are refused with 400 `certificate_header_refused` (event `malicious_extraneous`); two
 * lines of one with `certificate_header_repeated`, one that cannot be read with `certificate_header_malformed`.
 *
 * @throws TypeError for `header` without `trustedProxies` or authorities, for malformed ranges, for both `ca` and
 * `trustBundles`, and where they hold no authority.
 */
export function certificateSource(options: CertificateSourceOptions = {}): CertificateSource {
  knownOptions('certificateSource()', options, OPTIONS)
  const { trustedProxies, ca, trustBundles } = options
  const header = options.header === undefined ? undefined : oneOf('header', options.header, FIELDS)
  if (trustedProxies !== undefined && (!Array.isArray(trustedProxies) || trustedProxies.length === 0)) {
    throw new TypeError(`trustedProxies must be an array of addresses and CIDR ranges, got ${shown(trustedProxies)}`)
  }
  if (header !== undefined && trustedProxies === undefined) {
    throw new TypeError('certificateSource(): header needs trustedProxies')
  }
  if (ca !== undefined && trustBundles !== undefined) {
    throw new TypeError('certificateSource(): either ca or trustBundles, not both')
  }
  if (header !== undefined && ca === undefined && trustBundles === undefined) {
    throw new TypeError('certificateSource(): header needs ca or trustBundles')
  }
  const isTrusted = trustedProxies === undefined ? () => false : addressMatcher('trustedProxies', trustedProxies)
  const isProxy = ({ address }: Peer) => address !== undefined && isTrusted(address)
  const bundles = trustBundles === undefined ? undefined : new TrustBundles('trustBundles', trustBundles)
  const paths = ca === undefined ? bundles : new CertificatePaths('ca', ca)

  const refusal = ({ headers, peer }: RequestContext): Denial | undefined => {
    if (!ALL_FIELDS.some((field) => headers.get(field) !== undefined)) return undefined
    if (!isProxy(peer)) return REFUSED
    if (header === undefined) return undefined
    return headers.count(header) > 1 || (header === 'client-cert' && headers.count(CHAIN_FIELD) > 1)
      ? REPEATED
      : undefined
  }

  const sent = ({ headers, peer }: RequestContext): PresentedCertificate | undefined => {
    if (!isProxy(peer)) return connected(peer)
    if (header === undefined) return undefined
    const value = headers.get(header)
    const chain = header === 'client-cert' ? headers.get(CHAIN_FIELD) : undefined
    // RFC 9440 section 2.3: no chain without a certificate
    if (value === undefined) return chain === undefined ? undefined : MALFORMED
    const found = certificatesIn(header, value, chain) ?? MALFORMED
    if (found === 'no_cert') return WITHOUT_CERT
    return found === 'none' ? undefined : found
  }

  return Object.freeze({
    header,
    trustDomains: bundles?.domains,
    refusal,
    present: (ctx: RequestContext): PresentedCertificate | undefined => {
      const found = refusal(ctx) ?? sent(ctx)
      if (found === undefined || typeof found === 'string' || 'allowed' in found) return found
      return paths?.fault(found.leaf, found.chain, ctx.nowMs) ?? found
    },
  })
}

const OPTIONS = [
  'header',
  'trustedProxies',
  'ca',
  'trustBundles',
] as const satisfies readonly (keyof CertificateSourceOptions)[]

const FIELDS = ['client-cert', 'x-forwarded-client-cert', 'x-ssl-client-cert'] as const
const CHAIN_FIELD = 'client-cert-chain'
const ALL_FIELDS: readonly string[] = [...FIELDS, CHAIN_FIELD]

const fault = (code: string, detail: string, event?: string): Invalid =>
  Object.freeze({ ...invalid(code, detail), event })

const REFUSED = fault(
  'certificate_header_refused',
  'A certificate field is accepted from proxies only.',
  'malicious_extraneous',
)
const REPEATED = fault('certificate_header_repeated', 'There is more than one certificate field.')
const MALFORMED = fault('certificate_header_malformed', 'The certificate field is malformed.')
/** For the operator, whose proxy it is: the usual omission. */
const WITHOUT_CERT = Object.freeze({
  ...MALFORMED,
  cause: new Error('no Cert in x-forwarded-client-cert: set_current_client_cert_details must say cert: true'),
})

/** The certificate of a connection stays the same, and costs much to be had from OpenSSL. */
const ofPeers = new WeakMap<Peer, CertificateChain | CertificateFault>()

function connected(peer: Peer): CertificateChain | CertificateFault | undefined {
  const known = ofPeers.get(peer)
  if (known !== undefined) return known
  const found = chainOf(peer)
  if (found !== undefined) ofPeers.set(peer, found)
  return found
}

function chainOf(peer: Peer): CertificateChain | CertificateFault | undefined {
  const x509 = peer.certificate()
  if (x509 === undefined) return undefined
  const leaf = certificateOf(x509.raw)
  if (leaf === undefined) return 'certificate_malformed'
  const chain: Certificate[] = []
  for (
    let next = x509.issuerCertificate;
    next !== undefined && chain.length < MAX_CHAIN;
    next = next.issuerCertificate
  ) {
    const certificate = certificateOf(next.raw)
    if (certificate === undefined || chain.includes(certificate)) break
    chain.push(certificate)
  }
  return { leaf, chain }
}
