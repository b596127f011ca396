import type { Denial, Reply } from 'wardline'
import { toHttp } from 'wardline/http'
import { applyHeaders, drain } from 'wardline/mount'
import type { ExpressRequest, ExpressResponse } from './http.js'

/** Sends a denial and ends the request. */
export function refuse(request: ExpressRequest, response: ExpressResponse, denial: Denial, instance: string): void {
  send(response, toHttp(denial, instance))
  drain(request, response)
}

/** Sends what a guard has ready. */
export function send(response: ExpressResponse, { status, headers, body }: Reply): void {
  response.statusCode = status
  applyHeaders(response, headers)
  response.setHeader('content-length', Buffer.byteLength(body))
  response.end(body)
}
