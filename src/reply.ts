import type { HeaderList } from './decision.js'

/** An answer that a guard has ready where it allows: a document, a receipt. The adapter's `answer()` sends it. */
export interface Reply {
  readonly status: number
  readonly headers: HeaderList
  readonly body: string
}

/** What a guard gives that answers by itself. */
export interface ReplyFacts {
  readonly reply: Reply
}
