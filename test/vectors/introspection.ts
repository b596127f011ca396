import { caseName } from './case-name.js'
import { type Choice, chosen } from './choice.js'

/**
 * Introspection answers with one member changed each (RFC 7662 section 2.2, RFC 9701 section 5), and how a resource server
 * refuses them. `undefined` takes a member out. The unchanged ones are accepted.
 */
export interface AnswerVector extends Choice {
  readonly name: string
  readonly section: string
  readonly change: Readonly<Record<string, unknown>>
  readonly code: string
}

/** Seconds since the epoch, of the clock by which the vectors are judged. */
const NOW = 1_700_000_000
const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'

const answers = (
  section: string,
  code: string,
  rows: Readonly<Record<string, AnswerVector['change']>>,
): readonly AnswerVector[] => Object.entries(rows).map(([name, change]) => ({ name, section, change, code }))

/** One member, changed to each of `values`. */
const members = (section: string, code: string, member: string, values: readonly unknown[]): readonly AnswerVector[] =>
  answers(section, code, Object.fromEntries(values.map((value) => [caseName(member, value), { [member]: value }])))

const SECTION = 'RFC 7662 section 2.2'

export const REFUSED_ANSWERS: readonly AnswerVector[] = [
  ...answers(SECTION, 'token_inactive', { 'not active': { active: false } }),
  ...members(SECTION, 'token_claim_invalid', 'active', [undefined, null, 'true', 1, {}, [true]]),
  ...chosen(
    'Who does not read the member does not see its type.',
    ['iss', 'sub', 'client_id', 'username', 'jti', 'scope', 'token_type'].flatMap((member) =>
      members(SECTION, 'token_claim_invalid', member, [7, null, ['alice'], { value: 'alice' }, true]),
    ),
  ),
  ...chosen(
    'RFC 7662 need not tell who the user is.',
    answers(SECTION, 'token_claim_invalid', {
      'empty sub': { sub: '' },
      'neither sub nor client_id': { sub: undefined, client_id: undefined },
      'a user without sub, who is not the client': { sub: undefined, username: 'alice' },
    }),
  ),
  ...chosen(
    'RFC 7662 does not ask to compare iss.',
    answers(SECTION, 'token_issuer_mismatch', {
      'another iss': { iss: 'https://issuer.example' },
      'empty iss': { iss: '' },
    }),
  ),
  ...answers('RFC 9700 section 2.3', 'token_audience_mismatch', {
    'another aud': { aud: 'billing-api' },
    'longer aud': { aud: 'orders-api-2' },
    'a list of other aud': { aud: ['a', 'b'] },
    'an empty list of aud': { aud: [] },
  }),
  ...members(SECTION, 'token_claim_invalid', 'aud', [7, { 'orders-api': true }]),
  ...chosen('An aud is optional, and the endpoint has judged it.', [
    ...answers(SECTION, 'token_audience_missing', { 'no aud': { aud: undefined } }),
    ...members(SECTION, 'token_claim_invalid', 'aud', [null]),
  ]),
  ...chosen(
    'A list with other types may be read all the same.',
    members(SECTION, 'token_claim_invalid', 'aud', [['orders-api', 7]]),
  ),
  ...chosen('The endpoint has judged the times (RFC 7662 section 4).', [
    ...answers(SECTION, 'token_expired', { expired: { exp: NOW - 31 } }),
    ...answers(SECTION, 'token_not_yet_valid', { 'nbf ahead': { nbf: NOW + 31 }, 'iat ahead': { iat: NOW + 31 } }),
    ...['exp', 'nbf', 'iat'].flatMap((member) =>
      members(SECTION, 'token_claim_invalid', member, [String(NOW), null, [NOW], true]),
    ),
  ]),
  ...chosen(
    'A token_type is optional, to send and to heed.',
    ['DPoP', 'N_A', 'refresh_token', 'mac', '', 'Bearer '].flatMap((token_type) =>
      answers(SECTION, 'token_type_refused', {
        [`token_type ${JSON.stringify(token_type)} of an unbound token`]: { token_type },
      }),
    ),
  ),
  ...chosen('A member of Cognito, and of no RFC.', [
    ...members(SECTION, 'token_type_refused', 'token_use', ['refresh_token', 'id', 7]),
  ]),
  ...chosen('A member of Keycloak, and of no RFC.', [
    ...members(SECTION, 'token_type_refused', 'typ', ['Refresh', 'Offline', 'ID', 'Logout', 7]),
  ]),
  ...chosen('Who knows no cnf ignores it (RFC 9449 section 7.2).', [
    ...answers('RFC 9449 section 6.2', 'token_type_refused', {
      'token_type Bearer of a token bound to a key': { cnf: { jkt: JKT } },
    }),
    ...members('RFC 7800 section 3.1', 'token_proof_missing', 'cnf', [
      null,
      {},
      [],
      JKT,
      { jkt: 7 },
      { jkt: 'short' },
      { jkt: [JKT] },
      { kid: 'a' },
      { jkt: JKT, jwk: {} },
    ]),
    ...answers('RFC 9449 section 6.2', 'token_proof_missing', {
      'bound to a key, no proof': { cnf: { jkt: JKT }, token_type: 'DPoP' },
    }),
    ...answers('RFC 8705 section 3.2', 'token_proof_missing', {
      'bound to a certificate, no proof': { cnf: { 'x5t#S256': JKT } },
    }),
  ]),
  ...chosen(
    'Who does not read the member does not see its type.',
    answers('RFC 8693 section 4.1', 'token_claim_invalid', { 'act is no object': { act: 'bob' } }),
  ),
]

/** Changes that leave an answer acceptable. */
export const ACCEPTED_ANSWERS: readonly Omit<AnswerVector, 'code'>[] = [
  { name: 'no iss', section: 'RFC 7662 section 2.2', change: { iss: undefined } },
  { name: 'no exp', section: 'RFC 7662 section 2.2', change: { exp: undefined } },
  { name: 'no token_type', section: 'RFC 7662 section 2.2', change: { token_type: undefined } },
  { name: 'token_type in other letters', section: 'RFC 6749 section 5.1', change: { token_type: 'bearer' } },
  { name: 'a list of aud', section: 'RFC 7519 section 4.1.3', change: { aud: ['billing-api', 'orders-api'] } },
  { name: 'no sub: the client itself', section: 'RFC 7662 section 2.2', change: { sub: undefined } },
  {
    name: 'neither client_id nor iat',
    section: 'RFC 7662 section 2.2',
    change: { client_id: undefined, iat: undefined },
  },
  { name: 'expired within the tolerance', section: 'RFC 7519 section 4.1.4', change: { exp: NOW - 29 } },
  { name: 'members nobody knows', section: 'RFC 7662 section 2.2', change: { extension_field: 'twenty-seven' } },
]

/** The answer itself is good, and comes in another way than it should. */
export interface ResponseVector extends Choice {
  readonly name: string
  readonly section: string
  /** By default 200, and `application/json`. */
  readonly status?: number
  readonly contentType?: string
  /** What becomes of the text of the answer. Default: nothing. */
  readonly body?: (text: string) => string
}

/** Nothing is known of the token then: 503, and never 200. */
export const REFUSED_RESPONSES: readonly ResponseVector[] = [
  ...chosen('RFC 7662 names no status of a good answer.', [
    { name: 'status 201', section: 'RFC 7662 section 2.2', status: 201 },
  ]),
  ...[204, 400, 401, 403, 404, 500, 503].map((status) => ({
    name: `status ${status}`,
    section: 'RFC 7662 section 2.3',
    status,
  })),
  ...chosen(
    'RFC 7662 does not ask to look at the type.',
    ['text/html', 'text/plain', 'application/jwt', 'application/jsonp', ''].map((contentType) => ({
      name: `content type ${JSON.stringify(contentType)}`,
      section: 'RFC 7662 section 2.2',
      contentType,
    })),
  ),
  { name: 'no text', section: 'RFC 7662 section 2.2', body: () => '' },
  { name: 'text cut short', section: 'RFC 7662 section 2.2', body: (text) => text.slice(0, -1) },
  { name: 'text with more behind', section: 'RFC 7662 section 2.2', body: (text) => `${text}{}` },
  { name: 'a list of answers', section: 'RFC 7662 section 2.2', body: (text) => `[${text}]` },
  { name: 'an answer in a string', section: 'RFC 7662 section 2.2', body: (text) => JSON.stringify(text) },
  { name: 'null', section: 'RFC 7662 section 2.2', body: () => 'null' },
]

export const ACCEPTED_RESPONSES: readonly ResponseVector[] = [
  { name: 'a charset', section: 'RFC 7662 section 2.2', contentType: 'application/json; charset=utf-8' },
  { name: 'the type in other letters', section: 'RFC 7662 section 2.2', contentType: 'Application/JSON' },
]

/** Signed answers with one part changed. */
export interface SignedAnswerVector extends Choice {
  readonly name: string
  readonly section: string
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  /** What the refusal's cause says. */
  readonly cause: RegExp
}

export const REFUSED_SIGNED_ANSWERS: readonly SignedAnswerVector[] = [
  { name: 'typ JWT', section: 'RFC 9701 section 5', header: { typ: 'JWT' }, cause: /typ/ },
  { name: 'typ at+jwt', section: 'RFC 9701 section 5', header: { typ: 'at+jwt' }, cause: /typ/ },
  { name: 'no typ', section: 'RFC 9701 section 5', header: { typ: undefined }, cause: /typ/ },
  { name: 'alg none', section: 'RFC 8725 section 3.1', header: { alg: 'none' }, cause: /algorithm/ },
  { name: 'alg HS256', section: 'RFC 8725 section 3.1', header: { alg: 'HS256' }, cause: /algorithm/ },
  ...chosen('A kid is a hint: the key may be found without it.', [
    { name: 'an unknown key', section: 'RFC 7515 section 4.1.4', header: { kid: 'other' }, cause: /token_key_unknown/ },
  ]),
  ...chosen('A header parameter that may be ignored.', [
    { name: 'a key of its own', section: 'RFC 7515 section 4.1.3', header: { jwk: {} }, cause: /token_header_refused/ },
  ]),
  { name: 'another iss', section: 'RFC 9701 section 5', claims: { iss: 'https://other.example' }, cause: /issuer/ },
  { name: 'no iss', section: 'RFC 9701 section 5', claims: { iss: undefined }, cause: /issuer/ },
  { name: 'another aud', section: 'RFC 9701 section 5', claims: { aud: 'another-client' }, cause: /client/ },
  { name: 'the audience of the token', section: 'RFC 9701 section 5', claims: { aud: 'orders-api' }, cause: /client/ },
  { name: 'no aud', section: 'RFC 9701 section 5', claims: { aud: undefined }, cause: /client/ },
  ...chosen('How fresh an answer is to be is not said.', [
    { name: 'an old one', section: 'RFC 9701 section 5', claims: { iat: NOW - 91 }, cause: /fresh/ },
    { name: 'one of the future', section: 'RFC 9701 section 5', claims: { iat: NOW + 91 }, cause: /fresh/ },
    { name: 'no iat', section: 'RFC 9701 section 5', claims: { iat: undefined }, cause: /fresh/ },
  ]),
  {
    name: 'no token_introspection',
    section: 'RFC 9701 section 5',
    claims: { token_introspection: undefined },
    cause: /object/,
  },
  { name: 'a list of them', section: 'RFC 9701 section 5', claims: { token_introspection: [] }, cause: /object/ },
]
