import { describe, expect, test } from 'vitest'
import { ALLOWED, all, allow, forbid, type Guard, type RequestContext, when } from '../../src/index.js'
import { contextFor } from '../support/context.js'
import { answering, decideNow, giving, later } from '../support/guards.js'

type AnyGuard = Guard<object, object>
type Condition = (ctx: RequestContext, facts: object) => boolean

const no = answering('no', forbid('no'))
const ctx = contextFor({ method: 'POST' })

describe.each<[string, (guard: AnyGuard) => AnyGuard]>([
  ['sync', (guard) => guard],
  ['async', later],
])('%s guard', (_form, as) => {
  test.each<[string, unknown, boolean]>([
    ['false', false, false],
    ['true', true, true],
    ['undefined', undefined, true],
    ['null', null, true],
    ['0', 0, true],
    ['an empty string', '', true],
    ['a promise of false', Promise.resolve(false), true],
    ['new Boolean(false)', Object(false), true],
  ])('a condition that gives %s', async (_name, answer, asked) => {
    const decision = await decideNow(when((() => answer) as Condition, as(no)), ctx)
    expect(decision).toEqual(asked ? { ...forbid('no'), guard: 'no' } : ALLOWED)
  })

  test('gives the facts and headers of the guard', async () =>
    expect(
      await decideNow(
        when(() => true, as(giving('one', { a: 1 }, [['x-a', '1']]))),
        ctx,
      ),
    ).toEqual(allow({ a: 1 }, [['x-a', '1']])))

  test('gives nothing when the guard is skipped, and never asks it', async () => {
    const asking = as({
      name: 'asking',
      check: () => {
        throw new Error('asked')
      },
    })
    expect(
      await decideNow(
        when(() => false, asking),
        ctx,
      ),
    ).toBe(ALLOWED)
    expect(
      await decideNow(
        when(() => true, asking),
        ctx,
      ),
    ).toMatchObject({ kind: 'internal', guard: 'asking' })
  })

  test('shows request and facts to the condition, and facts to the guard', async () => {
    const seen: unknown[] = []
    const condition: Condition = (context, facts) => {
      seen.push(context.method, facts)
      return true
    }
    const looking: AnyGuard = {
      name: 'looking',
      check: (_ctx, facts) => {
        seen.push(facts)
        return ALLOWED
      },
    }
    await decideNow(all(giving('one', { a: 1 }), when(condition, as(looking))), ctx)
    expect(seen).toEqual(['POST', { a: 1 }, { a: 1 }])
  })
})

test('a condition that throws denies as internal', () => {
  const cause = new Error('boom')
  const throwing: Condition = () => {
    throw cause
  }
  expect(decideNow(when(throwing, answering('open', allow())), ctx)).toEqual({
    allowed: false,
    kind: 'internal',
    code: 'guard_failed',
    guard: 'when(open)',
    cause,
  })
})
