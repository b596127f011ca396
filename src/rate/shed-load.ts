import type { LoopMonitor } from './shed-monitor.js'

const SAMPLE_MS = 250
/** After 5 seconds without a request nobody asks for the load, and nobody measures it. */
const MAX_QUIET_SAMPLES = 20
/** Of a new sample in the smoothed value. */
const WEIGHT = 0.3
/** One stall, however long, then moves the smoothed value by at most 0.6 of the maximum. */
const MOST_TIMES_MAXIMUM = 2
/** Below this part of its limit the load is over. */
const RECOVERED = 0.8

/**
 * One measured quantity, smoothed, and whether it is over each of `limits`. Over a limit it stays so until it has fallen well
 * below.
 */
export class Gauge {
  smoothed = 0
  readonly #most: number
  readonly #limits: readonly number[]
  #over: readonly boolean[] = []

  constructor(maximum: number, limits: readonly number[]) {
    this.#most = MOST_TIMES_MAXIMUM * maximum
    this.#limits = limits
  }

  add(sample: number): void {
    this.smoothed += WEIGHT * (Math.min(sample, this.#most) - this.smoothed)
    this.#over = this.#limits.map((limit, rank) => this.smoothed >= (this.isOver(rank) ? RECOVERED * limit : limit))
  }

  isOver(rank: number): boolean {
    return this.#over[rank] === true
  }

  clear(): void {
    this.smoothed = 0
    this.#over = []
  }
}

/**
 * The load of the event loop, sampled while requests come. The timer does not keep the process alive, and ends by itself
 * when no request has come for a while.
 */
export class LoopLoad {
  readonly #monitor: LoopMonitor
  readonly #delay: Gauge | undefined
  readonly #utilization: Gauge | undefined
  #timer: NodeJS.Timeout | undefined
  #isAsked = false
  #quietSamples = 0

  constructor(monitor: LoopMonitor, delay: Gauge | undefined, utilization: Gauge | undefined) {
    this.#monitor = monitor
    this.#delay = delay
    this.#utilization = utilization
  }

  /** A request is here. */
  note(): void {
    this.#isAsked = true
    if (this.#timer === undefined) this.#start()
  }

  #start(): void {
    this.#quietSamples = 0
    this.#monitor.start()
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS).unref()
  }

  #sample(): void {
    this.#quietSamples = this.#isAsked ? 0 : this.#quietSamples + 1
    this.#isAsked = false
    if (this.#quietSamples === MAX_QUIET_SAMPLES) this.#stop()
    else this.#read()
  }

  #read(): void {
    const { delayMs, utilization } = this.#monitor.read()
    this.#delay?.add(delayMs)
    this.#utilization?.add(utilization)
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#monitor.stop()
    this.#delay?.clear()
    this.#utilization?.clear()
  }
}
