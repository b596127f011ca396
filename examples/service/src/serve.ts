import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

/** Node looks for requests that are late at this interval only, by default every 30 seconds. */
const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
}
/** What a request in flight may still take once the service is told to stop. */
const DRAIN_MS = 10_000
/** What a connection without a request may still take to send one. */
const HEAD_MS = 1_000

/** Where a service listens, and with what. */
export interface Listening {
  readonly host: string
  readonly port: number
  /** Makes the server. Default: one that speaks plain HTTP. */
  readonly server?: ((timeouts: typeof TIMEOUTS, listener: RequestListener) => TlsServer) | undefined
}

/**
 * Listens, and on SIGTERM or SIGINT stops accepting, finishes what is in flight, calls `close` and exits 0.
 * Says on standard error where it listens, since standard output may be the audit log.
 */
export function serve(name: string, listener: RequestListener, where: Listening, close: () => Promise<void>): void {
  const isTls = where.server !== undefined
  const server: Server = where.server?.(TIMEOUTS, listener) ?? createServer(TIMEOUTS, listener)
  server.on('error', (error) => {
    process.stderr.write(`${name}: ${error.message}\n`)
    process.exit(1)
  })
  server.listen(where.port, where.host, () => {
    const { address, family, port } = server.address() as AddressInfo
    const host = family === 'IPv6' ? `[${address}]` : address
    process.stderr.write(`${name}: listening on ${isTls ? 'https' : 'http'}://${host}:${port}\n`)
  })
  expectNothingSpecial(server)
  const connections = connectionsOf(server, isTls ? 'secureConnection' : 'connection')
  const handshakes = isTls ? handshakesOf(server) : new Map<string, Socket>()
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    void stopServer(server, connections, handshakes)
      .then(close)
      .then(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

/**
 * Requests with an Expect field (RFC 9110 section 10.1.1) meet the guard like any other: Node itself would answer 417, or
 * ask for a body that the guard may refuse unread. The body is asked for when somebody begins to read it.
 */
function expectNothingSpecial(server: Server): void {
  server.on('checkExpectation', (request, response) => void server.emit('request', request, response))
  server.on('checkContinue', (request, response) => {
    request.once('resume', () => void (response.headersSent || response.writeContinue()))
    server.emit('request', request, response)
  })
}

type Connections = ReadonlyMap<Socket, ReadonlySet<ServerResponse>>

/** The answers that each connection waits for: Node itself takes one that has sent nothing yet for a busy one. */
function connectionsOf(server: Server, event: 'connection' | 'secureConnection'): Connections {
  const connections = new Map<Socket, Set<ServerResponse>>()
  server.on(event, (socket: Socket) => {
    connections.set(socket, new Set())
    socket.on('close', () => connections.delete(socket))
  })
  server.prependListener('request', ({ socket }, response) => {
    connections.get(socket)?.add(response)
    response.on('close', () => connections.get(socket)?.delete(response))
  })
  return connections
}

/** Connections that have not finished their handshake, by the other end: no event of Node's tells whose it was. */
function handshakesOf(server: Server): ReadonlyMap<string, Socket> {
  const handshakes = new Map<string, Socket>()
  const endOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`
  server.on('connection', (socket) => {
    const end = endOf(socket)
    handshakes.set(end, socket)
    socket.on('close', () => handshakes.delete(end))
  })
  server.on('secureConnection', (socket: Socket) => handshakes.delete(endOf(socket)))
  return handshakes
}

function stopServer(server: Server, connections: Connections, handshakes: ReadonlyMap<string, Socket>): Promise<void> {
  // An answer still to come says that it is the connection's last.
  const isLast = (response: ServerResponse) => response.headersSent || response.setHeader('connection', 'close')
  for (const responses of connections.values()) responses.forEach(isLast)
  server.prependListener('request', (_request, response) => isLast(response))
  const sweep = setInterval(() => server.closeIdleConnections(), 50)
  const lastHead = setTimeout(() => {
    for (const [socket, responses] of connections) if (responses.size === 0) socket.destroy()
    for (const socket of handshakes.values()) socket.destroy()
  }, HEAD_MS)
  const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
  return new Promise((resolve) => {
    server.close(() => {
      clearInterval(sweep)
      clearTimeout(lastHead)
      clearTimeout(deadline)
      // A request whose client has just left ends, and is audited, after its server has closed.
      const settle = () => setImmediate(connections.size === 0 ? resolve : settle)
      settle()
    })
    server.closeIdleConnections()
  })
}

/** Runs `start`, or ends the process with the one line that says what is wrong. */
export function start(name: string, run: () => void): void {
  try {
    run()
  } catch (error) {
    process.stderr.write(`${name}: ${(error as Error).message}\n`)
    process.exit(1)
  }
}
