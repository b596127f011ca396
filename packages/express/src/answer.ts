import type { Denial, Reply } from 'wardline'
import { toHttp } from 'wardline/http'
import { applyHeaders, drain } from 'wardline/mount'
import type { ExpressRequest, ExpressResponse } from './http.js'

/** Sends a denial and ends the request. */
export function refuse(request: ExpressRequest, response: ExpressResponse, denial: Denial, instance: string): void {
  sendAtOnce(request, response, toHttp(denial, instance))
}

/** Sends an answer for which no handler runs: nobody reads what may be left of the body. */
export function sendAtOnce(request: ExpressRequest, response: ExpressResponse, reply: Reply): void {
  send(response, reply)
  drain(request, response)
}

/** Sends what a guard has ready. */
export function send(response: ExpressResponse, { status, headers, body }: Reply): void {
  response.statusCode = status
  applyHeaders(response, headers)
  // RFC 9110 section 8.6: none with 204, and with 304 only that of the 200 in its place
  if (status !== 204 && status !== 304) response.setHeader('content-length', Buffer.byteLength(body))
  response.end(body)
}
