import { LOOK_UP_ISSUER } from '../introspection-answers.js'
import { as, getting, type Row } from '../row.js'

const CHALLENGE = 'Bearer realm="orders-api"'

const REFUSED_TOKENS = [
  ['opaque-inactive', 'token_inactive'],
  ['opaque-active-text', 'token_claim_invalid'],
  ['opaque-other-issuer', 'token_issuer_mismatch'],
  ['opaque-other-audience', 'token_audience_mismatch'],
  ['opaque-no-audience', 'token_audience_missing'],
  ['opaque-expired', 'token_expired'],
  ['opaque-early', 'token_not_yet_valid'],
  ['opaque-subject-number', 'token_claim_invalid'],
  ['opaque-refresh', 'token_type_refused'],
  ['opaque-bound', 'token_proof_missing'],
  ['opaque-bound-to-nothing', 'token_proof_missing'],
  // JWTs of another issuer: never shown to this one
  ['reader', 'token_issuer_unknown'],
  ['no-signature', 'token_malformed'],
  ['too-long', 'token_too_long'],
] as const

export const INTROSPECTION: readonly Row[] = [
  ...(
    [
      ['opaque-alice', 'alice'],
      ['opaque-service', 'shop'],
    ] as const
  ).flatMap(([token, id]): readonly Row[] =>
    // the second time it is remembered
    ['first', 'again'].map((time) => ({
      name: `introspection: ${token}, ${time}`,
      service: 'lookingUp',
      request: getting('/opaque', as(token)),
      status: 200,
      body: { principal: { id, client: 'shop', scopes: ['orders:read'], roles: [] } },
      event: { event: 'authn_login_success', principal: { id, issuer: LOOK_UP_ISSUER, client: 'shop' } },
    })),
  ),
  ...REFUSED_TOKENS.map(
    ([token, code]): Row => ({
      name: `introspection: ${token}`,
      service: 'lookingUp',
      request: getting('/opaque', as(token)),
      status: 401,
      denied: code,
      headers: { 'www-authenticate': `${CHALLENGE}, error="invalid_token"` },
      event: { guard: 'introspect', principal: undefined },
    }),
  ),
  {
    name: 'introspection: a stranger',
    service: 'lookingUp',
    request: getting('/opaque'),
    status: 401,
    denied: 'token_missing',
    headers: { 'www-authenticate': CHALLENGE },
  },
  {
    name: 'introspection: a scope that the issuer does not name',
    service: 'lookingUp',
    request: getting('/opaque', as('opaque-narrow')),
    status: 403,
    denied: 'scope_missing',
    headers: { 'www-authenticate': /error="insufficient_scope"/ },
  },
  {
    name: 'introspection: the issuer cannot tell',
    service: 'lookingUp',
    request: getting('/opaque', as('opaque-outage')),
    status: 503,
    denied: 'introspection_unavailable',
    headers: { 'www-authenticate': null, 'retry-after': '1' },
    event: { guard: 'introspect', event: 'sys_monitor_disabled', cause: /answered 500$/ },
  },
]
