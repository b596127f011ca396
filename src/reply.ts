import type { HeaderList } from './decision.js'

/**
 * An answer that a guard has ready where it allows: a document, a receipt, the answer to a preflight. As the fact `reply`
 * it waits for all guards behind, and the adapter's `answer()` sends it; as the `reply` of an allowance it is sent at once.
 */
export interface Reply {
  /** HTTP status, such as 200. */
  readonly status: number
  /** Response fields to send. */
  readonly headers: HeaderList
  /** Text to send as it stands, which may be empty. */
  readonly body: string
}

/** What a guard gives that answers by itself. */
export interface ReplyFacts {
  /** The answer of the route. */
  readonly reply: Reply
}
