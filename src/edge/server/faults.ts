import type { Server } from 'node:http'
import type { Connections } from './connections.js'
import { isAlone } from './requests.js'

/** What Node says of requests that are none; all else is a 400. */
const STATUS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Content Too Large',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
}

/** The client has left, which is no fault. */
const LEFT = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])

/**
 * Answers what is no request, or came too late: a status, and the end of the connection. Nothing of what was sent is in the
 * answer.
 *
 * @returns How many faults there were.
 */
export function answerFaults(server: Server, connections: Connections): () => number {
  let faults = 0
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const connection = connections.of(socket)
    const { code = '' } = error
    const isLeft = LEFT.has(code)
    if (!isLeft && connection?.isClosing !== true) faults++
    if (!isAlone(server, 'clientError')) return
    if (isLeft || connection === undefined) socket.destroy()
    // a parser that has failed fails again at whatever else comes
    else connection.endWith(answerOf(STATUS[code] ?? '400 Bad Request'))
  })
  return () => faults
}

/** RFC 9112 section 9.6, and RFC 9110 section 6.6.1, which asks for a date. */
const answerOf = (status: string): string =>
  `HTTP/1.1 ${status}\r\nDate: ${new Date().toUTCString()}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
