import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BodyRead, BodySource, HeaderReader } from '../context.js'
import type { FrameworkView } from './node-request.js'

/** The body of a `node:http` request. */
export class NodeBody implements BodySource {
  readonly #request: IncomingMessage
  readonly #headers: HeaderReader
  readonly #view: FrameworkView
  #read: Promise<BodyRead> | undefined

  constructor(request: IncomingMessage, headers: HeaderReader, view: FrameworkView) {
    this.#request = request
    this.#headers = headers
    this.#view = view
  }

  /** Some parsers leave an empty value for a body that they did not read. */
  readonly parsed = (): unknown => {
    const { body } = this.#view
    return body !== undefined && this.#isRead ? body : undefined
  }

  readonly replace = (value: unknown): void => {
    this.#view.body = value
  }

  readonly bytes = async (maxBytes: number, timeoutMs: number): Promise<BodyRead> => {
    this.#read ??= this.#start(maxBytes, timeoutMs)
    const read = await this.#read
    // Read under a wider bound, perhaps.
    return read.ok && read.bytes.byteLength > maxBytes ? failed('too_large') : read
  }

  get #isRead(): boolean {
    const request = this.#request
    return request.readableDidRead || (request.complete && request.readableEnded)
  }

  #start(maxBytes: number, timeoutMs: number): Promise<BodyRead> {
    const request = this.#request
    if (Number(this.#headers.get('content-length') ?? 0) > maxBytes) return failed('too_large')
    if (this.#isRead) return failed('already_read')
    return request.socket.destroyed ? failed('incomplete') : collect(request, maxBytes, timeoutMs)
  }
}

const failed = (reason: Extract<BodyRead, { readonly ok: false }>['reason']): Promise<BodyRead> =>
  Promise.resolve({ ok: false, reason })

/** Stops at the bound, at the deadline or when the client leaves; what comes after is for `drain`. */
function collect(request: IncomingMessage, maxBytes: number, timeoutMs: number): Promise<BodyRead> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = []
    let size = 0
    let timer: NodeJS.Timeout | undefined
    let isOver = false

    const finish = (read: BodyRead) => {
      isOver = true
      clearTimeout(timer)
      resolve(read)
    }
    const stop = (reason: Parameters<typeof failed>[0]) => {
      if (isOver) return
      finish({ ok: false, reason })
      request.off('data', onData).off('end', onEnd).off('close', onClose)
      request.pause()
    }
    const onData = (chunk: Uint8Array | string) => {
      if (typeof chunk === 'string') return stop('already_read') // decoded by setEncoding(), with whatever that made of it
      size += chunk.byteLength
      if (size > maxBytes) stop('too_large')
      else chunks.push(chunk)
    }
    const onEnd = () => finish({ ok: true, bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) })
    const onClose = () => stop('incomplete')

    request.on('data', onData).on('end', onEnd).on('close', onClose).resume()
    // Most bodies are small, come in one packet with the header fields, and have ended when the event loop turns: only for
    // one that has not is a timer worth what it costs.
    setImmediate(() => {
      if (!isOver) timer = setTimeout(() => stop('timed_out'), timeoutMs)
    })
  })
}

/** What a client may still send of a body that nobody wants. */
const DRAIN_BYTES = 1024 * 1024
const DRAIN_MS = 5_000

/**
 * Lets a refused request end well: a client that is still sending its body gets the answer, when the rest of the body
 * is small and comes soon; otherwise the connection is closed. Nothing is taken before the answer is on its way: a client
 * that waits to be told to go on (RFC 9110 section 10.1.1) would be.
 */
export function drain(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete || request.destroyed) return
  linger(request)
  if (response.headersSent) discard(request)
  // ahead of 'finish', at which Node would throw the rest away itself, however long it goes on
  else response.once('prefinish', () => discard(request))
}

function discard(request: IncomingMessage): void {
  let size = 0
  const close = () => request.destroy()
  const timer = setTimeout(close, DRAIN_MS).unref()
  request.on('error', () => {})
  request.on('close', () => clearTimeout(timer))
  request.on('data', (chunk: Uint8Array | string) => {
    size += chunk.length
    if (size > DRAIN_BYTES) close()
  })
  request.resume()
}

/**
 * Where the answer is the connection's last, Node closes the socket behind it; bytes still under way would then reset
 * the connection, and the answer could be lost (RFC 9112 section 9.6). Only our side closes until the request is over.
 */
function linger(request: IncomingMessage): void {
  const { socket } = request
  const { destroySoon } = socket
  // Put back with the request's end, or a connection that lives on would grow a layer with every refusal.
  request.once('close', () => {
    socket.destroySoon = destroySoon
  })
  socket.destroySoon = () => {
    socket.end()
    request.once('close', () => destroySoon.call(socket))
  }
}
