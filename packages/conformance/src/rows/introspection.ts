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

/** Signed answers that do not hold say nothing about the token. */
const UNUSABLE_ANSWERS = [
  ['signed-forged', /: token_signature_invalid$/],
  ['signed-typ', /: its typ is another$/],
  ['signed-other-issuer', /: it is of another issuer$/],
  ['signed-other-client', /: it is for another client$/],
  ['signed-old', /: it is not fresh$/],
  ['opaque-alice', /did not answer with a signed answer$/],
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
    name: 'introspection: a signed answer',
    service: 'lookingUp',
    request: getting('/signed-alice', as('signed-alice')),
    status: 200,
    body: { principal: { id: 'alice', client: 'shop', scopes: ['orders:read'], roles: [] } },
    event: { event: 'authn_login_success', principal: { id: 'alice', issuer: LOOK_UP_ISSUER } },
  },
  {
    name: 'introspection: a signed answer that says no',
    service: 'lookingUp',
    request: getting('/signed-inactive', as('signed-inactive')),
    status: 401,
    denied: 'token_inactive',
    headers: { 'www-authenticate': `${CHALLENGE}, error="invalid_token"` },
    event: { guard: 'introspect' },
  },
  ...UNUSABLE_ANSWERS.map(
    ([token, cause]): Row => ({
      name: `introspection: a signed answer is asked for, ${token}`,
      service: 'lookingUp',
      request: getting(`/${token}`, as(token)),
      status: 503,
      denied: 'introspection_unavailable',
      headers: { 'www-authenticate': null, 'retry-after': '1' },
      event: { guard: 'introspect', event: 'sys_monitor_disabled', cause },
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
