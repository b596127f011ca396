import { describe, expect, test } from 'vitest'
import { andThen, isPromiseLike } from '../../src/lib/maybe-promise.js'
import { promisesMadeBy } from '../support/promises.js'

describe('isPromiseLike', () => {
  const thenable = { then: () => undefined }
  test.each<readonly [string, unknown, boolean]>([
    ['a promise', Promise.resolve(1), true],
    ['a thenable', thenable, true],
    ['a function with then', Object.assign(() => 1, thenable), true],
    ['then that is no function', { then: true }, false],
    ['an object', {}, false],
    ['undefined', undefined, false],
    ['null', null, false],
    ['zero', 0, false],
    ['an empty text', '', false],
    ['a text', 'then', false],
    ['a function', () => 1, false],
  ])('%s: %s', (_name, value, expected) => expect(isPromiseLike(value)).toBe(expected))
})

describe('andThen', () => {
  const double = (n: number) => n * 2

  test('goes on at once when the value is here, and makes no promise', () => {
    const { result, promises } = promisesMadeBy(() => andThen(2, double))
    expect([result, promises]).toEqual([4, 0])
  })

  test.each<readonly [string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['false', false],
  ])('goes on with %s', (_name, value) => expect(andThen(value, (given) => [given])).toEqual([value]))

  test('goes on later when the value comes later', async () => {
    const answer = andThen(Promise.resolve(2), double)
    expect(answer).toBeInstanceOf(Promise)
    expect(await answer).toBe(4)
  })

  test('hands on what the next step waits for', async () => expect(await andThen(2, async (n) => n * 2)).toBe(4))

  test('throws what the next step throws, when the value is here', () =>
    expect(() =>
      andThen(2, () => {
        throw new RangeError('next')
      }),
    ).toThrow(new RangeError('next')))

  test.each<readonly [string, () => unknown]>([
    ['the value', () => andThen(Promise.reject(new RangeError('boom')), double)],
    [
      'the next step',
      () =>
        andThen(Promise.resolve(2), () => {
          throw new RangeError('boom')
        }),
    ],
  ])('rejects when %s does', async (_name, run) => expect(run()).rejects.toThrow(new RangeError('boom')))
})
