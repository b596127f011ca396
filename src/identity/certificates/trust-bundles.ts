import type { Denial } from '../../decision.js'
import { shown } from '../../lib/options.js'
import type { Certificate } from './certificate.js'
import { CertificatePaths, type TrustedAuthorities } from './certificate-path.js'
import { isTrustDomain, parseWorkloadId } from './spiffe-id.js'

/** Authorities by the name of their trust domain, such as `example.org`. */
export type TrustBundlesByDomain = Readonly<Record<string, TrustedAuthorities>>

const MAX_DOMAINS = 1_000

/** Holds each X509-SVID against the authorities of its own trust domain, so that none vouches for another's names. */
export class TrustBundles {
  readonly #paths: ReadonlyMap<string, CertificatePaths>

  /** @throws TypeError for anything but 1 to 1000 domains with their authorities. */
  constructor(option: string, bundles: TrustBundlesByDomain) {
    const entries = typeof bundles === 'object' && bundles !== null ? Object.entries(bundles) : []
    if (Array.isArray(bundles) || entries.length === 0 || entries.length > MAX_DOMAINS) {
      throw new TypeError(
        `${option} must be an object of 1 to ${MAX_DOMAINS} trust domains, got ${entries.length === 0 ? 'none' : shown(bundles)}`,
      )
    }
    const other = entries.find(([name]) => !isTrustDomain(name))
    if (other !== undefined) throw new TypeError(`${option} must name trust domains, got ${shown(other[0])}`)
    this.#paths = new Map(entries.map(([name, ca]) => [name, new CertificatePaths(`${option}.${name}`, ca)]))
  }

  get domains(): ReadonlySet<string> {
    return new Set(this.#paths.keys())
  }

  /** As `CertificatePaths` says it; `certificate_untrusted` for what is no workload's of one of the domains. */
  fault(leaf: Certificate, chain: readonly Certificate[], nowMs: number): 'certificate_untrusted' | Denial | undefined {
    const [uri, ...more] = leaf.names.uri
    const id = uri === undefined || more.length > 0 ? undefined : parseWorkloadId(uri)
    const paths = id && this.#paths.get(id.trustDomain)
    return paths === undefined ? 'certificate_untrusted' : paths.fault(leaf, chain, nowMs)
  }
}
