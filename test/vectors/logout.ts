/** When the logout token arrives, in seconds since the epoch. Clock tolerance is 30 seconds, the maximum age 300. */
export const LOGOUT_NOW = 1_700_000_000

export const LOGOUT_ISSUER = 'https://idp.test'
export const LOGOUT_AUDIENCE = 'orders-web'
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

type Members = Readonly<Record<string, unknown>>

/** A logout token without fault (OpenID Connect Back-Channel Logout 1.0 section 2.4); `jti` is for the reader to add. */
export const LOGOUT_HEADER: Members = { typ: 'logout+jwt' }
export const LOGOUT_CLAIMS: Members = {
  iss: LOGOUT_ISSUER,
  sub: 'alice',
  aud: LOGOUT_AUDIENCE,
  iat: LOGOUT_NOW - 5,
  exp: LOGOUT_NOW + 115,
  sid: 'session-1',
  events: { [LOGOUT_EVENT]: {} },
}

/** One member of the claims or of the header changed; `undefined` leaves it out. */
export interface LogoutCase {
  readonly input: string
  readonly section: string
  readonly claims: Members
  readonly header: Members
  /** Without the first word, which is `logout_`. */
  readonly code: string
}

const BCL = 'OpenID Connect Back-Channel Logout 1.0 section'

const claims = (section: string, code: string, claim: string, rows: Members): readonly LogoutCase[] =>
  Object.entries(rows).map(([name, value]) => ({
    input: `${claim} ${name}`,
    section,
    claims: { [claim]: value },
    header: {},
    code,
  }))

const headers = (section: string, code: string, member: string, rows: Members): readonly LogoutCase[] =>
  Object.entries(rows).map(([name, value]) => ({
    input: `header ${member} ${name}`,
    section,
    claims: {},
    header: { [member]: value },
    code,
  }))

const NOT_TEXT = { null: null, empty: '', 'a number': 7, true: true, 'a list': ['alice'], 'an object': { id: 'alice' } }
const NOT_TIME = { missing: undefined, null: null, text: String(LOGOUT_NOW), true: true, 'a list': [LOGOUT_NOW] }

export const REFUSED_LOGOUTS: readonly LogoutCase[] = [
  ...claims(`${BCL} 2.6, step 2`, 'issuer_unknown', 'iss', {
    missing: undefined,
    ...NOT_TEXT,
    'in a list': [LOGOUT_ISSUER],
    'with a slash': `${LOGOUT_ISSUER}/`,
    'in capitals': LOGOUT_ISSUER.toUpperCase(),
    'of a stranger': 'https://evil.test',
    'that every object has': '__proto__',
  }),
  ...claims(`${BCL} 2.6, step 2`, 'audience_mismatch', 'aud', {
    missing: undefined,
    ...NOT_TEXT,
    'of another service': 'billing-web',
    'that begins so': `${LOGOUT_AUDIENCE}-2`,
    'cut short': LOGOUT_AUDIENCE.slice(0, -1),
    'in capitals': LOGOUT_AUDIENCE.toUpperCase(),
    'an empty list': [],
    'a list of others': ['billing-web', 'crm-web'],
    'a list in a list': [[LOGOUT_AUDIENCE]],
  }),
  ...claims(`${BCL} 2.4`, 'claim_invalid', 'iat', NOT_TIME),
  ...claims(`${BCL} 2.6, step 2`, 'not_yet_valid', 'iat', {
    'in 31 seconds': LOGOUT_NOW + 31,
    'in milliseconds': LOGOUT_NOW * 1000,
  }),
  ...claims(`${BCL} 2.6, step 2`, 'too_old', 'iat', {
    '330 seconds ago': LOGOUT_NOW - 330,
    'a day ago': LOGOUT_NOW - 86_400,
    zero: 0,
    negative: -1,
  }),
  ...claims(`${BCL} 2.4`, 'claim_invalid', 'exp', NOT_TIME),
  ...claims(`${BCL} 2.6, step 2`, 'expired', 'exp', {
    '30 seconds ago': LOGOUT_NOW - 30,
    'a day ago': LOGOUT_NOW - 86_400,
    zero: 0,
  }),
  ...claims('RFC 7519 section 4.1.5', 'not_yet_valid', 'nbf', { 'in 31 seconds': LOGOUT_NOW + 31 }),
  ...claims('RFC 7519 section 4.1.5', 'claim_invalid', 'nbf', { text: String(LOGOUT_NOW), null: null }),
  ...claims(`${BCL} 2.4`, 'claim_invalid', 'jti', { missing: undefined, ...NOT_TEXT }),
  ...claims(`${BCL} 2.6, step 4`, 'claim_invalid', 'sub', NOT_TEXT),
  ...claims(`${BCL} 2.6, step 4`, 'claim_invalid', 'sid', NOT_TEXT),
  {
    ...claims(`${BCL} 2.6, step 4`, 'claim_invalid', 'sub', { 'and sid missing': undefined })[0]!,
    claims: {
      sub: undefined,
      sid: undefined,
    },
  },
  ...claims(`${BCL} 2.6, step 5`, 'event_missing', 'events', {
    missing: undefined,
    ...NOT_TEXT,
    'without any': {},
    'as a list': [LOGOUT_EVENT],
    'as text': LOGOUT_EVENT,
    'with another': { 'http://schemas.openid.net/event/other': {} },
    'in other letters': { [LOGOUT_EVENT.toUpperCase()]: {} },
    'with a slash': { [`${LOGOUT_EVENT}/`]: {} },
    'that is null': { [LOGOUT_EVENT]: null },
    'that is true': { [LOGOUT_EVENT]: true },
    'that is text': { [LOGOUT_EVENT]: '{}' },
    'that is a list': { [LOGOUT_EVENT]: [] },
  }),
  ...claims(`${BCL} 2.6, step 6`, 'nonce_present', 'nonce', {
    'as text': 'n-0S6_WzA2Mj',
    empty: '',
    null: null,
    false: false,
  }),
  ...headers(`${BCL} 2.6, step 3`, 'algorithm_refused', 'alg', {
    none: 'none',
    'none in other letters': 'nOnE',
    'HMAC of the public key': 'HS256',
    'that is not configured': 'RS512',
    'in small letters': 'es256',
    empty: '',
  }),
  ...headers('RFC 7515 section 4.1.1', 'malformed', 'alg', { missing: undefined, null: null, 'a list': ['ES256'] }),
  ...headers(`${BCL} 4.1`, 'type_refused', 'typ', {
    'of an access token': 'at+jwt',
    'of a security event': 'secevent+jwt',
    'of a proof': 'dpop+jwt',
    'that begins so': 'logout+jwtx',
    'with a prefix of its own': 'text/logout+jwt',
    empty: '',
  }),
  ...headers('RFC 7515 section 4.1.9', 'malformed', 'typ', { null: null, 'a list': ['logout+jwt'] }),
  ...headers('RFC 7515 section 4.1.11', 'header_refused', 'crit', { exp: ['exp'], empty: [], null: null }),
  ...headers('RFC 8725 section 3.10', 'header_refused', 'jku', { set: 'https://evil.test/jwks' }),
  ...headers('RFC 8725 section 3.10', 'header_refused', 'x5u', { set: 'https://evil.test/x5u' }),
  ...headers('RFC 8725 section 3.10', 'header_refused', 'jwk', { set: { kty: 'oct', k: 'AA' } }),
  ...headers('RFC 8725 section 3.10', 'header_refused', 'x5c', { set: ['MII='] }),
  ...headers('RFC 7797 section 3', 'header_refused', 'b64', { false: false, true: true }),
  ...headers('RFC 7516 section 4.1.3', 'header_refused', 'zip', { set: 'DEF' }),
  ...headers('RFC 7515 section 4.1.4', 'key_unknown', 'kid', { 'of nobody': 'nobody', 'that is a path': '../../etc' }),
]

/** What a session ends for, each one change away from `LOGOUT_CLAIMS`. */
export const ACCEPTED_LOGOUTS: readonly Omit<LogoutCase, 'code'>[] = [
  ...claims(`${BCL} 2.4`, '', 'sub', { 'as it is': 'alice', missing: undefined }),
  ...claims(`${BCL} 2.4`, '', 'aud', {
    'in a list': [LOGOUT_AUDIENCE],
    'among others': ['billing-web', LOGOUT_AUDIENCE],
  }),
  ...claims(`${BCL} 2.6, step 2`, '', 'iat', {
    now: LOGOUT_NOW,
    'in 30 seconds': LOGOUT_NOW + 30,
    '329 seconds ago': LOGOUT_NOW - 329,
    'with a fraction': LOGOUT_NOW - 0.5,
  }),
  ...claims(`${BCL} 2.6, step 2`, '', 'exp', {
    '29 seconds ago': LOGOUT_NOW - 29,
    'in a year': LOGOUT_NOW + 31_536_000,
  }),
  ...claims(`${BCL} 2.4`, '', 'events', {
    'with members of its own': { [LOGOUT_EVENT]: { reason: 'closed' } },
    'among others': { 'https://schemas.openid.net/secevent/caep/event-type/session-revoked': {}, [LOGOUT_EVENT]: {} },
  }),
  ...claims('RFC 7519 section 4.3', '', 'unknown', { 'as it is': { whatever: true } }),
  ...headers(`${BCL} 2.4`, '', 'typ', {
    missing: undefined,
    JWT: 'JWT',
    'in small letters': 'jwt',
    'in capitals': 'LOGOUT+JWT',
    'with its prefix': 'application/logout+jwt',
  }),
]
