import { FollowedFile } from '../../lib/followed-file.js'
import { tell } from '../../lib/listener.js'
import { andThen } from '../../lib/maybe-promise.js'
import { callable, integerBetween, knownOptions, nonEmptyString } from '../../lib/options.js'
import type { ApiKeyLookup, ApiKeyLookupFault } from './api-key-lookup.js'
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
  const path = nonEmptyString('path', options.path)
  const onEvent = options.onEvent === undefined ? undefined : callable('onEvent', options.onEvent)
  const file = new FollowedFile<ApiKeySet>({
    owner: 'apiKeyFile()',
    path,
    maxBytes: MAX_BYTES,
    refreshMs: integerBetween('refreshMs', options.refreshMs ?? 1_000, 100, 60_000),
    parse: apiKeySet,
    onLoaded: ({ records, refused }) => tell(onEvent, { event: 'key_file_loaded', path, keys: records.size, refused }),
    onUnreadable: (cause) => tell(onEvent, { event: 'key_file_unreadable', path, cause }),
    onRecovered: () => tell(onEvent, { event: 'key_file_recovered', path }),
  })
  const find = (id: string) => andThen(file.current, ({ records }) => records.get(id))
  return Object.freeze(Object.assign(find, { remembers: true, fault: () => (file.isBroken ? UNREADABLE : undefined) }))
}

const MAX_BYTES = 4 * 1024 * 1024

const UNREADABLE: ApiKeyLookupFault = Object.freeze({ event: 'sys_monitor_disabled', code: 'key_file_unreadable' })
