import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { Guard, Principal, SecureServer } from '../../src/index.js'
import { evaluate } from '../../src/index.js'
import { NodeRequest, resolveService } from '../../src/mount/index.js'

const SERVICE = resolveService({ audit: { record: () => {} } })

/** A TLS service that answers with the id of its caller, or with the code of the denial. */
export async function secureService(tls: SecureServer, guard: Guard<object, { readonly principal: Principal }>) {
  const server = tls.follow(
    createServer(tls.options, (request, response) => {
      const view = { target: request.url ?? '', route: undefined, params: {}, body: undefined, raw: request }
      const answer = evaluate(guard, new NodeRequest(request, response, view, SERVICE), {})
      response.end('then' in answer ? 'later' : answer.allowed ? answer.facts.principal.id : answer.code)
    }),
  )
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** One connection of one client. */
export class SecureConnection {
  readonly socket: TLSSocket
  /** The newest session that the server gave, to resume. */
  session: Buffer | undefined
  readonly #opened: Promise<void>

  constructor(port: number, options: ConnectionOptions) {
    this.socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ...options })
    this.socket.on('session', (session) => {
      this.session = session
    })
    this.#opened = new Promise((resolve, reject) => {
      this.socket.once('secureConnect', resolve)
      this.socket.on('error', reject)
      this.socket.once('close', () => reject(new Error('the connection was closed')))
    })
    this.#opened.catch(() => {})
  }

  /** The body of an answer, on this connection. */
  async ask(): Promise<string> {
    await this.#opened
    this.socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
    const answer = await new Promise<string>((resolve, reject) => {
      const left = () => reject(new Error('the connection was closed'))
      this.socket.once('close', left)
      this.socket.once('data', (chunk) => {
        this.socket.off('close', left)
        resolve(chunk.toString())
      })
    })
    return answer.slice(answer.indexOf('\r\n\r\n') + 4)
  }

  close(): void {
    this.socket.destroy()
  }
}
