import { createServer, type RequestListener } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { hardenServer } from 'wardline'

/** All callers of an example that somebody tries out have one address. */
const MAX_CONNECTIONS_PER_CLIENT = 2_000

/** Where a service listens, and with what. */
export interface Listening {
  readonly host: string
  readonly port: number
  readonly trustedProxies?: readonly string[] | undefined
  /** Makes the server. Default: one that speaks plain HTTP. */
  readonly server?: ((listener: RequestListener) => TlsServer) | undefined
}

/**
 * Listens, and on SIGTERM or SIGINT stops accepting, finishes what is in flight, calls `close` and exits 0.
 * Says on standard error where it listens, since standard output may be the audit log.
 */
export function serve(name: string, listener: RequestListener, where: Listening, close: () => Promise<void>): void {
  const scheme = where.server === undefined ? 'http' : 'https'
  const server = where.server?.(listener) ?? createServer(listener)
  const { trustedProxies } = where
  const hardened = hardenServer(server, { trustedProxies, maxConnectionsPerClient: MAX_CONNECTIONS_PER_CLIENT })
  server.on('error', (error) => {
    process.stderr.write(`${name}: ${error.message}\n`)
    process.exit(1)
  })
  server.listen(where.port, where.host, () => {
    const { address, family, port } = server.address() as AddressInfo
    const host = family === 'IPv6' ? `[${address}]` : address
    process.stderr.write(`${name}: listening on ${scheme}://${host}:${port}\n`)
  })
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    void hardened
      .drain()
      .then(close)
      .then(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
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
