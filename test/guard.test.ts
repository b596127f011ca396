import { expect, describe as group, test } from 'vitest'
import {
  all,
  allow,
  any,
  defineGuard,
  describe,
  forbid,
  type Guard,
  rateLimit,
  report,
  requireRole,
  wellFormed,
  when,
} from '../src/index.js'
import { contextFor } from './support/context.js'
import { answering, decideNow } from './support/guards.js'

const open = answering('open', allow())

group('defineGuard', () => {
  test.each([
    ['none', undefined, { room: 'service' }],
    ['a room', { room: 'access' } as const, { room: 'access' }],
    ['requirements', { requires: { tenant: true } }, { requires: { tenant: true } }],
  ])('about: %s', (_name, about, expected) =>
    expect(defineGuard({ name: 'own', check: () => allow(), about }).about).toEqual(expected),
  )

  test('gives a guard that nobody can change', () => {
    const guard = defineGuard({ name: 'own', check: () => allow() })
    expect(Object.isFrozen(guard)).toBe(true)
    expect(guard.name).toBe('own')
  })

  test('takes an instance whose check is a method that uses this', () => {
    class Tenant {
      readonly name = 'tenant'
      readonly #allowed = 'acme'
      check(ctx: { readonly path: string }) {
        return ctx.path === `/${this.#allowed}` ? allow({ tenant: this.#allowed }) : forbid('other_tenant')
      }
    }
    const guard = defineGuard(new Tenant())
    expect(decideNow(guard, contextFor({ path: '/acme' }))).toMatchObject({ allowed: true, facts: { tenant: 'acme' } })
    expect(decideNow(guard, contextFor({ path: '/evil' }))).toMatchObject({ allowed: false, code: 'other_tenant' })
  })
})

const MISTAKES: readonly (readonly [value: unknown, message: string])[] = [
  [undefined, 'expected a guard, got undefined'],
  [null, 'expected a guard, got null'],
  ['jwt', 'expected a guard, got string'],
  [42, 'expected a guard, got number'],
  [rateLimit, 'expected a guard, got a function (call it?)'],
  [{}, 'expected a guard, got object'],
  [[open], 'expected a guard, got an array'],
  [Object.assign(() => {}, { facts: () => ({}) }), 'expected a guard, got a middleware (give its policy)'],
  [{ name: 'x', check: true }, 'expected a guard, got object'],
  [{ check: () => allow() }, 'a guard needs a name, got undefined'],
  [{ name: '', check: () => allow() }, 'a guard needs a name, got string'],
  [{ name: 7, check: () => allow() }, 'a guard needs a name, got number'],
]

const PLACES: readonly (readonly [where: string, make: (value: never) => unknown])[] = [
  ['defineGuard()', (value) => defineGuard(value)],
  ['all(): argument 2', (value) => all(open, value)],
  ['any(): argument 2', (value) => any(open, value)],
  ['when(): argument 2', (value) => when(() => true, value)],
  ['report(): argument 1', (value) => report(value)],
]

group.each(PLACES)('%s', (where, make) => {
  test.each(MISTAKES)('refuses %o', (value, message) =>
    expect(() => make(value as never)).toThrow(new TypeError(`${where}: ${message}`)),
  )
})

test.each([
  ['all', () => (all as () => unknown)()],
  ['any', () => (any as () => unknown)()],
])('%s() without a guard is an error, not an allow', (name, make) =>
  expect(make).toThrow(new TypeError(`${name}(): expected at least one guard`)),
)

test.each([
  ['undefined', undefined],
  ['true', true],
  ['a promise', Promise.resolve(true)],
])('when(%s, guard) is an error', (_name, condition) =>
  expect(() => when(condition as never, open)).toThrow(
    new TypeError(`when(): condition must be a function, got ${typeof condition}`),
  ),
)

group('describe', () => {
  const bare: Guard = { name: 'bare', check: () => allow() }
  const limit = rateLimit({ name: 'burst', limit: 5, windowMs: 1000 })
  const burst = {
    name: 'rateLimit(burst)',
    room: 'rate',
    requires: { name: 'burst', limit: 5, windowMs: 1000 },
  }
  const role = { name: 'requireRole(admin)', room: 'access', requires: { anyRole: ['admin'] } }

  test.each([
    ['a guard that says nothing', bare, { name: 'bare' }],
    ['a guard with a room', wellFormed(), { name: 'wellFormed', room: 'edge' }],
    ['a guard with requirements', requireRole('admin'), role],
    [
      'all',
      all(bare, limit),
      { name: 'all(bare, rateLimit(burst))', combines: 'all', parts: [{ name: 'bare' }, burst] },
    ],
    [
      'any',
      any(bare, limit),
      { name: 'any(bare, rateLimit(burst))', combines: 'any', parts: [{ name: 'bare' }, burst] },
    ],
    ['when', when(() => true, limit), { name: 'when(rateLimit(burst))', combines: 'when', parts: [burst] }],
    ['report', report(limit), { name: 'report(rateLimit(burst))', combines: 'report', parts: [burst] }],
    [
      'composites in composites',
      all(
        limit,
        any(
          bare,
          when(() => true, report(open)),
        ),
      ),
      {
        name: 'all(rateLimit(burst), any(bare, when(report(open))))',
        combines: 'all',
        parts: [
          burst,
          {
            name: 'any(bare, when(report(open)))',
            combines: 'any',
            parts: [
              { name: 'bare' },
              {
                name: 'when(report(open))',
                combines: 'when',
                parts: [{ name: 'report(open)', combines: 'report', parts: [{ name: 'open' }] }],
              },
            ],
          },
        ],
      },
    ],
  ])('%s', (_name, guard, expected) => {
    const description = describe(guard as Guard<never, object>)
    expect(description).toStrictEqual(expected)
    expect(JSON.parse(JSON.stringify(description))).toStrictEqual(expected)
  })
})
