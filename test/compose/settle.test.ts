import { describe, expect, test } from 'vitest'
import {
  ALLOWED,
  all,
  allow,
  any,
  type Charge,
  type Decision,
  decide,
  exhaust,
  forbid,
  type Guard,
  type Ledger,
  type RateLimitStore,
  rateLimit,
  settle,
} from '../../src/index.js'
import { contextFor } from '../support/context.js'
import { answering, decideNow, giving, later, principal, stranger } from '../support/guards.js'
import { watchedStore } from '../support/ledger.js'

const limited = (name: string, limit: number, store: RateLimitStore) =>
  rateLimit({ name, limit, windowMs: 60_000, store })

const strange = answering('strange', stranger('token_missing'))
const header = (decision: Decision<object>, name: string) =>
  decision.headers?.filter(([field]) => field === name).map(([, value]) => value)

describe.each([
  ['a store in this process', false],
  ['a store elsewhere', true],
])('%s', (_name, remote) => {
  test.each<[string, (store: RateLimitStore) => Guard, readonly string[], readonly string[][]]>([
    [
      'the limit behind refuses',
      (store) => all(limited('wide', 9, store), limited('tight', 1, store)),
      ['allow', 'rate_limited', 'rate_limited'],
      [['wide', 'tight']],
    ],
    [
      'the limit ahead refuses',
      (store) => all(limited('tight', 1, store), limited('wide', 9, store)),
      ['allow', 'rate_limited', 'rate_limited'],
      [['tight', 'wide']],
    ],
    [
      'of three, the middle one refuses',
      (store) => all(limited('a', 9, store), all(limited('tight', 2, store), limited('b', 9, store))),
      ['allow', 'allow', 'rate_limited'],
      [
        ['a', 'tight', 'b'],
        ['a', 'tight', 'b'],
      ],
    ],
    [
      'a 401 behind a limit is charged',
      (store) => all(limited('tight', 2, store), strange),
      ['token_missing', 'token_missing', 'rate_limited'],
      [['tight'], ['tight']],
    ],
    [
      'a 401 before a limit is not charged',
      (store) => all(strange, limited('tight', 2, store)),
      ['token_missing', 'token_missing', 'token_missing'],
      [],
    ],
    [
      'a 401 of several alternatives is charged once',
      (store) => any(all(limited('tight', 2, store), strange), strange),
      ['token_missing', 'token_missing', 'rate_limited'],
      [['tight'], ['tight']],
    ],
    [
      'an alternative that lost is charged',
      (store) => any(all(limited('tight', 2, store), strange), giving('open', {})),
      ['allow', 'allow'],
      [['tight'], ['tight']],
    ],
  ])('%s', async (_case, policy, codes, taken) => {
    const store = watchedStore({ remote })
    const guard = policy(store)
    const answers: unknown[] = []
    for (let request = 0; request < codes.length; request++) {
      const decision = await decideNow(guard, contextFor())
      answers.push(decision.allowed ? 'allow' : decision.code)
      expect(decision.charges).toBeUndefined()
    }
    expect(answers).toEqual(codes)
    expect(store.taken).toEqual(taken)
  })
})

test('a 401 whose charge is refused becomes the 429, and keeps what was known', async () => {
  const store = watchedStore({ remote: true })
  const known = giving('known', { principal: principal() }, [['x-known', '1']])
  const policy = all(known, limited('tight', 1, store), strange)
  expect(await decideNow(policy, contextFor())).toMatchObject({ kind: 'unauthenticated', code: 'token_missing' })
  const refused = await decideNow(policy, contextFor())
  expect(refused).toMatchObject({
    allowed: false,
    kind: 'exhausted',
    code: 'rate_limited',
    guard: 'rateLimit(tight)',
    retryAfterSeconds: 60,
    violatedPolicies: ['tight'],
    facts: { principal: { id: 'alice' } },
  })
  expect(refused).not.toHaveProperty('challenges')
  expect(header(refused, 'x-known')).toEqual(['1'])
  expect(header(refused, 'ratelimit')).toEqual(['"tight";r=0;t=60'])
})

test('fields tell how limits stand after the taking, also of those that a refusal spared', () => {
  const store = watchedStore()
  const policy = all(limited('wide', 9, store), limited('tight', 1, store))
  const fields = (decision: unknown) => header(decision as Decision<object>, 'ratelimit')
  expect(fields(decideNow(policy, contextFor()))).toEqual(['"wide";r=8;t=7, "tight";r=0;t=60'])
  expect(fields(decideNow(policy, contextFor()))).toEqual(['"wide";r=8, "tight";r=0;t=60'])
})

test('charges are taken by the clock, not by the time of arrival', async () => {
  const store = watchedStore({ remote: true })
  const policy = all(limited('tight', 1, store), later(answering('slow', allow())))
  const startMs = contextFor().nowMs
  expect(await decide(policy, contextFor({ nowMs: startMs }))).toMatchObject({ allowed: true })
  expect(await decide(policy, contextFor({ nowMs: startMs + 59_999 }))).toMatchObject({ code: 'rate_limited' })
  expect(await decide(policy, contextFor({ nowMs: startMs + 60_000 }))).toMatchObject({ allowed: true })
})

test('a decision without charges is the answer as it is', () => {
  const ctx = contextFor()
  for (const decision of [ALLOWED, forbid('no'), exhaust('full', 1)]) {
    expect(settle(decision, ctx)).toBe(decision)
  }
})

describe('ledgers', () => {
  const boom = new Error('boom')
  const throwing = (): never => {
    throw boom
  }
  const ledger = (answer: () => Decision | Promise<Decision>, look = () => [['x-look', '1']] as const): Ledger => ({
    take: answer,
    look,
  })
  const charged = (name: string, own: Ledger, denial?: Decision): Guard => {
    const charges: readonly Charge[] = [{ ledger: own }]
    return { name, check: () => ({ ...(denial ?? ALLOWED), charges }) as Decision }
  }

  test.each<[string, Ledger, object]>([
    ['that refuses', ledger(() => exhaust('full', 2)), { kind: 'exhausted', code: 'full' }],
    ['that throws', ledger(throwing), { kind: 'internal', code: 'guard_failed', guard: 'settle', cause: boom }],
    ['that rejects', ledger(async () => throwing()), { kind: 'internal', code: 'guard_failed', cause: boom }],
    ['that gives no decision', ledger(() => true as never), { kind: 'internal', code: 'guard_failed' }],
  ])('one %s denies', async (_name, own, denial) => {
    expect(await decideNow(charged('one', own), contextFor())).toMatchObject({ allowed: false, ...denial })
    expect(await decideNow(all(charged('one', own), strange), contextFor())).toMatchObject({
      allowed: false,
      ...denial,
    })
  })

  test('one that cannot be looked at denies', async () => {
    const blind = ledger(throwing, throwing)
    expect(await decideNow(charged('one', blind, exhaust('full', 1)), contextFor())).toMatchObject({
      allowed: false,
      kind: 'internal',
      code: 'guard_failed',
      cause: boom,
    })
  })

  test('a refused request is looked at, not charged', async () => {
    const decision = await decideNow(charged('one', ledger(throwing), exhaust('full', 1)), contextFor())
    expect(decision).toMatchObject({ kind: 'exhausted', code: 'full', headers: [['x-look', '1']] })
  })

  test('each takes its own charges, in one go, and all must allow', async () => {
    const takings: [string, number][] = []
    const counting = (name: string, answer: Decision): Ledger => ({
      take: (charges) => {
        takings.push([name, charges.length])
        return answer
      },
      look: () => [],
    })
    const first = counting('first', allow({}, [['x-first', '1']]))
    const second = counting('second', exhaust('full', 1))
    const policy = all(charged('a', first), charged('b', second), charged('c', first))
    expect(await decideNow(policy, contextFor())).toMatchObject({ kind: 'exhausted', code: 'full', guard: 'settle' })
    expect(takings).toEqual([
      ['first', 2],
      ['second', 1],
    ])
  })
})
