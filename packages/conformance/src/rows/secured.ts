import { KEY_ID } from '../api-keys.js'
import { as, getting, type Row, type RowRequest } from '../row.js'

const CERTIFICATE = 'ClientCertificate'
const BEARER = 'Bearer realm="orders-api"'
const API_KEY = 'ApiKey realm="reports"'
const LEDGER = { id: 'spiffe://example.org/service/ledger', issuer: 'spiffe://example.org' }

type Rest = Partial<Row> & Pick<Row, 'status'>

const secured = (name: string, request: RowRequest, rest: Rest): Row => ({ name, service: 'secured', request, ...rest })

const showing = (target: string, certificate: string) => getting(target, { certificate })

const refused = (denied: string): Rest => ({
  status: 401,
  denied,
  headers: { 'www-authenticate': CERTIFICATE },
  event: { guard: 'mtls', event: 'authn_login_fail', principal: undefined },
})

/** Certificates that the TLS layer of the service has verified, or has not. */
export const SECURED: readonly Row[] = [
  secured('over TLS: a service that is allowed', showing('/svid', 'svid'), {
    status: 200,
    body: { principal: { id: LEDGER.id, scopes: [], roles: [] } },
    event: { event: 'authn_login_success', principal: LEDGER },
  }),
  secured('over TLS: somebody who is not', showing('/svid', 'svid-other'), refused('certificate_not_allowed')),
  secured('over TLS: another trust domain', showing('/svid', 'svid-domain'), refused('certificate_not_allowed')),
  secured('over TLS: two names', showing('/svid', 'svid-two'), refused('svid_uri_count')),
  secured('over TLS: no certificate', getting('/svid'), refused('certificate_missing')),
  // what the TLS layer does not vouch for is nobody's
  secured('over TLS: another authority', showing('/svid', 'svid-stranger'), refused('certificate_missing')),
  secured('over TLS: a certificate that is over', showing('/svid', 'svid-old'), refused('certificate_missing')),
]

const ending = (name: string, certificate: string, notices: unknown): Row =>
  secured(`expiry: ${name}`, showing('/ending', certificate), { status: 200, event: { principal: LEDGER, notices } })

/** Told of each certificate once an hour. */
export const EXPIRY: readonly Row[] = [
  ending('a certificate that is over tomorrow', 'svid', [
    { event: 'authn_login_success', code: 'certificate_expiring', guard: 'mtls' },
  ]),
  ending('the same again', 'svid', undefined),
  ending('one that is good for months', 'svid-long', undefined),
  secured('expiry: one that is not let in', showing('/ending', 'svid-other'), {
    ...refused('certificate_not_allowed'),
    event: { notices: undefined },
  }),
]

const entering = (name: string, rest: Parameters<typeof getting>[1], id: string): Row =>
  secured(`any: ${name}`, getting('/any', rest), {
    status: 200,
    headers: { 'www-authenticate': null },
    event: { event: 'authn_login_success', principal: { id } },
  })

const turnedAway = (name: string, rest: Parameters<typeof getting>[1], denied: string, bearer = BEARER): Row =>
  secured(`any: ${name}`, getting('/any', rest), {
    status: 401,
    denied,
    headers: { 'www-authenticate': `${bearer}, ${API_KEY}, ${CERTIFICATE}` },
    event: { event: 'authn_login_fail', principal: undefined },
  })

const withKey = (name: string) => ({ headers: [['x-api-key', `{${name}}`]] as const })

/** Three ways in; whoever finds none of them is told of all three. */
export const WAYS_IN: readonly Row[] = [
  turnedAway('a stranger', {}, 'token_missing'),
  turnedAway('a token that is over', as('expired'), 'token_expired', `${BEARER}, error="invalid_token"`),
  turnedAway('a key that is none', withKey('key-unknown'), 'key_unknown'),
  turnedAway('a certificate that is not let in', { certificate: 'svid-other' }, 'certificate_not_allowed'),
  entering('a token', as('reader'), 'reader'),
  entering('a key', withKey('key'), `billing/${KEY_ID}`),
  entering('a certificate', { certificate: 'svid' }, LEDGER.id),
  entering('a certificate beside a token that is over', { ...as('expired'), certificate: 'svid' }, LEDGER.id),
  entering('a token beside a certificate', { ...as('reader'), certificate: 'svid' }, 'reader'),
]
