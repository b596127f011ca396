import { describe, expect, test, vi } from 'vitest'
import { withinTime } from '../../src/lib/within-time.js'

const thrown = (): never => {
  throw new Error('no')
}

describe('withinTime', () => {
  test.each<[string, () => PromiseLike<string>]>([
    ['a promise', () => Promise.resolve('yes')],
    ['a thenable', () => ({ then: (resolve: (text: string) => unknown) => resolve('yes') }) as PromiseLike<string>],
  ])('gives what %s gives', async (_name, ask) => expect(await withinTime(1_000, ask)).toBe('yes'))

  test.each<[string, () => Promise<string>]>([
    ['rejects', () => Promise.reject(new Error('no'))],
    ['throws', thrown],
  ])('rejects with the cause of what %s', async (_name, ask) =>
    expect(withinTime(1_000, ask)).rejects.toThrow(new Error('no')),
  )

  test.each<[string, () => Promise<string>]>([
    ['an answer', () => Promise.resolve('yes')],
    ['a failure', () => Promise.reject(new Error('no'))],
    ['a failure at once', () => thrown()],
  ])('%s leaves no timer behind, which would keep it in memory', async (_name, answer) => {
    vi.useFakeTimers()
    try {
      let asked: AbortSignal | undefined
      const asking = withinTime(30_000, (signal) => {
        asked = signal
        return answer()
      })
      expect(vi.getTimerCount()).toBe(1)
      await asking.catch(() => {})
      await Promise.resolve()
      expect(vi.getTimerCount()).toBe(0)
      expect(asked?.aborted).toBe(false)
    } finally {
      vi.useRealTimers()
    }
  })

  test.each([
    ['beside', 0],
    ['awaited', 1],
  ] as const)('what is %s keeps the process for %d timers', async (kind, timers) => {
    const timersNow = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timersNow()
    const asking = withinTime(20, () => new Promise(() => {}), kind)
    expect(timersNow() - before).toBe(timers)
    await expect(asking).rejects.toThrow('no answer within 20 ms')
  })

  test('a question that does not heed the signal is not waited for', async () => {
    let asked: AbortSignal | undefined
    const asking = withinTime(20, (signal) => {
      asked = signal
      return new Promise(() => {})
    })
    await expect(asking).rejects.toMatchObject({ name: 'TimeoutError', message: 'no answer within 20 ms' })
    expect(asked?.aborted).toBe(true)
  })
})
