import type { IncomingMessage, ServerResponse } from 'node:http'

/** What this adapter uses of Koa's context: the same in versions 2 and 3, whatever their types. */
export interface KoaContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly originalUrl: string
  readonly request: object
  status: number
  body: unknown
}

export type KoaNext = () => Promise<unknown>
