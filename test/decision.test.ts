import { expect, test } from 'vitest'
import { ALLOWED, allow, challenge, exhaust, forbid, internal, invalid, unavailable } from '../src/index.js'

const cause = new Error('why')

test.each([
  ['forbid(code)', forbid('role_missing'), { kind: 'forbidden', code: 'role_missing' }],
  ['forbid(code, detail)', forbid('x', 'Said.'), { kind: 'forbidden', code: 'x', detail: 'Said.' }],
  [
    'challenge',
    challenge('token_missing', { scheme: 'Bearer' }, { scheme: 'DPoP', params: { algs: 'ES256' } }),
    {
      kind: 'unauthenticated',
      code: 'token_missing',
      challenges: [{ scheme: 'Bearer' }, { scheme: 'DPoP', params: { algs: 'ES256' } }],
    },
  ],
  ['invalid', invalid('bad', 'Said.'), { kind: 'invalid', code: 'bad', detail: 'Said.', issues: [] }],
  [
    'invalid with a narrower status and issues',
    invalid('bad', 'Said.', { status: 422, issues: [{ pointer: '/a', detail: 'missing' }] }),
    { kind: 'invalid', code: 'bad', detail: 'Said.', status: 422, issues: [{ pointer: '/a', detail: 'missing' }] },
  ],
  ['exhaust', exhaust('rate_limited', 3), { kind: 'exhausted', code: 'rate_limited', retryAfterSeconds: 3 }],
  [
    'exhaust with policies',
    exhaust('rate_limited', 3, ['burst']),
    { kind: 'exhausted', code: 'rate_limited', retryAfterSeconds: 3, violatedPolicies: ['burst'] },
  ],
  [
    'unavailable',
    unavailable('store_unavailable', 5, cause),
    { kind: 'unavailable', code: 'store_unavailable', retryAfterSeconds: 5, cause },
  ],
  ['internal', internal(cause), { kind: 'internal', code: 'guard_failed', cause }],
  ['internal with a code', internal(cause, 'fact_conflict'), { kind: 'internal', code: 'fact_conflict', cause }],
])('%s is a denial with exactly its parts', (_name, denial, parts) =>
  expect(denial).toEqual({ allowed: false, ...parts }),
)

test.each([
  ['facts', allow({ tenant: 'a' }), { tenant: 'a' }, undefined],
  ['facts and headers', allow({ tenant: 'a' }, [['vary', 'origin']]), { tenant: 'a' }, [['vary', 'origin']]],
  ['empty facts', allow({}), {}, undefined],
])('allow with %s', (_name, allowance, facts, headers) =>
  expect(allowance).toEqual({ allowed: true, facts, headers, charges: undefined }),
)

test('allow() is one shared answer that nobody can change', () => {
  expect(allow()).toBe(ALLOWED)
  expect(ALLOWED).toEqual({ allowed: true, facts: {}, headers: undefined, charges: undefined })
  expect(Object.isFrozen(ALLOWED)).toBe(true)
  expect(Object.isFrozen(ALLOWED.facts)).toBe(true)
})
