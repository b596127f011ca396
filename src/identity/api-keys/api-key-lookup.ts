import type { SecurityEvent } from '../../context.js'
import type { MaybePromise } from '../../guard.js'
import type { ApiKeyRecord } from './api-key-record.js'

/** What is wrong with a source of records while it goes on with what it has. */
export type ApiKeyLookupFault = Pick<SecurityEvent, 'event' | 'code'>

/**
 * Finds the record of a key id: a function, and where it has more to say, one with members. Throws, rejects or
 * stays silent where it cannot tell; undefined means that there is no such key.
 */
export interface ApiKeyLookup {
  (id: string): MaybePromise<ApiKeyRecord | undefined>
  /** Whether it remembers by itself: then it is asked every time, also where it takes a while to answer. Default: false. */
  readonly remembers?: boolean | undefined
  /** Asked after every lookup. What it gives is noted in the audit event of that request. */
  readonly fault?: (() => ApiKeyLookupFault | undefined) | undefined
}
