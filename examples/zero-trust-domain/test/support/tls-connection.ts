import { connect, type TLSSocket } from 'node:tls'
import { freshAddress } from '@wardline/test-kit'
import { type Identity, ORIGIN, type ZeroTrustService } from './zero-trust-service.js'

export interface TlsOptions {
  readonly ca: string
  readonly identity?: Identity
  /** Of an earlier connection, to be resumed. */
  readonly session?: Buffer
}

/** A connection to the service that stays open between requests. */
export class TlsConnection {
  readonly #socket: TLSSocket
  #received = ''
  #session: Buffer | undefined

  private constructor(socket: TLSSocket) {
    this.#socket = socket
    socket.on('error', () => {}) // whoever asks finds it closed
    socket.on('session', (session) => {
      this.#session = session
    })
    socket.setEncoding('latin1').on('data', (text: string) => {
      this.#received += text
    })
  }

  static async open(service: ZeroTrustService, { ca, identity, session }: TlsOptions): Promise<TlsConnection> {
    const to = {
      port: service.port,
      host: '127.0.0.1',
      localAddress: freshAddress(),
      ca,
      ...(identity && { cert: identity.cert, key: identity.key }),
      ...(session && { session }),
    }
    const socket = connect(to)
    const opened = new TlsConnection(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve)
      socket.once('error', reject)
    })
    return opened
  }

  /** The status of the answer; 0 when the connection ends without one. */
  get(target: string, headers: readonly (readonly [string, string])[] = []): Promise<number> {
    this.#received = ''
    const lines = [`GET ${target} HTTP/1.1`, `host: ${new URL(ORIGIN).host}`]
    for (const [name, value] of headers) lines.push(`${name}: ${value}`)
    this.#socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    return new Promise((resolve) => {
      const look = () => {
        const [, status, length] = /^HTTP\/1\.1 (\d+)[\s\S]*?\r\ncontent-length: (\d+)/i.exec(this.#received) ?? []
        const end = this.#received.indexOf('\r\n\r\n')
        const isWhole = length !== undefined && end !== -1 && this.#received.length >= end + 4 + Number(length)
        if (!isWhole && !this.#socket.destroyed) return
        this.#socket.off('data', look).off('close', look)
        resolve(isWhole ? Number(status) : 0)
      }
      this.#socket.on('data', look).on('close', look)
      look()
    })
  }

  get isResumed(): boolean {
    return this.#socket.isSessionReused()
  }

  /** The ticket that this connection was given last. */
  get session(): Buffer | undefined {
    return this.#session
  }

  /** SHA-256 of the service's own certificate. */
  get fingerprint(): string {
    return this.#socket.getPeerCertificate().fingerprint256
  }

  get protocol(): string | null {
    return this.#socket.getProtocol()
  }

  close(): void {
    this.#socket.destroy()
  }
}
