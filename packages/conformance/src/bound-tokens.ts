import type { Idp } from '@wardline/test-kit'
import type { Certificates } from './certificates.js'
import type { Tokens } from './tokens.js'

/** Tokens bound to a certificate (RFC 8705 section 3.1), by the name of the certificate. */
export async function boundTokens(idp: Idp, { clients }: Certificates): Promise<Tokens> {
  const bound = (name: string) =>
    idp.sign({ sub: 'ledger', scope: 'orders:read', cnf: { 'x5t#S256': clients[name]!.thumbprint } })
  return {
    'bound-svid': await bound('svid'),
    'bound-svid-other': await bound('svid-other'),
    'bound-svid-stranger': await bound('svid-stranger'),
  }
}
