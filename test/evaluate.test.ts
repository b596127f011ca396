import { describe, expect, test } from 'vitest'
import { all, allow, any, type Decision, evaluate, forbid, type Guard, type MaybePromise, when } from '../src/index.js'
import { contextFor } from './support/context.js'
import { answering, later, stranger } from './support/guards.js'

const ctx = contextFor()
const boom = new Error('boom')

/** The ways a guard can hand over an answer. */
const FORMS: readonly (readonly [form: string, wrap: (answer: unknown) => unknown])[] = [
  ['at once', (answer) => answer],
  ['in a promise', (answer) => Promise.resolve(answer)],
  ['in a thenable', (answer) => ({ then: (resolve: (value: unknown) => void) => resolve(answer) })],
]

const ask = (guard: Guard<never, object>): MaybePromise<Decision<object>> =>
  evaluate(guard as Guard<object, object>, ctx, {})

const denial = { allowed: false, code: 'x' }

const NO_DECISIONS: readonly (readonly [name: string, answer: unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['true', true],
  ['1', 1],
  ['"allow"', 'allow'],
  ['{}', {}],
  ['a function', () => allow()],
  ['an array', [allow()]],
  ['allowed without facts', { allowed: true }],
  ['allowed with facts null', { allowed: true, facts: null }],
  ['allowed with facts "all"', { allowed: true, facts: 'all' }],
  ['allowed with facts true', { allowed: true, facts: true }],
  ['allowed: "true"', { allowed: 'true', facts: {} }],
  ['allowed: 1', { allowed: 1, facts: {} }],
  ['a denial without kind', denial],
  ['a denial of a made-up kind', { ...denial, kind: 'teapot' }],
  ['a denial of kind constructor', { ...denial, kind: 'constructor' }],
  ['a denial of kind __proto__', { ...denial, kind: '__proto__' }],
  ['a denial with the kind in an array', { ...denial, kind: ['forbidden'] }],
  ['a denial without code', { allowed: false, kind: 'forbidden' }],
  ['a 401 without challenges', { ...denial, kind: 'unauthenticated' }],
  ['a 401 with no challenge', { ...denial, kind: 'unauthenticated', challenges: [] }],
  ['a 401 with its challenge as text', { ...denial, kind: 'unauthenticated', challenges: 'Bearer' }],
  ['a 400 without issues', { ...denial, kind: 'invalid' }],
]

describe.each(FORMS)('%s', (_form, wrap) => {
  test.each(NO_DECISIONS)('%s denies as internal', async (_name, answer) => {
    const decision = await ask(answering('odd', wrap(answer)))
    expect(decision).toEqual({
      allowed: false,
      kind: 'internal',
      code: 'guard_failed',
      guard: 'odd',
      cause: new TypeError('odd gave no decision'),
    })
  })

  test('an answer that throws when it is looked at denies as internal', async () => {
    const trap = Object.defineProperty({}, 'allowed', {
      get: () => {
        throw boom
      },
    })
    expect(await ask(answering('trap', wrap(trap)))).toEqual(failed('trap', boom))
  })

  test('an allowance passes as it is', async () => {
    const allowance = allow({ tenant: 'acme' }, [['vary', 'origin']])
    expect(await ask(answering('fine', wrap(allowance)))).toBe(allowance)
  })

  test('a denial passes with the name of its guard', async () =>
    expect(await ask(answering('strict', wrap(stranger())))).toEqual({ ...stranger(), guard: 'strict' }))
})

const failed = (guard: string, cause: unknown) => ({
  allowed: false,
  kind: 'internal',
  code: 'guard_failed',
  cause,
  guard,
})

const throwing =
  (value: unknown): (() => never) =>
  () => {
    throw value
  }

test.each<[string, () => unknown, unknown]>([
  ['throws an Error', throwing(boom), boom],
  ['throws a string', throwing('no'), 'no'],
  ['throws undefined', throwing(undefined), undefined],
  ['throws an allowance', throwing(allow()), allow()],
  ['rejects with an Error', async () => throwing(boom)(), boom],
  ['rejects with undefined', () => Promise.reject(undefined), undefined],
  ['rejects with an allowance', () => Promise.reject(allow()), allow()],
  ['gives a thenable that throws', () => ({ then: throwing(boom) }), boom],
  ['gives a thenable that rejects', () => ({ then: (_: unknown, no: (e: unknown) => void) => no(boom) }), boom],
  ['gives an object whose then throws', () => Object.defineProperty({}, 'then', { get: throwing(boom) }), boom],
])('a guard that %s denies as internal', async (_name, check, cause) =>
  expect(await ask({ name: 'broken', check: check as Guard['check'] })).toEqual(failed('broken', cause)),
)

test('the first answer of a thenable holds', async () => {
  const fickle = {
    then: (resolve: (value: unknown) => void, reject: (cause: unknown) => void) => {
      resolve(forbid('first'))
      resolve(allow())
      reject(boom)
    },
  }
  expect(await ask(answering('fickle', fickle))).toMatchObject({ kind: 'forbidden', code: 'first' })
})

describe('the name on a denial is that of the innermost guard', () => {
  const inner = answering('inner', forbid('no'))
  const broken: Guard<object> = { name: 'broken', check: throwing(boom) }
  const open = answering('open', allow())

  test.each<[string, Guard<never, object>, string, string]>([
    ['in all', all(open, inner), 'inner', 'no'],
    ['in any', any(inner), 'inner', 'no'],
    ['in when', when(() => true, inner), 'inner', 'no'],
    ['in all in any in all', all(any(all(open, inner))), 'inner', 'no'],
    ['behind a promise', all(later(open), any(later(inner))), 'inner', 'no'],
    ['one that throws', all(any(all(broken))), 'broken', 'guard_failed'],
    ['one that rejects', all(any(all(later(broken)))), 'broken', 'guard_failed'],
    ['one that gives no decision', all(any(answering('odd', true))), 'odd', 'guard_failed'],
  ])('%s', async (_name, policy, guard, code) =>
    expect(await ask(policy)).toMatchObject({ allowed: false, code, guard }),
  )
})
