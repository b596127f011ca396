import { type Unavailable, unavailable } from '../decision.js'
import type { MaybePromise } from '../guard.js'
import { isPromiseLike } from '../lib/maybe-promise.js'
import { withinTime } from '../lib/within-time.js'

/** How long a store or a lookup may take to answer. */
const MAX_WAIT_MS = 2_000
/** When it may be asked again. */
const RETRY_AFTER_SECONDS = 1

/**
 * Goes on with what a dependency answers. One that throws, rejects or does not answer within two seconds is a 503 with
 * `code`, never a 500 and never an answer.
 */
export function relyOn<T, R>(
  code: string,
  ask: () => MaybePromise<T>,
  next: (answer: T) => MaybePromise<R>,
): MaybePromise<R | Unavailable> {
  const down = (cause: unknown) => unavailable(code, RETRY_AFTER_SECONDS, cause)
  let answer: MaybePromise<T>
  let isLater: boolean
  try {
    answer = ask()
    isLater = isPromiseLike(answer)
  } catch (cause) {
    return down(cause)
  }
  return isLater ? inTime(answer as PromiseLike<T>).then(next, down) : next(answer as T)
}

/** `answer`, or a rejection when it does not come within two seconds. A caller waits, and so does the process. */
export const inTime = <T>(answer: PromiseLike<T>): Promise<T> => withinTime(MAX_WAIT_MS, () => answer, 'awaited')
