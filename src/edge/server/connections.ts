import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { clientNetwork } from '../../lib/address.js'
import { Connection } from './connection.js'
import type { Limits } from './limits.js'

/** The connections of one server: at most `maxConnections`, as Node sees to. */
export class Connections {
  readonly #all = new Set<Connection>()
  readonly #byHttp = new Map<Duplex, Connection>()
  readonly #handshakes = new Map<string, Connection>()
  readonly #perClient = new Map<string, number>()
  readonly #limits: Limits
  refusedPerClient = 0
  late = 0
  /** While its server does not listen, none is taken that a service hands to it. */
  isStopped = false
  readonly #isListening: () => boolean
  #emptied: (() => void) | undefined

  constructor(server: Server, limits: Limits) {
    this.#limits = limits
    this.#isListening = () => server.listening
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

  /** Calls `listener` when none is left, be it at once. */
  onceEmpty(listener: () => void): void {
    this.#emptied = listener
    if (this.size === 0) listener()
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
      if (!connection.isLate(nowMs, requestMs, handshakeTimeoutMs)) continue
      if (!connection.isClosing) this.late++
      connection.destroy()
    }
  }

  endIdle(): void {
    for (const connection of this.#all) connection.endIfIdle()
  }

  #open(socket: Socket, isTls: boolean): void {
    if (hasLeft(socket) || (this.isStopped && !this.#isListening())) {
      socket.destroy()
      return
    }
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
    const ends = endsOf(socket)
    if (ends === undefined) return // a pipe, which is nobody's from outside
    this.#all.add(connection)
    this.#handshakes.set(ends, connection)
    socket.once('close', () => {
      if (this.#handshakes.get(ends) === connection) this.#handshakes.delete(ends)
      if (connection.http === undefined) this.#remove(connection)
    })
  }

  /** No event of Node's tells whose handshake is done: the two ends do. */
  #secured(socket: Socket): void {
    const ends = endsOf(socket)
    const known = ends === undefined ? undefined : this.#handshakes.get(ends)
    if (ends !== undefined) this.#handshakes.delete(ends)
    const connection = known ?? new Connection(socket)
    connection.sinceMs = performance.now()
    this.#speaks(connection, socket)
    if (hasLeft(socket)) connection.destroy()
  }

  #speaks(connection: Connection, socket: Socket): void {
    connection.http = socket
    this.#all.add(connection)
    this.#byHttp.set(socket, connection)
    socket.once('close', () => {
      this.#byHttp.delete(socket)
      this.#remove(connection)
    })
  }

  #remove(connection: Connection): void {
    if (this.#all.delete(connection) && this.size === 0) this.#emptied?.()
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

/** What tells connections of one server apart, which may have several addresses; undefined for a pipe, and who has left. */
const endsOf = ({ remoteAddress, remotePort, localAddress }: Socket): string | undefined =>
  remotePort === undefined ? undefined : `${remoteAddress} ${remotePort} ${localAddress}`

/** Reset ahead of its first request, which Node reads all the same, and of which nobody could say whose it was. */
const hasLeft = ({ remoteAddress, localAddress }: Socket): boolean =>
  remoteAddress === undefined && localAddress !== undefined
