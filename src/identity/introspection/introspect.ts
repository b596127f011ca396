import type { NoFacts } from '../../context.js'
import type { Guard, MaybePromise } from '../../guard.js'
import { integerBetween, knownOptions } from '../../lib/options.js'
import { ISSUER_OPTIONS, type IssuerOptions } from '../issuers/issuer-options.js'
import { Issuers } from '../issuers/issuers.js'
import { issuerFrom } from '../issuers/trusted-issuer.js'
import type { TokenVerdict } from '../tokens/accepted-token.js'
import { checkedProofs, checkedRevocation, realmOf, type TokenOptions } from '../tokens/jwt.js'
import { type PrincipalFacts, type RememberedToken, tokenGuard } from '../tokens/token-guard.js'
import { VerifiedTokens } from '../tokens/verified-tokens.js'
import { INTROSPECTION_OPTIONS, type IntrospectionOptions, introspection } from './introspection.js'

/** One issuer that is asked about every token. */
export interface IntrospectOptions
  extends Omit<IssuerOptions, 'introspection' | 'typ'>,
    Omit<IntrospectionOptions, 'of'>,
    Omit<TokenOptions, 'cachedTokens'> {}

const ISSUER = ISSUER_OPTIONS.filter((name) => name !== 'introspection' && name !== 'typ')
const LOOK_UP = INTROSPECTION_OPTIONS.filter((name) => name !== 'of')
const TOKEN = ['proofs', 'revocation', 'maxTokenLength', 'realm'] as const satisfies readonly (keyof TokenOptions)[]

/**
 * Asks the issuer about every token it is shown (RFC 7662): opaque ones, and JWTs whose `iss` names this issuer; any other
 * JWT is refused unasked. Gives the fact `principal`. For opaque tokens beside JWTs that are verified here, give `jwt()`
 * an issuer with `introspection`.
 *
 * Denies with 401 `invalid_token`, 400 for a malformed Authorization field, 503 `introspection_unavailable` while the
 * issuer cannot be asked; recovers by itself.
 *
 * @throws TypeError for an option out of its range.
 */
export function introspect(options: IntrospectOptions): Guard<NoFacts, PrincipalFacts> {
  knownOptions('introspect()', options, [...ISSUER, ...LOOK_UP, ...TOKEN])
  const lookUp = introspection({ ...picked(options, LOOK_UP), of: 'all' } as IntrospectionOptions)
  const issuerOptions = { ...picked(options, ISSUER), introspection: lookUp } as unknown as IssuerOptions
  const issuers = new Issuers([issuerFrom('introspect()', issuerOptions)])
  const proofs = checkedProofs(options.proofs ?? [])
  return tokenGuard({
    name: 'introspect',
    requires: issuers.requires,
    realm: realmOf(options.realm ?? issuers.audience),
    maxTokenLength: integerBetween('maxTokenLength', options.maxTokenLength ?? 8192, 256, 65_536),
    proofs,
    revocation: checkedRevocation(options.revocation),
    remembered: new VerifiedTokens<RememberedToken>(0), // the issuer's answers are, by the hash of the token
    verify: (token, nowMs): MaybePromise<TokenVerdict> => issuers.verify(token, proofs, nowMs),
  })
}

const picked = (options: object, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)))
