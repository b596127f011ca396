import { describe, expect, test } from 'vitest'
import {
  ALLOWED,
  type Allowance,
  all,
  allow,
  any,
  type Decision,
  decide,
  forbid,
  type Guard,
  rateLimit,
  report,
  when,
} from '../../src/index.js'
import { contextFor } from '../support/context.js'
import { answering, decideNow, giving, later } from '../support/guards.js'
import { watchedStore } from '../support/ledger.js'

type AnyGuard = Guard<object, object>

const reply = { status: 204, headers: [], body: '' } as const
const replies = answering('replies', { ...ALLOWED, headers: [['vary', 'Origin']], reply })
const no = answering('no', forbid('no'))
const unasked: AnyGuard = {
  name: 'unasked',
  check: () => {
    throw new Error('a guard behind a reply was asked')
  },
}
const allOf = all as unknown as (...guards: readonly AnyGuard[]) => AnyGuard

describe.each<[string, (guard: AnyGuard) => AnyGuard]>([
  ['sync', (guard) => guard],
  ['async', later],
])('a reply of a %s guard', (_form, as) => {
  const known = as(giving('known', { a: 1 }, [['x-a', '1']]))
  const ask = async (guard: AnyGuard) => decideNow(guard, contextFor())

  test('ends all: guards behind are not asked, those ahead are heard', async () => {
    expect(await ask(allOf(known, as(replies), as(unasked), unasked))).toEqual({
      allowed: true,
      facts: { a: 1 },
      headers: [
        ['x-a', '1'],
        ['vary', 'Origin'],
      ],
      reply,
    })
  })

  test.each<[string, AnyGuard]>([
    ['the first of all', allOf(as(replies), unasked)],
    ['all in all', allOf(allOf(known, as(replies), unasked), unasked)],
    ['any', allOf(any(as(no), as(replies), unasked), unasked)],
    ['any with a policy', allOf(any(allOf(as(replies), unasked), unasked), unasked)],
    ['any behind a limit that was counted', allOf(any(allOf(limited('a', 9), no), as(replies)), unasked)],
    [
      'when',
      allOf(
        when(() => true, as(replies)),
        unasked,
      ),
    ],
  ])('passes through %s', async (_name, policy) => {
    const decision = await ask(policy)
    expect(decision).toMatchObject({ allowed: true, reply })
  })

  test('never comes where a guard ahead denies, where it is skipped, or where it is reported only', async () => {
    expect(await ask(allOf(no, as(replies)))).toMatchObject({ code: 'no' })
    const skipped = when(() => false, as(replies))
    expect(await ask(allOf(skipped, no))).toMatchObject({ code: 'no' })
    expect(await ask(allOf(report(as(replies)), no))).toMatchObject({ code: 'no' })
    expect(((await ask(report(as(replies)))) as Allowance).reply).toBeUndefined()
  })

  test.each([
    ['a store in this process', false],
    ['a store elsewhere', true],
  ])('is charged for, and a limit that refuses wins over it, with %s', async (_name, remote) => {
    const store = watchedStore({ remote })
    const policy = allOf(limited('tight', 1, store), as(replies), limited('behind', 9, store))
    const ctx = contextFor()
    const first = (await decide(policy, ctx)) as Allowance
    expect([first.allowed, first.reply, first.charges]).toEqual([true, reply, undefined])
    expect(first.headers?.map(([name]) => name)).toEqual(['vary', 'ratelimit-policy', 'ratelimit'])
    const second = (await decide(policy, ctx)) as Decision
    expect(second).toMatchObject({ allowed: false, kind: 'exhausted', code: 'rate_limited' })
    expect(second).not.toHaveProperty('reply')
    expect(store.taken).toEqual([['tight']])
  })

  test('that no adapter could send is no decision', async () => {
    for (const odd of [
      null,
      true,
      'body',
      {},
      { ...reply, status: 199 },
      { ...reply, status: 600 },
      { ...reply, status: '204' },
      { ...reply, headers: {} },
      { ...reply, body: undefined },
    ]) {
      const decision = await ask(allOf(as(answering('odd', { ...ALLOWED, reply: odd })), unasked))
      expect(decision).toMatchObject({ kind: 'internal', code: 'guard_failed', guard: 'odd' })
    }
  })
})

function limited(name: string, limit: number, store = watchedStore()): AnyGuard {
  return rateLimit({ name, limit, windowMs: 60_000, store }) as AnyGuard
}

test('an allowance has the same members, whether it replies or not', async () => {
  const keys = (decision: object) => Object.keys(decision).join()
  const settled = await decide(limited('a', 9), contextFor())
  const joined = await decide(allOf(giving('a', { a: 1 }), giving('b', { b: 2 })), contextFor())
  expect(new Set([ALLOWED, allow({ a: 1 }), settled, joined].map(keys))).toEqual(
    new Set(['allowed,facts,headers,charges,reply']),
  )
})
