import type { StoreUnavailable } from './failure.js'

/** Something that happened to the link, for the operator. */
export type RedisLinkEvent =
  /** The breaker opened: commands fail at once from now on. */
  | { readonly event: 'redis_unavailable'; readonly cause: StoreUnavailable }
  /** Redis answers again, after so many milliseconds. */
  | { readonly event: 'redis_recovered'; readonly afterMs: number }
  /** Redis answers and refuses commands: read-only, out of memory, no permission. At most once a minute. */
  | { readonly event: 'redis_refused'; readonly cause: StoreUnavailable }

/** Counts since the start, and how it stands. */
export interface RedisLinkStats {
  /** Commands that callers had sent. */
  readonly commands: number
  /** Further tries of commands. */
  readonly retries: number
  /** Commands that failed, timeouts included. */
  readonly failures: number
  /** Commands that were silent until their time was up. */
  readonly timeouts: number
  /** Commands that were not sent: the breaker was open, or too many were under way. */
  readonly rejected: number
  /** How often the breaker opened. */
  readonly opened: number
  /** Whether it is open now. */
  readonly isOpen: boolean
  /** Commands under way now. */
  readonly waiting: number
}
