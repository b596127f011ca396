import { caseName } from './case-name.js'
import { type Choice, choice, chosen } from './choice.js'

/** One thing wrong with the header of a token whose claims are good. */
export interface HeaderCase extends Choice {
  readonly input: string
  readonly section: string
  readonly header: Readonly<Record<string, unknown>>
  readonly code: string
}

const cases = (section: string, code: string, member: string, values: readonly unknown[]): HeaderCase[] =>
  values.map((value) => ({
    input: caseName(member, value),
    section,
    header: { [member]: value },
    code,
  }))

/** Key A.1 of RFC 8037: anyone may sign with it. */
const FOREIGN_JWK = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

const MAY_BE_IGNORED = 'A header parameter that may be ignored.'
const HINT = 'A kid is a hint: the key may be found without it.'

const NOT_STRINGS: readonly unknown[] = [null, 1, true, ['at+jwt'], { 0: 'a' }]

/** The key is an ES256 key; `algorithms` is the default. */
export const REFUSED_HEADERS: readonly HeaderCase[] = [
  // CVE-2015-9235, CVE-2022-23540
  ...cases('RFC 8725 section 3.1', 'token_algorithm_refused', 'alg', ['none', 'None', 'NONE', 'nOnE', 'noNE', 'none ']),
  ...cases('RFC 8725 section 3.1', 'token_algorithm_refused', 'alg', [
    '',
    'es256',
    'ES256 ',
    ' ES256',
    'ES256K',
    'ES256\0',
  ]),
  ...cases('RFC 8725 section 3.1', 'token_algorithm_refused', 'alg', [
    'HS256',
    'HS384',
    'HS512',
    'RS1',
    'ES384',
    'Ed448',
  ]),
  ...cases('RFC 8725 section 3.1', 'token_algorithm_refused', 'alg', [
    'dir',
    'RSA-OAEP',
    'PBES2-HS256+A128KW',
    'A128KW',
  ]),
  ...cases('RFC 7515 section 4.1.1', 'token_malformed', 'alg', [undefined, ['ES256'], ...NOT_STRINGS]),
  // CVE-2026-22817: allowed, but not this key's
  ...cases('RFC 8725 section 3.1', 'token_key_unknown', 'alg', ['RS256', 'PS256', 'EdDSA', 'Ed25519']),

  ...cases('RFC 9068 section 4', 'token_type_refused', 'typ', [
    undefined,
    '',
    'JWT',
    'jwt',
    'application/jwt',
    'id_token+jwt',
  ]),
  ...cases('RFC 8725 section 3.11', 'token_type_refused', 'typ', [
    'dpop+jwt',
    'logout+jwt',
    'secevent+jwt',
    'JOSE',
    'rt+jwt',
  ]),
  ...cases('RFC 9068 section 4', 'token_type_refused', 'typ', [
    'at+jwt ',
    ' at+jwt',
    'at+jwt\n',
    'at jwt',
    'atjwt',
    'at-jwt',
  ]),
  ...cases('RFC 9068 section 4', 'token_type_refused', 'typ', [
    'text/at+jwt',
    'application/at+jwt; charset=utf-8',
    'xat+jwt',
  ]),
  ...cases('RFC 7515 section 4.1.9', 'token_malformed', 'typ', NOT_STRINGS),

  // CVE-2018-0114; and every way to name a key of one's own
  ...chosen(MAY_BE_IGNORED, [
    ...cases('RFC 7515 section 4.1.3', 'token_header_refused', 'jwk', [FOREIGN_JWK, null, {}]),
    ...cases('RFC 7515 section 4.1.6', 'token_header_refused', 'x5c', [['MIIC'], [], null]),
    ...cases('RFC 7515 section 4.1.2', 'token_header_refused', 'jku', ['https://idp.test/jwks', '', null]),
    ...cases('RFC 7515 section 4.1.5', 'token_header_refused', 'x5u', ['https://idp.test/certificates', '']),
    ...cases('RFC 7797 section 3', 'token_header_refused', 'b64', [false, true, null]),
    // CVE-2022-36083, CVE-2024-28176: members of encryption
    ...cases('RFC 7516 section 4.1.3', 'token_header_refused', 'zip', ['DEF']),
    ...cases('RFC 7516 section 4.1.2', 'token_header_refused', 'enc', ['A256GCM']),
    ...cases('RFC 7518 section 4.6.1.1', 'token_header_refused', 'epk', [FOREIGN_JWK]),
    ...cases('RFC 7518 section 4.8.1.2', 'token_header_refused', 'p2c', [2_147_483_647]),
    ...cases('RFC 7518 section 4.8.1.1', 'token_header_refused', 'p2s', ['c2FsdA']),
  ]),
  // CVE-2026-32597, CVE-2025-59420
  ...cases('RFC 7515 section 4.1.11', 'token_header_refused', 'crit', [['exp'], ['x'], 'exp', null]),
  ...chosen(
    'A recipient may refuse such a list, and need not.',
    cases('RFC 7515 section 4.1.11', 'token_header_refused', 'crit', [['alg'], ['b64'], []]),
  ),

  ...chosen(HINT, [
    ...cases('RFC 8725 section 3.10', 'token_key_unknown', 'kid', ['', ' ', '0', 'other', '*', 'k'.repeat(256)]),
    ...cases('RFC 8725 section 3.10', 'token_key_unknown', 'kid', [
      '__proto__',
      'constructor',
      'toString',
      'undefined',
    ]),
    ...cases('RFC 8725 section 3.10', 'token_key_unknown', 'kid', [
      '/etc/passwd',
      '../../../../dev/null',
      'C:\\key.pem',
      '\0',
    ]),
    ...cases('RFC 8725 section 3.10', 'token_key_unknown', 'kid', [
      'file:///etc/passwd',
      "' OR 1=1 --",
      '$(id)',
      '{"$ne":1}',
    ]),
    ...cases('RFC 8725 section 3.10', 'token_malformed', 'kid', ['k'.repeat(257), 'k'.repeat(300)]),
    ...cases('RFC 7515 section 4.1.4', 'token_malformed', 'kid', NOT_STRINGS),
  ]),
]

/** A replacement in the text of a header or of claims. */
export type TextCase = readonly [find: RegExp, replace: string, code: string, choice?: Choice]

/** Replacements in the header's text, for what no JSON serializer writes. */
export const REFUSED_HEADER_TEXTS: readonly TextCase[] = [
  // RFC 7515 section 4: of members with one name, the last counts
  [/}$/, ',"alg":"none"}', 'token_algorithm_refused'],
  [/}$/, ',"typ":"JWT"}', 'token_type_refused'],
  [/}$/, ',"kid":"other"}', 'token_key_unknown', choice(HINT)],
  [/}$/, ',"jku":"https://evil.example","jku":null}', 'token_header_refused', choice(MAY_BE_IGNORED)],
  [/"alg":"ES256"/, '"__proto__":{"alg":"ES256"}', 'token_malformed'],
  [/"alg":"ES256"/, '"ALG":"ES256"', 'token_malformed'],
  [/^/, '\ufeff', 'token_malformed', choice('RFC 8259 section 8.1 lets a parser ignore the mark.')],
  [/}$/, ',}', 'token_malformed'],
  [/}$/, '} //', 'token_malformed'],
  [/}$/, '', 'token_malformed'],
  [/^.*$/, '{}', 'token_malformed'],
  [/^.*$/, 'null', 'token_malformed'],
  [/^.*$/, '1', 'token_malformed'],
  [/^.*$/, '"at+jwt"', 'token_malformed'],
  [/^(.*)$/, '[$1]', 'token_malformed'],
]

export const ACCEPTED_HEADERS: readonly HeaderCase[] = [
  ...cases('RFC 9068 section 4', 'allowed', 'typ', ['application/at+jwt']),
  ...chosen(
    'RFC 9068 section 4 may be read by the letter.',
    cases('RFC 7515 section 4.1.9', 'allowed', 'typ', ['AT+JWT', 'At+Jwt', 'APPLICATION/AT+JWT', 'Application/at+JWT']),
  ),
  ...chosen(
    'How a key is found is left to the application.',
    cases('RFC 7515 section 6', 'allowed', 'kid', [undefined]),
  ),
  ...cases('RFC 7515 section 4', 'allowed', 'x-unknown', ['ignored', { alg: 'none' }]),
]
