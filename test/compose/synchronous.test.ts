import { describe, expect, test } from 'vitest'
import {
  all,
  allow,
  any,
  type Decision,
  defineGuard,
  forbid,
  type Guard,
  type MaybePromise,
  rateLimit,
  report,
  requireRole,
  responseHeaders,
  type ServiceSettings,
  wellFormed,
  when,
} from '../../src/index.js'
import { baseline, Mount } from '../../src/mount/index.js'
import { contextFor } from '../support/context.js'
import { exchangeFor } from '../support/exchange.js'
import { answering, decideNow, giving, later, principal, stranger } from '../support/guards.js'
import { promisesMadeBy } from '../support/promises.js'

type AnyGuard = Guard<object, object>

const known = giving('known', { principal: principal('alice', ['admin']) })
const strange: typeof known = { ...known, name: 'strange', check: () => stranger() }
const no = answering('no', forbid('no'))
const limit = () => rateLimit({ limit: 100, windowMs: 60_000 })
const full = () => {
  const guard = rateLimit({ limit: 1, windowMs: 60_000 })
  decideNow(guard, contextFor())
  return guard
}
const throwing: AnyGuard = {
  name: 'throwing',
  check: () => {
    throw new Error('boom')
  },
}
const everything = () =>
  all(
    responseHeaders(),
    limit(),
    wellFormed(),
    report(all(known, requireRole('nobody'))),
    any(strange, known),
    requireRole('admin'),
    when(() => true, limit()),
    defineGuard({ name: 'own', check: () => allow({ tenant: 'acme' }) }),
  )

const POLICIES: readonly (readonly [name: string, allowed: boolean, make: () => AnyGuard])[] = [
  ['one guard that allows', true, () => known],
  ['one guard that denies', false, () => no],
  ['one guard that throws', false, () => throwing],
  ['the baseline', true, () => baseline()],
  ['all', true, () => all(known, requireRole('admin'), responseHeaders())],
  ['all that denies', false, () => all(known, requireRole('nobody'))],
  ['any', true, () => any(no, strange, known)],
  ['any that denies', false, () => any(strange, no)],
  ['any of only 401', false, () => any(strange, strange)],
  ['when', true, () => when(() => true, known)],
  ['when that skips', true, () => when(() => false, no)],
  ['report', true, () => report(no)],
  ['report of a limit', true, () => report(full())],
  ['rateLimit', true, limit],
  ['rateLimit that refuses', false, full],
  ['two limits', true, () => all(limit(), limit())],
  ['a denial behind a limit', false, () => all(limit(), no)],
  ['a limit in an alternative', false, () => any(all(limit(), strange), all(limit(), no))],
  ['everything together', true, everything],
]

const isThenable = (value: unknown): boolean => typeof (value as { then?: unknown } | undefined)?.then === 'function'

/** Ways to ask a policy, with everything that was made for it beforehand. */
const WAYS: readonly (readonly [string, (policy: AnyGuard) => () => MaybePromise<Decision<object>>])[] = [
  ['decide', (policy) => () => decideNow(policy, contextFor())],
  ['Mount.decide', mounted()],
  ['Mount.decide in report mode', mounted({ mode: 'report' })],
  [
    'Mount.decide of a child mount',
    (policy) => {
      const child = new Mount(all(limit(), policy), new Mount(all(limit(), giving('first', {}))))
      return () => child.decide(exchangeFor().exchange)
    },
  ],
]

function mounted(settings?: ServiceSettings) {
  return (policy: AnyGuard) => {
    const mount = new Mount(policy)
    return () => mount.decide(exchangeFor(settings).exchange)
  }
}

describe.each(WAYS)('%s', (way, asking) => {
  test.each(POLICIES)('makes no promise for synchronous guards: %s', (_name, allowed, make) => {
    const { result, promises } = promisesMadeBy(asking(make()))
    expect(isThenable(result)).toBe(false)
    expect(promises).toBe(0)
    expect(result).toMatchObject({ allowed: allowed || way.endsWith('report mode') })
  })

  test('makes promises where a guard is asynchronous', async () => {
    const { result, promises } = promisesMadeBy(asking(all(limit(), later(known), limit())))
    expect(isThenable(result)).toBe(true)
    expect(promises).toBeGreaterThan(0)
    expect(await result).toMatchObject({ allowed: true })
  })
})

describe('the count of promises', () => {
  test.each<[string, () => unknown, number]>([
    ['nothing', () => 0, 0],
    ['one resolved promise', () => Promise.resolve(), 1],
    ['an async function', async () => 0, 1],
    ['one promise and its continuation', () => Promise.resolve().then(() => 0), 2],
  ])('sees %s', (_name, work, promises) => expect(promisesMadeBy(work).promises).toBe(promises))
})
