import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ALLOWED, all, allow, any, type Decision, defineGuard, forbid, type Guard } from '../../src/index.js'
import { contextFor } from '../support/context.js'
import { answering, decideNow, giving, later, stranger } from '../support/guards.js'

type AnyGuard = Guard<object, object>

const ctx = contextFor()
const allOf = all as unknown as (...guards: readonly AnyGuard[]) => AnyGuard
const open = answering('open', allow())
const no = answering('no', forbid('no'))

/** The guard, and a record of when it was asked and what it saw. */
const watched = (guard: AnyGuard, log: unknown[]): AnyGuard => ({
  ...guard,
  check: (context, facts) => {
    log.push(guard.name, { ...facts })
    return guard.check(context, facts)
  },
})

const forms: readonly (readonly [form: string, as: (guard: AnyGuard) => AnyGuard])[] = [
  ['sync', (guard) => guard],
  ['async', later],
]

describe.each(forms)('%s guards', (_form, as) => {
  const ask = async (...guards: readonly AnyGuard[]) => decideNow(allOf(...guards.map(as)), ctx)

  test('are asked in order and see the facts of those before them', async () => {
    const log: unknown[] = []
    const guards = [giving('one', { a: 1 }), giving('two', { b: 2 }), open].map((guard) => watched(guard, log))
    expect(await ask(...guards)).toEqual({ ...ALLOWED, facts: { a: 1, b: 2 } })
    expect(log).toEqual(['one', {}, 'two', { a: 1 }, 'open', { a: 1, b: 2 }])
  })

  test('are not asked after the first denial', async () => {
    const log: unknown[] = []
    const guards = [open, no, answering('other', forbid('other')), open].map((guard) => watched(guard, log))
    expect(await ask(...guards)).toMatchObject({ kind: 'forbidden', code: 'no', guard: 'no' })
    expect(log).toEqual(['open', {}, 'no', {}])
  })

  test('leave their headers, in order, on an allowance', async () =>
    expect(await ask(giving('one', {}, [['a', '1']]), open, giving('two', {}, [['b', undefined]]))).toEqual({
      allowed: true,
      facts: {},
      headers: [
        ['a', '1'],
        ['b', undefined],
      ],
    }))

  test('leave their headers on a denial of a later guard, before its own', async () => {
    const refusing = answering('refusing', { ...forbid('no'), headers: [['b', '2']] })
    expect(await ask(giving('one', {}, [['a', '1']]), open, refusing)).toMatchObject({
      kind: 'forbidden',
      code: 'no',
      headers: [
        ['a', '1'],
        ['b', '2'],
      ],
    })
  })

  test('leave their facts on a denial of a later guard, for the audit trail', async () =>
    expect(await ask(giving('one', { a: 1 }), all(giving('two', { b: 2 }), no))).toMatchObject({
      code: 'no',
      facts: { a: 1, b: 2 },
    }))

  const key = Symbol('key')
  const same = { shared: true }

  test.each<[string, object, object]>([
    ['numbers', { a: 1 }, { a: 2 }],
    ['0 and -0', { a: 0 }, { a: -0 }],
    ['undefined and null', { a: undefined }, { a: null }],
    ['undefined and a value', { a: undefined }, { a: 1 }],
    ['objects that look alike', { a: {} }, { a: {} }],
    ['one of several', { a: 1, b: 2, c: 3 }, { a: 1, c: 4 }],
    ['a symbol', { [key]: 1 }, { [key]: 2 }],
    ['a name of Object.prototype', { constructor: 1 }, { constructor: 2 }],
  ])('a fact given twice with different values is an internal denial: %s', async (_name, first, second) => {
    expect(await ask(giving('one', first), giving('two', second))).toMatchObject({
      allowed: false,
      kind: 'internal',
      code: 'fact_conflict',
    })
  })

  test.each<[string, object, object, object]>([
    ['the same number', { a: 1 }, { a: 1 }, { a: 1 }],
    ['NaN', { a: Number.NaN }, { a: Number.NaN }, { a: Number.NaN }],
    ['one object', { a: same }, { a: same, b: 1 }, { a: same, b: 1 }],
    ['undefined', { a: undefined }, { a: undefined }, { a: undefined }],
    ['other names', { a: 1 }, { b: 1 }, { a: 1, b: 1 }],
    ['names of Object.prototype, given once', {}, { toString: 1 }, { toString: 1 }],
    ['a symbol', { [key]: 1 }, { [key]: 1 }, { [key]: 1 }],
  ])('facts that do not conflict pass: %s', async (_name, first, second, facts) => {
    expect(await ask(giving('one', first), giving('two', second))).toEqual({ ...ALLOWED, facts })
  })

  test('a fact conflicts with one given before the composite, too', async () =>
    expect(await ask(giving('one', { a: 1 }), all(open, giving('two', { a: 2 })))).toMatchObject({
      kind: 'internal',
      code: 'fact_conflict',
    }))

  test('facts of a denied branch never reach its siblings', async () => {
    const seen: object[] = []
    const looking = defineGuard({
      name: 'looking',
      check: (_ctx, facts: object) => {
        seen.push(facts)
        return allow({ b: 2 })
      },
    })
    expect(await ask(giving('zero', { z: 0 }), any(all(giving('one', { a: 1 }), no), looking))).toEqual({
      ...ALLOWED,
      facts: { z: 0, b: 2 },
    })
    expect(seen).toEqual([{ z: 0 }])
  })

  test('facts that a guard gave are not changed by what others give', async () => {
    const facts = Object.freeze({ a: 1 })
    await ask(giving('one', facts), giving('two', { b: 2 }))
    expect(facts).toEqual({ a: 1 })
  })
})

test('a fact named __proto__ changes no prototype', () => {
  const facts = JSON.parse('{"__proto__":{"admin":true}}')
  const decision = decideNow(allOf(giving('one', { a: 1 }), giving('two', facts)), ctx) as Decision<{ a: number }>
  expect(decision.allowed && Object.getPrototypeOf(decision.facts)).toBe(Object.prototype)
  expect({}).not.toHaveProperty('admin')
})

test('one guard that establishes nothing costs no allocation', () => expect(decideNow(all(open), ctx)).toBe(ALLOWED))

test('takes eight guards, and more when nested', () => {
  const eight = allOf(...Array.from({ length: 8 }, (_, index) => giving(`g${index}`, { [`f${index}`]: index })))
  const facts = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`f${index}`, index]))
  expect(decideNow(all(eight, giving('last', { last: true })), ctx)).toEqual({
    ...ALLOWED,
    facts: { ...facts, last: true },
  })
})

describe('any list of guards decides alike, whichever of them are asynchronous', () => {
  const answers = fc.oneof(
    fc.constant(ALLOWED),
    fc
      .record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.integer({ min: 0, max: 1 }), header: fc.boolean() })
      .map(({ key, value, header }) => allow({ [key]: value }, header ? [[`x-${key}`, String(value)]] : undefined)),
    fc.constantFrom<unknown>(forbid('no'), stranger(), { ...forbid('no'), headers: [['x-no', '1']] }, undefined, true),
  )

  /** What `all` promises, written down once more, without its loop. */
  const expected = (list: readonly unknown[]) => {
    const facts: Record<string, unknown> = {}
    const headers: unknown[] = []
    for (const answer of list as readonly (Decision<object> | undefined | true)[]) {
      if (answer === undefined || answer === true) return { code: 'guard_failed', headers }
      if (!answer.allowed) return { code: answer.code, headers: [...headers, ...(answer.headers ?? [])] }
      for (const [key, value] of Object.entries(answer.facts)) {
        if (key in facts && facts[key] !== value) return { code: 'fact_conflict', headers }
        facts[key] = value
      }
      headers.push(...(answer.headers ?? []))
    }
    return { code: undefined, facts, headers }
  }

  const summary = (decision: Decision<object>) =>
    decision.allowed
      ? { code: undefined, facts: { ...decision.facts }, headers: decision.headers ?? [] }
      : { code: decision.code, headers: decision.headers ?? [] }

  test('property', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(answers, fc.boolean()), { minLength: 1, maxLength: 8 }), async (list) => {
        const guards = list.map(([answer], index) => answering(`g${index}`, answer))
        const sync = decideNow(allOf(...guards), ctx) as Decision<object>
        const mixed = await decideNow(
          allOf(...guards.map((guard, index) => (list[index]![1] ? later(guard) : guard))),
          ctx,
        )
        const async = await decideNow(allOf(...guards.map(later)), ctx)
        expect(mixed).toEqual(sync)
        expect(async).toEqual(sync)
        expect(summary(sync)).toEqual(expected(list.map(([answer]) => answer)))
      }),
      { numRuns: 500 },
    ))
})
