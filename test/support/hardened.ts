import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { createTestCa, LOOPBACK, openSocket, type SocketOptions } from '@wardline/test-kit'
import { onTestFinished } from 'vitest'
import { type HardenServerOptions, hardenServer } from '../../src/index.js'

const ca = await createTestCa()
const served = await ca.issue(LOOPBACK)

export const PROTOCOLS = ['http', 'https'] as const
export type Protocol = (typeof PROTOCOLS)[number]

export const newServer = (protocol: Protocol, listener: RequestListener, rest: object = {}) =>
  protocol === 'http'
    ? createServer(rest, listener)
    : createTlsServer({ ...rest, cert: served.certPem, key: served.keyPem }, listener)

export const OK: RequestListener = (_request, response) => void response.end('ok')

/** A hardened server that listens, and its clients. All end with the test. */
export async function running(
  protocol: Protocol,
  options: HardenServerOptions = {},
  listener = OK,
  host = '127.0.0.1',
) {
  const server = newServer(protocol, listener)
  const hardened = hardenServer(server, options)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  })
  const { port } = server.address() as AddressInfo
  const to: SocketOptions = protocol === 'http' ? {} : { tls: { ca: ca.certPem } }
  return {
    server,
    hardened,
    port,
    to,
    open: (from?: string) => new Client(openSocket(port, { ...to, ...(from !== undefined && { from }) })),
    /** Below TLS. */
    openRaw: () => new Client(openSocket(port, {})),
  }
}

/** One connection, and what came over it. */
export class Client {
  readonly socket: Socket
  text = ''
  /** Resolves, with all that came, when the connection has closed. */
  readonly closed: Promise<string>

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1')
    })
    socket.on('error', () => {}) // a reset closes as well
    this.closed = new Promise((resolve) => socket.on('close', () => resolve(this.text)))
    onTestFinished(() => void socket.destroy())
  }

  write(text: string): this {
    this.socket.write(text)
    return this
  }

  /** Resolves to all that came so far, once it has a match. */
  async sees(wanted: RegExp): Promise<string> {
    while (!wanted.test(this.text)) {
      const more = new Promise((resolve) => this.socket.once('data', resolve))
      const isClosed = await Promise.race([more.then(() => false), this.closed.then(() => true)])
      if (isClosed && !wanted.test(this.text)) throw new Error(`closed with ${JSON.stringify(this.text)}`)
    }
    return this.text
  }
}

export const get = (...fields: readonly string[]): string => requestOf('GET', ...fields)

export const requestOf = (method: string, ...fields: readonly string[]): string =>
  [`${method} / HTTP/1.1`, 'host: service.test', ...fields, '', ''].join('\r\n')

/** Status codes of the answers in `text`, in order. */
export const statusesIn = (text: string): readonly number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]))
