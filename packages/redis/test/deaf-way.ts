import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

/** A way to a server on which some connections go silent for good, as behind a firewall that forgot them. */
export interface DeafWay {
  readonly port: number
  /** Connections that clients have open. */
  readonly open: number
  /** What there is falls silent, and so do the next so many connections, from their first byte on. */
  readonly deafen: (next: number) => void
  readonly close: () => Promise<void>
}

/** A proxy in front of `target`, a port of 127.0.0.1. */
export async function deafWay(target: number): Promise<DeafWay> {
  const ways = new Map<Socket, Socket>()
  let next = 0
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    ways.set(client, upstream)
    for (const socket of [client, upstream]) socket.on('error', () => {})
    client.on('close', () => {
      ways.delete(client)
      upstream.destroy()
    })
    upstream.on('close', () => client.destroy())
    if (next > 0) {
      next--
      client.resume() // the kernel acknowledges, and nobody answers
      return
    }
    client.pipe(upstream)
    upstream.pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    get open() {
      return ways.size
    },
    deafen: (more) => {
      next = more
      for (const [client, upstream] of ways) {
        client.unpipe(upstream)
        upstream.unpipe(client)
        client.resume()
        upstream.resume()
      }
    },
    close: async () => {
      for (const client of ways.keys()) client.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
