import {
  all,
  any,
  apiKey,
  auditTrail,
  backChannelLogout,
  byPrincipal,
  type ClosableAuditTrail,
  clientAddress,
  dpop,
  jsonLines,
  jwt,
  mtls,
  rateLimit,
  refuseForgedCertificates,
  requireAuthentication,
  requireScope,
  responseHeaders,
  type ServiceSettings,
  validate,
  wellFormed,
} from 'wardline'
import type { ZeroTrustConfig } from './config.js'
import { PAYMENT } from './payment.js'
import { from, PROOF_ALGORITHMS, type Trust } from './trust.js'

const MINUTE = 60_000

/** What somebody must have shown to pay. */
const MFA = { acr: 'urn:example:mfa', maxAgeSeconds: 300 }

/**
 * Who may do what. The same for every framework: the two services differ in how they mount it, not in what it says.
 *
 * Each route has an identity of its own: what proves a caller at one of them is no use at another.
 */
export function zeroTrustPolicies(config: ZeroTrustConfig, trust: Trust) {
  const { people, jwtIssuers, issuers, revocation, replay, certificates } = trust
  const realm = 'zero-trust'
  const perPrincipal = rateLimit({ name: 'principal', limit: 100, windowMs: MINUTE, key: byPrincipal })
  const proven = { origin: config.publicOrigin, algorithms: PROOF_ALGORITHMS, clockToleranceSeconds: 60, replay }
  const bound = dpop({ ...proven, required: true })
  const boundAndFresh = dpop({ ...proven, required: true, nonce: { lifetimeSeconds: 300 } })
  const services = {
    source: certificates,
    allow: [{ spiffe: { trustDomain: config.trustDomain, paths: ['/service/**'] } }],
  } as const
  const certified = mtls({ ...services, required: true })
  const keyHolder = apiKey({ lookup: trust.apiKeys, realm })
  const bearer = jwt({ issuers: jwtIssuers, revocation, realm })
  return {
    everyone: all(
      responseHeaders(),
      rateLimit({ name: 'address', limit: 300, windowMs: MINUTE }),
      refuseForgedCertificates(certificates),
    ),
    account: all(
      jwt({ issuers: [people], proofs: [bound], revocation, realm }),
      perPrincipal,
      wellFormed(),
      requireScope('accounts:read'),
    ),
    payment: all(
      jwt({ issuers: [people], proofs: [boundAndFresh], revocation, realm }),
      perPrincipal,
      wellFormed(),
      requireScope('payments:write'),
      requireAuthentication(MFA),
      validate({ body: PAYMENT }, { maxBodyBytes: 64 * 1024 }),
    ),
    ledger: all(
      jwt({ issuers: jwtIssuers, proofs: [certified], revocation, realm }),
      perPrincipal,
      wellFormed(),
      requireScope('ledger:read'),
    ),
    report: all(any(keyHolder, bearer), perPrincipal, wellFormed(), requireScope('reports:read')),
    partner: all(jwt({ issuers, revocation, realm }), perPrincipal, wellFormed(), requireScope('partner:read')),
    logout: all(wellFormed(), backChannelLogout({ issuers, revocation, replay })),
    metadata: all(wellFormed(), trust.resource),
    /** Whatever else is asked for, a stranger is told nothing about what there is. */
    elsewhere: all(
      any(keyHolder, jwt({ issuers, proofs: [dpop(proven), mtls(services)], revocation, realm })),
      perPrincipal,
      wellFormed(),
    ),
  }
}

/** The audit trail of the service, its one rule for the client's address, and what its challenges speak of. */
export function zeroTrustSettings({ auditLog, trustedProxies }: ZeroTrustConfig, { resource }: Trust) {
  return {
    audit: auditTrail({ sink: from('AUDIT_LOG', () => jsonLines(auditLog === undefined ? {} : { path: auditLog })) }),
    clientAddress: from('TRUST_PROXY', () => clientAddress({ trustedProxies })),
    resource,
  } satisfies ServiceSettings & { readonly audit: ClosableAuditTrail }
}
