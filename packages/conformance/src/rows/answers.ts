import type { RawRequest } from '@wardline/test-kit'
import { getting, type Row } from '../row.js'

const asking = (name: string, row: Omit<Row, 'name' | 'request'>): Row => ({
  name: `a guard that answers ${name}`,
  request: getting(`/answer/${name}`),
  ...row,
})

/** Broken guards deny, and what broke is for the audit trail only. */
const failed = (name: string, cause: string): Row =>
  asking(name, { status: 500, denied: 'guard_failed', event: { guard: name, cause } })

const noDecision = (name: string): Row => failed(name, `TypeError: ${name} gave no decision`)

const head = (target: string): RawRequest => ({ method: 'HEAD', target })

export const ANSWERS: readonly Row[] = [
  asking('allow', { status: 200, event: { event: undefined, guard: 'allow' } }),
  asking('allow-later', { status: 200, body: { late: true } }),
  asking('thenable', { status: 200, body: { late: true } }),
  asking('forbid', { status: 403, denied: 'not_today', headers: { 'www-authenticate': null } }),
  asking('forbid-later', { status: 403, denied: 'not_today' }),
  asking('missing', { status: 404, denied: 'no_such_thing' }),
  asking('invalid', { status: 400, denied: 'odd' }),
  asking('invalid-415', { status: 415, denied: 'odd', headers: { accept: 'text/plain' } }),
  asking('invalid-issues', {
    status: 400,
    denied: 'odd',
    issues: [
      { pointer: '/query/a', detail: 'is odd' },
      { pointer: '/body/0~1b', detail: 'is odd' },
    ],
  }),
  asking('exhaust', {
    status: 429,
    denied: 'too_much',
    headers: { 'retry-after': '3' },
    body: { 'violated-policies': ['daily', 'burst'] },
  }),
  asking('exhaust-at-once', { status: 429, denied: 'too_much', headers: { 'retry-after': '1' } }),
  asking('unavailable', {
    status: 503,
    denied: 'store_away',
    headers: { 'retry-after': '7' },
    event: { cause: 'Error: connect ECONNREFUSED 10.0.0.9:6379' },
  }),
  asking('two-challenges', {
    status: 401,
    denied: 'nothing_sent',
    headers: { 'www-authenticate': 'Bearer realm="a, b=\\"c\\\\d\\"", Basic' },
  }),
  failed('throws', 'RangeError: the guard failed, key [token]'),
  failed('rejects', 'RangeError: the guard failed, key [token]'),
  failed('rejects-late', 'Error: too late'),
  asking('throws-nothing', { status: 500, denied: 'guard_failed', event: { cause: undefined } }),
  ...['void', 'null', 'yes', 'empty', 'allowed-yes', 'no-facts', 'made-up-kind', 'no-challenge'].map(noDecision),
  {
    name: 'a guard adds, joins and removes fields of an answer',
    request: getting('/answer/with-headers'),
    status: 200,
    headers: { 'x-from-guard': 'guard', vary: 'origin, accept', 'strict-transport-security': null },
  },
  {
    name: 'a handler sets a field again',
    request: getting('/answer/handler-wins'),
    status: 200,
    headers: { 'x-from-guard': 'handler' },
  },
  {
    name: 'a handler that throws',
    request: getting('/handler/throws'),
    status: 500,
    event: { guard: /all\(responseHeaders/, route: '/handler/throws' },
  },
  { name: 'a handler that rejects', request: getting('/handler/rejects'), status: 500 },
  { name: 'a status of the handler', request: getting('/handler/409'), status: 409, body: { title: 'taken' } },
  {
    name: 'a field of the handler',
    request: { method: 'POST', target: '/handler/201' },
    status: 201,
    headers: { location: '/open/7', 'cache-control': 'no-store' },
  },
  {
    name: 'an answer without a body',
    request: { method: 'DELETE', target: '/open' },
    status: 204,
    headers: { 'content-type': null },
  },
  { name: 'HEAD of a 403', request: head('/answer/forbid'), status: 403, denied: 'not_today' },
  { name: 'HEAD of a 500', request: head('/answer/throws'), status: 500, denied: 'guard_failed' },
]
