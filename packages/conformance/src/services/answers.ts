import { allow, defineGuard, exhaust, forbid, type Guard, invalid, unavailable } from 'wardline'
import { get, post } from '../route.js'
import type { Reply, Route } from '../service.js'
import { answers, gives, limit } from './guards.js'

/** Guards that answer all there is to answer, and guards that are broken in every way a guard can be. */
export const answerRoutes = (): readonly Route[] => [
  ...Object.entries(ANSWERS).map(([name, answer]) => get(`/answer/${name}`, [answers(name, answer)])),
  get('/answer/with-headers', [SETS_HEADERS, gives('after', true)]),
  get('/answer/handler-wins', [SETS_HEADERS], () => ({
    status: 200,
    headers: { 'x-from-guard': 'handler' },
    body: {},
  })),
  get('/answer/two-lists', [limit('burst', 1000), limit('day', 2000)]),
  get('/handler/throws', [], failing),
  get('/handler/rejects', [], async () => failing()),
  get('/handler/409', [], () => ({ status: 409, body: { title: 'taken' } })),
  post('/handler/201', [], () => ({ status: 201, headers: { location: '/open/7' }, body: { id: 7 } })),
]

const failing = (): Reply => {
  throw new Error('the handler failed')
}

const ANSWERS: Readonly<Record<string, () => unknown>> = {
  allow: () => allow(),
  'allow-later': async () => allow({ late: true }),
  thenable: () => ({ then: (resolve: (decision: unknown) => void) => resolve(allow({ late: true })) }),
  forbid: () => forbid('not_today', 'Only on weekdays, "or" <later>.'),
  'forbid-later': async () => forbid('not_today'),
  missing: () => ({ ...forbid('no_such_thing'), status: 404 }),
  invalid: () => invalid('odd', 'This is odd.'),
  'invalid-415': () => invalid('odd', 'This is odd.', { status: 415, headers: [['accept', 'text/plain']] }),
  'invalid-issues': () => invalid('odd', 'Two things.', { issues: [issue('/query/a'), issue('/body/0~1b')] }),
  exhaust: () => exhaust('too_much', 2.2, ['daily', 'burst']),
  'exhaust-at-once': () => exhaust('too_much', 0),
  unavailable: () => unavailable('store_away', 7, new Error('connect ECONNREFUSED 10.0.0.9:6379')),
  'two-challenges': () => ({
    allowed: false,
    kind: 'unauthenticated',
    code: 'nothing_sent',
    challenges: [{ scheme: 'Bearer', params: { realm: 'a, b="c\\d"' } }, { scheme: 'Basic' }],
  }),
  throws: failingGuard,
  rejects: async () => failingGuard(),
  'throws-nothing': () => {
    throw undefined
  },
  void: () => undefined,
  null: () => null,
  yes: () => true,
  empty: () => ({}),
  'allowed-yes': () => ({ allowed: 'yes', facts: {} }),
  'no-facts': () => ({ allowed: true }),
  'made-up-kind': () => ({ allowed: false, kind: 'teapot', code: 'teapot' }),
  'no-challenge': () => ({ allowed: false, kind: 'unauthenticated', code: 'token_missing', challenges: [] }),
  'rejects-late': () => new Promise((_resolve, reject) => setTimeout(() => reject(new Error('too late')), 5)),
}

function failingGuard(): never {
  throw new RangeError(`the guard failed, key ${'k'.repeat(60)}`)
}

const issue = (pointer: string) => ({ pointer, detail: 'is odd' })

const SETS_HEADERS: Guard = defineGuard({
  name: 'setsHeaders',
  check: () =>
    allow({}, [
      ['X-From-Guard', 'guard'],
      ['vary', 'origin'],
      ['Vary', 'accept'],
      ['strict-transport-security', undefined],
    ]),
})
