import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BucketRequest, type BucketState, type LimitRule, memoryStore } from 'wardline'
import { Batches } from '../src/rate/batches.js'
import { LIMITS } from '../src/rate/lua/index.js'
import { script } from '../src/script.js'
import { ask, bucketRule, fixedRule, linkTo, placesRule, serve, setUp } from './rate-support.js'

setUp()

/** The script, by a clock that the test sets. Buckets stay, and beside each stands how long it would. */
const SET_CLOCK = script(`
local now = tonumber(table.remove(ARGV))
local function keep(key, text, forMs)
  redis.call('SET', key, text)
  redis.call('SET', key .. ':kept', forMs)
end
${LIMITS}`)

const WEEK = 7 * 86_400_000
const someLimit = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 6 }) }, fc.constant(10_000))
const someWindow = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 60 }) }, fc.constant(31 * 86_400_000))

const someRule: Readonly<Record<LimitRule['algorithm'], fc.Arbitrary<LimitRule>>> = {
  'token-bucket': fc
    .record({ limit: someLimit, windowMs: someWindow, burst: fc.integer({ min: 1, max: 9 }), debt: fc.nat(9) })
    .map(bucketRule),
  'sliding-window': fc
    .record({ limit: someLimit, windowMs: someWindow })
    .map((size) => ({ id: `s:${Object.values(size)}`, algorithm: 'sliding-window', ...size })),
  'fixed-window': fc
    .record({
      limit: someLimit,
      window: fc.oneof(someWindow, fc.constantFrom('hour', 'day', 'week', 'month', 'year')),
      aligned: fc.boolean(),
    })
    .map(fixedRule),
  concurrency: fc.record({ limit: someLimit, leaseMs: fc.constant(1_000 * WEEK) }).map(placesRule),
  backoff: fc
    .record({
      limit: fc.integer({ min: 1, max: 4 }),
      windowMs: someWindow,
      delayMs: fc.integer({ min: 1, max: 20 }),
      lockoutMs: fc.integer({ min: 20, max: 500 }),
    })
    .map((size) => ({ id: `o:${Object.values(size)}`, algorithm: 'backoff', ...size })),
}

const someCost = fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.integer({ min: 0, max: 8 }))
const someOperation = fc.oneof(
  fc.record({
    kind: fc.constant('take' as const),
    keys: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 3 }),
    cost: someCost,
  }),
  fc.record({
    kind: fc.constant('correct' as const),
    keys: fc.tuple(fc.nat(3)),
    cost: fc.integer({ min: -3, max: 5 }),
  }),
)
const someStep = fc.record({
  stepMs: fc.oneof(
    fc.constant(0),
    fc.nat(3),
    fc.nat(60),
    fc.integer({ min: -200, max: 100 }),
    fc.integer({ min: -WEEK, max: 5 * WEEK }),
  ),
  operations: fc.array(someOperation, { minLength: 1, maxLength: 4 }),
})

const takesBack = ({ algorithm }: LimitRule) => algorithm === 'concurrency' || algorithm === 'backoff'

test.each(Object.entries(someRule))('%s: every state is that of the store in memory', async (_name, rules) => {
  const server = await serve()
  const link = linkTo(server)
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(rules, rules, fc.integer({ min: 0, max: 2 ** 42 }), fc.array(someStep, { minLength: 5, maxLength: 25 })),
      async ([rule, other, startMs, steps]) => {
        let nowMs = startMs + 100 * WEEK
        const at = `${run++}`
        const memory = memoryStore()
        const batches = new Batches(
          {
            prefix: link.prefix,
            isOpen: false,
            run: (made, keys, args) => link.run(made, keys, [...args, nowMs]),
            stats: () => link.stats(),
          },
          SET_CLOCK,
          'process1',
          250,
        )
        memory.look(ask(rule), nowMs) // it counts from here
        for (const { stepMs, operations } of steps) {
          nowMs = Math.max(WEEK, nowMs + stepMs)
          const expected: unknown[] = []
          const answers: Promise<readonly BucketState[]>[] = []
          for (const { kind, keys, cost } of operations) {
            const requests = keys.map((key): BucketRequest => ask(key % 2 === 0 ? rule : other, `${at}/${key}`, cost))
            if (kind === 'correct' && (cost === 0 || (cost < 0 && !takesBack(requests[0]!.rule)))) continue
            expected.push(memory[kind](requests, nowMs) ?? [])
            answers.push(
              new Promise((resolve, reject) => batches.add({ kind, requests, done: resolve, failed: reject })),
            )
          }
          expect(await Promise.all(answers)).toEqual(expected)
        }
      },
    ),
    { numRuns: 100 },
  )
})

test.each(['hour', 'day', 'week', 'month', 'year'] as const)(
  'the %s ends when it does by the calendar',
  async (window) => {
    const server = await serve()
    const link = linkTo(server)
    const rule = fixedRule({ limit: 1, window, aligned: true })
    let run = 0
    const resetMsAt = async (nowMs: number) => {
      const args = ['process1', 1, 'fixed-window', 1, window, 1, 0, '1:1', nowMs]
      const [, , resetMs] = (await link.run(SET_CLOCK, [`${link.prefix}${rule.id}/${run++}`], args)) as number[]
      return resetMs!
    }
    const edges = [1970, 1999, 2000, 2024, 2026, 2100, 2399, 2400].flatMap((year) =>
      Array.from({ length: 14 }, (_, month) => Date.UTC(year, month)).flatMap((ms) => [
        ms - 1,
        ms,
        ms + 86_400_000 * 28,
      ]),
    )
    for (const nowMs of edges.filter((ms) => ms > 0)) {
      expect([nowMs, nowMs + (await resetMsAt(nowMs))]).toEqual([nowMs, endOf(window, nowMs)])
    }
  },
)

function endOf(window: string, nowMs: number): number {
  const date = new Date(nowMs)
  const [year, month, day, hour] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), date.getUTCHours()]
  switch (window) {
    case 'hour':
      return Date.UTC(year, month, day, hour + 1)
    case 'day':
      return Date.UTC(year, month, day + 1)
    case 'week':
      return Date.UTC(year, month, day + 7 - ((date.getUTCDay() + 6) % 7))
    case 'month':
      return Date.UTC(year, month + 1)
    default:
      return Date.UTC(year + 1, 0)
  }
}
