import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** How long a client that is told off may go on sending, so that it reads the answer ahead of the end. */
const LINGER_MS = 1_000

/** One connection, from accept to close. */
export class Connection {
  readonly #raw: Socket
  /** What speaks HTTP: the connection itself, or TLS on it; undefined until the handshake is done. */
  http: Socket | undefined
  /** Answers still to come, the oldest first. */
  readonly answers = new Set<ServerResponse>()
  /** It speaks something else than HTTP by now. */
  isUpgraded = false
  /** Requests behind the last are not processed (RFC 9112 section 9.6). */
  isClosing = false
  requests = 0
  /** Requests behind the last: none is answered, and each is kept until the connection ends. */
  unanswered = 0
  /** Since when it owes a handshake or a request. */
  sinceMs = performance.now()
  #lingersUntilMs = Number.POSITIVE_INFINITY
  #bytesOfAnswered = 0
  #isEnded = false
  #isDestroyed = false

  constructor(raw: Socket) {
    this.#raw = raw
  }

  /** Requests that Node keeps for it. */
  get pipelined(): number {
    return this.answers.size + this.unanswered
  }

  get isDestroyed(): boolean {
    return this.#isDestroyed
  }

  begin(response: ServerResponse): void {
    this.requests++
    this.answers.add(response)
    response.once('close', () => {
      this.answers.delete(response)
      this.sinceMs = performance.now()
      this.#bytesOfAnswered = this.http?.bytesRead ?? 0
      if (this.isClosing && this.answers.size === 0) this.end()
    })
  }

  /** Ends it if it has had its answer, and has sent nothing since. */
  endIfIdle(): void {
    const isIdle =
      this.answers.size === 0 && this.#bytesOfAnswered > 0 && this.http?.bytesRead === this.#bytesOfAnswered
    if (isIdle) this.end()
  }

  /** Ends it when all that was written is sent. */
  end(): void {
    this.isClosing = true
    if (typeof this.http?.destroySoon === 'function') this.http.destroySoon()
    else this.http?.end() // a stream that a service handed to its server
  }

  /** The newest answer says that it is the last, where it still can. */
  announceEnd(): void {
    const last = [...this.answers].at(-1)
    if (last === undefined) return
    this.isClosing = true
    if (!last.headersSent) last.setHeader('connection', 'close')
  }

  /**
   * Ends it with `answer`, where that cannot be taken for the answer to another request. Where earlier answers are due, they
   * go out first, and are all that does.
   */
  endWith(answer: string): void {
    if (this.#isEnded) return
    const newest = [...this.answers].at(-1)
    if (newest?.req.complete) {
      this.announceEnd()
    } else if (!this.http?.writable || this.answers.size > 1 || newest?.headersSent) {
      this.destroy()
    } else {
      this.#isEnded = true
      this.isClosing = true
      this.http.write(answer)
      if (newest === undefined) this.#linger()
      else this.end()
    }
  }

  /** A client that still sends reads the answer that way, and not a reset. */
  #linger(): void {
    this.#lingersUntilMs = performance.now() + LINGER_MS
    this.http?.end()
  }

  /** Ends it, answered or not. */
  destroy(): void {
    this.#isEnded = true
    this.#isDestroyed = true
    this.isClosing = true
    this.http?.destroy()
    this.#raw.destroy()
  }

  /** Whether it has had its time: `requestMs` to send a request, `handshakeMs` before that for TLS. */
  isLate(nowMs: number, requestMs: number, handshakeMs: number): boolean {
    if (nowMs > this.#lingersUntilMs) return true
    if (this.isUpgraded || this.answers.size > 0) return false
    return nowMs - this.sinceMs > (this.http === undefined ? handshakeMs : requestMs)
  }
}
