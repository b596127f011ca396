import type { X509Certificate } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { HeaderReader, Peer, RequestContext } from '../context.js'
import { canonicalAddress } from '../lib/address.js'
import type { Service } from '../service.js'
import { type BodySlot, NodeBody } from './node-body.js'

/** What only the framework knows of a request. */
export interface FrameworkView {
  /** The request target as received, before any rewriting. */
  readonly target: string
  readonly route: () => string | undefined
  readonly params: () => Readonly<Record<string, unknown>>
  readonly body: BodySlot
  readonly raw: unknown
}

/** The context of a request that came through `node:http`. */
export class NodeRequest implements RequestContext {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: HeaderReader
  readonly peer: Peer
  readonly client: string
  readonly body: NodeBody
  readonly nowMs: number
  readonly report: RequestContext['report']
  readonly onFinished: RequestContext['onFinished']
  readonly raw: unknown
  readonly #view: FrameworkView

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    view: FrameworkView,
    service: Service,
    report: RequestContext['report'],
    nowMs: number,
  ) {
    const { target } = view
    const mark = target.indexOf('?')
    this.method = request.method ?? ''
    this.path = mark === -1 ? target : target.slice(0, mark)
    this.query = mark === -1 ? '' : target.slice(mark + 1)
    this.headers = new NodeHeaders(request.rawHeaders)
    this.peer = new NodePeer(request.socket as TLSSocket)
    this.client = service.clientAddress(this.peer, this.headers)
    this.body = new NodeBody(request, this.headers, view.body)
    this.nowMs = nowMs
    this.report = report
    this.onFinished = (listener) => onFinished(response, listener)
    this.raw = view.raw
    this.#view = view
  }

  get route(): string | undefined {
    return this.#view.route()
  }

  get params(): Readonly<Record<string, unknown>> {
    return this.#view.params()
  }
}

/** Reads the field lines themselves: Node's own map joins some duplicates and drops others. */
class NodeHeaders implements HeaderReader {
  readonly #lines: readonly string[]

  constructor(rawHeaders: readonly string[]) {
    this.#lines = rawHeaders
  }

  readonly all = (name: string): readonly string[] => {
    const values: string[] = []
    for (let i = 0; i < this.#lines.length; i += 2) {
      const field = this.#lines[i]!
      if (field.length === name.length && field.toLowerCase() === name) values.push(this.#lines[i + 1]!)
    }
    return values
  }

  readonly get = (name: string): string | undefined => {
    const values = this.all(name)
    return values.length === 0 ? undefined : values.join(', ')
  }
}

class NodePeer implements Peer {
  readonly address: string | undefined
  readonly encrypted: boolean
  readonly #socket: TLSSocket

  constructor(socket: TLSSocket) {
    this.address = canonicalAddress(socket.remoteAddress ?? '')
    this.encrypted = socket.encrypted === true
    this.#socket = socket
  }

  readonly certificate = (): X509Certificate | undefined =>
    this.encrypted && this.#socket.authorized ? this.#socket.getPeerX509Certificate() : undefined
}

/** The convention of nginx for a client that left before it had its answer. */
const CLIENT_LEFT = 499

function onFinished(response: ServerResponse, listener: (status: number) => void): void {
  if (response.destroyed || response.closed) listener(CLIENT_LEFT)
  else response.once('close', () => listener(response.writableFinished ? response.statusCode : CLIENT_LEFT))
}
