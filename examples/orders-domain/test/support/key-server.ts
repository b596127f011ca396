import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server of keys, or of what looks like them, that counts its requests. */
export interface KeyServer {
  readonly origin: string
  readonly requests: () => number
  /** What it does from now on. */
  readonly become: (listener: RequestListener) => void
  readonly close: () => Promise<void>
}

export async function startKeyServer(listener: RequestListener): Promise<KeyServer> {
  let current = listener
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    current(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    become: (next) => {
      current = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export const json =
  (value: unknown, status = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(value))
  }
