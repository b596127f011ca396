import { type FrameworkView, NodeRequest, type RequestContext, type Service } from 'wardline/mount'
import type { KoaContext } from './http.js'

/** What @koa/router adds to the context. */
interface RouterContext extends KoaContext {
  readonly _matchedRoute?: string | RegExp
  readonly params?: Readonly<Record<string, unknown>>
}

/** Where body parsers for Koa leave the parsed body. */
interface ParsedRequest {
  body?: unknown
}

/** The context of a Koa request. Route, params and body are read when asked: they change as the request travels. */
export function contextOf(
  koa: KoaContext,
  service: Service,
  report: RequestContext['report'],
  nowMs: number,
): RequestContext {
  return new NodeRequest(koa.req, koa.res, new KoaView(koa), service, report, nowMs)
}

class KoaView implements FrameworkView {
  readonly raw: RouterContext

  constructor(koa: KoaContext) {
    this.raw = koa
  }

  get target(): string {
    return this.raw.originalUrl
  }

  readonly route = (): string | undefined => this.raw._matchedRoute?.toString()

  readonly params = () => this.raw.params ?? {}

  get body(): unknown {
    return (this.raw.request as ParsedRequest).body
  }

  readonly setBody = (value: unknown): void => {
    ;(this.raw.request as ParsedRequest).body = value
  }
}
