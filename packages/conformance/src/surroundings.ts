import { type Idp, startIdp } from '@wardline/test-kit'
import type { RateLimitStore } from 'wardline'
import { type Certificates, makeCertificates } from './certificates.js'
import { type Partner, startPartner } from './partner.js'
import { CLIENT, makeTokens, type Tokens } from './tokens.js'

/** What all services of one run stand among. */
export interface Surroundings {
  readonly idp: Idp
  readonly partner: Partner
  readonly certificates: Certificates
  readonly tokens: Tokens
  /** Makes the stores of limits that the services of the limit tables have. Default: memory stores. */
  readonly limits?: () => RateLimitStore
  readonly close: () => Promise<void>
}

export async function startSurroundings(): Promise<Surroundings> {
  const certificates = await makeCertificates()
  const partner = await startPartner(certificates)
  const idp = await startProvider()
  return {
    idp,
    partner,
    certificates,
    tokens: await makeTokens(idp, partner, certificates),
    close: async () => {
      await Promise.all([idp.close(), partner.idp.close()])
    },
  }
}

/** The provider of most services. A scenario that stops it, or takes its keys, has one of its own. */
export const startProvider = (): Promise<Idp> =>
  startIdp({ clients: [CLIENT, { id: 'opaque', format: 'opaque', scope: CLIENT.scope }] })
