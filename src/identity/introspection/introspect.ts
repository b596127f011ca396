import type { NoFacts } from '../../context.js'
import type { Guard } from '../../guard.js'
import { knownOptions } from '../../lib/options.js'
import type { PrincipalFacts } from '../../principal.js'
import { ISSUER_OPTIONS, type IssuerOptions } from '../issuers/issuer-options.js'
import { Issuers } from '../issuers/issuers.js'
import { issuerFrom } from '../issuers/trusted-issuer.js'
import { guardOver, TOKEN_OPTIONS, type TokenOptions } from '../tokens/token-options.js'
import { INTROSPECTION_OPTIONS, type IntrospectionOptions, introspection } from './introspection.js'

/** One issuer that is asked about every token. */
export interface IntrospectOptions
  extends Omit<IssuerOptions, 'introspection' | 'typ'>,
    Omit<IntrospectionOptions, 'of'>,
    Omit<TokenOptions, 'cachedTokens'> {}

const ISSUER = ISSUER_OPTIONS.filter((name) => name !== 'introspection' && name !== 'typ')
const LOOK_UP = INTROSPECTION_OPTIONS.filter((name) => name !== 'of')
const TOKEN = TOKEN_OPTIONS.filter((name) => name !== 'cachedTokens')

/**
 * Asks the issuer about every token it is shown (RFC 7662): opaque ones, and JWTs whose `iss` names this issuer; any other
 * JWT is refused unasked. Gives the fact `principal`. For opaque tokens beside JWTs that are verified here, give `jwt()`
 * an issuer with `introspection`.
 *
 * Denies with 401 `invalid_token`, 400 for a malformed Authorization field. While something that it depends on is away,
 * denies with 503, and recovers by itself: `introspection_unavailable`, `revocation_unavailable`, and what the proofs deny
 * with: see `dpop()` and `mtls()`.
 *
 * @throws TypeError for an option out of its range.
 */
export function introspect(options: IntrospectOptions): Guard<NoFacts, PrincipalFacts> {
  knownOptions('introspect()', options, [...ISSUER, ...LOOK_UP, ...TOKEN])
  const lookUp = introspection({ ...picked(options, LOOK_UP), of: 'all' } as IntrospectionOptions)
  const issuerOptions = { ...picked(options, ISSUER), introspection: lookUp } as unknown as IssuerOptions
  const issuers = new Issuers([issuerFrom('introspect()', issuerOptions)])
  // the issuer's answers are remembered, by the hash of the token
  return guardOver(issuers, 'introspect', { ...picked(options, TOKEN), cachedTokens: 0 })
}

const picked = (options: object, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)))
