import type { Denial } from 'wardline'
import { toHttp } from 'wardline/http'
import { applyHeaders, drain } from 'wardline/mount'
import type { ExpressRequest, ExpressResponse } from './http.js'

/** Sends a denial and ends the request. */
export function refuse(request: ExpressRequest, response: ExpressResponse, denial: Denial, instance: string): void {
  const { status, headers, body } = toHttp(denial, instance)
  response.statusCode = status
  applyHeaders(response, headers)
  response.setHeader('content-length', Buffer.byteLength(body))
  response.end(body)
  drain(request, response)
}
