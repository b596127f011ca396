import type { X509Certificate } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { HeaderReader, Peer, RequestContext } from '../context.js'
import { canonicalAddress } from '../lib/address.js'
import type { Service } from '../service.js'
import type { NoticingContext } from './exchange.js'
import { Ending } from './finished.js'
import { NodeBody } from './node-body.js'
import { Notices } from './notices.js'

/** What only the framework knows of a request. Read when it is asked for: it changes as the request travels. */
export interface FrameworkView {
  /** The request target as received, before any rewriting. */
  readonly target: string
  /** Pattern of the route that matched; undefined while none has. */
  readonly route: string | undefined
  /** Path parameters of that route, decoded. */
  readonly params: Readonly<Record<string, unknown>>
  /** Where the framework keeps the parsed body. */
  body: unknown
  /** The framework's own request. */
  readonly raw: unknown
}

/** The context of a request that came through `node:http`. */
export class NodeRequest implements NoticingContext {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: HeaderReader
  readonly peer: Peer
  readonly client: string
  readonly notices = new Notices()
  readonly raw: unknown
  readonly #clock: () => number
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #view: FrameworkView
  #body: NodeBody | undefined
  #ending: Ending | undefined

  constructor(request: IncomingMessage, response: ServerResponse, view: FrameworkView, service: Service) {
    const { target } = view
    const mark = target.indexOf('?')
    this.method = request.method ?? ''
    this.path = mark === -1 ? target : target.slice(0, mark)
    this.query = mark === -1 ? '' : target.slice(mark + 1)
    this.headers = new NodeHeaders(request.rawHeaders)
    this.peer = peerOf(request.socket as TLSSocket)
    this.client = service.clientAddress(this.peer, this.headers, this.report)
    this.raw = view.raw
    this.#clock = service.clock
    this.#request = request
    this.#response = response
    this.#view = view
  }

  get nowMs(): number {
    return this.#clock()
  }

  get report(): RequestContext['report'] {
    return (event) => this.notices.add(event)
  }

  get onFinished(): RequestContext['onFinished'] {
    return (listener) => {
      this.#ending ??= new Ending(this.#request, this.#response)
      this.#ending.tell(listener)
    }
  }

  get route(): string | undefined {
    return this.#view.route
  }

  get params(): Readonly<Record<string, unknown>> {
    return this.#view.params
  }

  get body(): NodeBody {
    this.#body ??= new NodeBody(this.#request, this.headers, this.#view)
    return this.#body
  }
}

/** Reads the field lines themselves: Node's own map joins some duplicates and drops others. */
class NodeHeaders implements HeaderReader {
  /** Names and values in turn. */
  readonly #lines: readonly string[]

  constructor(rawHeaders: readonly string[]) {
    this.#lines = rawHeaders
  }

  readonly all = (name: string): readonly string[] => {
    const values: string[] = []
    for (let i = this.#find(name, 0); i !== -1; i = this.#find(name, i + 2)) values.push(this.#lines[i + 1]!)
    return values
  }

  readonly get = (name: string): string | undefined => {
    const first = this.#find(name, 0)
    if (first === -1) return undefined
    return this.#find(name, first + 2) === -1 ? this.#lines[first + 1] : this.all(name).join(', ')
  }

  readonly count = (name: string): number => {
    let count = 0
    for (let i = this.#find(name, 0); i !== -1; i = this.#find(name, i + 2)) count++
    return count
  }

  /** Most names differ in length or in their first letter: both are asked before letters are folded. */
  #find(name: string, from: number): number {
    const lines = this.#lines
    const { length } = name
    const first = name.charCodeAt(0) | 0x20
    for (let i = from; i < lines.length; i += 2) {
      const field = lines[i]!
      if (field.length !== length || (field.charCodeAt(0) | 0x20) !== first) continue
      if (field === name || field.toLowerCase() === name) return i
    }
    return -1
  }
}

/** A connection serves many requests, and its other end is the same for all of them. */
const PEER = Symbol('wardline.peer')

function peerOf(socket: TLSSocket & { [PEER]?: Peer }): Peer {
  socket[PEER] ??= new NodePeer(socket)
  return socket[PEER]
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

  readonly sentBytes = (): number => this.#socket.bytesWritten
}
