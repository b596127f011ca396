import { describe, expect, test } from 'vitest'
import {
  ALLOWED,
  all,
  allow,
  type Denial,
  exhaust,
  forbid,
  type Guard,
  internal,
  invalid,
  rateLimit,
  report,
  type SecurityEvent,
  unavailable,
} from '../../src/index.js'
import { contextFor } from '../support/context.js'
import { answering, decideNow, giving, later, stranger } from '../support/guards.js'
import { watchedStore } from '../support/ledger.js'

type AnyGuard = Guard<object, object>

const boom = (): never => {
  throw new Error('boom')
}

describe.each<[string, (guard: AnyGuard) => AnyGuard]>([
  ['sync', (guard) => guard],
  ['async', later],
])('%s guard', (_form, as) => {
  const ask = async (guard: AnyGuard) => {
    const ctx = contextFor()
    return { decision: await decideNow(report(as(guard)), ctx), events: ctx.events }
  }

  test.each<[string, Denial, SecurityEvent['event']]>([
    ['401', stranger('token_expired'), 'authn_login_fail'],
    ['401 of an attack', { ...stranger('dpop_replayed'), event: 'authn_token_reuse' }, 'authn_token_reuse'],
    ['403', forbid('role_missing', 'Said.'), 'authz_fail'],
    ['400', invalid('invalid_query', 'Said.'), 'input_validation_fail'],
    ['429', exhaust('rate_limited', 1), 'excess_rate_limit_exceeded'],
    ['503', unavailable('store_unavailable', 1, new Error('down')), 'sys_monitor_disabled'],
    ['500', internal(new Error('bug'), 'fact_conflict'), 'sys_monitor_disabled'],
  ])('a %s passes and is recorded', async (_status, denial, event) =>
    expect(await ask(answering('strict', { ...denial, headers: [['x-strict', '1']] }))).toEqual({
      decision: ALLOWED,
      events: [{ event, code: denial.code, guard: 'strict' }],
    }),
  )

  test.each<[string, AnyGuard]>([
    ['one that throws', { name: 'broken', check: boom }],
    ['one that gives no decision', answering('broken', undefined)],
    ['one whose charges cannot be taken', answering('broken', { ...ALLOWED, charges: [{ ledger: { take: boom } }] })],
  ])('%s passes and is recorded', async (_name, guard) => {
    const { decision, events } = await ask(guard)
    expect(decision).toBe(ALLOWED)
    expect(events).toMatchObject([{ event: 'sys_monitor_disabled', code: 'guard_failed' }])
  })

  test('one whose charges cannot be looked at passes and is recorded', async () => {
    const full = answering('full', { ...exhaust('full', 1), charges: [{ ledger: { take: boom, look: boom } }] })
    const { decision, events } = await ask(full)
    expect(decision).toBe(ALLOWED)
    expect(events).toMatchObject([{ event: 'sys_monitor_disabled', code: 'guard_failed' }])
  })

  test('an allowance gives no facts, no headers and no notice', async () =>
    expect(await ask(giving('open', { a: 1 }, [['x-open', '1']]))).toEqual({ decision: ALLOWED, events: [] }))

  test('the notice names the innermost guard', async () =>
    expect((await ask(all(giving('open', {}), answering('inner', forbid('no'))))).events).toEqual([
      { event: 'authz_fail', code: 'no', guard: 'inner' },
    ]))
})

test('sees the facts from ahead', () => {
  const ctx = contextFor()
  const looking: Guard<{ readonly a: number }> = {
    name: 'looking',
    check: (_ctx, { a }) => forbid(`saw_${a}`),
  }
  expect(decideNow(all(giving('one', { a: 1 }), report(looking)), ctx)).toEqual(allow({ a: 1 }))
  expect(ctx.events).toEqual([{ event: 'authz_fail', code: 'saw_1', guard: 'looking' }])
})

describe.each([
  ['a limit in this process', false],
  ['a limit elsewhere', true],
])('%s', (_name, remote) => {
  test('counts in report mode, records what it would refuse, and is not charged to the request', async () => {
    const store = watchedStore({ remote })
    const policy = report(rateLimit({ name: 'trial', limit: 2, windowMs: 60_000, store }))
    const codes: unknown[] = []
    for (let request = 0; request < 3; request++) {
      const ctx = contextFor()
      expect(await policy.check(ctx, {})).toBe(ALLOWED)
      codes.push(ctx.events)
    }
    const notice = { event: 'excess_rate_limit_exceeded', code: 'rate_limited', guard: 'rateLimit(trial)' }
    expect(codes).toEqual([[], [], [notice]])
    expect(store.taken).toEqual([['trial'], ['trial']])
  })
})
