import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryStore } from '../../src/index.js'
import type { BucketRequest, BucketState } from '../../src/rate/store.js'
import { ask as bucket } from './rules.js'
import { SlowStore } from './slow-store.js'

const KEYS = ['a', 'b', 'c', 'd', 'e', '\u00e9', '\u20ac'] as const

const someSize = fc.record({ limit: fc.integer({ min: 1, max: 6 }), windowMs: fc.integer({ min: 1, max: 40 }) })

const someTake = (policies: number) =>
  fc.record({
    policy: fc.nat(policies - 1),
    key: fc.constantFrom(...KEYS),
    cost: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 7 })),
  })

const someStep = (policies: number) =>
  fc.record({
    stepMs: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(40), fc.integer({ min: -100, max: 30 })),
    group: fc.oneof(
      { weight: 3, arbitrary: fc.array(someTake(policies), { minLength: 1, maxLength: 1 }) },
      fc.array(someTake(policies), { minLength: 2, maxLength: 4 }),
    ),
  })

/** No two of them name one bucket. */
const eachOnce = (requests: readonly BucketRequest[]): readonly BucketRequest[] =>
  requests.filter(
    ({ rule, key }, index) => requests.findIndex((other) => other.rule.id === rule.id && other.key === key) === index,
  )

test('beside lists searched from the front: every answer, and who is forgotten, in any order of use', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.array(someSize, { minLength: 2, maxLength: 2 }),
      fc.array(someStep(2), { minLength: 10, maxLength: 60 }),
      (maxKeys, sizes, steps) => {
        const store = memoryStore({ maxKeys })
        const slow = new SlowStore(maxKeys)
        const ask = (policy: number, key: string, cost: number): BucketRequest => {
          const { limit, windowMs } = sizes[policy]!
          return bucket(key, limit, windowMs, cost, `${policy}`)
        }
        const everyone = [0, 1].flatMap((policy) => KEYS.map((key) => ask(policy, key, 1)))
        let now = 0
        store.look(everyone[0]!, now) // both count from here
        for (const { stepMs, group } of steps) {
          now += stepMs
          const requests = eachOnce(group.map(({ policy, key, cost }) => ask(policy, key, cost)))
          const expected = slow.take(requests, now)
          const states = store.take(requests, now) as readonly BucketState[]
          if (expected === 'no room') {
            for (const state of states) {
              expect(state).toMatchObject({ allowed: false, remaining: 0, resetMs: state.retryAfterMs })
              expect(state.retryAfterMs).toBeGreaterThan(0)
            }
          } else {
            expect(states).toEqual(expected)
          }
          for (const request of everyone) {
            const state = store.look(request, now)
            if (state?.notice === 'store_full') expect(slow.isFullFor(request, now)).toBe(true)
            else expect(state).toEqual(slow.look(request, now))
            expect(store.look(request, now - 1)).toEqual(slow.look(request, now - 1))
          }
        }
      },
    ),
    { numRuns: 250 },
  ))
