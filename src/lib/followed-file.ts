import type { MaybePromise } from './maybe-promise.js'
import { WatchedFile } from './watched-file.js'
import { withinTime } from './within-time.js'

/** What is done with a file, and how often it is looked at. */
interface FollowedFileOptions<T> {
  /** Shown in errors, such as `apiKeyFile()`. */
  readonly owner: string
  readonly path: string
  readonly maxBytes: number
  readonly refreshMs: number
  /** Makes what requests ask of what is in the file; throws where that cannot be used. */
  readonly parse: (text: string) => T
  /** At start, and whenever what is in the file has changed. None of the three may throw. */
  readonly onLoaded: (value: T) => void
  /** At the first failure after a success. */
  readonly onUnreadable: (cause: unknown) => void
  /** At the first success after that. */
  readonly onRecovered: () => void
}

const MAX_WAIT_MS = 1_000

/**
 * What is made of a file, anew when the file has changed. Requests have it looked at and do not wait for that, but for the
 * first after a pause, and that one no longer than a second; there is no timer in between. What cannot be read or used
 * leaves the last good value in force.
 */
export class FollowedFile<T> {
  readonly #options: FollowedFileOptions<T>
  readonly #file: WatchedFile
  #value: T
  /** When the last look began that has ended. */
  #lookedAtMs: number
  /** Ends with the look that is under way, or when that has taken too long. */
  #look: Promise<void> | undefined
  #readFault: unknown
  #contentFault: unknown
  #isBroken = false

  /** @throws Error for a file that cannot be read or used at start. */
  constructor(options: FollowedFileOptions<T>) {
    const { owner, path, maxBytes, parse, onLoaded } = options
    this.#options = options
    this.#file = new WatchedFile(path, maxBytes)
    this.#lookedAtMs = performance.now()
    try {
      this.#value = parse(this.#file.readAtStart())
    } catch (cause) {
      throw new Error(`${owner}: ${path} cannot be read: ${(cause as Error).message}`, { cause })
    }
    onLoaded(this.#value)
  }

  /** Whether something is wrong with the file now, as far as requests had it looked at. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  /** No older than twice `refreshMs`, unless the file cannot be read or used. */
  get current(): MaybePromise<T> {
    const ageMs = performance.now() - this.#lookedAtMs
    if (ageMs < this.#options.refreshMs) return this.#value
    this.#look ??= this.#lookAgain()
    return ageMs < 2 * this.#options.refreshMs ? this.#value : this.#look.then(() => this.#value)
  }

  /** Never rejects. One at a time, however long it takes: a disk that hangs gets no second request. */
  #lookAgain(): Promise<void> {
    const startedMs = performance.now()
    const read = this.#file
      .readChanged()
      .then(
        (text) => this.#take(text),
        (cause) => this.#failReading(cause),
      )
      .finally(() => {
        this.#lookedAtMs = startedMs
        this.#look = undefined
      })
    return withinTime(MAX_WAIT_MS, () => read).catch(() => {
      this.#failReading(new Error(`reading takes longer than ${MAX_WAIT_MS} ms`))
    })
  }

  /** Text that is the same as before is as good or as broken as before. */
  #take(text: string | undefined): void {
    this.#readFault = undefined
    if (text !== undefined) {
      try {
        this.#value = this.#options.parse(text)
        this.#contentFault = undefined
        this.#options.onLoaded(this.#value)
      } catch (cause) {
        this.#contentFault = cause
      }
    }
    this.#noteState()
  }

  #failReading(cause: unknown): void {
    this.#readFault = cause
    this.#noteState()
  }

  #noteState(): void {
    const cause = this.#contentFault ?? this.#readFault
    const isBroken = cause !== undefined
    if (isBroken === this.#isBroken) return
    this.#isBroken = isBroken
    if (isBroken) this.#options.onUnreadable(cause)
    else this.#options.onRecovered()
  }
}
