import { AUDIENCE, ISSUER, NOW } from '../support/fake-issuer.js'
import { type Choice, choice, chosen } from './choice.js'
import type { TextCase } from './token-headers.js'

/** One thing wrong with the claims of a token that is signed well. */
export interface ClaimCase extends Choice {
  readonly input: string
  readonly section: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly code: string
}

const cases = (section: string, code: string, claim: string, rows: Readonly<Record<string, unknown>>): ClaimCase[] =>
  Object.entries(rows).map(([name, value]) => ({
    input: `${claim} ${name}`,
    section,
    claims: { [claim]: value },
    code,
  }))

/** What no claim that is text may be. */
const NOT_TEXT = {
  missing: undefined,
  null: null,
  empty: '',
  'a number': 1,
  true: true,
  'an array': ['alice'],
  'an object': { alice: 1 },
}

/** What no time may be; beyond these, see the cases as text. */
const NOT_A_TIME = {
  null: null,
  'as a string': String(NOW + 60),
  empty: '',
  true: true,
  'in an array': [NOW + 60],
  'an object': {},
}

const NOT_CHECKED = 'No check that RFC 9068 section 4 lists.'
const CNF_UNKNOWN = 'One that does not know cnf ignores it.'
const BEYOND_DOUBLE = choice('RFC 8259 section 6 leaves the range of numbers open.')

/** Clock tolerance is the default, 30 seconds. */
export const REFUSED_CLAIMS: readonly ClaimCase[] = [
  ...cases('RFC 9068 section 4', 'token_issuer_mismatch', 'iss', {
    ...NOT_TEXT,
    'in an array (CVE-2025-30144)': [ISSUER],
    'beside another in an array (CVE-2025-30144)': ['https://evil.example', ISSUER],
    'with a trailing slash': `${ISSUER}/`,
    'with the default port': `${ISSUER}:443`,
    'over plain http': ISSUER.replace('https', 'http'),
    'in capitals': ISSUER.toUpperCase(),
    'as a prefix': `${ISSUER}.evil.example`,
    'as userinfo': `${ISSUER}@evil.example`,
    'with a path': `${ISSUER}/realms/other`,
    'with a query': `${ISSUER}?`,
    'with a space': `${ISSUER} `,
    'with a NUL': `${ISSUER}\0`,
    'with a Cyrillic letter': ISSUER.replace('i', '\u0456'),
    'of another issuer': 'https://evil.example',
    'cut short': ISSUER.slice(0, -1),
  }),
  ...cases('RFC 9068 section 4', 'token_audience_mismatch', 'aud', {
    ...NOT_TEXT,
    'of another service': 'billing-api',
    'as a prefix': `${AUDIENCE}-v2`,
    'as a suffix': `my-${AUDIENCE}`,
    'cut short': AUDIENCE.slice(0, -1),
    'in capitals': AUDIENCE.toUpperCase(),
    'with a space': `${AUDIENCE} `,
    'in a list as text': `${AUDIENCE} billing-api`,
    'in parts': AUDIENCE.split('-'),
    'as a pattern': '.*',
    'an empty array': [],
    'in a nested array': [[AUDIENCE]],
    'as an object': { 0: AUDIENCE, length: 1 },
  }),
  ...cases('RFC 7519 section 4.1.4', 'token_claim_invalid', 'exp', { missing: undefined, ...NOT_A_TIME }),
  ...cases('RFC 7519 section 4.1.4', 'token_expired', 'exp', {
    '30 seconds ago': NOW - 30,
    'a day ago': NOW - 86_400,
    zero: 0,
    negative: -1,
    'a fraction beyond the tolerance': NOW - 30.001,
  }),
  ...cases('RFC 7519 section 4.1.5', 'token_claim_invalid', 'nbf', NOT_A_TIME),
  ...cases('RFC 7519 section 4.1.5', 'token_not_yet_valid', 'nbf', {
    'in 31 seconds': NOW + 31,
    'in a year': NOW + 31_536_000,
    'in milliseconds': NOW * 1000,
  }),
  ...chosen(NOT_CHECKED, [
    ...cases('RFC 9068 section 2.2', 'token_claim_invalid', 'iat', { missing: undefined, ...NOT_A_TIME }),
    ...cases('RFC 7519 section 4.1.6', 'token_not_yet_valid', 'iat', { 'in 31 seconds': NOW + 31 }),
    ...['sub', 'client_id', 'jti'].flatMap((claim) =>
      cases('RFC 9068 section 2.2', 'token_claim_invalid', claim, NOT_TEXT),
    ),
  ]),
  ...chosen(CNF_UNKNOWN, [
    ...cases('RFC 9449 section 7.2', 'token_proof_missing', 'cnf', {
      jkt: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
    }),
    ...cases('RFC 7800 section 3.1', 'token_proof_missing', 'cnf', {
      jwk: { jwk: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' } },
      'of a kind unknown': { 'x5t#S512': 'abc' },
      empty: {},
      null: null,
      text: 'jkt',
    }),
    ...cases('RFC 8705 section 3.1', 'token_proof_missing', 'cnf', {
      'x5t#S256': { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' },
    }),
  ]),
]

/** Replacements in the payload's text, for what no JSON serializer writes. */
export const REFUSED_CLAIM_TEXTS: readonly TextCase[] = [
  [/"exp":\d+/, '"exp":1e400', 'token_claim_invalid', BEYOND_DOUBLE],
  [/"exp":\d+/, '"exp":-1e400', 'token_claim_invalid'],
  [/"exp":\d+/, '"exp":NaN', 'token_malformed'],
  [/"exp":\d+/, '"exp":Infinity', 'token_malformed'],
  [/"exp":\d+/, '"exp":0x7fffffff', 'token_malformed'],
  [/"iat":\d+/, '"iat":-1e400', 'token_claim_invalid', BEYOND_DOUBLE],
  [/"iat":\d+/, '"iat":0,"nbf":-1e400', 'token_claim_invalid', BEYOND_DOUBLE],
  // RFC 7519 section 4: of claims with one name, the last counts
  [/}$/, ',"iss":"https://evil.example"}', 'token_issuer_mismatch'],
  [/}$/, ',"exp":0}', 'token_expired'],
  [/"sub":"alice"/, '"__proto__":{"sub":"alice"}', 'token_claim_invalid', choice(NOT_CHECKED)],
  [/^/, '\ufeff', 'token_malformed', choice('RFC 8259 section 8.1 lets a parser ignore the mark.')],
  [/}$/, '', 'token_malformed'],
  [/}$/, ',}', 'token_malformed'],
  [/}$/, '}{}', 'token_malformed'],
  [/^.*$/, '', 'token_malformed'],
  [/^.*$/, '{}', 'token_issuer_mismatch'],
  [/^.*$/, 'null', 'token_malformed'],
  [/^.*$/, 'true', 'token_malformed'],
  [/^.*$/, '"text"', 'token_malformed'],
  [/^(.*)$/, '[$1]', 'token_malformed'],
]

export const ACCEPTED_CLAIMS: readonly ClaimCase[] = [
  ...cases('RFC 7519 section 4.1.3', 'allowed', 'aud', {
    'as an array': [AUDIENCE],
    'among others': ['billing-api', AUDIENCE],
  }),
  ...chosen(
    'A list with other types may be refused as a whole.',
    cases('RFC 7519 section 4.1.3', 'allowed', 'aud', { 'among other types': [1, null, AUDIENCE] }),
  ),
  ...cases('RFC 7519 section 4.1.4', 'allowed', 'exp', {
    now: NOW,
    '29 seconds ago': NOW - 29,
    'with a fraction': NOW + 0.5,
    'in the year 275760': 8_640_000_000_000,
  }),
  ...cases('RFC 7519 section 4.1.5', 'allowed', 'nbf', { 'in 30 seconds': NOW + 30, past: 0 }),
  ...cases('RFC 7519 section 4.1.6', 'allowed', 'iat', { 'in 30 seconds': NOW + 30, 'long ago': 0 }),
]
