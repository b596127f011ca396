import { as, getting, type Row } from '../row.js'

const ALGORITHMS = 'algs="ES256 EdDSA Ed25519 RS256 PS256"'
const BEARER = 'Bearer realm="orders-api"'
const offers = (error: string) => `${BEARER}, DPoP realm="orders-api", ${ALGORITHMS}, error="${error}"`

const asked = (target: string, ...proofs: readonly string[]) =>
  getting(target, {
    headers: [['authorization', 'DPoP {key-bound}'], ...proofs.map((proof) => ['dpop', `{${proof}}`] as const)],
  })

/** One proof for `GET /bound` each, and what is wrong with it. */
const REFUSED = [
  ['proof-post', 'dpop_method_mismatch'],
  ['proof-elsewhere', 'dpop_uri_mismatch'],
  ['proof-by-host', 'dpop_uri_mismatch'],
  ['proof-route', 'dpop_uri_mismatch'],
  ['proof-old', 'dpop_time_invalid'],
  ['proof-early', 'dpop_time_invalid'],
  ['proof-other-token', 'dpop_token_mismatch'],
  ['proof-no-jti', 'dpop_proof_malformed'],
  ['proof-typ', 'dpop_type_refused'],
  ['proof-none', 'dpop_algorithm_refused'],
  ['proof-private', 'dpop_key_refused'],
  ['proof-stranger', 'dpop_key_mismatch'],
  ['proof-forged', 'dpop_signature_invalid'],
] as const

const row = (name: string, rest: Omit<Row, 'name' | 'service'>): Row => ({ name, service: 'proving', ...rest })

export const DPOP: readonly Row[] = [
  ...REFUSED.map(([proof, code]) =>
    row(`${proof}`, {
      request: asked('/bound', proof),
      status: 401,
      denied: code,
      headers: { 'www-authenticate': offers('invalid_dpop_proof'), 'dpop-nonce': null },
      event: { guard: 'jwt', principal: undefined },
    }),
  ),
  ...(['proof-good', 'proof-query', 'proof-spelled'] as const).map((proof) =>
    row(`${proof}`, {
      request: asked('/bound', proof),
      status: 200,
      headers: { 'www-authenticate': null },
      event: { event: 'authn_login_success', principal: { id: 'prover' } },
    }),
  ),
  row('a query of the request', { request: asked('/bound?page=2', 'proof-good-too'), status: 200 }),
  row('a proof for HEAD', { request: { ...asked('/bound', 'proof-head'), method: 'HEAD' }, status: 200 }),
  row('a proof', { request: asked('/bound', 'proof-twice'), status: 200 }),
  row('the same proof again', {
    request: asked('/bound', 'proof-twice'),
    status: 401,
    denied: 'dpop_replayed',
    headers: { 'www-authenticate': offers('invalid_dpop_proof') },
    event: { guard: 'jwt', event: 'authn_token_reuse' },
  }),
  row('no proof', {
    request: asked('/bound'),
    status: 401,
    denied: 'dpop_proof_missing',
    headers: { 'www-authenticate': offers('invalid_dpop_proof') },
  }),
  row('two proofs', {
    request: asked('/bound', 'proof-any', 'proof-any'),
    status: 400,
    denied: 'dpop_proof_repeated',
    headers: { 'www-authenticate': offers('invalid_request') },
  }),
  row('the bound token as bearer', {
    request: getting('/bound', as('key-bound', ['dpop', '{proof-any}'])),
    status: 401,
    denied: 'token_scheme_mismatch',
    headers: { 'www-authenticate': `${BEARER}, error="invalid_token", DPoP realm="orders-api", ${ALGORITHMS}` },
  }),
  row('an unbound token as DPoP', {
    request: getting('/bound', { headers: [['authorization', 'DPoP {reader}']] }),
    status: 401,
    denied: 'token_scheme_mismatch',
    headers: { 'www-authenticate': offers('invalid_token') },
  }),
  row('no token', {
    request: getting('/bound'),
    status: 401,
    denied: 'token_missing',
    headers: { 'www-authenticate': `${BEARER}, DPoP realm="orders-api", ${ALGORITHMS}` },
  }),
  row('an unbound token where binding is required', {
    request: getting('/required', as('reader')),
    status: 401,
    denied: 'token_proof_missing',
    headers: { 'www-authenticate': 'DPoP realm="orders-api", algs="ES256", error="invalid_token"' },
  }),
  row('a proof where the route asks for one', { request: asked('/bound-only', 'proof-route'), status: 200 }),
  row('an unbound token where the route asks for a proof', {
    request: getting('/bound-only', as('reader')),
    status: 401,
    denied: 'proof_missing',
    headers: { 'www-authenticate': 'DPoP error="invalid_token"' },
    event: { guard: 'requireProof(dpop)' },
  }),
]
