import { callable, integerBetween, knownOptions, nonEmptyString } from '../lib/options.js'
import type { AuditEvent } from '../service.js'
import { ByteQueue } from './byte-queue.js'
import { auditLine } from './line.js'
import { fileOutput, type Output, streamOutput } from './output.js'
import type { AuditSink } from './trail.js'

/** Where lines go, and how long and how many may wait. */
export interface JsonLinesOptions {
  /** File to append to, made with mode 0640. Default: standard output. */
  readonly path?: string | undefined
  /** How long events wait for others to be written with, in milliseconds, 0 to 10 000. Default: 20. */
  readonly flushMs?: number | undefined
  /** Events waiting at most, in bytes, 4096 to 1 GiB; more are dropped and counted. Default: 8 388 608. */
  readonly maxQueueBytes?: number | undefined
  /** Told once per outage when writing fails. Default: one line on standard error. */
  readonly onError?: ((error: Error) => void) | undefined
}

/** A JSON-lines sink, with its counters. */
export interface JsonLinesSink extends AuditSink {
  /** Events written, and events that found the queue full. */
  readonly counts: () => { readonly written: number; readonly dropped: number }
}

/**
 * Writes each event as one line of JSON, in batches. A slow or broken destination never makes a request wait: events
 * queue up to a bound, those beyond it are dropped and counted, and the next line that fits tells how many.
 *
 * @throws TypeError for an option out of its range; the error of opening when `path` cannot be opened.
 */
export function jsonLines(options: JsonLinesOptions = {}): JsonLinesSink {
  knownOptions('jsonLines()', options, ['path', 'flushMs', 'maxQueueBytes', 'onError'])
  const { path, onError = complain } = options
  const bounds = {
    flushMs: integerBetween('flushMs', options.flushMs ?? 20, 0, 10_000),
    maxQueueBytes: integerBetween('maxQueueBytes', options.maxQueueBytes ?? 8 * 1024 * 1024, 4096, 1024 ** 3),
    onError: callable('onError', onError),
  }
  const output = path === undefined ? streamOutput(process.stdout) : fileOutput(nonEmptyString('path', path))
  return new JsonLines(output, bounds)
}

/** By console, which unlike the stream itself survives that standard error is gone too. */
const complain = (error: Error): void => console.error(`wardline: the audit log cannot be written: ${error.message}`)

const RETRY_MS = 1_000
/** What `close` waits for a destination that does not take what it is given. */
const CLOSE_TIMEOUT_MS = 2_000

interface Bounds {
  readonly flushMs: number
  readonly maxQueueBytes: number
  readonly onError: (error: Error) => void
}

class JsonLines implements JsonLinesSink {
  readonly #output: Output
  readonly #bounds: Bounds
  #queue = new ByteQueue()
  /** What is left of the batch being written: after a failure, writing goes on in the middle of a line. */
  #batch: Uint8Array = NOTHING
  #batchLines = 0
  #written = 0
  #dropped = 0
  #untold = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  #broken = false
  #closed = false
  #closing: Promise<void> | undefined

  constructor(output: Output, bounds: Bounds) {
    this.#output = output
    this.#bounds = bounds
    if (openSinks.size === 0) process.once('exit', flushAll)
    openSinks.add(this)
  }

  readonly counts = () => ({ written: this.#written, dropped: this.#dropped })

  readonly write = (event: AuditEvent): void => {
    if (this.#closed) return void this.#dropped++
    const line = auditLine(event)
    const bytes = Buffer.byteLength(line)
    if (this.#batch.length + this.#queue.bytes + bytes > this.#bounds.maxQueueBytes) {
      this.#dropped++
      this.#untold++
    } else this.#queue.push(line, bytes)
    this.#schedule(this.#bounds.flushMs)
  }

  readonly close = (): Promise<void> => {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** The last resort of a process that exits without closing. A batch in flight is on its way already. */
  flushSync(): void {
    const waiting = this.#writing === undefined ? this.#batch : NOTHING
    try {
      this.#output.writeSync(Buffer.concat([waiting, this.#takeQueue()]))
    } catch {
      // nobody is left to tell
    }
  }

  async #close(): Promise<void> {
    const deadline = performance.now() + CLOSE_TIMEOUT_MS
    while (this.#isBehind() && performance.now() < deadline) {
      this.#flush()
      await atMost(deadline - performance.now(), this.#writing)
      if (this.#broken) await atMost(50)
    }
    this.#closed = true
    clearTimeout(this.#timer)
    openSinks.delete(this)
    if (openSinks.size === 0) process.off('exit', flushAll)
    const lost = this.#queue.lines + this.#batchLines
    this.#dropped += lost
    if (lost > 0 && !this.#broken) this.#bounds.onError(new Error(`${lost} events were given up when it was closed`))
    if (this.#writing === undefined) return this.#output.close()
    // closed under a write in flight, the descriptor could be another file's before the write ends
    void this.#writing.then(this.#output.close).catch(() => {})
  }

  #isBehind(): boolean {
    return this.#queue.lines > 0 || this.#untold > 0 || this.#writing !== undefined || this.#batch.length > 0
  }

  /** Not unref'd: a process that ends by itself still writes what it has. */
  #schedule(delayMs: number): void {
    this.#timer ??= setTimeout(() => this.#flush(), delayMs)
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#writing !== undefined || !this.#isBehind()) return
    this.#writing = this.#writeBatch().finally(() => {
      this.#writing = undefined
      if (this.#closed || !this.#isBehind()) return
      this.#schedule(this.#broken ? RETRY_MS : 0)
      if (this.#broken) this.#timer?.unref() // an outage does not keep the process from ending
    })
  }

  async #writeBatch(): Promise<void> {
    if (this.#batch.length === 0) {
      this.#batchLines = this.#queue.lines
      this.#batch = this.#takeQueue()
    }
    try {
      while (this.#batch.length > 0) {
        const taken = await this.#output.write(this.#batch)
        if (this.#closed) return // given up, and counted as lost
        this.#batch = this.#batch.subarray(taken)
      }
      this.#batch = NOTHING // what is left of it would keep all of it
      this.#written += this.#batchLines
      this.#batchLines = 0
      this.#broken = false
    } catch (error) {
      if (!this.#broken) this.#bounds.onError(error as Error)
      this.#broken = true
    }
  }

  #takeQueue(): Uint8Array {
    if (this.#untold > 0) {
      const line = lossLine(this.#untold)
      this.#queue.push(line, Buffer.byteLength(line))
    }
    this.#untold = 0
    return this.#queue.take()
  }
}

const NOTHING = new Uint8Array()

/** Waits for `work`, but no longer than `ms`; leaves no timer behind. */
async function atMost(ms: number, work: Promise<void> = new Promise(() => {})): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, timeout])
  clearTimeout(timer)
}

/** ASVS 5.0, 16.5: a gap in the log is itself an event. */
const lossLine = (dropped: number): string =>
  `${JSON.stringify({ time: new Date().toISOString(), event: 'sys_monitor_disabled', code: 'audit_events_dropped', dropped })}\n`

const openSinks = new Set<JsonLines>()

const flushAll = (): void => {
  for (const sink of openSinks) sink.flushSync()
}
