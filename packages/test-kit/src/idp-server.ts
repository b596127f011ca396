import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** The provider's own certificate, and whose clients' certificates it trusts. */
export interface ServerTls {
  readonly cert: string
  readonly key: string
  /** Client certificates are asked for; those of this CA are `authorized`, PEM. */
  readonly clientCa?: string
}

/** A listener on loopback that can go away and come back on its port. */
export interface IdpServer {
  readonly port: number
  readonly pause: () => Promise<void>
  readonly resume: () => Promise<void>
}

export async function listen(port: number, tls: ServerTls | undefined, listener: RequestListener): Promise<IdpServer> {
  const server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer(
          { cert: tls.cert, key: tls.key, ca: tls.clientCa, requestCert: true, rejectUnauthorized: false },
          listener,
        )
  await open(server, port)
  const bound = (server.address() as AddressInfo).port
  return {
    port: bound,
    pause: () => close(server),
    resume: () => (server.listening ? Promise.resolve() : open(server, bound)),
  }
}

const open = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
