import { ALLOWED } from '../../decision.js'
import type { Guard } from '../../guard.js'
import { callable } from '../../lib/options.js'
import type { CertificateSource } from './certificate-source.js'

/**
 * Refuses certificate fields that none of your proxies wrote, for a whole service: routes that ask for no certificate refuse
 * them as well, and handlers never see one. Denies as `certificateSource()` says.
 *
 * @throws TypeError when `source` is none.
 */
export function refuseForgedCertificates(source: CertificateSource): Guard {
  callable('source.refusal', source?.refusal)
  return Object.freeze({
    name: 'refuseForgedCertificates',
    about: { room: 'identity', requires: { certificateHeader: source.header ?? 'none' } } as const,
    check: (ctx) => source.refusal(ctx) ?? ALLOWED,
  } satisfies Guard)
}
