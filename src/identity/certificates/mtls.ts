import { LRUCache } from 'lru-cache'
import type { NoFacts, RequestContext } from '../../context.js'
import {
  ALLOWED,
  type Allowance,
  allow,
  type Challenge,
  challenge,
  type Decision,
  type Denial,
  forbid,
} from '../../decision.js'
import type { Guard } from '../../guard.js'
import { isRecent } from '../../lib/fresh.js'
import { boolean, callable, integerBetween, knownOptions } from '../../lib/options.js'
import type { PrincipalFacts } from '../../principal.js'
import { CHALLENGE, definePrincipal } from '../../principal.js'
import type { BoundToken, TokenProof } from '../tokens/token-proof.js'
import type { Certificate } from './certificate.js'
import { mayIdentifyClients } from './certificate-path.js'
import {
  type CertificateIdentity,
  type CertificateIdentityKind,
  type CertificateRule,
  type CertificateVerdict,
  certificateRules,
} from './certificate-rules.js'
import { type CertificateFault, type CertificateSource, certificateSource } from './certificate-source.js'
import { parseSpiffeId } from './spiffe-id.js'

/** Where certificates come from, and whose are let in. */
export interface MtlsOptions {
  /** Where certificates come from. Default: the TLS layer alone, `certificateSource()`. */
  readonly source?: CertificateSource | undefined
  /** Rules of which one must hold, or `any-verified` for whatever the authorities have issued. */
  readonly allow: 'any-verified' | readonly CertificateRule[]
  /** As a proof of tokens: whether those that are bound to no certificate are refused. Default: false. */
  readonly required?: boolean | undefined
  /** Tells the audit trail of certificates that end within so many days, 1 to 3650. Default: it does not. */
  readonly expiryWarningDays?: number | undefined
  /**
   * What the principal's id is where no SPIFFE rule let the certificate in. Default: the name that the rule matched, or
   * otherwise the first kind there is of URI, DNS name, e-mail address, IP address, subject. Two names of a kind are refused.
   */
  readonly identity?: CertificateIdentityKind | undefined
}

/** A guard by itself, and a proof for `proofs` of `jwt()` and `introspect()`. */
export type MtlsGuard = Guard<NoFacts, PrincipalFacts> & TokenProof

/**
 * Knows services by their client certificates. As a guard it gives the fact `principal`: of the kind `service`, `id` the
 * SPIFFE ID or another name of the certificate, `issuer` the trust domain (`spiffe://example.org`) or the name of the
 * authority. As a proof it holds tokens to the certificate that they are bound to (RFC 8705 section 3).
 *
 * Denies with 401 `certificate_missing`, `certificate_malformed`, `certificate_untrusted`, `certificate_expired`,
 * `certificate_not_yet_valid`, `certificate_is_ca`, `certificate_purpose`, `certificate_unsupported`,
 * `certificate_identity_missing`, `svid_uri_count`, `svid_id_invalid`, `svid_is_ca`, `svid_key_usage`, `svid_purpose`, and
 * `certificate_not_allowed` when no rule holds; with 400 and 503 as its source says. As a proof also with 401
 * `certificate_mismatch` for another certificate than the token's, and with 403 `certificate_not_allowed` for the token's
 * own: then who calls is known. All 401s of a proof are `invalid_token`.
 *
 * @throws TypeError for an option out of its range, and for rules of several trust domains over a source that does not tell
 * their authorities apart.
 */
export function mtls(options: MtlsOptions): MtlsGuard {
  knownOptions('mtls()', options, OPTIONS)
  const source = options.source ?? certificateSource()
  callable('source.present', source.present)
  callable('source.refusal', source.refusal)
  const rules = certificateRules(options.allow, options.identity)
  assertBundles(options.allow, source.trustDomains)
  const required = boolean('required', options.required ?? false)
  const warnings =
    options.expiryWarningDays === undefined
      ? undefined
      : new ExpiryWarnings(integerBetween('expiryWarningDays', options.expiryWarningDays, 1, 3650))
  const judgements = new WeakMap<Certificate, Judgement>()

  const judge = (certificate: Certificate): Judgement => {
    const known = judgements.get(certificate)
    if (known !== undefined) return known
    const judgement = judgementOf(certificate, rules(certificate))
    judgements.set(certificate, judgement)
    return judgement
  }

  /** The caller's certificate, which may be used now; otherwise why there is none. */
  const find = (ctx: RequestContext): Certificate | Fault | Denial => {
    const presented = source.present(ctx)
    if (presented === undefined) return 'certificate_missing'
    if (typeof presented === 'string' || 'allowed' in presented) return presented
    return leafFault(presented.leaf, ctx.nowMs) ?? presented.leaf
  }

  /** What the rules make of it. */
  const admit = (ctx: RequestContext, leaf: Certificate): Judgement => {
    const answer = judge(leaf)
    if ('allowed' in answer && warnings?.isDue(leaf, ctx.nowMs)) {
      ctx.report({ event: 'authn_login_success', code: 'certificate_expiring', guard: NAME })
    }
    return answer
  }

  const prove = (ctx: RequestContext, { thumbprint, refuse }: BoundToken): Decision => {
    const leaf = find(ctx)
    if (typeof leaf === 'string') return refuse(leaf, 'invalid_token')
    if ('allowed' in leaf) return leaf
    if (leaf.thumbprint !== thumbprint) return refuse('certificate_mismatch', 'invalid_token')
    const answer = admit(ctx, leaf)
    if ('allowed' in answer) return ALLOWED
    const { code, cause } = answer
    return code === NOT_ALLOWED ? { ...forbid(code), cause } : refuse(code, 'invalid_token', { cause })
  }

  return Object.freeze({
    name: NAME,
    about: {
      room: 'identity',
      requires: { allow: describable(options.allow), header: source.header ?? 'none' },
    } as const,
    check: (ctx: RequestContext): Decision<PrincipalFacts> => {
      const leaf = find(ctx)
      if (typeof leaf === 'string') return challenge(leaf, ASKED)
      if ('allowed' in leaf) return leaf
      const answer = admit(ctx, leaf)
      return 'allowed' in answer ? answer : { ...challenge(answer.code, ASKED), cause: answer.cause }
    },
    proof: 'mtls',
    confirms: 'x5t#S256',
    scheme: 'Bearer',
    challenge: Object.freeze({}),
    required,
    refusal: source.refusal,
    prove,
  } satisfies MtlsGuard)
}

const OPTIONS = [
  'source',
  'allow',
  'required',
  'expiryWarningDays',
  'identity',
] as const satisfies readonly (keyof MtlsOptions)[]

const NAME = 'mtls'

type Judgement = Allowance<PrincipalFacts> | Refusal

interface Refusal {
  readonly code: Extract<CertificateVerdict, string>
  /** Whose certificate it is, for the operator who wrote the rules. */
  readonly cause: Error
}

type Fault = CertificateFault | LeafFault | 'certificate_missing'

/** No registered scheme asks for a certificate, and RFC 9110 section 15.5.2 wants one named. */
const ASKED: Challenge = Object.freeze({ scheme: 'ClientCertificate' })

const NOT_ALLOWED = 'certificate_not_allowed'

type LeafFault =
  | 'certificate_expired'
  | 'certificate_not_yet_valid'
  | 'certificate_is_ca'
  | 'certificate_purpose'
  | 'certificate_unsupported'

/** What TLS libraries are divided on, or proxies may have left out. */
function leafFault(leaf: Certificate, nowMs: number): LeafFault | undefined {
  if (!(leaf.validFromMs <= nowMs)) return 'certificate_not_yet_valid'
  if (!(nowMs <= leaf.validToMs)) return 'certificate_expired'
  if (leaf.isBeyond) return 'certificate_unsupported'
  // what an authority could sign for itself says nothing: it is never a caller
  if (leaf.isCa || leaf.keyUsage?.keyCertSign === true) return 'certificate_is_ca'
  return leaf.keyUsage?.digitalSignature === false || !mayIdentifyClients(leaf) ? 'certificate_purpose' : undefined
}

function judgementOf(certificate: Certificate, verdict: CertificateVerdict): Judgement {
  if (typeof verdict === 'string') {
    const { names, subject } = certificate
    return { code: verdict, cause: new Error(`the certificate of ${names.uri[0] ?? subject}`) }
  }
  return Object.freeze(allow(Object.freeze({ principal: principalOf(certificate, verdict) })))
}

const principalOf = ({ thumbprint, subject, names }: Certificate, { id, issuer }: CertificateIdentity) =>
  definePrincipal({
    id,
    issuer,
    kind: 'service',
    claims: Object.freeze({ 'x5t#S256': thumbprint, subject, uri: Object.freeze([...names.uri]) }),
    proof: 'mtls',
    [CHALLENGE]: ASKED,
  })

/** Those that a rule names, in whichever way. */
const trustDomainsOf = ({ spiffe, san }: CertificateRule): readonly string[] => {
  const uris = [san?.uri ?? []].flat().flatMap((uri) => parseSpiffeId(uri)?.trustDomain ?? [])
  return spiffe === undefined ? uris : [spiffe.trustDomain, ...uris]
}

/** One set of authorities would let each trust domain vouch for the names of the others. */
function assertBundles(rules: MtlsOptions['allow'], known: CertificateSource['trustDomains']): void {
  if (rules === 'any-verified') return
  const named = new Set(rules.flatMap(trustDomainsOf))
  if (known === undefined && named.size > 1) {
    throw new TypeError(
      'mtls(): allow names several trust domains: certificateSource() needs trustBundles, one for each',
    )
  }
  const unknown = known === undefined ? undefined : [...named].find((name) => !known.has(name))
  if (unknown !== undefined) throw new TypeError(`mtls(): allow names ${unknown}, which trustBundles has nothing of`)
}

const describable = (rules: MtlsOptions['allow']): unknown =>
  rules === 'any-verified' ? rules : structuredClone(rules)

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const MAX_WARNED = 10_000

/** When it was last told of which certificate; at the bound the longest unused is told anew. */
class ExpiryWarnings {
  readonly #aheadMs: number
  readonly #toldMs = new LRUCache<string, number>({ max: MAX_WARNED })

  constructor(days: number) {
    this.#aheadMs = days * DAY_MS
  }

  isDue({ thumbprint, validToMs }: Certificate, nowMs: number): boolean {
    if (validToMs - nowMs > this.#aheadMs) return false
    if (isRecent(this.#toldMs.get(thumbprint), HOUR_MS, nowMs)) return false
    this.#toldMs.set(thumbprint, nowMs)
    return true
  }
}
