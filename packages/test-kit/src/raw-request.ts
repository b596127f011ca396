import { openSocket, type SocketOptions } from './open-socket.js'

/** An answer as it came over the socket. */
export interface RawAnswer {
  readonly status: number
  /** Lower-case names; several lines of one field joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface RawRequest extends SocketOptions {
  readonly method?: string
  /** Written to the request line as it is: no client normalises it. */
  readonly target: string
  /** Field lines in order; the same name may occur twice. `host` is added where it is missing. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** Sent as it is; `content-length` is added where neither it nor `transfer-encoding` is given. */
  readonly body?: string | Uint8Array
}

const TIMEOUT_MS = 15_000

/** One request over a socket of its own, byte for byte as given. */
export function rawRequest(port: number, request: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = openSocket(port, request)
    const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), TIMEOUT_MS)
    const finish = () => {
      clearTimeout(timer)
      const text = Buffer.concat(chunks).toString('latin1')
      if (text === '') reject(new Error('the connection was closed without an answer'))
      else resolve(parse(text))
    }
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('close', finish)
    socket.on('error', (error) => {
      clearTimeout(timer)
      if (chunks.length === 0) reject(error)
    })
    socket.write(head(request))
    if (request.body !== undefined) socket.write(request.body)
  })
}

function head({ method = 'GET', target, headers = [], body }: RawRequest): string {
  const names = new Set(headers.map(([name]) => name.toLowerCase()))
  const lines: (readonly [string, string])[] = [...headers]
  if (!names.has('host')) lines.unshift(['host', 'service.test'])
  if (!names.has('connection')) lines.push(['connection', 'close'])
  if (body !== undefined && !names.has('content-length') && !names.has('transfer-encoding')) {
    lines.push(['content-length', String(Buffer.byteLength(body))])
  }
  return `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  const body = text.slice(end + 4)
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    body: headers['transfer-encoding'] === 'chunked' ? unchunk(body) : body,
  }
}

function unchunk(body: string): string {
  let rest = body
  let whole = ''
  for (;;) {
    const line = rest.indexOf('\r\n')
    const size = Number.parseInt(rest.slice(0, line), 16)
    if (!(size > 0)) return whole
    whole += rest.slice(line + 2, line + 2 + size)
    rest = rest.slice(line + 2 + size + 2)
  }
}
