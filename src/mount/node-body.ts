import type { IncomingMessage } from 'node:http'
import type { BodyRead, BodySource, HeaderReader } from '../context.js'

/** Where a framework keeps the parsed body. */
export interface BodySlot {
  readonly get: () => unknown
  readonly set: (value: unknown) => void
}

/** The body of a `node:http` request. */
export class NodeBody implements BodySource {
  readonly #request: IncomingMessage
  readonly #headers: HeaderReader
  readonly #slot: BodySlot
  #read: Promise<BodyRead> | undefined

  constructor(request: IncomingMessage, headers: HeaderReader, slot: BodySlot) {
    this.#request = request
    this.#headers = headers
    this.#slot = slot
  }

  /** Some parsers leave an empty value for a body that they did not read. */
  readonly parsed = (): unknown => (this.#isRead ? this.#slot.get() : undefined)

  readonly replace = (value: unknown): void => this.#slot.set(value)

  readonly bytes = async (maxBytes: number, timeoutMs: number): Promise<BodyRead> => {
    this.#read ??= this.#start(maxBytes, timeoutMs)
    const read = await this.#read
    // Read under a wider bound, perhaps.
    return read.ok && read.bytes.byteLength > maxBytes ? failed('too_large') : read
  }

  get #isRead(): boolean {
    return this.#request.readableDidRead || this.#request.readableEnded
  }

  #start(maxBytes: number, timeoutMs: number): Promise<BodyRead> {
    const request = this.#request
    if (Number(this.#headers.get('content-length') ?? 0) > maxBytes) return failed('too_large')
    if (this.#isRead) return failed('already_read')
    return request.destroyed ? failed('incomplete') : collect(request, maxBytes, timeoutMs)
  }
}

const failed = (reason: Extract<BodyRead, { readonly ok: false }>['reason']): Promise<BodyRead> =>
  Promise.resolve({ ok: false, reason })

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
      if (size > maxBytes) finish({ ok: false, reason: 'too_large' })
      else chunks.push(chunk)
    }
    const onEnd = () => finish({ ok: true, bytes: Buffer.concat(chunks) })
    const onClose = () => finish({ ok: false, reason: 'incomplete' })
    const timer = setTimeout(() => finish({ ok: false, reason: 'timed_out' }), timeoutMs)

    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  })
}

/** What a client may still send of a body that nobody wants. */
const DRAIN_BYTES = 1024 * 1024
const DRAIN_MS = 5_000

/**
 * Lets a refused request end well: a client that is still sending its body gets the answer, when the rest of the body
 * is small and comes soon; otherwise the connection is closed.
 */
export function drain(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
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
  linger(request)
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
