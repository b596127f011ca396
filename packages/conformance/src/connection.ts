import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { openSocket, type RawAnswer, type SocketOptions } from '@wardline/test-kit'

const TIMEOUT_MS = 10_000

/** One connection that a test holds in its hands: it writes what it likes, when it likes, and takes answers in order. */
export class Connection {
  readonly #socket: Socket
  /** Resolves when the connection has closed, to the error it closed with. */
  readonly closed: Promise<Error | undefined>
  #received = ''
  #error: Error | undefined
  #wake: () => void = () => {}

  constructor(port: number, options: SocketOptions = {}) {
    this.#socket = openSocket(port, options)
    this.#socket.setNoDelay(true).setEncoding('latin1')
    this.#socket.on('data', (text: string) => {
      this.#received += text
      this.#wake()
    })
    this.#socket.on('error', (error) => {
      this.#error = error
    })
    this.closed = new Promise((resolve) => {
      this.#socket.on('close', () => {
        this.#wake()
        resolve(this.#error)
      })
    })
  }

  /** Resolves when the kernel has taken the text. */
  write(text: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#socket.write(text, () => resolve()))
  }

  /** From now on the client does not read, or goes on reading. */
  read(wanted: boolean): void {
    if (wanted) this.#socket.resume()
    else this.#socket.pause()
  }

  /** What the service has shown; undefined without TLS, and before the handshake is done. */
  certificate(): X509Certificate | undefined {
    return this.#socket instanceof TLSSocket ? this.#socket.getPeerX509Certificate() : undefined
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** The next answer. */
  async answer(): Promise<RawAnswer> {
    const deadline = Date.now() + TIMEOUT_MS
    for (;;) {
      const { answer, rest } = firstAnswer(this.#received)
      this.#received = rest
      if (answer !== undefined) return answer
      if (this.#socket.destroyed) throw this.#error ?? new Error('the connection was closed without an answer')
      if (Date.now() > deadline) throw new Error('no answer in time')
      await this.#more(deadline - Date.now())
    }
  }

  #more(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** The first answer in `text` that is there as a whole, and what follows it. Interim answers are skipped. */
function firstAnswer(text: string): { readonly answer?: RawAnswer; readonly rest: string } {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return { rest: text }
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n')
  const status = Number(statusLine.split(' ')[1])
  if (status < 200) return firstAnswer(text.slice(end + 4))
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const after = text.slice(end + 4)
  const length =
    headers['transfer-encoding'] === 'chunked' ? lengthOfChunks(after) : Number(headers['content-length'] ?? 0)
  if (length === undefined || after.length < length) return { rest: text }
  return { answer: { status, headers, body: after.slice(0, length) }, rest: after.slice(length) }
}

const lengthOfChunks = (text: string): number | undefined => {
  const end = text.indexOf('0\r\n\r\n')
  return end === -1 ? undefined : end + 5
}
