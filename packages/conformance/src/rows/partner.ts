import type { ClientAuthName } from '../partner.js'
import { as, getting, type Row } from '../row.js'

const CHALLENGE = 'Bearer realm="orders-api"'
const GRANTED = { tenant: 'acme', scopes: ['orders:read'], roles: ['clerk'] }
const CLIENT_AUTHS: readonly ClientAuthName[] = ['basic', 'post', 'key', 'tls', 'self']

const partnered = (target: string, token: string, rest: Partial<Row> & Pick<Row, 'status'>): Row => ({
  name: `${target}: ${token}`,
  service: 'partnered',
  request: getting(target, as(token)),
  ...rest,
})

const good = (target: string, token: string, id: string, client = id): Row =>
  partnered(target, token, {
    status: 200,
    body: { principal: { id, client, ...GRANTED } },
    event: { event: 'authn_login_success', principal: { id, client } },
  })

const refused = (target: string, token: string, denied: string, guard: string): Row =>
  partnered(target, token, {
    status: 401,
    denied,
    headers: { 'www-authenticate': `${CHALLENGE}, error="invalid_token"` },
    event: { guard, event: 'authn_login_fail', principal: undefined },
  })

/** A provider that is found over TLS, and what it says of its tokens. */
export const PARTNER: readonly Row[] = [
  ...CLIENT_AUTHS.flatMap((method) => [
    good(`/${method}`, 'partner-opaque', 'opaque'),
    good(`/${method}`, 'partner-opaque-user', 'alice', 'opaque-user'),
    refused(`/${method}`, 'partner-made-up', 'token_inactive', 'introspect'),
  ]),
  partnered('/credentials-refused', 'partner-opaque', {
    status: 503,
    denied: 'introspection_unavailable',
    headers: { 'www-authenticate': null, 'retry-after': '1' },
    event: { guard: 'introspect', cause: /answered 401: it refuses the credentials of this service$/ },
  }),
  // RFC 9701
  good('/signed', 'partner-opaque', 'opaque'),
  good('/signed', 'partner-opaque-user', 'alice', 'opaque-user'),
  refused('/signed', 'partner-made-up', 'token_inactive', 'introspect'),
  // opaque tokens beside JWTs
  good('/both', 'partner-opaque', 'opaque'),
  good('/both', 'partner-jwt', 'jwt'),
  refused('/both', 'partner-made-up', 'token_inactive', 'jwt'),
  refused('/both', 'reader', 'token_key_unknown', 'jwt'),
  refused('/both', 'partner-bound', 'token_proof_missing', 'jwt'),
  refused('/both', 'partner-bound-opaque', 'token_proof_missing', 'jwt'),
  good('/jwt', 'partner-jwt', 'jwt'),
  refused('/jwt', 'partner-opaque', 'token_malformed', 'jwt'),
]
