import { as, getting, posting, type Row } from '../row.js'

const CHALLENGE = 'Bearer realm="orders-api"'
const REFUSED = `${CHALLENGE}, error="invalid_token"`

/** Tokens that are refused: the caller learns that, the audit trail learns why. */
const REFUSED_TOKENS = [
  ['expired', 'token_expired'],
  ['early', 'token_not_yet_valid'],
  ['tomorrow', 'token_not_yet_valid'],
  ['other-audience', 'token_audience_mismatch'],
  ['longer-audience', 'token_audience_mismatch'],
  ['no-audience', 'token_audience_mismatch'],
  ['other-issuer', 'token_issuer_mismatch'],
  ['issuer-slash', 'token_issuer_mismatch'],
  ['issuer-list', 'token_issuer_mismatch'],
  ['no-subject', 'token_claim_invalid'],
  ['no-expiry', 'token_claim_invalid'],
  ['expiry-text', 'token_claim_invalid'],
  ['bound', 'token_proof_missing'],
  ['id-token', 'token_type_refused'],
  ['no-type', 'token_type_refused'],
  ['unknown-key', 'token_key_unknown'],
  ['too-long', 'token_too_long'],
  ['forged', 'token_signature_invalid'],
  ['other-payload', 'token_signature_invalid'],
  ['cut-signature', 'token_signature_invalid'],
  ['no-signature', 'token_malformed'],
  ['two-parts', 'token_malformed'],
  ['five-parts', 'token_malformed'],
  ['not-json', 'token_malformed'],
  ['no-algorithm', 'token_malformed'],
  ['none', 'token_algorithm_refused'],
  ['none-mixed', 'token_algorithm_refused'],
  ['hs256', 'token_algorithm_refused'],
  ['crit', 'token_header_refused'],
  ['b64', 'token_header_refused'],
  ['zip', 'token_header_refused'],
  ['p2c', 'token_header_refused'],
  ['own-jwk', 'token_header_refused'],
  ['own-jku', 'token_header_refused'],
  ['own-x5u', 'token_header_refused'],
] as const

const ACCEPTED_TOKENS = [
  ['reader', 'reader'],
  ['issued', 'service-client'],
  ['audience-list', 'listed'],
  ['loud-type', 'loud'],
] as const

/** Authorization fields without a bearer token: a stranger, who is told how to become known. */
const NO_TOKEN = ['Basic YTpi', 'Digest username="a"', 'DPoP {reader}', 'bearertoken {reader}', '{reader}', ''] as const

/** RFC 6750 section 3.1, invalid_request. */
const MALFORMED = [
  'Bearer',
  'Bearer a b',
  'Bearer {reader} ,',
  'Bearer "{reader}"',
  'Bearer {reader}, Bearer {admin}',
] as const

export const IDENTITY: readonly Row[] = [
  ...REFUSED_TOKENS.map(
    ([token, code]): Row => ({
      name: `${token} token`,
      request: getting('/me', as(token)),
      status: 401,
      denied: code,
      headers: { 'www-authenticate': REFUSED },
      event: { guard: 'jwt', principal: undefined },
    }),
  ),
  ...ACCEPTED_TOKENS.map(
    ([token, id]): Row => ({
      name: `${token} token`,
      request: getting('/me', as(token)),
      status: 200,
      headers: { 'www-authenticate': null },
      event: { event: 'authn_login_success', principal: { id } },
    }),
  ),
  ...NO_TOKEN.map(
    (value): Row => ({
      name: `Authorization: ${JSON.stringify(value)}`,
      request: getting('/me', { headers: [['authorization', value]] }),
      status: 401,
      denied: 'token_missing',
      headers: { 'www-authenticate': CHALLENGE },
    }),
  ),
  ...MALFORMED.map(
    (value): Row => ({
      name: `Authorization: ${JSON.stringify(value)}`,
      request: getting('/me', { headers: [['authorization', value]] }),
      status: 400,
      denied: 'token_malformed',
      headers: { 'www-authenticate': `${CHALLENGE}, error="invalid_request"` },
    }),
  ),
  {
    name: 'the scheme in other letters',
    request: getting('/me', { headers: [['AUTHORIZATION', 'bEARER {reader}']] }),
    status: 200,
    body: { principal: { id: 'reader', client: 'test', scopes: ['orders:read'], roles: [] } },
  },
  {
    name: 'a token in the query',
    request: getting('/me?access_token={reader}'),
    status: 401,
    denied: 'token_missing',
    event: { path: '/me' },
  },
  {
    name: 'a token in a form',
    request: posting('/me', 'access_token=whatever', {
      headers: [['content-type', 'application/x-www-form-urlencoded']],
    }),
    status: 401,
    denied: 'token_missing',
  },
  {
    name: 'a token in a cookie',
    request: getting('/me', { headers: [['cookie', 'access_token={reader}']] }),
    status: 401,
    denied: 'token_missing',
  },
  {
    name: 'a token in the path',
    request: { method: 'DELETE', target: '/open/{reader}' },
    status: 204,
    event: { path: '/open/[token]', route: '/open/:id' },
  },
  {
    name: 'two tokens, where nothing looked at the fields before',
    service: 'unmounted',
    request: getting('/signed-in', {
      headers: [
        ['authorization', 'Bearer {reader}'],
        ['authorization', 'Bearer {admin}'],
      ],
    }),
    status: 400,
    denied: 'token_repeated',
    event: { guard: 'jwt' },
  },
  {
    name: 'keys that cannot be had',
    request: getting('/keys-away', as('reader')),
    status: 503,
    denied: 'keys_unavailable',
    headers: { 'www-authenticate': null, 'retry-after': /^[12]$/ },
    event: { guard: 'jwt', cause: /answered 404/ },
  },
]
