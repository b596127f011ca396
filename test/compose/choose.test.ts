import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  all,
  byPrincipal,
  choose,
  type Guard,
  type NoFacts,
  type Principal,
  rateLimit,
  requireRole,
} from '../../src/index.js'
import { contextFor } from '../support/context.js'
import { answering, decideNow, giving, later, principal, stranger } from '../support/guards.js'

const tiered = choose(
  (_ctx, { principal }: { principal: Principal }) => (principal.roles.has('paying') ? 'paying' : 'free'),
  {
    free: rateLimit({ name: 'free', limit: 1, windowMs: 60_000, key: byPrincipal }),
    paying: rateLimit({ name: 'paying', limit: 3, windowMs: 60_000, key: byPrincipal }),
  },
)

const asked = async (id: string, roles: readonly string[], times: number) => {
  const policy = all(giving('who', { principal: principal(id, roles) }), tiered)
  const answers = []
  for (let i = 0; i < times; i++) answers.push((await decideNow(policy, contextFor())).allowed)
  return answers
}

test('each tier has a limit of its own', async () => {
  expect(await asked('anne', [], 3)).toEqual([true, false, false])
  expect(await asked('paul', ['paying'], 4)).toEqual([true, true, true, false])
})

const forms: readonly (readonly [string, (guard: Guard) => Guard])[] = [
  ['at once', (guard) => guard],
  ['later', later],
]

describe.each(forms)('a guard that answers %s', (_when, as) => {
  const either = choose((ctx) => ctx.method as 'GET' | 'POST', {
    GET: as(giving('read', { mode: 'read' }) as Guard),
    POST: as(answering('write', stranger()) as Guard),
  })

  test('answers for the others, with its own name', async () => {
    expect(await decideNow(either, contextFor())).toMatchObject({ allowed: true, facts: { mode: 'read' } })
    expect(await decideNow(either, contextFor({ method: 'POST' }))).toMatchObject({
      code: 'token_missing',
      guard: 'write',
    })
  })

  test.each(['PUT', '', '__proto__', 'constructor', 'toString', 'get'])('%j is none of them: denied', async (method) =>
    expect(await decideNow(either, contextFor({ method }))).toMatchObject({ kind: 'internal', code: 'guard_failed' }),
  )
})

test('a choice that throws, or takes time, denies', async () => {
  const fail = () => {
    throw new Error('no tier today')
  }
  for (const choice of [fail, async () => 'a' as const]) {
    const guard = choose(choice as unknown as () => 'a', { a: giving('a', {}) })
    expect(await decideNow(guard, contextFor())).toMatchObject({ kind: 'internal', code: 'guard_failed' })
  }
})

test('describes itself', () =>
  expect(tiered).toMatchObject({ name: 'choose(free, paying)', about: { combines: 'choose', parts: [{}, {}] } }))

test.each<readonly [string, unknown, unknown, RegExp]>([
  ['a choice by name alone', 'free', { free: requireRole('a') }, /choice must be a function, got string/],
  ['no guards', () => 'free', {}, /expected at least one guard/],
  ['guards missing', () => 'free', undefined, /expected at least one guard/],
  ['a guard that is none', () => 'free', { free: requireRole }, /choose\(\): free: expected a guard/],
])('%s is a TypeError', (_name, choice, guards, message) =>
  expect(() => choose(choice as never, guards as never)).toThrow(message),
)

test('needs what the choice and all of them need, and gives what the chosen one gave', () => {
  expectTypeOf(tiered).toExtend<Guard<{ principal: Principal }>>()
  const either = choose(() => 'a' as 'a' | 'b', { a: giving('a', { x: 1 }), b: giving('b', { y: 'z' }) })
  expectTypeOf(either).toExtend<Guard<NoFacts, { x: number } | { y: string }>>()
  // @ts-expect-error a name that is none of the guards
  choose(() => 'c', { a: giving('a', {}) })
})
