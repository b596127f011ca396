import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Express's request, the same in versions 4 and 5. Without `params` and `body`: Express infers the types of a route from
 * all of its handlers, and those behind a guard are to keep theirs.
 */
export interface ExpressRequest extends IncomingMessage {
  /** The target as received. */
  readonly originalUrl?: string
  /** Where the router is mounted. */
  readonly baseUrl?: string
}

/** What is there besides, as this adapter uses it. */
export interface ExpressRouted extends ExpressRequest {
  readonly params?: unknown
  readonly route?: unknown
  body?: unknown
  _body?: boolean
}

/** Express's response, as far as this adapter uses it. */
export type ExpressResponse = ServerResponse

/** Hands over to the next handler, or to the error handler. */
export type ExpressNext = (error?: unknown) => void
