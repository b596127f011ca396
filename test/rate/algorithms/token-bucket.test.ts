import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BucketRequest, TokenBucketRule } from '../../../src/index.js'
import { Cells, NEVER } from '../../../src/rate/algorithms/cells.js'
import { tokenBucket } from '../../../src/rate/algorithms/token-bucket.js'
import { ask as bucketOf } from '../rules.js'
import { TokenBucket } from '../token-bucket.js'

const DAY_MS = 86_400_000

const bucket = (limit: number, windowMs: number, cost = 1) => bucketOf('k', limit, windowMs, cost)

const SLOT = 1

/** One taking: what is told of it, and the TAT to keep. */
function gcra(tat: number, { rule, cost }: BucketRequest, elapsedMs: number) {
  const [size, cells] = [rule as TokenBucketRule, cellsWith(tat)]
  if (tokenBucket.isAhead(size, cells, SLOT, elapsedMs)) tokenBucket.bringBack(size, cells, SLOT, elapsedMs)
  const retryAfterMs = tokenBucket.waitMs(size, cells, SLOT, cost, elapsedMs)
  if (retryAfterMs === 0) tokenBucket.take(size, cells, SLOT, cost, elapsedMs)
  const state = {
    allowed: retryAfterMs === 0,
    remaining: tokenBucket.remaining(size, cells, SLOT, elapsedMs),
    retryAfterMs,
    resetMs: tokenBucket.resetMs(size, cells, SLOT, elapsedMs),
  }
  return { state, tat: cells.times[SLOT]! }
}

function cellsWith(tat: number): Cells {
  const cells = new Cells(2)
  cells.originMs = 0
  cells.times[SLOT] = tat
  return cells
}

const fullAtMs = (tat: number, limit: number, windowMs: number) =>
  tokenBucket.keptUntilMs(bucket(limit, windowMs).rule as TokenBucketRule, cellsWith(tat), SLOT)

type Steps = readonly (readonly [atMs: number, cost: number])[]

/** Takes at the given times, and keeps the TAT as a store does: a refusal makes no bucket. */
function run(steps: Steps, limit: number, windowMs: number) {
  let tat = NEVER
  const states = steps.map(([atMs, cost]) => {
    const step = gcra(tat, bucket(limit, windowMs, cost), atMs)
    if (step.state.allowed || tat !== NEVER) tat = step.tat
    return step.state
  })
  return { states, tat, nowMs: steps.at(-1)![0] }
}

/** Times that mostly creep, sometimes leap and sometimes go back. */
const someSteps = (maxStepMs: number) =>
  fc
    .array(
      fc.tuple(
        fc.oneof(
          fc.constant(0),
          fc.integer({ min: 0, max: 20 }),
          fc.integer({ min: -maxStepMs, max: maxStepMs }),
          fc.integer({ min: 0, max: maxStepMs }),
        ),
        fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 12 })),
      ),
      { minLength: 1, maxLength: 40 },
    )
    .map((steps) => {
      let now = 0
      return steps.map(([stepMs, cost]) => {
        now += stepMs
        return [now, cost] as const
      })
    })

describe('beside a token bucket drawn by hand', () => {
  const sameAsBucket = (limit: number, windowMs: number, steps: Steps) => {
    const reference = new TokenBucket({ limit, windowMs })
    expect(run(steps, limit, windowMs).states).toEqual(steps.map(([atMs, cost]) => reference.take(cost, atMs)))
  }

  test('small limits and windows, costs and clock steps of any kind', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 50 }), someSteps(80), sameAsBucket),
      { numRuns: 2000 },
    ))

  test('the largest limits and windows, to the last drop', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 1, max: 31 * DAY_MS }),
        someSteps(DAY_MS / 4),
        sameAsBucket,
      ),
      { numRuns: 500 },
    ))
})

describe('requests at one instant', () => {
  test.each([
    [1, 1],
    [1, 1000],
    [3, 1000],
    [7, 60_000],
    [100, 60_000],
    [333, 1000],
    [1000, 7],
    [999_983, 1000],
    [1_000_000, 31 * DAY_MS],
  ])('over a limit of %i in %i ms admit exactly that many', (limit, windowMs) => {
    // threats.md, Addresses and limits: N requests at once over a limit L admit exactly L.
    const { states } = run(
      Array.from({ length: limit + 5 }, () => [0, 1] as const),
      limit,
      windowMs,
    )
    expect(states.filter((state) => state.allowed)).toHaveLength(limit)
  })

  test('of any cost admit as many as fit', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 1, max: 20 }),
        (limit, windowMs, cost) => {
          const takes = Array.from({ length: limit + 2 }, () => [0, cost] as const)
          const admitted = run(takes, limit, windowMs).states.filter((state) => state.allowed).length
          expect(admitted).toBe(Math.floor(limit / cost))
        },
      ),
    ))
})

describe('what a state promises', () => {
  const someBucket = fc
    .record({ limit: fc.integer({ min: 1, max: 50 }), windowMs: fc.integer({ min: 1, max: 5000 }) })
    .chain(({ limit, windowMs }) =>
      fc.record({
        limit: fc.constant(limit),
        windowMs: fc.constant(windowMs),
        cost: fc.integer({ min: 1, max: limit }),
        steps: someSteps(200),
      }),
    )

  test('retryAfterMs is the first millisecond at which the same request is let in', () =>
    fc.assert(
      fc.property(someBucket, ({ limit, windowMs, cost, steps }) => {
        const { tat, nowMs } = run(steps, limit, windowMs)
        const ask = (atMs: number) => gcra(tat, bucket(limit, windowMs, cost), atMs).state
        const { allowed, retryAfterMs } = ask(nowMs)
        expect(retryAfterMs === 0).toBe(allowed)
        expect(ask(nowMs + retryAfterMs).allowed).toBe(true)
        if (!allowed) expect(ask(nowMs + retryAfterMs - 1).allowed).toBe(false)
      }),
    ))

  test('resetMs is the first millisecond at which the whole quota is there', () =>
    fc.assert(
      fc.property(someBucket, ({ limit, windowMs, cost, steps }) => {
        const { tat, nowMs } = run(steps, limit, windowMs)
        const { state, tat: kept } = gcra(tat, bucket(limit, windowMs, cost), nowMs)
        const all = (atMs: number) => gcra(kept, bucket(limit, windowMs, limit), atMs).state.allowed
        expect(all(nowMs + state.resetMs)).toBe(true)
        if (state.resetMs === 0) return
        expect(all(nowMs + state.resetMs - 1)).toBe(false)
        expect(fullAtMs(kept, limit, windowMs) === nowMs + state.resetMs).toBe(true)
      }),
    ))

  test('remaining is how many more are let in now', () =>
    fc.assert(
      fc.property(someBucket, ({ limit, windowMs, cost, steps }) => {
        const { tat, nowMs } = run(steps, limit, windowMs)
        const { state, tat: kept } = gcra(tat, bucket(limit, windowMs, cost), nowMs)
        const fits = (more: number) => more === 0 || gcra(kept, bucket(limit, windowMs, more), nowMs).state.allowed
        expect([fits(state.remaining), fits(state.remaining + 1)]).toEqual([true, false])
      }),
    ))

  test('a clock that stepped back locks for a window at the longest', () =>
    fc.assert(
      fc.property(someBucket, fc.nat(10 * DAY_MS), ({ limit, windowMs, cost, steps }, backMs) => {
        const { tat, nowMs } = run(steps, limit, windowMs)
        const { state, tat: kept } = gcra(tat, bucket(limit, windowMs, cost), nowMs - backMs)
        expect(Math.max(state.retryAfterMs, state.resetMs)).toBeLessThanOrEqual(windowMs)
        expect(gcra(kept, bucket(limit, windowMs, limit), nowMs - backMs + windowMs).state.allowed).toBe(true)
      }),
    ))
})
