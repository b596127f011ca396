import type { IncomingMessage, ServerResponse } from 'node:http'

/** What this adapter uses of Express's request: the same in versions 4 and 5, whatever their types. */
export interface ExpressRequest extends IncomingMessage {
  readonly originalUrl?: string
  readonly baseUrl?: string
  readonly params?: unknown
  readonly route?: unknown
  body?: unknown
  _body?: boolean
}

export type ExpressResponse = ServerResponse

export type ExpressNext = (error?: unknown) => void
