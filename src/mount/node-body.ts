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
    return this.#request.readableDidRead || this.#request.readableEnded
  }

  async #start(maxBytes: number, timeoutMs: number): Promise<BodyRead> {
    const request = this.#request
    const announced = Number(this.#headers.get('content-length') ?? Number.NaN)
    if (announced > maxBytes) return failed('too_large')
    if (this.#isRead) return failed('already_read')
    if (request.destroyed) return failed('incomplete')
    // Node hands over the header fields before it has parsed the rest of the packet. One step later a small body is there
    // as a whole, and needs neither listeners nor a timer: a fifth of what guarding a POST costs.
    await undefined
    return request.readableLength === announced ? buffered(request) : collect(request, maxBytes, timeoutMs)
  }
}

const failed = (reason: Extract<BodyRead, { readonly ok: false }>['reason']): BodyRead => ({ ok: false, reason })

/** All of it has arrived, and waits in the stream. Parsers further down ask whether the stream has ended: it has. */
function buffered(request: IncomingMessage): Promise<BodyRead> {
  const bytes: Uint8Array = request.read() ?? NOTHING
  return new Promise((resolve) => {
    const finish = () => resolve({ ok: true, bytes })
    request.on('end', finish).on('close', finish).resume()
  })
}

const NOTHING = Buffer.alloc(0)

/** Stops at the bound, at the deadline or when the client leaves; what comes after is for `drain`. */
function collect(request: IncomingMessage, maxBytes: number, timeoutMs: number): Promise<BodyRead> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = []
    let size = 0

    const finish = (read: BodyRead) => {
      clearTimeout(timer)
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
      request.pause()
      resolve(read)
    }
    const onData = (chunk: Uint8Array) => {
      size += chunk.byteLength
      if (size > maxBytes) finish(failed('too_large'))
      else chunks.push(chunk)
    }
    const onEnd = () => finish({ ok: true, bytes: Buffer.concat(chunks) })
    const onClose = () => finish(failed('incomplete'))
    const timer = setTimeout(() => finish(failed('timed_out')), timeoutMs)

    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
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
  request.on('data', (chunk: Uint8Array) => {
    size += chunk.byteLength
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
