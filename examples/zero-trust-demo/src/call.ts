import { randomBytes } from 'node:crypto'
import type { Expected, Stop } from '@wardline/example-tour'
import { type TestCertificate, tlsFetch } from '@wardline/test-kit'
import * as oauth from 'oauth4webapi'
import type { Cast } from './cast.js'
import { connection } from './issuers.js'

/** What a tour needs of the world. */
export interface World {
  readonly origin: string
  readonly cast: Cast
  /** The audit line of a request, once it is written. */
  readonly auditLine: (traceId: string) => Promise<string>
}

export interface Call {
  readonly who: string
  readonly method?: 'GET' | 'POST'
  readonly path: string
  /** Sent by oauth4webapi, as a bearer token or with a proof. */
  readonly token?: string
  readonly dpop?: oauth.DPoPHandle
  /** The client certificate of the connection. */
  readonly certificate?: TestCertificate
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, or as it is where it is a form. */
  readonly body?: object
}

/** Makes the call and tells what came of it. */
export async function stopAt(world: World, call: Call, expected: Expected): Promise<Stop> {
  const traceId = randomBytes(16).toString('hex')
  const { status } = await send(world, call, traceId)
  const line = expected.code === undefined ? undefined : await world.auditLine(traceId)
  const code = line === undefined ? undefined : (JSON.parse(line) as { readonly code: string }).code
  return { request: `${call.method ?? 'GET'} ${call.path}`, who: call.who, expected, status, code, traceId }
}

async function send({ origin, cast }: World, call: Call, traceId: string): Promise<Response> {
  const { method = 'GET', path, token, dpop, certificate, body } = call
  const url = new URL(path, origin)
  const fetch = tlsFetch(connection(cast.certificates, certificate))
  const headers = new Headers({ traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-00`, ...call.headers })
  if (body !== undefined && !(body instanceof URLSearchParams)) headers.set('content-type', 'application/json')
  const text = body === undefined || body instanceof URLSearchParams ? body : JSON.stringify(body)
  if (token === undefined) return fetch(url, { method, headers, ...(text !== undefined && { body: text }) })
  const options = { [oauth.customFetch]: fetch as never, ...(dpop !== undefined && { DPoP: dpop }) }
  return oauth.protectedResourceRequest(token, method, url, headers, text ?? null, options).catch((error) => {
    if (error instanceof oauth.WWWAuthenticateChallengeError) return error.response
    throw error
  })
}
