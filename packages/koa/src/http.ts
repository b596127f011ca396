import type { IncomingMessage, ServerResponse } from 'node:http'

/** What this adapter uses of Koa's context: the same in versions 2 and 3, whatever their types. */
export interface KoaContext {
  /** Node's request. */
  readonly req: IncomingMessage
  /** Node's response. */
  readonly res: ServerResponse
  /** The target as received. */
  readonly originalUrl: string
  /** Koa's request. */
  readonly request: object
  /** HTTP status of the answer. */
  status: number
  /** Body of the answer. */
  body: unknown
}

/** Asks the middleware behind; resolves when it is done. */
export type KoaNext = () => Promise<unknown>
