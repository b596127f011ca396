import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ClientTls } from './tls-options.js'

/** How a connection to a service on loopback is made. */
export interface SocketOptions {
  /** Local address to connect from. */
  readonly from?: string
  /** Over TLS, with the service's certificate verified for 127.0.0.1. */
  readonly tls?: ClientTls
}

export function openSocket(port: number, { from, tls }: SocketOptions): Socket {
  const to = { port, host: '127.0.0.1', ...(from !== undefined && { localAddress: from }) }
  // localAddress is what Node hands on to the socket below, though the types of TLS do not say so
  return tls === undefined ? connect(to) : connectTls({ ...to, ...tls })
}
