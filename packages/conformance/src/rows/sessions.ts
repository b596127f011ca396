import { as, getting, posting, type Row } from '../row.js'

const FORM = ['content-type', 'application/x-www-form-urlencoded'] as const

const sending = (body: string, target = '/backchannel-logout', type: readonly [string, string] = FORM) =>
  posting(target, body, { headers: [type] })

const ended = (name: string, body: string, code: string, type = FORM as readonly [string, string]): Row => ({
  name,
  service: 'sessions',
  request: sending(body, '/backchannel-logout', type),
  status: 200,
  headers: { 'cache-control': 'no-store', 'content-length': '0', 'content-type': null },
  event: {
    event: undefined,
    guard: 'backChannelLogout',
    route: '/backchannel-logout',
    notices: [{ event: 'authn_token_revoked', code, guard: 'backChannelLogout' }],
  },
})

/** Logout tokens that are refused, and why. */
const REFUSED = [
  ['logout-expired', 'logout_expired'],
  ['logout-old', 'logout_too_old'],
  ['logout-other-audience', 'logout_audience_mismatch'],
  ['logout-other-issuer', 'logout_issuer_unknown'],
  ['logout-nonce', 'logout_nonce_present'],
  ['logout-no-event', 'logout_event_missing'],
  ['logout-no-jti', 'logout_claim_invalid'],
  ['logout-nobody', 'logout_claim_invalid'],
  ['logout-typed-access', 'logout_type_refused'],
  ['logout-jku', 'logout_header_refused'],
  ['logout-no-key', 'logout_key_unknown'],
  ['session-one', 'logout_type_refused'],
  ['none', 'logout_algorithm_refused'],
  ['hs256', 'logout_algorithm_refused'],
  ['five-parts', 'logout_malformed'],
] as const

const refused = (name: string, body: string, denied: string, rest: Partial<Row> = {}): Row => ({
  name: `logout: ${name}`,
  service: 'sessions',
  request: sending(body),
  status: 400,
  denied,
  event: { guard: 'backChannelLogout' },
  ...rest,
})

const away = (target: string, denied: string): Row =>
  refused(`${target} is a 503`, 'logout_token={logout-anything}', denied, {
    request: sending('logout_token={logout-anything}', target),
    status: 503,
  })

/** OpenID Connect Back-Channel Logout 1.0. */
export const LOGOUT: readonly Row[] = [
  ended('a session ends', 'logout_token={logout-session}', 'logout_session'),
  ended('a session ends without a subject', 'logout_token={logout-sid-only}', 'logout_session'),
  ended('all sessions of a subject end', 'logout_token={logout-subject}', 'logout_subject'),
  ended('a logout token without a type', 'state=x&logout_token={logout-untyped}&', 'logout_subject'),
  ended('a form that says its charset', 'logout_token={logout-charset}', 'logout_subject', [
    'content-type',
    'application/x-www-form-urlencoded; charset=UTF-8',
  ]),
  ...REFUSED.map(([token, code]) => refused(token, `logout_token={${token}}`, code)),
  refused('nothing', '', 'logout_token_missing'),
  refused('a token under another name', 'token={logout-anything}', 'logout_token_missing'),
  refused('two tokens', 'logout_token={logout-anything}&logout_token={logout-anything}', 'logout_token_repeated'),
  refused('a body of 16 KiB and a byte', 'x'.repeat(16_385), 'body_too_large', { status: 413 }),
  refused('JSON', '{"logout_token":"{logout-anything}"}', 'unsupported_media_type', {
    request: sending('{"logout_token":"{logout-anything}"}', '/backchannel-logout', [
      'content-type',
      'application/json',
    ]),
    status: 415,
    headers: { accept: FORM[1] },
  }),
  refused('GET', '', 'method_refused', {
    request: getting('/backchannel-logout?logout_token={logout-anything}'),
    status: 405,
    headers: { allow: 'POST' },
    event: { path: '/backchannel-logout' },
  }),
  away('/logout/store-away', 'revocation_unavailable'),
  away('/logout/replay-full', 'replay_store_full'),
  away('/logout/no-keys', 'keys_unavailable'),
  {
    name: 'a store of revocations that is away',
    service: 'sessions',
    request: getting('/revocation-away', as('session-two')),
    status: 503,
    denied: 'revocation_unavailable',
    event: { guard: 'jwt', cause: /ECONNREFUSED/ },
  },
]

const METADATA = 'resource_metadata="https://orders.example/.well-known/oauth-protected-resource/v1"'
const REALM = 'realm="orders-api"'

const told = (
  name: string,
  request: Row['request'],
  status: number,
  denied: string,
  challenge: string | null,
): Row => ({
  name: `resource_metadata: ${name}`,
  service: 'sessions',
  request,
  status,
  denied,
  headers: { 'www-authenticate': challenge },
})

const withField = (value: string) => ({ headers: [['authorization', value] as const] })

/** RFC 9728: the document, and the challenges that say where it is (section 5.1). */
export const RESOURCE: readonly Row[] = [
  ...(['GET', 'HEAD'] as const).map(
    (method): Row => ({
      name: `${method} of the metadata`,
      service: 'sessions',
      request: { method, target: '/.well-known/oauth-protected-resource/v1', headers: [['host', 'evil.example']] },
      status: 200,
      headers: {
        'content-type': 'application/json',
        'cache-control': 'public, max-age=3600',
        'access-control-allow-origin': '*',
        'content-length': /^[1-9]\d+$/,
      },
      ...(method === 'GET' && {
        body: {
          resource: 'https://orders.example/v1',
          scopes_supported: ['orders:read', 'orders:write'],
          bearer_methods_supported: ['header'],
          dpop_signing_alg_values_supported: ['ES256'],
          dpop_bound_access_tokens_required: undefined,
        },
      }),
      event: { event: undefined, guard: 'protectedResource' },
    }),
  ),
  {
    name: 'POST of the metadata',
    service: 'sessions',
    request: { method: 'POST', target: '/metadata' },
    status: 405,
    denied: 'method_refused',
    headers: { allow: 'GET, HEAD' },
  },
  told('a stranger', getting('/me'), 401, 'token_missing', `Bearer ${REALM}, ${METADATA}`),
  told(
    'a bad token',
    getting('/me', as('expired')),
    401,
    'token_expired',
    `Bearer ${REALM}, error="invalid_token", ${METADATA}`,
  ),
  told(
    'a malformed field',
    getting('/me', withField('Bearer a b')),
    400,
    'token_malformed',
    `Bearer ${REALM}, error="invalid_request", ${METADATA}`,
  ),
  told(
    'a scope that is missing',
    getting('/write', as('session-two')),
    403,
    'scope_missing',
    `Bearer error="insufficient_scope", scope="orders:write", ${METADATA}`,
  ),
  {
    ...told(
      'an authentication that is too weak',
      getting('/strong', as('session-two')),
      401,
      'authentication_class_insufficient',
      null,
    ),
    headers: {
      'www-authenticate':
        /^Bearer error="insufficient_user_authentication",.* acr_values="urn:example:mfa", resource_metadata="[^"]+\/v1"$/,
    },
  },
  {
    ...told('a stranger where DPoP is offered', getting('/proven'), 401, 'token_missing', null),
    headers: {
      'www-authenticate':
        /^Bearer realm="orders-api", resource_metadata="[^"]+\/v1", DPoP realm="orders-api", algs="[^"]+", resource_metadata="[^"]+\/v1"$/,
    },
  },
  told('a stranger to introspection', getting('/opaque'), 401, 'token_missing', `Bearer ${REALM}, ${METADATA}`),
  {
    ...told('an API key is no token of OAuth', getting('/either'), 401, 'token_missing', null),
    headers: {
      'www-authenticate': /^Bearer realm="orders-api", resource_metadata="[^"]+\/v1", ApiKey realm="orders"$/,
    },
  },
  told('an outage has no challenge', getting('/no-keys', as('session-two')), 503, 'keys_unavailable', null),
]
