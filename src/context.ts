import type { X509Certificate } from 'node:crypto'

/** No facts. An interface rather than `{}`, so that compiler messages print its name. */
export interface NoFacts {}

/** Read-only view of the request's header fields. Names are given in lower case. */
export interface HeaderReader {
  /** The field's value, several lines of one field joined by `, ` (RFC 9110 section 5.3); undefined when absent. */
  readonly get: (name: string) => string | undefined
  /** One entry per field line, in the order received, so that duplicates are visible. */
  readonly all: (name: string) => readonly string[]
  /** How many field lines there are, without making a list of them. */
  readonly count: (name: string) => number
}

/** The other end of the connection. Behind a proxy this is the proxy. */
export interface Peer {
  /** Canonical address of the socket; undefined on a socket that has none (a Unix socket, a closed connection). */
  readonly address: string | undefined
  /** Whether the connection itself is TLS. */
  readonly encrypted: boolean
  /** The client certificate that the TLS layer verified; undefined without TLS or without a certificate. */
  readonly certificate: () => X509Certificate | undefined
  /** Bytes that the connection has been sent so far: who asks twice knows what came between. */
  readonly sentBytes: () => number
}

/** What became of reading a body. */
export type BodyRead =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: 'too_large' | 'timed_out' | 'incomplete' | 'already_read' }

/** The request body, which is not read before a guard asks for it. */
export interface BodySource {
  /** What a parser of the framework made of the body; undefined when none ran. */
  readonly parsed: () => unknown
  /**
   * The body as received, read once and remembered. Never rejects.
   *
   * @param maxBytes - Where reading stops. A larger `content-length` is refused before the first byte is read.
   * @param timeoutMs - How long the whole body may take, in milliseconds.
   */
  readonly bytes: (maxBytes: number, timeoutMs: number) => Promise<BodyRead>
  /** Puts the validated value where the framework's handlers look for the body. */
  readonly replace: (value: unknown) => void
}

/** Something a guard noticed beside its answer. Recorded in the request's one audit event. */
export interface SecurityEvent {
  /** Name from the OWASP Logging Vocabulary, such as `authz_fail`. */
  readonly event: string
  /** Stable machine-readable reason, in the style of denial codes. */
  readonly code: string
  /** Name of the guard that noticed. */
  readonly guard: string
}

/** What every adapter builds, once per request, and every guard reads. */
export interface RequestContext {
  /** As received, such as `GET`. */
  readonly method: string
  /** As received: undecoded, without the query. */
  readonly path: string
  /** As received, without the `?`; empty when there is none. */
  readonly query: string
  /** The request's header fields. */
  readonly headers: HeaderReader
  /** The other end of the connection. */
  readonly peer: Peer
  /** Client address after the service's one proxy rule, canonical; `unknown` where the socket has none. */
  readonly client: string
  /** Route pattern, once the framework has matched one. */
  readonly route?: string | undefined
  /** Path parameters of the matched route, as the framework decoded them. */
  readonly params: Readonly<Record<string, unknown>>
  /** The request's body, unread until a guard asks for it. */
  readonly body: BodySource
  /**
   * Milliseconds since the epoch, read anew whenever it is asked for: a guard may come long after the request, behind a
   * body that arrives slowly, and what was remembered is good or not by the time it is used.
   */
  readonly nowMs: number
  /** Notes something in the request's audit event, beside the answer; at most 16 times. */
  readonly report: (event: SecurityEvent) => void
  /** Calls `listener` once, when the answer has been sent or the client has left (then with status 499). */
  readonly onFinished: (listener: (status: number) => void) => void
  /** The framework's own request. Guards in this package never read it. */
  readonly raw: unknown
}
