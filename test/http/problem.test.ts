import { describe, expect, test } from 'vitest'
import { problemOf, statusOf, toHttp } from '../../src/http/index.js'
import { type Denial, exhaust, forbid, internal, invalid, unavailable } from '../../src/index.js'
import { stranger } from '../support/guards.js'

const INSTANCE = 'urn:uuid:4bf92f35-77b3-4da6-a3ce-929d0e0e4736'
const QUOTA = {
  type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
  title: 'Request cannot be satisfied as assigned quota has been exceeded',
  status: 429,
}
const issues = [{ pointer: '/body/sku', detail: 'must be a string' }]
const cause = new Error('SECRET')

const blank = (status: number, title: string) => ({ type: 'about:blank', title, status })

test.each<[string, Denial, object]>([
  ['401', stranger('token_expired'), blank(401, 'Unauthorized')],
  [
    '403',
    forbid('role_missing', 'Requires role admin.'),
    {
      ...blank(403, 'Forbidden'),
      detail: 'Requires role admin.',
      code: 'role_missing',
    },
  ],
  ['403 without detail', forbid('no'), { ...blank(403, 'Forbidden'), code: 'no' }],
  ['404, which tells nothing', { ...forbid('access_denied', 'Not yours.'), status: 404 }, blank(404, 'Not Found')],
  ['400', invalid('bad', 'Said.'), { ...blank(400, 'Bad Request'), detail: 'Said.', code: 'bad' }],
  [
    '400 with issues',
    invalid('bad', 'Said.', { issues }),
    { ...blank(400, 'Bad Request'), detail: 'Said.', code: 'bad', issues },
  ],
  [
    '405',
    invalid('bad', 'Said.', { status: 405 }),
    { ...blank(405, 'Method Not Allowed'), detail: 'Said.', code: 'bad' },
  ],
  ['408', invalid('bad', 'Said.', { status: 408 }), { ...blank(408, 'Request Timeout'), detail: 'Said.', code: 'bad' }],
  [
    '413',
    invalid('bad', 'Said.', { status: 413 }),
    { ...blank(413, 'Content Too Large'), detail: 'Said.', code: 'bad' },
  ],
  [
    '415',
    invalid('bad', 'Said.', { status: 415 }),
    { ...blank(415, 'Unsupported Media Type'), detail: 'Said.', code: 'bad' },
  ],
  [
    '422',
    invalid('bad', 'Said.', { status: 422 }),
    { ...blank(422, 'Unprocessable Content'), detail: 'Said.', code: 'bad' },
  ],
  ['429', exhaust('rate_limited', 3), { ...QUOTA, code: 'rate_limited' }],
  [
    '429 with its limits',
    exhaust('rate_limited', 3, ['burst', 'daily']),
    {
      ...QUOTA,
      code: 'rate_limited',
      'violated-policies': ['burst', 'daily'],
    },
  ],
  ['500', internal(cause), blank(500, 'Internal Server Error')],
  ['503', unavailable('store_unavailable', 5, cause), blank(503, 'Service Unavailable')],
])('%s has exactly its members', (_status, denial, expected) => {
  expect(problemOf(denial)).toStrictEqual(expected)
  expect(problemOf(denial, INSTANCE)).toStrictEqual({ ...expected, instance: INSTANCE })
  expect(JSON.parse(toHttp(denial, INSTANCE).body)).toStrictEqual({ ...expected, instance: INSTANCE })
  expect(statusOf(denial)).toBe(toHttp(denial).status)
  expect(statusOf(denial)).toBe((expected as { readonly status: number }).status)
})

describe('what a stranger must not learn is nowhere in the answer', () => {
  /** Everything the engine may attach to a denial, and what a guard may say to the audit trail. */
  const secrets = {
    code: 'SECRET_code',
    detail: 'SECRET detail',
    cause,
    guard: 'SECRET guard',
    facts: { principal: 'SECRET principal' },
    charges: [{ ledger: { take: () => internal(cause), look: () => [] } }],
  }
  test.each<[string, Denial]>([
    ['unauthenticated', { ...stranger(), ...secrets }],
    ['internal', { ...internal(cause), ...secrets }],
    ['unavailable', { ...unavailable('x', 1), ...secrets }],
  ])('%s: no code, detail, cause, guard or facts', (_kind, denial) =>
    expect(JSON.stringify(toHttp(denial, INSTANCE))).not.toContain('SECRET'),
  )

  test.each<[string, Denial]>([
    ['forbidden', { ...forbid('code'), ...secrets, code: 'code', detail: 'detail' }],
    ['invalid', { ...invalid('code', 'detail'), ...secrets, code: 'code', detail: 'detail' }],
    ['exhausted', { ...exhaust('code', 1), ...secrets, code: 'code', detail: 'detail' }],
  ])('%s: code and detail are told, but no cause, guard or facts', (_kind, denial) => {
    const answer = JSON.stringify(toHttp(denial, INSTANCE))
    expect(answer).not.toContain('SECRET')
    expect(JSON.parse(toHttp(denial).body)).toMatchObject({ code: 'code', detail: 'detail' })
  })
})
