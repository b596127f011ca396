import { type Unavailable, unavailable } from './decision.js'
import type { MaybePromise } from './guard.js'
import { isPromiseLike } from './lib/maybe-promise.js'
import { withinTime } from './lib/within-time.js'

/** How long a store or a lookup may take to answer. */
const MAX_WAIT_MS = 2_000
/** Answers that are waited for at once. */
const MAX_UNDER_WAY = 10_000
/** So many silences, with no answer to anybody since they were asked, and it is taken to be away. */
const MAX_SILENCES = 5
/** Those who ask at once then, to find out when it is back. */
const MAX_TRIES = 20
/** When it may be asked again. */
const RETRY_AFTER_SECONDS = 1

/**
 * A store or a lookup of the application that a guard relies on. One that throws, rejects or does not answer within two
 * seconds is a 503, never a 500 and never an answer. Where nobody has had an answer for a while, a few go on asking and all
 * others do not wait; the first answer of any kind, late ones too, ends that. So one that is silent to some is none that
 * is away: whoever asks for what it stumbles over turns nobody else away.
 */
export class Dependency {
  readonly #code: string
  #underWay = 0
  #silences = 0
  /** By a clock that nobody sets. */
  #answeredAtMs = Number.NEGATIVE_INFINITY

  /** @param code - Of the 503. */
  constructor(code: string) {
    this.#code = code
  }

  /** Goes on with what it answers. What goes wrong in `next` is not the dependency's: it stays an error. */
  rely<T, R>(ask: () => MaybePromise<T>, next: (answer: T) => MaybePromise<R>): MaybePromise<R | Unavailable> {
    const isAway = this.#silences >= MAX_SILENCES
    if (this.#underWay >= (isAway ? MAX_TRIES : MAX_UNDER_WAY)) {
      return this.#down(
        new Error(`${this.#underWay} answers are being waited for${isAway ? ', and none has come' : ''}`),
      )
    }
    let answer: MaybePromise<T>
    let isLater: boolean
    try {
      answer = ask()
      isLater = isPromiseLike(answer)
    } catch (cause) {
      return this.#down(cause)
    }
    if (!isLater) return next(answer as T)
    return this.#wait(answer as PromiseLike<T>).then(next, (cause) => this.#down(cause))
  }

  #down(cause: unknown): Unavailable {
    return unavailable(this.#code, RETRY_AFTER_SECONDS, cause)
  }

  async #wait<T>(answer: PromiseLike<T>): Promise<T> {
    const askedAtMs = performance.now()
    this.#underWay++
    try {
      return await inTime(this.#heard(answer))
    } catch (cause) {
      if (isLate(cause) && this.#answeredAtMs < askedAtMs) this.#silences++
      throw cause
    } finally {
      this.#underWay--
    }
  }

  /** Late answers, and failures, are signs of life. */
  async #heard<T>(answer: PromiseLike<T>): Promise<T> {
    try {
      return await answer
    } finally {
      this.#answeredAtMs = performance.now()
      this.#silences = 0
    }
  }
}

const isLate = (cause: unknown): boolean => cause instanceof DOMException && cause.name === 'TimeoutError'

/** `answer`, or a rejection when it does not come within two seconds. A caller waits, and so does the process. */
const inTime = <T>(answer: PromiseLike<T>): Promise<T> => withinTime(MAX_WAIT_MS, () => answer, 'awaited')
