import type { RequestContext } from '../context.js'
import { ALLOWED, type Challenge, challenge, type Decision, type Denial } from '../decision.js'
import type { Guard } from '../guard.js'
import { nonEmptyStrings, oneOf } from '../lib/options.js'
import { CHALLENGE, neededPrincipal, type Principal, type Proof } from '../principal.js'

/** The scheme by which a caller with each proof sends its credential. */
const SCHEMES: Readonly<Record<Proof, string>> = { bearer: 'Bearer', dpop: 'DPoP', mtls: 'Bearer', key: 'ApiKey' }

/**
 * Allows a principal that proved itself in one of these ways, whatever the guard ahead took: `requireProof('dpop',
 * 'mtls')` refuses bearer tokens at one route. A token that is bound to a key and to a certificate counts as `dpop`.
 *
 * Denies with 401 `proof_missing` and a challenge for each proof: `invalid_token` where the caller sent a token (RFC 9449
 * section 7.1, RFC 8705 section 3), without an error where it sent a key or a certificate alone (RFC 6750 section 3.1). Of
 * a principal of your own only the proof `key` says that it sent no token.
 *
 * @throws TypeError for no proof, or one that there is not.
 */
export function requireProof(...proofs: readonly [Proof, ...Proof[]]): Guard<{ readonly principal: Principal }> {
  const wanted = Object.freeze(
    nonEmptyStrings('requireProof(): proofs', proofs).map((proof) =>
      oneOf('requireProof(): proofs', proof, Object.keys(SCHEMES) as Proof[]),
    ),
  )
  const schemes = [...new Set(wanted.map((proof) => SCHEMES[proof]))]
  const ofToken = denialOf(schemes, { error: 'invalid_token' })
  const ofOthers = denialOf(schemes, undefined)
  const name = `requireProof(${wanted.join(' or ')})`
  return Object.freeze({
    name,
    about: { room: 'access', requires: { anyProof: wanted } } as const,
    check: (_ctx: RequestContext, facts: { readonly principal: Principal }): Decision => {
      const principal = neededPrincipal(facts, name)
      if (wanted.includes(principal.proof)) return ALLOWED
      return isOfToken(principal) ? ofToken : ofOthers
    },
  })
}

function denialOf(schemes: readonly string[], params: Challenge['params']): Denial {
  // `error` is a word of OAuth; API keys know none
  const asked = schemes.map((scheme): Challenge => (params && scheme !== 'ApiKey' ? { scheme, params } : { scheme }))
  const [first, ...rest] = asked
  return Object.freeze(challenge('proof_missing', first!, ...rest))
}

const isOfToken = ({ proof, [CHALLENGE]: own }: Principal): boolean =>
  own === undefined ? proof !== 'key' : own.scheme === 'Bearer' || own.scheme === 'DPoP'
