import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deepFreeze, frozenSet } from '../../src/lib/frozen.js'

describe('frozenSet', () => {
  const set = frozenSet(['a', 'b', 'a'])

  test('reads like a set', () => {
    expect(set).toBeInstanceOf(Set)
    expect([set.size, set.has('a'), set.has('c'), [...set]]).toEqual([2, true, false, ['a', 'b']])
    expect([...new Set(set)]).toEqual(['a', 'b'])
  })

  test.each([
    ['add', () => (set as Set<string>).add('admin')],
    ['delete', () => (set as Set<string>).delete('a')],
    ['clear', () => (set as Set<string>).clear()],
    ['a new has', () => Object.assign(set, { has: () => true })],
  ])('refuses %s', (_name, change) => {
    expect(change).toThrow(TypeError)
    expect([...set]).toEqual(['a', 'b'])
    expect(set.has('admin')).toBe(false)
  })

  test('is not the set it was made from', () => {
    const source = new Set(['a'])
    const copy = frozenSet(source)
    source.add('admin')
    expect(copy.has('admin')).toBe(false)
  })
})

describe('deepFreeze', () => {
  const everyObject = (value: unknown): object[] =>
    typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap(everyObject)] : []

  test('freezes any JSON value all the way down, and changes nothing in it', () =>
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const copy = structuredClone(value)
        expect(deepFreeze(value)).toBe(value)
        expect(value).toEqual(copy)
        expect(everyObject(value).every((member) => Object.isFrozen(member))).toBe(true)
      }),
    ))

  test.each<readonly [string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'a'],
    ['a function', () => 1],
  ])('hands out %s as it is', (_name, value) => expect(deepFreeze(value)).toBe(value))

  test('has room for any depth and any width', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown[]
    const wide = Array.from({ length: 300_000 }, () => ({}))
    expect(Object.isFrozen(deepFreeze(deep)[0])).toBe(true)
    expect(deepFreeze(wide).every((member) => Object.isFrozen(member))).toBe(true)
  })

  test('comes to an end in a circle', () => {
    const circle: { self?: unknown; inner: { n: number } } = { inner: { n: 1 } }
    circle.self = circle
    expect(Object.isFrozen(deepFreeze(circle).inner)).toBe(true)
  })
})
