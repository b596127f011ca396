import { EAST, TENANT, WEST } from '../federation-tokens.js'
import { as, getting, type Row } from '../row.js'

const REFUSED = 'Bearer realm="orders", error="invalid_token"'

const ACCEPTED = [
  ['/known', 'east-alice', { id: 'alice', issuer: EAST.issuer, kind: 'user', proof: 'bearer', actors: [] }],
  ['/known', 'west-alice', { id: 'alice', issuer: WEST.issuer, kind: 'user', proof: 'bearer', actors: [] }],
  ['/known', 'east-service', { id: 'shop', issuer: EAST.issuer, kind: 'service', proof: 'bearer', actors: [] }],
  ['/found', 'east-alice', { id: 'alice', issuer: EAST.issuer, kind: 'user', proof: 'bearer', actors: [] }],
  ['/found', 'tenant-alice', { id: 'alice', issuer: TENANT.issuer, kind: 'user', proof: 'bearer', actors: [] }],
] as const

const REFUSED_TOKENS = [
  ['/known', 'east-by-west', 'token_signature_invalid'],
  ['/known', 'east-for-west', 'token_audience_mismatch'],
  ['/known', 'north-by-east', 'token_issuer_unknown'],
  ['/known', 'tenant-alice', 'token_issuer_unknown'],
  ['/known', 'both-issuers', 'token_issuer_unknown'],
  ['/known', 'east-delegated-by-nobody', 'token_claim_invalid'],
  ['/found', 'west-alice', 'token_issuer_unknown'],
  ['/found', 'north-by-east', 'token_issuer_unknown'],
] as const

export const FEDERATION: readonly Row[] = [
  ...ACCEPTED.map(
    ([path, token, body]): Row => ({
      name: `${path}: ${token} token`,
      service: 'federated',
      request: getting(path, as(token)),
      status: 200,
      body,
      event: { event: 'authn_login_success', principal: { id: body.id, issuer: body.issuer } },
    }),
  ),
  ...REFUSED_TOKENS.map(
    ([path, token, code]): Row => ({
      name: `${path}: ${token} token`,
      service: 'federated',
      request: getting(path, as(token)),
      status: 401,
      denied: code,
      headers: { 'www-authenticate': REFUSED },
      event: { guard: 'jwt', principal: undefined },
    }),
  ),
  {
    name: 'a token that somebody acts with: who, is in the answer and in the audit event',
    service: 'federated',
    request: getting('/known', as('east-delegated')),
    status: 200,
    body: { id: 'alice', actors: [{ id: 'gateway', issuer: WEST.issuer }, { id: 'kiosk' }] },
    event: { principal: { id: 'alice', actors: [{ id: 'gateway', issuer: WEST.issuer }, { id: 'kiosk' }] } },
  },
  {
    name: 'a stranger',
    service: 'federated',
    request: getting('/known'),
    status: 401,
    denied: 'token_missing',
    headers: { 'www-authenticate': 'Bearer realm="orders"' },
  },
  {
    name: 'an issuer that cannot be looked up',
    service: 'federated',
    request: getting('/found', as('failing-tenant')),
    status: 503,
    denied: 'issuer_unavailable',
    headers: { 'www-authenticate': null, 'retry-after': '1' },
    event: { guard: 'jwt', cause: /ECONNREFUSED/ },
  },
]
