import { expect, vi } from 'vitest'

/** Asks again and again until the answer is `expected`, and no longer than `timeoutMs`. */
export const eventually = <T>(ask: () => Promise<T>, expected: T, timeoutMs: number): Promise<void> =>
  vi.waitFor(async () => expect(await ask()).toEqual(expected), { timeout: timeoutMs, interval: 100 })
