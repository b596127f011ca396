import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Dependency } from '../src/dependency.js'
import type { MaybePromise } from '../src/guard.js'
import { promisesMadeBy } from './support/promises.js'

const DOWN = { allowed: false, kind: 'unavailable', code: 'store_away', retryAfterSeconds: 1, cause: expect.any(Error) }
const fail = (): never => {
  throw new Error('connect ECONNREFUSED')
}

const relyOn = <T, R>(code: string, ask: () => MaybePromise<T>, next: (answer: T) => MaybePromise<R>) =>
  new Dependency(code).rely(ask, next)

describe('a dependency', () => {
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

/** An answer that comes when it is told to. */
function held() {
  let resolve: (text: string) => void = () => {}
  let reject: (cause: Error) => void = () => {}
  const promise = new Promise<string>((done, fail) => {
    resolve = done
    reject = fail
  })
  return { promise, resolve, reject }
}

describe('a dependency that stays silent', () => {
  const silent = () => held().promise

  /** A dependency after five silences, and how often it was asked. */
  async function away() {
    const dependency = new Dependency('store_away')
    let asked = 0
    const ask = (answer: () => MaybePromise<string> = silent) =>
      Promise.resolve(
        dependency.rely(
          () => {
            asked++
            return answer()
          },
          (said) => said,
        ),
      )
    const waiting = Promise.all(Array.from({ length: 5 }, () => ask()))
    await vi.advanceTimersByTimeAsync(2_000)
    for (const answer of await waiting) expect(answer).toEqual(DOWN)
    return { ask, asked: () => asked }
  }

  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('is asked by twenty at once, and the others do not wait', async () => {
    const { ask, asked } = await away()
    const tries = Array.from({ length: 20 }, () => ask())
    expect(await ask(() => 'yes')).toEqual(DOWN)
    expect(asked()).toBe(25)
    await vi.advanceTimersByTimeAsync(2_000)
    for (const answer of await Promise.all(tries)) expect(answer).toEqual(DOWN)
    expect(await ask(async () => 'yes')).toBe('yes')
  })

  test.each<[string, (one: ReturnType<typeof held>) => void, unknown]>([
    ['an answer', ({ resolve }) => resolve('yes'), 'yes'],
    ['a failure', ({ reject }) => reject(new Error('no')), DOWN],
  ])('is back for all when one of them has %s', async (_what, end, said) => {
    const { ask } = await away()
    const one = held()
    const tries = [ask(() => one.promise), ...Array.from({ length: 19 }, () => ask())]
    expect(await ask(() => 'yes')).toEqual(DOWN)
    end(one)
    expect(await tries[0]).toEqual(said)
    expect(await Promise.all(Array.from({ length: 100 }, () => ask(async () => 'yes')))).toEqual(
      new Array(100).fill('yes'),
    )
    await vi.advanceTimersByTimeAsync(2_000)
    await Promise.all(tries)
  })

  test('is back when an answer comes that nobody waits for any more', async () => {
    const { ask } = await away()
    const one = held()
    const late = ask(() => one.promise)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await late).toEqual(DOWN)
    one.resolve('yes')
    await vi.advanceTimersByTimeAsync(0)
    const waiting = Array.from({ length: 100 }, () => ask())
    expect(await ask(async () => 'yes')).toBe('yes')
    await vi.advanceTimersByTimeAsync(2_000)
    await Promise.all(waiting)
  })

  test('to some alone is not away: whoever asks for what it stumbles over turns nobody away', async () => {
    const dependency = new Dependency('store_away')
    const ask = (answer: () => MaybePromise<string>) => Promise.resolve(dependency.rely(answer, (said) => said))
    for (let i = 0; i < 10; i++) {
      const odd = Array.from({ length: 50 }, () => ask(silent))
      await vi.advanceTimersByTimeAsync(1_000)
      expect(await ask(async () => 'yes')).toBe('yes')
      await vi.advanceTimersByTimeAsync(1_000)
      for (const answer of await Promise.all(odd)) expect(answer).toEqual(DOWN)
      expect(await ask(async () => 'yes')).toBe('yes')
    }
  })

  test('has 10 000 waiting at most, as long as it answers anybody', async () => {
    const dependency = new Dependency('store_away')
    const { promise, resolve } = held()
    let asked = 0
    const ask = () =>
      dependency.rely(
        () => {
          asked++
          return promise
        },
        (said) => said,
      )
    const waiting = Array.from({ length: 10_000 }, ask)
    expect(ask()).toEqual(DOWN)
    expect(asked).toBe(10_000)
    resolve('yes')
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['yes']))
    expect(await ask()).toBe('yes')
    expect(vi.getTimerCount()).toBe(0)
  })
})
