import type { MaybePromise } from '../../guard.js'
import { tell } from '../../lib/listener.js'
import { callable, integerBetween, knownOptions, nonEmptyString } from '../../lib/options.js'
import { withinTime } from '../../lib/within-time.js'
import { WatchedFile } from '../watched-file.js'
import type { ApiKeyLookup, ApiKeyLookupFault } from './api-key-lookup.js'
import type { ApiKeyRecord } from './api-key-record.js'
import { type ApiKeySet, apiKeySet } from './api-key-set.js'

/** A file of API keys, and how often it is looked at. */
export interface ApiKeyFileOptions {
  /** A JSON file of at most 4 MiB: a list of records, or an object with the list in `keys`. */
  readonly path: string
  /**
   * Milliseconds after which requests have the file looked at again, 100 to 60 000. A change acts within twice that, also
   * where no request came for long. Default: 1000.
   */
  readonly refreshMs?: number | undefined
  /** Told what became of the file. What it throws is ignored. Default: nobody is. */
  readonly onEvent?: ((event: ApiKeyFileEvent) => void) | undefined
}

/** Something that happened to a file of API keys. */
export type ApiKeyFileEvent =
  /** At start, and whenever what is in it has changed: how many keys, and one line for each record left out, up to 100. */
  | {
      readonly event: 'key_file_loaded'
      readonly path: string
      readonly keys: number
      readonly refused: readonly string[]
    }
  /** The first failure after a success: the last good set stays in force. */
  | { readonly event: 'key_file_unreadable'; readonly path: string; readonly cause: unknown }
  /** The first success after that. */
  | { readonly event: 'key_file_recovered'; readonly path: string }

/** A lookup that says how its file is. */
export interface ApiKeyFile extends ApiKeyLookup {
  /** What is wrong with the file now, as far as requests had it looked at; undefined while it is well. */
  readonly fault: () => ApiKeyLookupFault | undefined
}

/**
 * Looks up API keys in a file, which is read again when it has changed. Requests do not wait for that, but for the first
 * after a pause, and that one no longer than a second; there is no timer in between.
 *
 * A file that is broken, half written or away leaves the last good set in force, and every request that uses a key notes
 * `key_file_unreadable` in its audit event. A broken record is left out alone.
 *
 * @throws TypeError for an option out of its range, and Error for a file that cannot be read at start.
 */
export function apiKeyFile(options: ApiKeyFileOptions): ApiKeyFile {
  knownOptions('apiKeyFile()', options, ['path', 'refreshMs', 'onEvent'])
  const file = new KeyFile(
    nonEmptyString('path', options.path),
    integerBetween('refreshMs', options.refreshMs ?? 1_000, 100, 60_000),
    options.onEvent === undefined ? undefined : callable('onEvent', options.onEvent),
  )
  return Object.freeze(Object.assign((id: string) => file.find(id), { remembers: true, fault: () => file.fault }))
}

const MAX_BYTES = 4 * 1024 * 1024
const MAX_WAIT_MS = 1_000

const UNREADABLE: ApiKeyLookupFault = Object.freeze({ event: 'sys_monitor_disabled', code: 'key_file_unreadable' })

class KeyFile {
  readonly #path: string
  readonly #refreshMs: number
  readonly #onEvent: ApiKeyFileOptions['onEvent']
  readonly #file: WatchedFile
  #set: ApiKeySet
  /** When the last look began that has ended. */
  #lookedAtMs: number
  /** Ends with the look that is under way, or when that has taken too long. */
  #look: Promise<void> | undefined
  #readFault: unknown
  #contentFault: unknown
  #isBroken = false

  constructor(path: string, refreshMs: number, onEvent: ApiKeyFileOptions['onEvent']) {
    this.#path = path
    this.#refreshMs = refreshMs
    this.#onEvent = onEvent
    this.#file = new WatchedFile(path, MAX_BYTES)
    this.#lookedAtMs = performance.now()
    try {
      this.#set = apiKeySet(this.#file.readAtStart())
    } catch (cause) {
      throw new Error(`apiKeyFile(): ${path} cannot be read: ${(cause as Error).message}`, { cause })
    }
    this.#tellLoaded()
  }

  get fault(): ApiKeyLookupFault | undefined {
    return this.#isBroken ? UNREADABLE : undefined
  }

  find(id: string): MaybePromise<ApiKeyRecord | undefined> {
    const ageMs = performance.now() - this.#lookedAtMs
    if (ageMs < this.#refreshMs) return this.#set.records.get(id)
    this.#look ??= this.#lookAgain()
    return ageMs < 2 * this.#refreshMs ? this.#set.records.get(id) : this.#look.then(() => this.#set.records.get(id))
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
        this.#set = apiKeySet(text)
        this.#contentFault = undefined
        this.#tellLoaded()
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
    const path = this.#path
    this.#tell(isBroken ? { event: 'key_file_unreadable', path, cause } : { event: 'key_file_recovered', path })
  }

  #tellLoaded(): void {
    const { records, refused } = this.#set
    this.#tell({ event: 'key_file_loaded', path: this.#path, keys: records.size, refused })
  }

  #tell(event: ApiKeyFileEvent): void {
    tell(this.#onEvent, event)
  }
}
