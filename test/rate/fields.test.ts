import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { all, challenge, rateLimit } from '../../src/index.js'
import { rateLimitFields } from '../../src/rate/fields.js'
import type { BucketState } from '../../src/rate/store.js'
import { contextFor } from '../support/context.js'
import { answering, decideNow } from '../support/guards.js'
import { ask } from './rules.js'
import { type Item, structuredList } from './structured-list.js'

/** One limit, and its state where it is known. */
type Told = readonly [name: string, limit: number, windowMs: number, state: BucketState | undefined]

const policy = (name: string, limit: number, windowMs: number, state: Partial<BucketState>): Told => [
  name,
  limit,
  windowMs,
  { allowed: true, remaining: 0, retryAfterMs: 0, resetMs: 0, ...state },
]

const fieldsOf = (told: readonly Told[]) =>
  rateLimitFields(
    told.map(([name, limit, windowMs]) => ({
      limit: {
        name,
        encoding: 'draft-11',
        policyItem: `"${name}";q=${limit};w=${Math.ceil(windowMs / 1000)}`,
        quota: limit,
        partitioned: false,
      },
      request: ask('k', limit, windowMs),
    })),
    told.map(([, , , state]) => state),
    1_700_000_000_000,
  )

test.each<readonly [string, readonly Told[], string, string]>([
  [
    'one limit',
    [policy('default', 100, 60_000, { remaining: 99, resetMs: 600 })],
    '"default";q=100;w=60',
    '"default";r=99;t=1',
  ],
  [
    'several limits, in order',
    [
      policy('burst', 10, 1000, { remaining: 9, resetMs: 100 }),
      policy('day', 5000, 86_400_000, { remaining: 4321, resetMs: 12_345_678 }),
    ],
    '"burst";q=10;w=1, "day";q=5000;w=86400',
    '"burst";r=9;t=1, "day";r=4321;t=12346',
  ],
  [
    'a refusal tells when it ends, not when all is back',
    [policy('default', 10, 60_000, { allowed: false, retryAfterMs: 6000, resetMs: 60_000 })],
    '"default";q=10;w=60',
    '"default";r=0;t=6',
  ],
  ['an untouched quota', [policy('x', 5, 5000, { remaining: 5 })], '"x";q=5;w=5', '"x";r=5;t=0'],
  ['a window under a second', [policy('x', 5, 1, { resetMs: 1 })], '"x";q=5;w=1', '"x";r=0;t=1'],
  ['a second and a bit', [policy('x', 5, 1001, { resetMs: 1000 })], '"x";q=5;w=2', '"x";r=0;t=1'],
  [
    'one that is unknown between two that are not',
    [policy('a', 5, 1000, {}), ['b', 6, 2000, undefined], policy('c', 7, 3000, {})],
    '"a";q=5;w=1, "b";q=6;w=2, "c";q=7;w=3',
    '"a";r=0;t=0, "c";r=0;t=0',
  ],
])('%s', (_name, policies, ratelimitPolicy, ratelimit) =>
  expect(fieldsOf(policies)).toEqual([
    ['ratelimit-policy', ratelimitPolicy],
    ['ratelimit', ratelimit],
  ]),
)

test('no limit makes no fields', () => expect(fieldsOf([])).toEqual([]))

test('one that is unknown is told as a policy alone', () =>
  expect(fieldsOf([['a', 5, 1000, undefined]])).toEqual([['ratelimit-policy', '"a";q=5;w=1']]))

test('any limit that can be configured makes two structured lists (RFC 9651)', () =>
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          name: fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/),
          limit: fc.integer({ min: 1, max: 1_000_000 }),
          windowMs: fc.integer({ min: 1, max: 31 * 86_400_000 }),
          remaining: fc.nat(1_000_000),
          resetMs: fc.nat(31 * 86_400_000),
        }),
        { minLength: 1, maxLength: 5 },
      ),
      (limits) => {
        const policies = limits.map(({ name, limit, windowMs, ...state }) => policy(name, limit, windowMs, state))
        const [[, quotas], [, current]] = fieldsOf(policies) as [[string, string], [string, string]]
        expect(structuredList(quotas)).toEqual(
          limits.map(({ name, limit, windowMs }) => ({ name, params: { q: limit, w: Math.ceil(windowMs / 1000) } })),
        )
        expect(structuredList(current)).toEqual(
          limits.map(({ name, remaining, resetMs }) => ({
            name,
            params: { r: remaining, t: Math.ceil(resetMs / 1000) },
          })),
        )
      },
    ),
  ))

test.each([
  ['default;r=1'],
  ['"a" r=1'],
  ['"a";r=1.5'],
  ['"a";r=1e21'],
  ['"a";R=1'],
  ['"a";r=1,'],
  ['"a\\x";r=1'],
  [''],
])('the reader of these tests refuses %s', (text) => expect(() => structuredList(text)).toThrow(SyntaxError))

describe('what a client may rely on', () => {
  /** One request at `atMs`; the fields of its answer. */
  const asker = (limit: number, windowMs: number, cost: number, refuseAll = false) => {
    const limited = rateLimit({ limit, windowMs, cost })
    const guard = refuseAll
      ? all(limited, answering('stranger', challenge('token_missing', { scheme: 'Bearer' })))
      : limited
    return async (atMs: number) => {
      const decision = await decideNow(guard, contextFor({ nowMs: 1_700_000_000_000 + atMs }))
      const fields = Object.fromEntries(decision.headers ?? []) as Record<string, string>
      const [{ params }] = structuredList(fields.ratelimit!) as [Item]
      expect(structuredList(fields['ratelimit-policy']!)).toEqual([
        { name: 'default', params: { q: limit, w: Math.ceil(windowMs / 1000) } },
      ])
      const refusedFor = decision.allowed || decision.kind !== 'exhausted' ? 0 : decision.retryAfterSeconds
      return { allowed: decision.allowed, r: params.r!, t: params.t!, refusedFor }
    }
  }
  const someLimit = fc
    .record({ limit: fc.integer({ min: 1, max: 12 }), windowMs: fc.integer({ min: 1, max: 20_000 }) })
    .chain(({ limit, windowMs }) =>
      fc.tuple(
        fc.constant(limit),
        fc.constant(windowMs),
        fc.integer({ min: 1, max: limit }),
        fc.array(fc.oneof(fc.constant(0), fc.nat(3000)), { minLength: 1, maxLength: 20 }),
      ),
    )

  test('r more requests are let in at once, and not one more', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 99_999 }),
        async (limit, windowMs) => {
          const ask = asker(limit, windowMs, 1)
          const seen = []
          for (let i = 0; i <= limit; i++) seen.push(await ask(0))
          expect(seen.map(({ allowed, r }) => [allowed, r])).toEqual([
            ...Array.from({ length: limit }, (_, i) => [true, limit - 1 - i]),
            [false, 0],
          ])
          const resets = seen.slice(0, -1).map(({ t }) => t)
          expect(resets).toEqual(resets.toSorted((a, b) => a - b))
        },
      ),
    ))

  test('waiting for Retry-After is enough, and it is never earlier than t', () =>
    fc.assert(
      fc.asyncProperty(someLimit, async ([limit, windowMs, cost, steps]) => {
        const ask = asker(limit, windowMs, cost)
        let now = 0
        for (const step of steps) {
          now += step
          const { allowed, t, refusedFor } = await ask(now)
          if (allowed) continue
          expect(refusedFor).toBeGreaterThanOrEqual(Math.max(1, t))
          now += refusedFor * 1000
          expect(await ask(now)).toMatchObject({ allowed: true })
        }
      }),
    ))

  test('after t seconds without a request the whole quota is there', () =>
    fc.assert(
      fc.asyncProperty(someLimit, async ([limit, windowMs, cost, steps]) => {
        const ask = asker(limit, windowMs, cost)
        let now = 0
        let last = { t: 0, refusedFor: 0 }
        for (const step of steps) {
          now += step
          last = await ask(now)
        }
        if (last.refusedFor === 0) expect(await ask(now + last.t * 1000)).toMatchObject({ r: limit - cost })
      }),
    ))

  test('a refusal by another guard carries the limit as it stands', async () => {
    const ask = asker(3, 30_000, 1, true)
    expect([await ask(0), await ask(0), await ask(0), await ask(0)]).toEqual([
      { allowed: false, r: 2, t: 10, refusedFor: 0 },
      { allowed: false, r: 1, t: 20, refusedFor: 0 },
      { allowed: false, r: 0, t: 30, refusedFor: 0 },
      { allowed: false, r: 0, t: 10, refusedFor: 10 },
    ])
  })
})
