import type { RequestContext } from '../context.js'
import { ALLOWED, type Challenge, challenge, type Decision } from '../decision.js'
import type { Guard } from '../guard.js'
import { nonEmptyStrings, oneOf } from '../lib/options.js'
import { neededPrincipal, type Principal, type Proof } from '../principal.js'

/** The scheme by which a caller with each proof sends its credential. */
const SCHEMES: Readonly<Record<Proof, string>> = { bearer: 'Bearer', dpop: 'DPoP', mtls: 'Bearer', key: 'ApiKey' }

/**
 * Allows a principal that proved itself in one of these ways, whatever the guard ahead took: `requireProof('dpop',
 * 'mtls')` refuses bearer tokens at one route. A token that is bound to a key and to a certificate counts as `dpop`.
 *
 * Denies with 401 `proof_missing` and the challenge `invalid_token` for each proof (RFC 9449 section 7.1, RFC 8705
 * section 3).
 *
 * @throws TypeError for no proof, or one that there is not.
 */
export function requireProof(...proofs: readonly [Proof, ...Proof[]]): Guard<{ readonly principal: Principal }> {
  const wanted = Object.freeze(
    nonEmptyStrings('requireProof(): proofs', proofs).map((proof) =>
      oneOf('requireProof(): proofs', proof, Object.keys(SCHEMES) as Proof[]),
    ),
  )
  const [first, ...rest] = [...new Set(wanted.map((proof) => SCHEMES[proof]))].map(challengeOf)
  const denial = Object.freeze(challenge('proof_missing', first!, ...rest))
  const name = `requireProof(${wanted.join(' or ')})`
  return Object.freeze({
    name,
    about: { room: 'access', requires: { anyProof: wanted } } as const,
    check: (_ctx: RequestContext, facts: { readonly principal: Principal }): Decision =>
      wanted.includes(neededPrincipal(facts, name).proof) ? ALLOWED : denial,
  })
}

/** `error` is a word of OAuth; an API key knows none. */
const challengeOf = (scheme: string): Challenge =>
  scheme === 'ApiKey' ? { scheme } : { scheme, params: { error: 'invalid_token' } }
