import { type Unavailable, unavailable } from '../decision.js'
import type { MaybePromise } from '../guard.js'
import { isPromiseLike } from '../lib/maybe-promise.js'
import { withinTime } from '../lib/within-time.js'

/** How long a store or a lookup may take to answer. */
const MAX_WAIT_MS = 2_000
/** Answers that are waited for at once. */
const MAX_UNDER_WAY = 10_000
/** So many silences, with no answer between them, and it is left alone for a while. */
const MAX_SILENCES = 5
const REST_MS = 1_000
/** When it may be asked again. */
const RETRY_AFTER_SECONDS = 1

/**
 * A store or a lookup of the application that a guard relies on. One that throws, rejects or does not answer within two
 * seconds is a 503, never a 500 and never an answer. One that goes on being silent is asked by one request a second alone
 * until it answers again: the others do not wait, and it does not find them all waiting when it comes back.
 */
export class Dependency {
  readonly #code: string
  #underWay = 0
  #silences = 0
  /** By a clock that nobody sets. */
  #restsUntilMs = 0
  #isTried = false

  /** @param code - Of the 503. */
  constructor(code: string) {
    this.#code = code
  }

  /** Goes on with what it answers. What goes wrong in `next` is not the dependency's: it stays an error. */
  rely<T, R>(ask: () => MaybePromise<T>, next: (answer: T) => MaybePromise<R>): MaybePromise<R | Unavailable> {
    const down = (cause: unknown) => unavailable(this.#code, RETRY_AFTER_SECONDS, cause)
    const refusal = this.#refusal()
    if (refusal !== undefined) return down(refusal)
    let answer: MaybePromise<T>
    let isLater: boolean
    try {
      answer = ask()
      isLater = isPromiseLike(answer)
    } catch (cause) {
      return down(cause)
    }
    return isLater ? this.#wait(answer as PromiseLike<T>).then(next, down) : next(answer as T)
  }

  /** Why it is not asked now. */
  #refusal(): Error | undefined {
    if (this.#underWay >= MAX_UNDER_WAY) return new Error(`${MAX_UNDER_WAY} answers are being waited for`)
    if (this.#silences < MAX_SILENCES) return undefined
    if (!this.#isTried && performance.now() >= this.#restsUntilMs) return undefined
    return new Error(`it has been silent ${MAX_SILENCES} times, and is asked once a second`)
  }

  async #wait<T>(answer: PromiseLike<T>): Promise<T> {
    this.#underWay++
    const isTry = this.#silences >= MAX_SILENCES
    if (isTry) this.#isTried = true
    try {
      const said = await inTime(answer)
      this.#silences = 0
      return said
    } catch (cause) {
      if ((cause as Error | undefined)?.name === 'TimeoutError') this.#noteSilence()
      else this.#silences = 0
      throw cause
    } finally {
      this.#underWay--
      if (isTry) this.#isTried = false
    }
  }

  #noteSilence(): void {
    this.#silences++
    this.#restsUntilMs = performance.now() + REST_MS
  }
}

/** `answer`, or a rejection when it does not come within two seconds. A caller waits, and so does the process. */
const inTime = <T>(answer: PromiseLike<T>): Promise<T> => withinTime(MAX_WAIT_MS, () => answer, 'awaited')
