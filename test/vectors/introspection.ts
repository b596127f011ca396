/**
 * Introspection answers with one member changed each (RFC 7662 section 2.2, RFC 9701 section 5), and how a resource server
 * refuses them. `undefined` takes a member out. The unchanged ones are accepted.
 */
export interface AnswerVector {
  readonly name: string
  readonly section: string
  readonly change: Readonly<Record<string, unknown>>
  readonly code: string
}

/** Seconds since the epoch, of the clock by which the vectors are judged. */
const NOW = 1_700_000_000
const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'

export const REFUSED_ANSWERS: readonly AnswerVector[] = [
  { name: 'not active', section: 'RFC 7662 section 2.2', change: { active: false }, code: 'token_inactive' },
  ...[undefined, null, 'true', 1, {}, [true]].map((active) => ({
    name: `active ${JSON.stringify(active)}`,
    section: 'RFC 7662 section 2.2',
    change: { active },
    code: 'token_claim_invalid',
  })),
  ...['iss', 'sub', 'client_id', 'username', 'jti', 'scope', 'token_type'].flatMap((member) =>
    [7, null, ['alice'], { value: 'alice' }, true].map((value) => ({
      name: `${member} ${JSON.stringify(value)}`,
      section: 'RFC 7662 section 2.2',
      change: { [member]: value },
      code: 'token_claim_invalid',
    })),
  ),
  { name: 'empty sub', section: 'RFC 7662 section 2.2', change: { sub: '' }, code: 'token_claim_invalid' },
  {
    name: 'neither sub nor client_id',
    section: 'RFC 7662 section 2.2',
    change: { sub: undefined, client_id: undefined },
    code: 'token_claim_invalid',
  },
  {
    name: 'a user without sub, who is not the client',
    section: 'RFC 7662 section 2.2',
    change: { sub: undefined, username: 'alice' },
    code: 'token_claim_invalid',
  },
  {
    name: 'another iss',
    section: 'RFC 7662 section 2.2',
    change: { iss: 'https://issuer.example' },
    code: 'token_issuer_mismatch',
  },
  { name: 'empty iss', section: 'RFC 7662 section 2.2', change: { iss: '' }, code: 'token_issuer_mismatch' },
  {
    name: 'another aud',
    section: 'RFC 7662 section 4',
    change: { aud: 'billing-api' },
    code: 'token_audience_mismatch',
  },
  {
    name: 'longer aud',
    section: 'RFC 7662 section 4',
    change: { aud: 'orders-api-2' },
    code: 'token_audience_mismatch',
  },
  {
    name: 'a list of other aud',
    section: 'RFC 7662 section 4',
    change: { aud: ['a', 'b'] },
    code: 'token_audience_mismatch',
  },
  { name: 'an empty list of aud', section: 'RFC 7662 section 4', change: { aud: [] }, code: 'token_audience_mismatch' },
  { name: 'no aud', section: 'RFC 7662 section 4', change: { aud: undefined }, code: 'token_audience_missing' },
  ...[7, null, { 'orders-api': true }, ['orders-api', 7]].map((aud) => ({
    name: `aud ${JSON.stringify(aud)}`,
    section: 'RFC 7662 section 2.2',
    change: { aud },
    code: 'token_claim_invalid',
  })),
  { name: 'expired', section: 'RFC 7662 section 4', change: { exp: NOW - 31 }, code: 'token_expired' },
  { name: 'nbf ahead', section: 'RFC 7662 section 4', change: { nbf: NOW + 31 }, code: 'token_not_yet_valid' },
  { name: 'iat ahead', section: 'RFC 7662 section 4', change: { iat: NOW + 31 }, code: 'token_not_yet_valid' },
  ...['exp', 'nbf', 'iat'].flatMap((member) =>
    [String(NOW), null, [NOW], true].map((value) => ({
      name: `${member} ${JSON.stringify(value)}`,
      section: 'RFC 7662 section 2.2',
      change: { [member]: value },
      code: 'token_claim_invalid',
    })),
  ),
  ...['DPoP', 'N_A', 'refresh_token', 'mac', '', 'Bearer '].map((token_type) => ({
    name: `token_type ${JSON.stringify(token_type)} of an unbound token`,
    section: 'RFC 7662 section 2.2',
    change: { token_type },
    code: 'token_type_refused',
  })),
  {
    name: 'token_type Bearer of a token bound to a key',
    section: 'RFC 9449 section 6.2',
    change: { cnf: { jkt: JKT } },
    code: 'token_type_refused',
  },
  ...['refresh_token', 'id', 7].map((token_use) => ({
    name: `token_use ${JSON.stringify(token_use)}`,
    section: 'RFC 7662 section 2.2',
    change: { token_use },
    code: 'token_type_refused',
  })),
  ...['Refresh', 'Offline', 'ID', 'Logout', 7].map((typ) => ({
    name: `typ ${JSON.stringify(typ)}`,
    section: 'RFC 7662 section 2.2',
    change: { typ },
    code: 'token_type_refused',
  })),
  ...[null, {}, [], JKT, { jkt: 7 }, { jkt: 'short' }, { jkt: [JKT] }, { kid: 'a' }, { jkt: JKT, jwk: {} }].map(
    (cnf) => ({
      name: `cnf ${JSON.stringify(cnf)}`,
      section: 'RFC 7800 section 3.1',
      change: { cnf },
      code: 'token_proof_missing',
    }),
  ),
  {
    name: 'bound to a key, no proof',
    section: 'RFC 9449 section 6.2',
    change: { cnf: { jkt: JKT }, token_type: 'DPoP' },
    code: 'token_proof_missing',
  },
  {
    name: 'bound to a certificate, no proof',
    section: 'RFC 8705 section 3.2',
    change: { cnf: { 'x5t#S256': JKT } },
    code: 'token_proof_missing',
  },
  { name: 'act is no object', section: 'RFC 8693 section 4.1', change: { act: 'bob' }, code: 'token_claim_invalid' },
]

/** Changes that leave an answer acceptable. */
export const ACCEPTED_ANSWERS: readonly Omit<AnswerVector, 'code'>[] = [
  { name: 'as it is', section: 'RFC 7662 section 2.2', change: {} },
  { name: 'no iss', section: 'RFC 7662 section 2.2', change: { iss: undefined } },
  { name: 'no exp', section: 'RFC 7662 section 2.2', change: { exp: undefined } },
  { name: 'no token_type', section: 'RFC 7662 section 2.2', change: { token_type: undefined } },
  { name: 'token_type in other letters', section: 'RFC 6749 section 5.1', change: { token_type: 'bearer' } },
  { name: 'a list of aud', section: 'RFC 7519 section 4.1.3', change: { aud: ['billing-api', 'orders-api'] } },
  { name: 'no sub: the client itself', section: 'RFC 7662 section 2.2', change: { sub: undefined } },
  { name: 'no client_id, jti, iat', section: 'RFC 7662 section 2.2', change: { client_id: undefined, iat: undefined } },
  { name: 'expired within the tolerance', section: 'RFC 7519 section 4.1.4', change: { exp: NOW - 29 } },
  { name: 'members nobody knows', section: 'RFC 7662 section 2.2', change: { extension_field: 'twenty-seven' } },
]

/** The answer itself is good, and comes in another way than it should. */
export interface ResponseVector {
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
  ...[201, 204, 400, 401, 403, 404, 500, 503].map((status) => ({
    name: `status ${status}`,
    section: 'RFC 7662 section 2.3',
    status,
  })),
  ...['text/html', 'text/plain', 'application/jwt', 'application/jsonp', ''].map((contentType) => ({
    name: `content type ${JSON.stringify(contentType)}`,
    section: 'RFC 7662 section 2.2',
    contentType,
  })),
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
export interface SignedAnswerVector {
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
  { name: 'an unknown key', section: 'RFC 9701 section 5', header: { kid: 'other' }, cause: /token_key_unknown/ },
  { name: 'a key of its own', section: 'RFC 8725 section 3.10', header: { jwk: {} }, cause: /token_header_refused/ },
  { name: 'another iss', section: 'RFC 9701 section 5', claims: { iss: 'https://other.example' }, cause: /issuer/ },
  { name: 'no iss', section: 'RFC 9701 section 5', claims: { iss: undefined }, cause: /issuer/ },
  { name: 'another aud', section: 'RFC 9701 section 5', claims: { aud: 'another-client' }, cause: /client/ },
  { name: 'the audience of the token', section: 'RFC 9701 section 5', claims: { aud: 'orders-api' }, cause: /client/ },
  { name: 'no aud', section: 'RFC 9701 section 5', claims: { aud: undefined }, cause: /client/ },
  { name: 'an old one', section: 'RFC 9701 section 5', claims: { iat: NOW - 91 }, cause: /fresh/ },
  { name: 'one of the future', section: 'RFC 9701 section 5', claims: { iat: NOW + 91 }, cause: /fresh/ },
  { name: 'no iat', section: 'RFC 9701 section 5', claims: { iat: undefined }, cause: /fresh/ },
  {
    name: 'no token_introspection',
    section: 'RFC 9701 section 5',
    claims: { token_introspection: undefined },
    cause: /object/,
  },
  { name: 'a list of them', section: 'RFC 9701 section 5', claims: { token_introspection: [] }, cause: /object/ },
]
