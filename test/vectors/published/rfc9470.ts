import { choiceOf } from '../choice.js'
import { ALLOWED, refused } from '../expected.js'
import { RFC9068 } from '../rfc9068.js'
import { INSUFFICIENT, STEP_UP_RULES, STRONG, type StepUpCase, SUFFICIENT } from '../step-up.js'
import { ISSUER_JWKS, ISSUER_KEY, PRIVATE_KEYS } from './keys.js'
import { ABOUT_CHOICE, type PublishedCase, type Sign, type VectorFile } from './vector-file.js'

const { nowSeconds: now, ...tokens } = RFC9068.verifier

/** Tokens of users who were authenticated well enough, and of others. */
export function stepUp(sign: Sign): VectorFile {
  const tokenOf = (change: StepUpCase['change']) => {
    const { acr, amr, authTime } = { ...STRONG, ...change }
    return sign(ISSUER_KEY, RFC9068.header, { ...RFC9068.claims, acr, amr, auth_time: authTime })
  }

  const sufficient: readonly PublishedCase[] = SUFFICIENT.map(([input, change]) => ({
    name: input,
    section: 'RFC 9470 section 3',
    token: tokenOf(change),
    expected: ALLOWED,
  }))
  const insufficient: readonly PublishedCase[] = INSUFFICIENT.map(
    ({ input, section, change, code, asked, ...row }) => ({
      name: input.replace('authTime', 'auth_time'),
      section,
      token: tokenOf(change),
      expected: { ...refused(code, 'insufficient_user_authentication'), challenge: asked },
      ...choiceOf(row),
    }),
  )

  return {
    standard: 'RFC 9470',
    about: [
      'Access tokens (RFC 9068) that are good, of users who were authenticated well enough or not. The verifier has the keys of `keys.issuer`, is set as `verifier` says, and its clock stands at `now`. The resource wants one of the classes `acr`, all of the methods `amr`, and an authentication at most `maxAgeSeconds` ago, which may be dated `clockToleranceSeconds` ahead.',
      'Run a case: send `token` as `Authorization: Bearer <token>`.',
      'Where `expected.allowed` is true the request passes. Otherwise the answer has `expected.status` and a Bearer challenge with `expected.error` and the parameters of `expected.challenge`; it has neither `acr_values` nor `max_age` beside these, though another verifier may always name both. `expected.code` is for the log of the verifier and never for the caller, and another verifier may have other names.',
      ABOUT_CHOICE,
    ],
    now,
    verifier: { ...tokens, ...STEP_UP_RULES },
    keys: { issuer: ISSUER_JWKS, private: { issuer: PRIVATE_KEYS.issuer } },
    cases: [
      { name: 'good', section: 'RFC 9470 section 3', token: tokenOf({}), expected: ALLOWED },
      ...sufficient,
      ...insufficient,
    ],
  }
}
