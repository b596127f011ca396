import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { clientNetwork } from '../../lib/address.js'
import type { Limits } from './limits.js'

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
  /** Since when it owes a handshake or a request. */
  sinceMs = performance.now()
  #lingersUntilMs = Number.POSITIVE_INFINITY
  #bytesOfAnswered = 0
  #isEnded = false

  constructor(raw: Socket) {
    this.#raw = raw
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

/** The connections of one server: at most `maxConnections`, as Node sees to. */
export class Connections {
  readonly #all = new Set<Connection>()
  readonly #byHttp = new Map<Duplex, Connection>()
  readonly #handshakes = new Map<string, Connection>()
  readonly #perClient = new Map<string, number>()
  readonly #limits: Limits
  refusedPerClient = 0

  constructor(server: Server, limits: Limits) {
    this.#limits = limits
    const isTls = 'setSecureContext' in server
    server.on('connection', (socket) => this.#open(socket, isTls))
    if (isTls) server.on('secureConnection', (socket: Socket) => this.#secured(socket))
  }

  of(socket: Duplex): Connection | undefined {
    return this.#byHttp.get(socket)
  }

  get size(): number {
    return this.#all.size
  }

  get requests(): number {
    let requests = 0
    for (const { answers } of this.#all) requests += answers.size
    return requests
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#all.values()
  }

  /**
   * Ends those that are late. Node looks for late heads as well, but one line break now and then, which no head begins
   * with, keeps a connection that was answered once open for ever.
   */
  endLate(): void {
    const { headersTimeoutMs, keepAliveTimeoutMs, handshakeTimeoutMs } = this.#limits
    const requestMs = headersTimeoutMs + keepAliveTimeoutMs + KEEP_ALIVE_BUFFER_MS
    const nowMs = performance.now()
    for (const connection of this.#all) {
      if (connection.isLate(nowMs, requestMs, handshakeTimeoutMs)) connection.destroy()
    }
  }

  endIdle(): void {
    for (const connection of this.#all) connection.endIfIdle()
  }

  #open(socket: Socket, isTls: boolean): void {
    const client = this.#countedAs(socket.remoteAddress)
    const ofClient = client === undefined ? 0 : (this.#perClient.get(client) ?? 0)
    if (ofClient >= this.#limits.maxConnectionsPerClient) {
      this.refusedPerClient++
      socket.destroy()
      return
    }
    if (client !== undefined) this.#perClient.set(client, ofClient + 1)
    socket.once('close', () => {
      if (client !== undefined) this.#leave(client)
    })
    const connection = new Connection(socket)
    if (isTls) this.#shakesHands(connection, socket)
    else this.#speaks(connection, socket)
  }

  #shakesHands(connection: Connection, socket: Socket): void {
    const end = endOf(socket)
    if (end === undefined) return // it has no other end any more, or is a pipe, which is nobody's from outside
    this.#all.add(connection)
    this.#handshakes.set(end, connection)
    socket.once('close', () => {
      this.#handshakes.delete(end)
      if (connection.http === undefined) this.#all.delete(connection)
    })
  }

  /** No event of Node's tells whose handshake is done: the other end does. */
  #secured(socket: Socket): void {
    const end = endOf(socket) ?? ''
    const connection = this.#handshakes.get(end)
    if (connection === undefined) return
    this.#handshakes.delete(end)
    connection.sinceMs = performance.now()
    this.#speaks(connection, socket)
  }

  #speaks(connection: Connection, socket: Socket): void {
    connection.http = socket
    this.#all.add(connection)
    this.#byHttp.set(socket, connection)
    socket.once('close', () => {
      this.#byHttp.delete(socket)
      this.#all.delete(connection)
    })
  }

  #countedAs(address: string | undefined): string | undefined {
    return address === undefined || this.#limits.isProxy(address) ? undefined : clientNetwork(address)
  }

  #leave(client: string): void {
    const left = (this.#perClient.get(client) ?? 1) - 1
    if (left === 0) this.#perClient.delete(client)
    else this.#perClient.set(client, left)
  }
}

/** Node 22 and later keep a connection so much longer than it tells clients. */
const KEEP_ALIVE_BUFFER_MS = 1_000

const endOf = ({ remoteAddress, remotePort }: Socket): string | undefined =>
  remotePort === undefined ? undefined : `${remoteAddress} ${remotePort}`
