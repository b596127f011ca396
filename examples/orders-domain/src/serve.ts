import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { OrdersConfig } from './config.js'

/** What a request in flight may still take once the service is told to stop. */
const DRAIN_MS = 10_000
/** What a connection without a request may still take to send one. */
const HEAD_MS = 1_000

/**
 * Listens, and on SIGTERM or SIGINT stops accepting, finishes what is in flight, calls `close` and exits 0.
 * Says on standard error where it listens, since standard output may be the audit log.
 */
export function serve(name: string, listener: RequestListener, config: OrdersConfig, close: () => Promise<void>): void {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000 }, listener)
  server.on('error', (error) => {
    process.stderr.write(`${name}: ${error.message}\n`)
    process.exit(1)
  })
  server.listen(config.port, config.host, () => {
    const { address, family, port } = server.address() as AddressInfo
    const host = family === 'IPv6' ? `[${address}]` : address
    process.stderr.write(`${name}: listening on http://${host}:${port}\n`)
  })
  const requests = requestsByConnection(server)
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    void stopServer(server, requests)
      .then(close)
      .then(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

/** How many requests are under way on each connection: Node itself takes one that has sent nothing for a busy one. */
function requestsByConnection(server: Server): ReadonlyMap<Socket, number> {
  const requests = new Map<Socket, number>()
  const add = (socket: Socket, count: number) => requests.set(socket, (requests.get(socket) ?? 0) + count)
  server.on('connection', (socket) => {
    add(socket, 0)
    socket.on('close', () => requests.delete(socket))
  })
  server.prependListener('request', ({ socket }, response) => {
    add(socket, 1)
    response.on('close', () => requests.has(socket) && add(socket, -1))
  })
  return requests
}

function stopServer(server: Server, requests: ReadonlyMap<Socket, number>): Promise<void> {
  // An answer still to come says that it is the connection's last.
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'))
  const sweep = setInterval(() => server.closeIdleConnections(), 50)
  const lastHead = setTimeout(() => {
    for (const [socket, count] of requests) if (count === 0) socket.destroy()
  }, HEAD_MS)
  const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
  return new Promise((resolve) => {
    server.close(() => {
      clearInterval(sweep)
      clearTimeout(lastHead)
      clearTimeout(deadline)
      // A request whose client has just left ends, and is audited, after its server has closed.
      const settle = () => setImmediate(requests.size === 0 ? resolve : settle)
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
