import { KEY_ID, KEY_RANGE } from '../api-keys.js'
import { getting, type Row } from '../row.js'
import { PROXY } from '../world.js'

const CHALLENGE = 'ApiKey realm="reports"'
const TOKEN_CHALLENGE = 'Bearer realm="orders-api"'

type Rest = Omit<Row, 'service'>
const keyed = (row: Rest): Row => ({ service: 'keyed', ...row })

const withKey = (name: string): NonNullable<Row['request']['headers']> => [['authorization', `ApiKey {${name}}`]]

const REFUSED = [
  ['key-unknown', 'key_unknown', { cause: /^Error: key [0-9A-Za-z]{16}$/ }],
  ['key-guessed', 'key_secret_mismatch', { cause: `Error: key ${KEY_ID}` }],
  ['key-of-another', 'key_secret_mismatch', {}],
  ['key-revoked', 'key_revoked', { event: 'authn_token_revoked' }],
  ['key-expired', 'key_expired', {}],
  ['key-at-home', 'key_address_refused', {}],
  [
    'key-unsound',
    'key_record_invalid',
    {
      notices: [{ event: 'sys_monitor_disabled', code: 'key_record_invalid', guard: 'apiKey' }],
      cause: /scopes is wrong/,
    },
  ],
  ['key-short', 'key_malformed', {}],
  ['key-long', 'key_malformed', {}],
] as const

const REPEATED = [
  ['in both fields', [...withKey('key'), ['x-api-key', '{key}']]],
  ['twice in one field', [...withKey('key'), ...withKey('key')]],
  [
    'twice in X-API-Key',
    [
      ['x-api-key', '{key}'],
      ['X-API-KEY', '{key}'],
    ],
  ],
  ['beside a token in a second Authorization field', [...withKey('key'), ['authorization', 'Bearer {reader}']]],
] as const

const principal = {
  id: `billing/${KEY_ID}`,
  client: 'billing',
  tenant: 'north',
  scopes: ['reports:read'],
  roles: ['batch'],
}

const fromHome = (row: Omit<Rest, 'name' | 'request'>, name: string, via: Omit<Row['request'], 'target'>): Row =>
  keyed({ name: `a key of one network, ${name}`, request: { ...via, target: '/key' }, ...row })

const home = KEY_RANGE.replace('0/24', '7')
const forwardedFrom = (client: string) => [...withKey('key-at-home'), ['x-forwarded-for', client] as const]

export const API_KEY_ROWS: readonly Row[] = [
  ...(['/key', '/key-later', '/reports', '/key-or-token'] as const).flatMap((target) => [
    keyed({
      name: `${target}: a key in Authorization`,
      request: getting(target, { headers: withKey('key') }),
      status: 200,
      body: { principal },
      event: {
        event: 'authn_login_success',
        principal: { issuer: 'urn:wardline:api-keys', id: principal.id, client: 'billing' },
      },
    }),
    keyed({
      name: `${target}: a key in X-API-Key`,
      request: getting(target, { headers: [['X-API-Key', '{key}']] }),
      status: 200,
      body: { principal },
    }),
  ]),
  ...(['/key', '/key-later'] as const).flatMap((target) =>
    REFUSED.map(([name, denied, event]) =>
      keyed({
        name: `${target}: a key that is refused, ${name}`,
        request: getting(target, { headers: withKey(name) }),
        status: 401,
        denied,
        headers: { 'www-authenticate': CHALLENGE },
        event: { guard: 'apiKey', principal: undefined, ...event },
      }),
    ),
  ),
  ...REPEATED.map(([name, headers]) =>
    keyed({ name: `a key ${name}`, request: getting('/key', { headers }), status: 400, denied: 'key_repeated' }),
  ),
  keyed({
    name: 'no key',
    request: getting('/key'),
    status: 401,
    denied: 'key_missing',
    headers: { 'www-authenticate': CHALLENGE },
  }),
  keyed({
    name: 'a key in the query',
    request: getting('/key?api_key={key}'),
    status: 401,
    denied: 'key_missing',
    event: { path: '/key' },
  }),
  fromHome({ status: 200, event: { client: home } }, 'through the proxy', {
    from: PROXY,
    headers: forwardedFrom(home),
  }),
  fromHome(
    { status: 401, denied: 'key_address_refused', event: { client: '198.51.101.7' } },
    'through the proxy for another',
    { from: PROXY, headers: forwardedFrom('198.51.101.7') },
  ),
  fromHome(
    { status: 401, denied: 'key_address_refused', event: { client: '127.0.0.1' } },
    'by somebody who writes forwarding fields',
    { headers: forwardedFrom(home) },
  ),
  keyed({
    name: 'a store of keys that is away',
    request: getting('/key-away', { headers: withKey('key') }),
    status: 503,
    denied: 'key_store_unavailable',
    headers: { 'www-authenticate': null, 'retry-after': '1' },
    event: { guard: 'apiKey', cause: /ECONNREFUSED/ },
  }),
  keyed({
    name: 'a store of keys that is away, without a key',
    request: getting('/key-away'),
    status: 401,
    denied: 'key_missing',
  }),
  keyed({
    name: 'keys out of a file that cannot be read any more',
    request: getting('/key-stale', { headers: withKey('key') }),
    status: 200,
    event: { notices: [{ event: 'sys_monitor_disabled', code: 'key_file_unreadable', guard: 'apiKey' }] },
  }),
  keyed({
    name: 'a listener of uses that fails',
    request: getting('/key-untold', { headers: withKey('key') }),
    status: 200,
    event: { notices: [{ event: 'sys_monitor_disabled', code: 'key_use_untold', guard: 'apiKey' }] },
  }),

  // two ways in, and neither takes what is the other's
  keyed({
    name: 'a stranger where a token or a key will do',
    request: getting('/reports'),
    status: 401,
    denied: 'token_missing',
    headers: { 'www-authenticate': `${TOKEN_CHALLENGE}, ${CHALLENGE}` },
  }),
  keyed({
    name: 'a key as a bearer token',
    request: getting('/reports', { headers: [['authorization', 'Bearer {key}']] }),
    status: 401,
    denied: 'token_malformed',
    headers: { 'www-authenticate': `${TOKEN_CHALLENGE}, error="invalid_token", ${CHALLENGE}` },
  }),
  keyed({
    name: 'a token as a key',
    request: getting('/key-or-token', { headers: [['authorization', 'ApiKey {reader}']] }),
    status: 401,
    denied: 'key_malformed',
    headers: { 'www-authenticate': `${CHALLENGE}, ${TOKEN_CHALLENGE}` },
  }),
  keyed({
    name: 'a token where a key is asked first',
    request: getting('/key-or-token', { headers: [['authorization', 'Bearer {reader}']] }),
    status: 200,
    body: { principal: { id: 'reader', client: 'test', scopes: ['orders:read'], roles: [] } },
  }),
  keyed({
    name: 'a key that was revoked, where a token would do',
    request: getting('/reports', { headers: withKey('key-revoked') }),
    status: 401,
    denied: 'key_revoked',
    headers: { 'www-authenticate': `${TOKEN_CHALLENGE}, ${CHALLENGE}` },
    event: { event: 'authn_token_revoked' },
  }),
  keyed({
    name: 'a key without the scope',
    request: getting('/reports', { headers: withKey('key-narrow') }),
    status: 403,
    denied: 'scope_missing',
    headers: { 'www-authenticate': `${CHALLENGE}, error="insufficient_scope", scope="reports:read"` },
  }),
]
