import { setTimeout as pause } from 'node:timers/promises'

const TIMEOUT_MS = 20_000
const INTERVAL_MS = 20

/**
 * What `look` gives once that is neither undefined nor false; until then, a rejection means "not yet" as well.
 *
 * @throws Error that says what was waited for, with the last rejection as its cause, when 20 seconds have passed.
 */
export async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const endMs = performance.now() + TIMEOUT_MS
  let cause: unknown
  do {
    try {
      const found = await look()
      if (found !== undefined && found !== false) return found
      cause = undefined
    } catch (error) {
      cause = error
    }
    await pause(INTERVAL_MS)
  } while (performance.now() < endMs)
  throw new Error(`waited 20 seconds in vain: ${what}`, { cause })
}
