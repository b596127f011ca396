import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BucketRequest, LimitRule } from '../../src/index.js'
import { NONE } from '../../src/rate/algorithms/cells.js'
import { BucketTable, OPEN, SPENT } from '../../src/rate/bucket-table.js'
import { tokenRule } from './rules.js'

/** A rule of that id, of whatever size. */
const ask = (id: string, key: string, size: object = {}): BucketRequest => ({
  rule: { ...tokenRule('p', 10, 1000), id, ...size } as LimitRule,
  key,
  cost: 1,
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
        table.cells.originMs = 0
        const tats = new Map<string, number>()
        const requests = new Map<string, BucketRequest>()
        const lists: Record<typeof OPEN | typeof SPENT, string[]> = { [OPEN]: [], [SPENT]: [] }
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
            table.cells.times[slot] = tat
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
          expect(table.cells.times[slot]).toBe(tat)
          expect(table.keptUntilMs(slot) === Math.ceil(tat / 10)).toBe(true)
          expect(table.isIn(SPENT, slot)).toBe(lists[SPENT].includes(name))
        }
        for (const list of [OPEN, SPENT] as const) {
          expect(slotsIn(table, list)).toEqual(lists[list].map((name) => table.find(requests.get(name)!)))
        }
      }),
      { numRuns: 60 },
    ))
})

describe('one id is one rule', () => {
  const message = (member: string) => `all requests of limit "login" must have the same ${member}`
  test.each<readonly [string, object]>([
    ['limit', { limit: 11 }],
    ['windowMs', { windowMs: 1001 }],
    ['algorithm', { algorithm: 'sliding-window' }],
    ['leaseMs', { leaseMs: 5 }],
  ])('another %s is a TypeError, also for another key', (member, size) => {
    const table = new BucketTable(10)
    table.add(ask('login', 'alice'))
    for (const key of ['alice', 'bob']) {
      expect(() => table.find(ask('login', key, size))).toThrow(new TypeError(message(member)))
    }
  })

  test('until the last of its buckets is forgotten: no rule outlives its buckets', () => {
    const table = new BucketTable(10)
    const slots = ['alice', 'bob'].map((key) => table.add(ask('login', key)))
    table.remove(slots[0]!)
    expect(() => table.find(ask('login', 'bob', { limit: 11 }))).toThrow(TypeError)
    table.remove(slots[1]!)
    expect(table.find(ask('login', 'bob', { limit: 11 }))).toBe(NONE)
  })
})

test('bytes are told as buckets come and go', () => {
  const table = new BucketTable(10)
  const slots = ['a', 'k'.repeat(100)].map((key) => table.add(ask('login', key)))
  const both = table.bytes
  table.remove(slots[1]!)
  expect([both > 2 * table.bytes, table.bytes > 0]).toEqual([true, true])
  table.remove(slots[0]!)
  expect(table.bytes).toBe(0)
})
