import { as, getting, type Row, type RowRequest } from '../row.js'
import { PROXY } from '../world.js'

const CHALLENGE = 'Bearer realm="orders-api"'
const INVALID = `${CHALLENGE}, error="invalid_token"`

type Send = (target: string, token: string, certificate?: string) => RowRequest

/** How a certificate comes to the service: with the connection, or in the field of a proxy. */
const WAYS: Readonly<Record<string, Send>> = {
  'over TLS': (target, token, certificate) =>
    getting(target, { ...as(token), ...(certificate !== undefined && { certificate }) }),
  'from the proxy': (target, token, certificate) =>
    getting(target, {
      ...(certificate === undefined ? as(token) : as(token, ['client-cert', `{${certificate}-rfc}`])),
      from: PROXY,
    }),
}

const good = (id: string) => ({ status: 200, event: { event: 'authn_login_success', principal: { id } } }) as const

const refused = (denied: string, guard = 'jwt') =>
  ({
    status: 401,
    denied,
    headers: { 'www-authenticate': INVALID },
    event: { guard, event: 'authn_login_fail', principal: undefined },
  }) as const

const notAllowed = {
  status: 403,
  denied: 'certificate_not_allowed',
  headers: { 'www-authenticate': null },
  event: { guard: 'jwt', event: 'authz_fail', principal: undefined },
} as const

type Outcome = Omit<Row, 'name' | 'request'>

const CASES: readonly (readonly [name: string, args: Parameters<Send>, outcome: Outcome])[] = [
  ['its certificate', ['/bound', 'bound-svid', 'svid'], good('ledger')],
  ['its certificate, again', ['/bound', 'bound-svid', 'svid'], good('ledger')],
  ['another certificate', ['/bound', 'bound-svid', 'svid-other'], refused('certificate_mismatch')],
  ['another certificate of the same name', ['/bound', 'bound-svid', 'svid-long'], refused('certificate_mismatch')],
  ['no certificate', ['/bound', 'bound-svid'], refused('certificate_missing')],
  ['its certificate, which no rule lets in', ['/bound', 'bound-svid-other', 'svid-other'], notAllowed],
  ['an unbound token', ['/bound', 'reader'], good('reader')],
  ['an unbound token with a certificate', ['/bound', 'reader', 'svid'], good('reader')],
  ['a token that is bound to a key', ['/bound', 'bound', 'svid'], refused('token_proof_missing')],
  ['its certificate, where that is required', ['/required', 'bound-svid', 'svid'], good('ledger')],
  ['an unbound token, where that is refused', ['/required', 'reader', 'svid'], refused('token_proof_missing')],
  ['a token of the token endpoint', ['/partner', 'partner-bound', 'svid'], good('bound')],
  [
    'a token of the token endpoint, stolen',
    ['/partner', 'partner-bound', 'svid-long'],
    refused('certificate_mismatch'),
  ],
  ['an opaque token', ['/partner-opaque', 'partner-bound-opaque', 'svid'], good('bound-opaque')],
  [
    'an opaque token, stolen',
    ['/partner-opaque', 'partner-bound-opaque', 'svid-long'],
    refused('certificate_mismatch', 'introspect'),
  ],
  ['an opaque token alone', ['/partner-opaque', 'partner-bound-opaque'], refused('certificate_missing', 'introspect')],
]

const secured = (name: string, request: RowRequest, outcome: Outcome): Row => ({
  name: `bound token: ${name}`,
  service: 'secured',
  request,
  ...outcome,
})

/** RFC 8705 section 3. */
export const BOUND: readonly Row[] = [
  ...Object.entries(WAYS).flatMap(([way, send]) =>
    CASES.map(([name, args, outcome]) => secured(`${name}, ${way}`, send(...args), outcome)),
  ),
  secured(
    'a certificate of nobody trusted, over TLS',
    WAYS['over TLS']!('/bound', 'bound-svid-stranger', 'svid-stranger'),
    {
      ...refused('certificate_missing'), // the TLS layer does not vouch for it
    },
  ),
  secured(
    'a certificate of nobody trusted, from the proxy',
    WAYS['from the proxy']!('/bound', 'bound-svid-stranger', 'svid-stranger'),
    refused('certificate_untrusted'),
  ),
  secured(
    'the certificate of the proxy itself',
    getting('/bound', { ...as('bound-svid'), certificate: 'svid', from: PROXY }),
    refused('certificate_missing'),
  ),
  secured('a certificate field from a stranger', getting('/bound', as('bound-svid', ['client-cert', '{svid-rfc}'])), {
    status: 400,
    denied: 'certificate_header_refused',
    headers: { 'www-authenticate': null },
    event: { event: 'malicious_extraneous', principal: undefined },
  }),
  secured('no token', getting('/bound', { certificate: 'svid' }), {
    status: 401,
    denied: 'token_missing',
    headers: { 'www-authenticate': CHALLENGE },
  }),
]
