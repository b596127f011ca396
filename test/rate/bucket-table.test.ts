import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BucketTable, isSameBucket, NONE, OPEN, SPENT } from '../../src/rate/bucket-table.js'
import type { BucketRequest } from '../../src/rate/store.js'

const ask = (policy: string, key: string, size: Partial<BucketRequest> = {}): BucketRequest => ({
  policy,
  key,
  limit: 10,
  windowMs: 1000,
  cost: 1,
  ...size,
})

/** The slots of a list, in its order. */
function slotsIn(table: BucketTable, list: typeof OPEN | typeof SPENT): number[] {
  const slots: number[] = []
  for (let slot = table.first(list); slot !== NONE; slot = table.after(slot, list)) slots.push(slot)
  return slots
}

describe('beside Maps and arrays', () => {
  const MAX_BUCKETS = 150
  const someKey = fc.oneof(
    { weight: 8, arbitrary: fc.nat(200).map((number) => `key-${number}`) },
    fc.constantFrom('', '__proto__', '\u00ff', '\u0100', '\ud800', '\udc00', '\u{1f600}', 'k'.repeat(128)),
  )
  const someStep = fc.record({
    policy: fc.constantFrom('p', 'q', 'p:k', ''),
    key: someKey,
    tat: fc.integer(),
    act: fc.constantFrom<'keep' | 'spend' | 'open' | 'remove'>('keep', 'keep', 'spend', 'open', 'remove'),
  })

  test('each bucket is found where it was put, with its own TAT, in its list and place', () =>
    fc.assert(
      fc.property(fc.array(someStep, { maxLength: 500, size: 'max' }), (steps) => {
        const table = new BucketTable(MAX_BUCKETS)
        const tats = new Map<string, number>()
        const requests = new Map<string, BucketRequest>()
        const lists: [open: string[], spent: string[]] = [[], []]
        const leave = (name: string) => {
          for (const list of [OPEN, SPENT] as const) lists[list] = lists[list].filter((other) => other !== name)
        }
        for (const { policy, key, tat, act } of steps) {
          const request = ask(policy, key)
          const name = JSON.stringify([policy, key])
          const found = table.find(request)
          expect(found !== NONE).toBe(tats.has(name))
          if (found === NONE && (act !== 'keep' || tats.size === MAX_BUCKETS)) continue
          if (act === 'remove') {
            table.remove(found)
            tats.delete(name)
            leave(name)
          } else if (act === 'keep') {
            const slot = found === NONE ? table.add(request) : found
            table.keep(slot, tat)
            if (found === NONE) lists[OPEN].push(name)
            tats.set(name, tat)
            requests.set(name, request)
          } else {
            const list = act === 'spend' ? SPENT : OPEN
            table.move(found, list)
            leave(name)
            lists[list].push(name)
          }
          expect(table.size).toBe(tats.size)
        }
        for (const [name, tat] of tats) {
          const slot = table.find(requests.get(name)!)
          expect(table.tat(slot)).toBe(tat)
          expect(table.fullAtMs(slot) === Math.ceil(tat / 10)).toBe(true)
          expect(table.isIn(SPENT, slot)).toBe(lists[SPENT].includes(name))
        }
        for (const list of [OPEN, SPENT] as const) {
          expect(slotsIn(table, list)).toEqual(lists[list].map((name) => table.find(requests.get(name)!)))
        }
      }),
      { numRuns: 60 },
    ))
})

describe('one policy has one size', () => {
  const message = 'all requests of policy "login" must have limit 10 and windowMs 1000'
  test.each<readonly [string, Partial<BucketRequest>]>([
    ['another limit', { limit: 11 }],
    ['another window', { windowMs: 1001 }],
  ])('%s is a TypeError, also for another key and within one request', (_difference, size) => {
    const table = new BucketTable(10)
    table.add(ask('login', 'alice'))
    for (const key of ['alice', 'bob']) {
      expect(() => table.find(ask('login', key, size))).toThrow(new TypeError(message))
      expect(() => isSameBucket(ask('login', 'alice'), ask('login', key, size))).toThrow(new TypeError(message))
    }
  })

  test('until the last of its buckets is forgotten: no policy outlives its buckets', () => {
    const table = new BucketTable(10)
    const slots = ['alice', 'bob'].map((key) => table.add(ask('login', key)))
    table.remove(slots[0]!)
    expect(() => table.find(ask('login', 'bob', { limit: 11 }))).toThrow(TypeError)
    table.remove(slots[1]!)
    expect(table.find(ask('login', 'bob', { limit: 11 }))).toBe(NONE)
  })

  test.each<readonly [string, BucketRequest, BucketRequest, boolean]>([
    ['the same policy and key', ask('p', 'k'), ask('p', 'k', { cost: 5 }), true],
    ['another key', ask('p', 'k'), ask('p', 'l'), false],
    ['another policy', ask('p', 'k'), ask('q', 'k'), false],
    ['another policy of another size', ask('p', 'k'), ask('q', 'k', { limit: 3 }), false],
  ])('%s', (_name, a, b, expected) => expect(isSameBucket(a, b)).toBe(expected))
})
