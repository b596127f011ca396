import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Connections } from './connections.js'
import type { Limits } from './limits.js'

/** What stands between the parser of a server and its listeners. */
export interface Gate {
  /** Requests that no listener saw. */
  readonly refused: () => number
  /** From now on the next answer of each connection is its last. */
  readonly close: () => void
}

/**
 * Lets requests through to the listeners of `server`, whenever those were added, or refuses them ahead of all. One read of
 * a socket may hold thousands of requests, and Node emits them all, even where the first of them ended the connection.
 */
export function gateOf(server: Server, connections: Connections, limits: Limits): Gate {
  let refused = 0
  let isClosed = false
  const admit = (request: IncomingMessage, response: ServerResponse): boolean => {
    const connection = connections.of(request.socket)
    if (connection === undefined || connection.answers.has(response)) return true
    if (connection.isDestroyed) return false
    if (connection.pipelined >= limits.maxPipelinedRequests) {
      refused++
      connection.destroy()
      return false
    }
    if (connection.isClosing) {
      connection.unanswered++
      return false
    }
    connection.begin(response)
    // Node announces the end of a connection that has brought all its requests, and leaves it open
    const isLast = isClosed || connection.requests >= limits.maxRequestsPerConnection || isFaulty(request)
    if (isLast) connection.announceEnd()
    if (request.rawHeaders.length <= 2 * limits.maxHeaders) return true
    refused++
    connection.isClosing = true
    response.writeHead(431, { connection: 'close', 'content-length': 0 }).end()
    return false
  }
  const emit = server.emit as (event: string | symbol, ...args: unknown[]) => boolean
  server.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event === 'upgrade' || event === 'connect') {
      const connection = connections.of(args[1] as Duplex)
      if (connection !== undefined) connection.isUpgraded = true
    }
    const isRequest = event === 'request' || event === 'checkContinue' || event === 'checkExpectation'
    if (isRequest && !admit(args[0] as IncomingMessage, args[1] as ServerResponse)) return true
    return emit.call(server, event, ...args)
  }
  return {
    refused: () => refused,
    close: () => {
      isClosed = true
    },
  }
}

/** RFC 9112 section 6.1: HTTP/1.0 knows no chunks, so that a proxy of that version may see another end of the request. */
const isFaulty = ({ httpVersion, headers }: IncomingMessage): boolean =>
  httpVersion === '1.0' && headers['transfer-encoding'] !== undefined

/**
 * Requests with an Expect field (RFC 9110 section 10.1.1) meet the guards like any other: Node itself answers 417, or asks for
 * a body that a guard may refuse unread. The body is asked for when somebody begins to read it.
 */
export function meetExpectations(server: Server): void {
  server.on('checkExpectation', (request, response) => {
    if (isAlone(server, 'checkExpectation')) server.emit('request', request, response)
  })
  server.on('checkContinue', (request, response) => {
    if (!isAlone(server, 'checkContinue')) return
    const read = request._read
    request._read = (size) => {
      request._read = read
      if (!response.headersSent) response.writeContinue()
      read.call(request, size)
    }
    server.emit('request', request, response)
  })
}

/** A service that listens for an event itself answers it alone. */
export const isAlone = (server: Server, event: string): boolean => server.listenerCount(event) === 1
