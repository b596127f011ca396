import { describe, expect, test, vi } from 'vitest'
import { relyOn } from '../../src/identity/dependency.js'
import { promisesMadeBy } from '../support/promises.js'

const DOWN = { allowed: false, kind: 'unavailable', code: 'store_away', retryAfterSeconds: 1, cause: expect.any(Error) }
const fail = (): never => {
  throw new Error('connect ECONNREFUSED')
}

describe('relyOn', () => {
  test('goes on at once where the answer is here', () => {
    const work = () =>
      relyOn(
        'store_away',
        () => 1,
        (answer) => answer + 1,
      )
    expect(promisesMadeBy(work)).toEqual({ result: 2, promises: 0 })
  })

  test('goes on later where it is not, with a thenable too', async () => {
    expect(
      await relyOn(
        'store_away',
        async () => 1,
        (answer) => answer + 1,
      ),
    ).toBe(2)
    const thenable = { then: (done: (value: number) => void) => done(1) } as PromiseLike<number>
    expect(
      await relyOn(
        'store_away',
        () => thenable,
        (answer) => answer + 1,
      ),
    ).toBe(2)
  })

  test.each<[string, () => unknown]>([
    ['throws', fail],
    ['rejects', async () => fail()],
    [
      'gives what cannot be told from a promise',
      () =>
        Object.defineProperty({}, 'then', {
          get: () => fail(),
        }),
    ],
    ['gives a thenable that throws', () => ({ then: fail })],
  ])('one that %s is a 503 of the code, with the cause for the audit trail', async (_name, ask) => {
    expect(await relyOn('store_away', ask, () => 'an answer')).toEqual(DOWN)
  })

  test('one that is silent is a 503 after two seconds, and leaves no timer', async () => {
    vi.useFakeTimers()
    try {
      let answer: unknown
      void Promise.resolve(
        relyOn(
          'store_away',
          () => new Promise(() => {}),
          () => 'an answer',
        ),
      ).then((said) => {
        answer = said
      })
      await vi.advanceTimersByTimeAsync(1_999)
      expect(answer).toBeUndefined()
      await vi.advanceTimersByTimeAsync(1)
      expect(answer).toEqual(DOWN)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  test('one that answers in time leaves no timer either', async () => {
    vi.useFakeTimers()
    try {
      expect(
        await relyOn(
          'store_away',
          async () => 1,
          (answer) => answer,
        ),
      ).toBe(1)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  test('what goes wrong with the answer is not the dependency: it stays an error', async () => {
    expect(() => relyOn('store_away', () => 1, fail)).toThrow('ECONNREFUSED')
    await expect(relyOn('store_away', async () => 1, fail)).rejects.toThrow('ECONNREFUSED')
  })
})
