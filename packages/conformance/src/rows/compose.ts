import { as, getting, posting, type Row } from '../row.js'

const BEARER = 'Bearer realm="orders-api"'
const API_KEY = 'ApiKey realm="batch \\"jobs\\""'
const WITH_KEY = [['x-api-key', 'key-of-the-batch-job']] as const

export const COMPOSE: readonly Row[] = [
  {
    name: 'any: the first alternative',
    request: getting('/either', as('reader')),
    status: 200,
    event: { principal: { id: 'reader' } },
  },
  {
    name: 'any: the second alternative',
    request: getting('/either', { headers: WITH_KEY }),
    status: 200,
    event: { principal: { issuer: 'urn:keys', id: 'batch' } },
  },
  {
    name: 'any: none is one 401 with every challenge',
    request: getting('/either'),
    status: 401,
    denied: 'token_missing',
    headers: { 'www-authenticate': `${BEARER}, ${API_KEY}` },
  },
  {
    name: 'any: a bad token beside no key',
    request: getting('/either', as('expired')),
    status: 401,
    denied: 'token_expired',
    headers: { 'www-authenticate': `${BEARER}, error="invalid_token", ${API_KEY}` },
  },
  {
    name: 'any: a bad token beside a good key',
    request: getting('/either', as('expired', ...WITH_KEY)),
    status: 200,
    event: { principal: { issuer: 'urn:keys', id: 'batch' } },
  },
  {
    name: 'any: a malformed token beside no key is a 400',
    request: getting('/either', { headers: [['authorization', 'Bearer a b']] }),
    status: 400,
    denied: 'token_malformed',
  },
  { name: 'any: one of the roles', request: getting('/any-role', as('clerk')), status: 200 },
  {
    name: 'any: none of the roles',
    request: getting('/any-refused', as('reader')),
    status: 403,
    denied: 'role_missing',
    event: { guard: 'requireRole(nobody)' },
  },
  { name: 'any: a broken alternative is not an allow', request: getting('/any-broken'), status: 200 },
  {
    name: 'any: a broken alternative outweighs a 401',
    request: getting('/any-all-broken'),
    status: 500,
    denied: 'guard_failed',
    event: { guard: 'broken', cause: 'TypeError: the dependency is not there' },
  },
  { name: 'when: not asked', request: getting('/when'), status: 200 },
  { name: 'when: asked', request: posting('/when', '{}'), status: 401, denied: 'token_missing' },
  {
    name: 'when: a condition that throws denies',
    request: getting('/when-failing', as('reader')),
    status: 500,
    denied: 'guard_failed',
    event: { cause: 'Error: the condition failed' },
  },
  {
    name: 'report: what would have been denied',
    request: getting('/reported', as('reader')),
    status: 200,
    event: {
      principal: { id: 'reader' },
      notices: [{ event: 'authz_fail', code: 'role_missing', guard: 'requireRole(nobody)' }],
    },
  },
  {
    name: 'report: gives no facts and sends no challenge',
    request: getting('/reported-facts'),
    status: 200,
    headers: { 'www-authenticate': null },
    body: { principal: undefined },
    event: { principal: undefined, notices: [{ event: 'authn_login_fail', code: 'token_missing', guard: 'jwt' }] },
  },
  {
    name: 'report: nothing to report',
    request: getting('/reported-facts', as('reader')),
    status: 200,
    body: { principal: undefined },
    event: { notices: undefined },
  },
  { name: 'facts of all steps', request: getting('/facts'), status: 200, body: { a: 1, b: 2, c: 3 } },
  { name: 'the same fact twice', request: getting('/facts-again'), status: 200, body: { a: 1 } },
  {
    name: 'a fact of two values',
    request: getting('/facts-conflict'),
    status: 500,
    denied: 'fact_conflict',
    event: { cause: "Error: fact 'a' was given twice with different values" },
  },
  {
    name: 'a fact of two values, later',
    request: getting('/facts-conflict-later'),
    status: 500,
    denied: 'fact_conflict',
  },
  {
    name: 'facts of a branch that was refused are gone',
    request: getting('/facts-nested'),
    status: 200,
    body: { a: 1, b: 2, c: undefined, d: 4 },
  },
  {
    name: 'steps start from the facts before them',
    service: 'chained',
    request: getting('/needs'),
    status: 200,
    body: { everyone: 'has run', base: 1, sum: 2, more: 3 },
  },
  {
    name: 'and where nothing ran before',
    service: 'unmounted',
    request: getting('/needs'),
    status: 200,
    body: { everyone: 'has run', base: 1, sum: 2, more: 3 },
  },
  {
    name: 'a route without guards of its own',
    service: 'unmounted',
    request: getting('/plain'),
    status: 200,
    body: { everyone: 'has run' },
  },
  {
    name: 'no route, no guard, no event',
    service: 'unmounted',
    request: getting('/nowhere'),
    status: 404,
    event: null,
  },
]
