import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OrdersConfig } from './config.js'

/** What a request in flight may still take once the service is told to stop. */
const DRAIN_MS = 10_000

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
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    void stopServer(server)
      .then(close)
      .then(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function stopServer(server: Server): Promise<void> {
  // An answer still to come says that it is the connection's last.
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'))
  const sweep = setInterval(() => server.closeIdleConnections(), 50)
  const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
  return new Promise((resolve) => {
    server.close(() => {
      clearInterval(sweep)
      clearTimeout(deadline)
      resolve()
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
