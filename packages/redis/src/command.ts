import type { Breaker } from './breaker.js'
import { wasBusy } from './busy.js'
import type { RedisPort } from './client.js'
import { type Failure, failureOf, StoreUnavailable } from './failure.js'

/** What all commands of a link share. */
export interface Way {
  readonly port: RedisPort
  readonly breaker: Breaker
  readonly timeoutMs: number
  /** Told of what Redis refused. */
  readonly onRefused: (cause: StoreUnavailable) => void
  readonly counts: Counts
}

/** What the commands of a link count. */
interface Counts {
  commands: number
  retries: number
  failures: number
  timeouts: number
  waiting: number
}

/** What is asked, and by whom. */
interface Asked {
  /** Decides on the node of a Cluster. */
  readonly key: string | undefined
  readonly args: readonly string[]
  /** The same with the script as a whole, for a server that does not know it. */
  readonly whole: (() => readonly string[]) | undefined
  readonly resolve: (value: unknown) => void
  readonly reject: (cause: StoreUnavailable) => void
}

/** Between tries. A connection is new in a few milliseconds. */
const FIRST_PAUSE_MS = 4
const LONGEST_PAUSE_MS = 64
/** For how long a process that was busy waits on, so that it does not take its own state for that of Redis. */
const AFTER_BUSY_MS = 100

/** One command, until it has its answer or its time is up, however often it is sent. */
export class Command {
  readonly #way: Way
  readonly #asked: Asked
  readonly #startMs = performance.now()
  #timer: NodeJS.Timeout
  /** What went wrong last. */
  #failure: Failure | undefined
  #pauseMs = FIRST_PAUSE_MS
  #isOver = false

  constructor(way: Way, asked: Asked) {
    this.#way = way
    this.#asked = asked
    way.counts.commands++
    way.counts.waiting++
    this.#timer = setTimeout(() => this.#due(), way.timeoutMs)
  }

  try(): void {
    if (this.#isOver) return
    const { port, counts } = this.#way
    if (this.#failure !== undefined) counts.retries++
    if (port.isReady()) {
      this.#send(this.#asked.args)
      return
    }
    port.open()
    this.#again(port.fault())
  }

  #send(args: readonly string[]): void {
    try {
      this.#way.port.send(this.#asked.key, args).then(
        (value) => this.#answered(value),
        (error) => this.#failed(error),
      )
    } catch (error) {
      this.#failed(error)
    }
  }

  #answered(value: unknown): void {
    this.#way.breaker.answered(this.#startMs)
    if (this.#end()) this.#asked.resolve(value)
  }

  #failed(error: unknown): void {
    const failure = failureOf(error)
    if (failure.isAnswer) this.#way.breaker.answered(this.#startMs)
    if (this.#isOver) return
    const { whole } = this.#asked
    if (failure.code === 'NOSCRIPT' && whole !== undefined) this.#send(whole())
    else if (failure.passes) this.#again(failure)
    else this.#refused(new StoreUnavailable('refused', failure.code))
  }

  #refused(cause: StoreUnavailable): void {
    this.#giveUp(cause)
    this.#way.onRefused(cause)
  }

  #again(failure: Failure): void {
    this.#failure = failure
    setTimeout(() => this.try(), this.#pauseMs)
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS)
  }

  /** The answer may be there already, where it is read before the turn ends. A client may not even have sent what it was given. */
  #due(): void {
    const late = () => this.#late()
    if (wasBusy(this.#startMs, this.#way.timeoutMs)) this.#timer = setTimeout(late, AFTER_BUSY_MS)
    else setImmediate(late)
  }

  #late(): void {
    if (this.#isOver) return
    const isSilent = this.#failure === undefined
    if (isSilent) this.#way.counts.timeouts++
    const cause = new StoreUnavailable(isSilent ? 'timeout' : 'failing', this.#failure?.code)
    this.#giveUp(cause)
    this.#way.breaker.failed(this.#startMs, cause)
  }

  #giveUp(cause: StoreUnavailable): void {
    if (!this.#end()) return
    this.#way.counts.failures++
    this.#asked.reject(cause)
  }

  /** False where it was over already: what comes then is too late for anybody. */
  #end(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#way.counts.waiting--
    clearTimeout(this.#timer)
    return true
  }
}
