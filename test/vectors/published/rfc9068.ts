import { choiceOf } from '../choice.js'
import { refused } from '../expected.js'
import { ACCESS_TOKEN_CASES, FORGED_TOKENS, RFC9068 } from '../rfc9068.js'
import { REFUSED_CLAIM_TEXTS } from '../token-claims.js'
import { REFUSED_HEADER_TEXTS } from '../token-headers.js'
import { ISSUER_JWKS, ISSUER_KEY, PRIVATE_KEYS, STRANGER_KEY } from './keys.js'
import { ABOUT_CHOICE, type PublishedCase, type Sign, type VectorFile } from './vector-file.js'

const { header, claims } = RFC9068
const { nowSeconds, ...verifier } = RFC9068.verifier

/** JWT access tokens. */
export function accessTokens(sign: Sign): VectorFile {
  const good = sign(ISSUER_KEY, header, claims)
  const foreign = sign(STRANGER_KEY, header, claims)

  const changed: readonly PublishedCase[] = ACCESS_TOKEN_CASES.map(
    ({ input, section, part, change, allowed, code, ...row }) => ({
      name: `${part}: ${input}`,
      section,
      token:
        part === 'header'
          ? sign(ISSUER_KEY, { ...header, ...change }, claims)
          : sign(ISSUER_KEY, header, { ...claims, ...change }),
      expected: allowed ? { allowed } : refused(code),
      ...choiceOf(row),
    }),
  )
  const headerTexts: readonly PublishedCase[] = REFUSED_HEADER_TEXTS.map(([find, replace, code, choice = {}]) => ({
    name: nameOfText('header', find, replace),
    section: 'RFC 7515 section 4',
    token: sign(ISSUER_KEY, JSON.stringify(header).replace(find, replace), claims),
    expected: refused(code),
    ...choiceOf(choice),
  }))
  const claimTexts: readonly PublishedCase[] = REFUSED_CLAIM_TEXTS.map(([find, replace, code, choice = {}]) => ({
    name: nameOfText('claims', find, replace),
    section: 'RFC 7519 section 4',
    token: sign(ISSUER_KEY, header, JSON.stringify(claims).replace(find, replace)),
    expected: refused(code),
    ...choiceOf(choice),
  }))
  const forged: readonly PublishedCase[] = FORGED_TOKENS.map(({ input, section, forge, code }) => ({
    name: `token: ${input}`,
    section,
    token: forge(good, foreign),
    expected: refused(code),
  }))

  return {
    standard: 'RFC 9068',
    about: [
      'JWT access tokens. The verifier has the keys of `keys.issuer`, is set as `verifier` says, and its clock stands at `now`.',
      'The verifier asks for no proof of possession. It refuses every token with a `cnf` claim all the same: one that is bound to a key is no bearer token. A verifier that does not know `cnf` ignores it, as any claim that it does not know (RFC 7519 section 4), and so these cases are marked as a choice.',
      'Run a case: send `token` as `Authorization: Bearer <token>`.',
      'Where `expected.allowed` is true the request passes. Otherwise the answer has `expected.status` and a Bearer challenge with `expected.error`; `expected.code` is for the log of the verifier and never for the caller, and another verifier may have other names.',
      ABOUT_CHOICE,
    ],
    now: nowSeconds,
    verifier,
    keys: { issuer: ISSUER_JWKS, private: { issuer: PRIVATE_KEYS.issuer, stranger: PRIVATE_KEYS.stranger } },
    cases: [
      { name: 'good', section: 'RFC 9068 section 4', token: good, expected: { allowed: true } },
      ...changed,
      ...headerTexts,
      ...claimTexts,
      ...forged,
    ],
  }
}

const nameOfText = (part: string, { source }: RegExp, replace: string): string =>
  `${part}: in the text, ${JSON.stringify(replace).replace('\ufeff', '\\ufeff')} for ${PLACES[source] ?? source}`

/** What the expressions of the tables find, in words. */
const PLACES: Readonly<Record<string, string>> = {
  '^': 'nothing at the beginning',
  '}$': 'the last brace',
  '^.*$': 'all of it',
  '^(.*)$': 'all of it, which is $1',
  '"exp":\\d+': 'exp',
  '"iat":\\d+': 'iat',
}
