import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LimitRule, memoryStore } from '../../../src/index.js'
import { ruleOf } from '../../../src/rate/rule.js'
import { now } from '../rules.js'
import {
  backoffReference,
  concurrencyReference,
  fixedWindowReference,
  type Reference,
  slidingWindowReference,
} from './reference.js'

const START_MS = Date.UTC(2026, 10, 28)
const DAY_MS = 86_400_000

/** What happens to one key, and when. */
const someSteps = (maxStepMs: number) =>
  fc.array(
    fc.record({
      stepMs: fc.oneof(fc.constant(0), fc.nat(5), fc.nat(maxStepMs)),
      act: fc.oneof(
        {
          weight: 6,
          arbitrary: fc.record({ kind: fc.constant('take' as const), cost: fc.integer({ min: 1, max: 4 }) }),
        },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('ask' as const), cost: fc.constant(0) }) },
        {
          weight: 2,
          arbitrary: fc.record({ kind: fc.constant('correct' as const), cost: fc.integer({ min: -2, max: 3 }) }),
        },
      ),
    }),
    { maxLength: 60 },
  )

const someLimit = fc.integer({ min: 1, max: 8 })

interface Model {
  readonly rules: fc.Arbitrary<LimitRule>
  readonly reference: (rule: never) => Reference
  readonly maxStepMs: number
  /** Whether it can be given back to. */
  readonly gives?: boolean
  /** Whether the wait that it tells is exact. */
  readonly foretells?: boolean
}

const MODELS: Readonly<Record<string, Model>> = {
  'a fixed window from the first request': {
    rules: fc
      .record({ limit: someLimit, window: fc.integer({ min: 1, max: 60 }) })
      .map((size) => ruleOf('fixed', { algorithm: 'fixed-window', aligned: false, ...size })),
    reference: fixedWindowReference,
    maxStepMs: 80,
    foretells: true,
  },
  'a fixed window of the clock': {
    rules: fc
      .record({ limit: someLimit, window: fc.integer({ min: 1, max: 60 }) })
      .map((size) => ruleOf('fixed', { algorithm: 'fixed-window', aligned: true, ...size })),
    reference: fixedWindowReference,
    maxStepMs: 80,
    foretells: true,
  },
  'a period of the calendar': {
    rules: fc
      .record({ limit: someLimit, window: fc.constantFrom('hour', 'day', 'week', 'month', 'year') })
      .map(({ limit, window }) => ruleOf('quota', { algorithm: 'fixed-window', aligned: true, limit, window })),
    reference: fixedWindowReference,
    maxStepMs: 40 * DAY_MS,
    foretells: true,
  },
  'a sliding window': {
    rules: fc
      .record({ limit: someLimit, windowMs: fc.integer({ min: 1, max: 120 }) })
      .map((size) => ruleOf('sliding', { algorithm: 'sliding-window', ...size })),
    reference: slidingWindowReference,
    maxStepMs: 150,
    foretells: true,
  },
  places: {
    rules: someLimit.map((limit) => ruleOf('places', { algorithm: 'concurrency', limit, leaseMs: 1000 })),
    reference: concurrencyReference,
    maxStepMs: 100,
    gives: true,
  },
  failures: {
    rules: fc
      .record({
        limit: someLimit,
        windowMs: fc.integer({ min: 1, max: 100 }),
        delayMs: fc.integer({ min: 1, max: 10 }),
        more: fc.nat(200),
      })
      .map(({ more, ...size }) =>
        ruleOf('failures', { algorithm: 'backoff', lockoutMs: size.delayMs + more, ...size }),
      ),
    reference: backoffReference,
    maxStepMs: 150,
    gives: true,
    foretells: true,
  },
}

describe.each(Object.entries(MODELS))('%s, beside a list of all that happened', (_name, model) => {
  test('lets in the same, leaves the same, and foretells when', () =>
    fc.assert(
      fc.property(model.rules, someSteps(model.maxStepMs), fc.nat(3 * DAY_MS), (rule, steps, startMs) => {
        const store = memoryStore()
        const reference = model.reference(rule as never)
        let nowMs = START_MS + startMs
        for (const { stepMs, act } of steps) {
          nowMs += stepMs
          const request = { rule, key: 'k', cost: act.cost }
          if (act.kind === 'correct') {
            if (act.cost === 0 || (act.cost < 0 && model.gives !== true)) continue
            store.correct([request], nowMs)
            reference.take(act.cost, nowMs)
          } else {
            const fits = reference.fits(Math.max(1, act.cost), nowMs)
            const looked = store.look(request, nowMs)!
            const [state] = now(store.take([request], nowMs))
            if (fits && act.cost > 0) reference.take(act.cost, nowMs)
            expect([looked.allowed, state!.allowed]).toEqual([fits, fits])
            expect(state!.retryAfterMs === 0).toBe(fits)
            if (!fits && model.foretells) {
              const { retryAfterMs } = state!
              if (act.cost <= rule.limit) expect(reference.fits(Math.max(1, act.cost), nowMs + retryAfterMs)).toBe(true)
              expect(reference.fits(Math.max(1, act.cost), nowMs + retryAfterMs - 1)).toBe(false)
            }
          }
          const standing = store.look({ ...request, cost: 1 }, nowMs)!
          expect(standing.remaining).toBe(reference.remaining(nowMs))
        }
        const { resetMs } = store.look({ rule, key: 'k', cost: 1 }, nowMs)!
        if (model.foretells) expect(reference.remaining(nowMs + resetMs)).toBe(rule.limit)
      }),
      { numRuns: 800 },
    ))

  test('a clock that steps back locks nobody for longer than it would from there', () =>
    fc.assert(
      fc.property(model.rules, someSteps(model.maxStepMs), fc.nat(400 * DAY_MS), (rule, steps, backMs) => {
        const store = memoryStore()
        let nowMs = START_MS
        for (const { stepMs, act } of steps) {
          nowMs += stepMs
          if (act.kind === 'take') store.take([{ rule, key: 'k', cost: act.cost }], nowMs)
        }
        nowMs -= backMs
        store.take([{ rule, key: 'k', cost: 1 }], nowMs)
        const { resetMs } = store.look({ rule, key: 'k', cost: 1 }, nowMs)!
        expect(resetMs).toBeLessThanOrEqual(longestResetMs(rule))
        if (rule.algorithm === 'concurrency') return
        expect(store.look({ rule, key: 'k', cost: 1 }, nowMs + resetMs)).toMatchObject({ remaining: rule.limit })
      }),
    ))
})

function longestResetMs(rule: LimitRule): number {
  switch (rule.algorithm) {
    case 'token-bucket':
      return rule.windowMs
    case 'sliding-window':
      return 1.2 * rule.windowMs + 2
    case 'fixed-window':
      return typeof rule.window === 'number' ? rule.window : 366 * DAY_MS
    case 'concurrency':
      return 1000
    case 'backoff':
      return rule.lockoutMs + 60 * 4 * rule.windowMs // each of so many, and no sooner
  }
}

test('a sliding window never lets more than its limit through in any window, and gives all of it back a tenth later', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 10, max: 200 }),
      fc.array(fc.nat(40), { minLength: 20, maxLength: 100 }),
      (limit, windowMs, steps) => {
        const store = memoryStore()
        const rule = ruleOf('sliding', { algorithm: 'sliding-window', limit, windowMs })
        const admitted: number[] = []
        let nowMs = START_MS
        for (const stepMs of steps) {
          nowMs += stepMs
          if (now(store.take([{ rule, key: 'k', cost: 1 }], nowMs))[0]!.allowed) admitted.push(nowMs)
          const latest = admitted.filter((atMs) => atMs > nowMs - windowMs)
          expect(latest.length).toBeLessThanOrEqual(limit)
        }
        const wholeAgain = nowMs + windowMs + 2 * Math.ceil(windowMs / 10) // slices are whole milliseconds
        expect(store.look({ rule, key: 'k', cost: limit }, wholeAgain)).toMatchObject({ allowed: true })
      },
    ),
  ))

test('a week begins on Monday, a month with its first day, a year in January (UTC)', () => {
  const at = (text: string) => Date.parse(text)
  const store = memoryStore()
  const resetAfter = (window: 'week' | 'month' | 'year', text: string) => {
    const rule = ruleOf(window, { algorithm: 'fixed-window', limit: 2, window, aligned: true })
    return new Date(at(text) + now(store.take([{ rule, key: text, cost: 1 }], at(text)))[0]!.resetMs).toISOString()
  }
  expect(resetAfter('week', '2026-11-29T23:59:59.999Z')).toBe('2026-11-30T00:00:00.000Z')
  expect(resetAfter('week', '2026-11-30T00:00:00.000Z')).toBe('2026-12-07T00:00:00.000Z')
  expect(resetAfter('month', '2028-02-29T12:00:00.000Z')).toBe('2028-03-01T00:00:00.000Z')
  expect(resetAfter('month', '2026-12-31T23:59:59.999Z')).toBe('2027-01-01T00:00:00.000Z')
  expect(resetAfter('year', '2028-01-01T00:00:00.000Z')).toBe('2029-01-01T00:00:00.000Z')
})
