import { hashOf, thumbprintOf } from '../../support/dpop-client.js'
import { choiceOf } from '../choice.js'
import { acceptedProofs, type ProofParts, refusedProofs, SENT_CASES } from '../dpop.js'
import { ALLOWED, refused } from '../expected.js'
import { RFC9068 } from '../rfc9068.js'
import { CLIENT_KEY, ISSUER_JWKS, ISSUER_KEY, PRIVATE_KEYS, STRANGER_KEY } from './keys.js'
import { ABOUT_CHOICE, type PublishedCase, type Sign, type VectorFile } from './vector-file.js'

type Members = Readonly<Record<string, unknown>>

const { nowSeconds: now, ...tokens } = RFC9068.verifier
const ORIGIN = 'https://api.example.com'
const METHOD = 'GET'
const URI = `${ORIGIN}/me`
const BOUND = { cnf: { jkt: thumbprintOf(CLIENT_KEY.jwk) } }

/** Proofs of possession. */
export function proofsOfPossession(sign: Sign): VectorFile {
  const tokenOf = (claims: Members) => sign(ISSUER_KEY, RFC9068.header, { ...RFC9068.claims, ...claims })
  const token = tokenOf(BOUND)
  const unboundToken = tokenOf({})
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: CLIENT_KEY.jwk }
  const claims = { htm: METHOD, htu: URI, iat: now, ath: hashOf(token) }

  // a name is taken once, so that all cases may be sent to one verifier
  let named = 0
  const jti = () => `proof-${++named}`
  const proofOf = (change: { readonly header?: Members; readonly claims?: Members } = {}) =>
    sign(CLIENT_KEY, { ...header, ...change.header }, { jti: jti(), ...claims, ...change.claims })

  const earlierProof = proofOf()
  const partsOf = (): ProofParts => ({
    token,
    unboundToken,
    proof: proofOf(),
    secondProof: proofOf(),
    earlierProof,
    proofOfAnotherKey: sign(STRANGER_KEY, { ...header, jwk: STRANGER_KEY.jwk }, { jti: jti(), ...claims }),
    proofForAnotherToken: proofOf({ claims: { ath: hashOf(unboundToken) } }),
    forgedProof: sign(STRANGER_KEY, header, { jti: jti(), ...claims }),
  })

  const good: PublishedCase = {
    name: 'good',
    section: 'RFC 9449 section 4.3',
    proofs: [earlierProof],
    expected: ALLOWED,
  }
  const accepted = acceptedProofs(CLIENT_KEY.jwk, now).map((row) => ({
    name: `proof: ${row.input}`,
    section: row.section,
    proofs: [proofOf(row)],
    expected: ALLOWED,
    ...choiceOf(row),
  }))
  const rejected = refusedProofs(CLIENT_KEY.jwk, now).map((row) => ({
    name: `proof: ${row.input}`,
    section: row.section,
    proofs: [proofOf(row)],
    expected: refused(row.code, 'invalid_dpop_proof'),
    ...choiceOf(row),
  }))
  const requests = SENT_CASES.map(({ input, section, send, required, expected, ...row }) => {
    const parts = partsOf()
    return {
      name: `request: ${input}`,
      section,
      proofs: [parts.proof],
      ...send(parts),
      ...(required && { verifier: { required } }),
      expected,
      ...choiceOf(row),
    }
  })

  return {
    standard: 'RFC 9449',
    about: [
      'Proofs of possession (DPoP). The verifier has the keys of `keys.issuer`, is set as `verifier` says, and its clock stands at `now`. Where a case has a `verifier` of its own, its members are laid over that one. The algorithms of proofs are `proofAlgorithms`; a proof is good for `proofMaxAgeSeconds` after its `iat`, which may be `proofClockToleranceSeconds` ahead; the same tolerance is for `exp` and `nbf` of a proof; no nonce is asked for. An `htu` is a URI (RFC 3986): what only a lenient parser of URLs reads as the right one does not match. Where `required` is true, tokens that are bound to no key are refused.',
      'Run a case: a member that it does not have is that of `request`. Send `method` to `uri`, with `authorization` in the field Authorization and each of `proofs` in a field DPoP of its own. One verifier may take all cases: no `jti` comes twice.',
      'Where `expected.allowed` is true the request passes. Otherwise the answer has `expected.status` and a challenge with `expected.error`; `expected.code` is for the log of the verifier and never for the caller, and another verifier may have other names.',
      ABOUT_CHOICE,
    ],
    now,
    verifier: {
      ...tokens,
      origin: ORIGIN,
      proofAlgorithms: ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256'],
      proofMaxAgeSeconds: 60,
      proofClockToleranceSeconds: 5,
      required: false,
    },
    keys: { issuer: ISSUER_JWKS, client: { keys: [CLIENT_KEY.jwk] }, private: PRIVATE_KEYS },
    request: { method: METHOD, uri: URI, authorization: `DPoP ${token}` },
    cases: [good, ...accepted, ...rejected, ...requests],
  }
}
