import { wasBusy } from './busy.js'
import { type Failure, failureOf, StoreUnavailable } from './failure.js'

/** What a breaker asks of its link. */
interface BreakerOptions {
  /** Whether the client has a connection to send by. */
  readonly isReady: () => boolean
  /** Sees to it that it has one. */
  readonly open: () => void
  /** Why it has none. */
  readonly fault: () => Failure
  /** Sends a command that changes nothing. */
  readonly probe: () => PromiseLike<unknown>
  /** How long a command may take, and a client may be without a connection. */
  readonly timeoutMs: number
  readonly onOpen: (cause: StoreUnavailable) => void
  readonly onClose: (afterMs: number) => void
}

/** Between probes; which of it is chance, so that the processes of a service do not come all at once. */
const PROBE_EVERY_MS = 200
const PROBE_JITTER_MS = 300
/** A probe is one command: another follows a silent one after this time, so that no queue grows in the client. */
const PROBE_PATIENCE_MS = 2_000

/** Open while Redis is away. Nobody waits for its probes, and they keep no process alive. */
export class Breaker {
  readonly #options: BreakerOptions
  #cause: StoreUnavailable | undefined
  #openedAtMs = 0
  #answeredAtMs = Number.NEGATIVE_INFINITY
  #probedAtMs: number | undefined
  #suspicion: NodeJS.Timeout | undefined
  #suspectedUntilMs = Number.POSITIVE_INFINITY
  #opened = 0

  constructor(options: BreakerOptions) {
    this.#options = options
  }

  /** Why it is open; undefined while it is closed. */
  get cause(): StoreUnavailable | undefined {
    return this.#cause
  }

  /** How often it opened. */
  get opened(): number {
    return this.#opened
  }

  /** Redis has answered what was asked at `startMs`. An answer that came too late for anybody is none. */
  answered(startMs: number): void {
    const nowMs = performance.now()
    if (nowMs - startMs > this.#options.timeoutMs) return
    this.#answeredAtMs = nowMs
    if (this.#cause === undefined) return
    this.#cause = undefined
    this.#options.onClose(Math.round(nowMs - this.#openedAtMs))
  }

  /** A command that was begun at `startMs` failed. Where others had answers since, it is that command's own matter. */
  failed(startMs: number, cause: StoreUnavailable): void {
    if (this.#answeredAtMs < startMs) this.#open(cause)
  }

  /**
   * The client tells of an error, or has not connected yet: if it has no connection in a moment, nobody need wait.
   *
   * @param patienceMs - How long the moment is.
   */
  suspect(patienceMs = this.#options.timeoutMs): void {
    const sinceMs = performance.now()
    // what is suspected already, and no later, stays so
    if (this.#cause !== undefined || this.#suspectedUntilMs <= sinceMs + patienceMs || this.#options.isReady()) return
    this.#suspectedUntilMs = sinceMs + patienceMs
    clearTimeout(this.#suspicion)
    this.#suspicion = unheld(() => {
      this.#suspectedUntilMs = Number.POSITIVE_INFINITY
      if (this.#isReady()) return
      // It had one meanwhile and has lost that as well, or this process has not looked.
      if (this.#answeredAtMs > sinceMs || wasBusy(sinceMs, patienceMs)) this.suspect()
      else this.#open(new StoreUnavailable('failing', this.#options.fault().code))
    }, patienceMs)
  }

  #open(cause: StoreUnavailable): void {
    if (this.#cause !== undefined) return
    this.#cause = cause
    this.#opened++
    this.#openedAtMs = performance.now()
    this.#options.onOpen(cause)
    this.#probeLater()
  }

  #probeLater(): void {
    unheld(
      () => {
        if (this.#cause === undefined) return
        if (this.#mayProbe()) this.#probe()
        this.#probeLater()
      },
      PROBE_EVERY_MS + Math.random() * PROBE_JITTER_MS,
    )
  }

  #mayProbe(): boolean {
    if (!this.#isReady()) return false
    return this.#probedAtMs === undefined || performance.now() - this.#probedAtMs > PROBE_PATIENCE_MS
  }

  #isReady(): boolean {
    if (this.#options.isReady()) return true
    this.#options.open()
    return false
  }

  #probe(): void {
    const startMs = performance.now()
    this.#probedAtMs = startMs
    const ended = (isAnswer: boolean) => {
      this.#probedAtMs = undefined
      if (isAnswer) this.answered(startMs)
    }
    this.#options.probe().then(
      () => ended(true),
      (error) => ended(failureOf(error).isAnswer),
    )
  }
}

const unheld = (act: () => void, ms: number): NodeJS.Timeout => setTimeout(act, ms).unref()
