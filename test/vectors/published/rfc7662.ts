import { choiceOf } from '../choice.js'
import { ALLOWED, denied, refused } from '../expected.js'
import {
  ACCEPTED_ANSWERS,
  ACCEPTED_RESPONSES,
  REFUSED_ANSWERS,
  REFUSED_RESPONSES,
  REFUSED_SIGNED_ANSWERS,
  type ResponseVector,
} from '../introspection.js'
import { RFC9068 } from '../rfc9068.js'
import { ISSUER_JWKS, ISSUER_KEY, PRIVATE_KEYS } from './keys.js'
import { ABOUT_CHOICE, type PublishedCase, type Sign, type VectorFile } from './vector-file.js'

type Members = Readonly<Record<string, unknown>>

const { nowSeconds: now, issuer, audience, algorithms, clockToleranceSeconds } = RFC9068.verifier
const CLIENT_ID = 'orders-service'
const JSON_TYPE = 'application/json'
const SIGNED_TYPE = 'application/token-introspection+jwt'
const SIGNED_ONLY = { verifier: { signedAnswers: true } } as const

const ANSWER = {
  active: true,
  iss: issuer,
  aud: audience,
  sub: 'alice',
  client_id: 'shop',
  scope: 'orders:read',
  token_type: 'Bearer',
  exp: now + 3600,
  iat: now - 10,
} as const

/** Answers of an introspection endpoint. */
export function introspectionAnswers(sign: Sign): VectorFile {
  let issued = 0
  const asked = (body: string, contentType = JSON_TYPE, status = 200) => ({
    token: `opaque-${++issued}`,
    response: { status, contentType, body },
  })
  const plain = (change: Members = {}) => asked(JSON.stringify({ ...ANSWER, ...change }))
  const signed = (header: Members = {}, claims: Members = {}) =>
    asked(
      sign(
        ISSUER_KEY,
        { alg: 'ES256', kid: RFC9068.header.kid, typ: 'token-introspection+jwt', ...header },
        { iss: issuer, aud: CLIENT_ID, iat: now, token_introspection: ANSWER, ...claims },
      ),
      SIGNED_TYPE,
    )
  const sent = ({ status, contentType, body = (text) => text }: ResponseVector) =>
    asked(body(JSON.stringify(ANSWER)), contentType, status)
  const unknown = denied('introspection_unavailable', 503)

  const cases: readonly PublishedCase[] = [
    { name: 'good', section: 'RFC 7662 section 2.2', ...plain(), expected: ALLOWED },
    ...ACCEPTED_ANSWERS.map(({ name, section, change }) => ({
      name: `answer: ${name}`,
      section,
      ...plain(change),
      expected: ALLOWED,
    })),
    ...REFUSED_ANSWERS.map((row) => ({
      name: `answer: ${row.name}`,
      section: row.section,
      ...plain(row.change),
      expected: refused(row.code),
      ...choiceOf(row),
    })),
    ...ACCEPTED_RESPONSES.map((row) => ({
      name: `response: ${row.name}`,
      section: row.section,
      ...sent(row),
      expected: ALLOWED,
    })),
    ...REFUSED_RESPONSES.map((row) => ({
      name: `response: ${row.name}`,
      section: row.section,
      ...sent(row),
      expected: unknown,
      ...choiceOf(row),
    })),
    { name: 'signed: good', section: 'RFC 9701 section 5', ...signed(), ...SIGNED_ONLY, expected: ALLOWED },
    ...REFUSED_SIGNED_ANSWERS.map((row) => ({
      name: `signed: ${row.name}`,
      section: row.section,
      ...signed(row.header, row.claims),
      ...SIGNED_ONLY,
      expected: unknown,
      ...choiceOf(row),
    })),
    {
      name: 'signed: a plain answer where signed ones are asked for',
      section: 'RFC 9701 section 4',
      ...plain(),
      ...SIGNED_ONLY,
      expected: unknown,
    },
  ]

  return {
    standard: 'RFC 7662',
    about: [
      'Answers of an introspection endpoint, plain ones and signed ones (RFC 9701). The resource server is set as `verifier` says, and its clock stands at `now`. Where a case has a `verifier` of its own, its members are laid over that one. Where `signedAnswers` is true, signed answers are asked for and no others taken; they are for `clientId`, signed by a key of `keys.issuer`, and made a moment ago. No proof of possession is asked for.',
      'Run a case: let the endpoint answer `response` (`status`, `contentType` as the field Content-Type, or no such field where it is empty, and the text `body`) when it is asked about `token`, and send `token` as `Authorization: Bearer <token>` to the resource server. No token comes twice.',
      'Where `expected.allowed` is true the request passes. Otherwise the answer has `expected.status`, and a Bearer challenge with `expected.error` where there is one: a token is refused with 401, and 503 says that nothing is known of it. `expected.code` is for the log of the verifier and never for the caller, and another verifier may have other names.',
      ABOUT_CHOICE,
    ],
    now,
    verifier: { issuer, audience, algorithms, clockToleranceSeconds, clientId: CLIENT_ID, signedAnswers: false },
    keys: { issuer: ISSUER_JWKS, private: { issuer: PRIVATE_KEYS.issuer } },
    cases,
  }
}
