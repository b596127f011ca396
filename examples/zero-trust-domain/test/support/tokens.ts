import { type Idp, tokenFor } from '@wardline/test-kit'
import type { Claims, DpopCaller } from './dpop-caller.js'

export const MFA = 'urn:example:mfa'

export const nowSeconds = (): number => Math.floor(Date.now() / 1000)

/** A token that is bound to the caller's key, and good for every route that asks for that. */
export const boundToken = (idp: Idp, { jkt }: DpopCaller, claims: Claims = {}): Promise<string> =>
  tokenFor(idp, {
    scope: 'accounts:read payments:write',
    acr: MFA,
    auth_time: nowSeconds() - 10,
    cnf: { jkt },
    ...claims,
  })

/** A token that is bound to a certificate (RFC 8705 section 3.1). */
export const certificateToken = (idp: Idp, thumbprint: string, claims: Claims = {}): Promise<string> =>
  tokenFor(idp, { scope: 'ledger:read', cnf: { 'x5t#S256': thumbprint }, ...claims })
