/** Why a command has no answer. */
export type UnavailableReason =
  /** No answer came in time. */
  | 'timeout'
  /** It was tried until the time was up: `code` says what went wrong last. */
  | 'failing'
  /** Redis answers, and refuses this: `code` says how. */
  | 'refused'
  /** The breaker is open, and nothing was sent. */
  | 'open'
  /** Too many commands are under way, and this one was not sent. */
  | 'overloaded'

/** A command that Redis did not answer. It names neither the server nor what was sent. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  /** Why, in one word. */
  readonly reason: UnavailableReason
  /**
   * What Redis or the system calls it, where that is known: `READONLY`, `OOM`, `ECONNREFUSED`; `disconnected` where the client
   * has no connection and does not say why.
   */
  readonly code: string | undefined

  /**
   * @param reason - Why, in one word.
   * @param code - What Redis or the system calls it.
   */
  constructor(reason: UnavailableReason, code?: string) {
    super(code === undefined ? `redis: ${reason}` : `redis: ${reason} (${code})`)
    this.reason = reason
    this.code = code
  }
}

/** What the error of a client means. */
export interface Failure {
  readonly code: string
  /** Whether another try may go well in a moment: the connection is lost, or the server is about to serve. */
  readonly passes: boolean
  /** Whether it shows that Redis serves others. */
  readonly isAnswer: boolean
}

export const DISCONNECTED: Failure = Object.freeze({ code: 'disconnected', passes: true, isAnswer: false })

/** An error reply begins with a word in capitals; what clients say for themselves does not. */
const REPLY = /^([A-Z][A-Z0-9_]{1,31})(?: |$)/
/** Redis 6.2 wraps what a command of a script replies. */
const WITHIN_SCRIPT = /: -([A-Z][A-Z0-9_]{1,31}) /
const SYSTEM_CODE = /^[A-Z][A-Z0-9_]{1,31}$/

/** The server is there, and serves nobody at the moment. */
const SERVES_NOBODY: ReadonlySet<string> = new Set(['LOADING', 'BUSY', 'MASTERDOWN', 'CLUSTERDOWN', 'MOVED', 'ASK'])

/**
 * Sorts what clients reject with. Texts of clients and servers go no further than their first word: they name hosts, users
 * and keys.
 */
export function failureOf(error: unknown): Failure {
  const { message, code } = Object(error) as { readonly message?: unknown; readonly code?: unknown }
  const text = typeof message === 'string' ? message : ''
  const word = REPLY.exec(text)?.[1]
  if (word === undefined) {
    return typeof code === 'string' && SYSTEM_CODE.test(code) ? { ...DISCONNECTED, code } : DISCONNECTED
  }
  const reply = (word === 'ERR' && WITHIN_SCRIPT.exec(text)?.[1]) || word
  const servesNobody = SERVES_NOBODY.has(reply)
  return { code: reply, passes: servesNobody || reply === 'TRYAGAIN', isAnswer: !servesNobody }
}
