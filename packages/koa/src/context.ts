import { type FrameworkView, NodeRequest, type Service } from 'wardline/mount'
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
export const contextOf = (koa: KoaContext, service: Service): NodeRequest =>
  new NodeRequest(koa.req, koa.res, new KoaView(koa), service)

class KoaView implements FrameworkView {
  readonly raw: RouterContext

  constructor(koa: KoaContext) {
    this.raw = koa
  }

  get target(): string {
    return this.raw.originalUrl
  }

  get route(): string | undefined {
    return this.raw._matchedRoute?.toString()
  }

  get params(): Readonly<Record<string, unknown>> {
    return this.raw.params ?? {}
  }

  get body(): unknown {
    return (this.raw.request as ParsedRequest).body
  }

  set body(value: unknown) {
    ;(this.raw.request as ParsedRequest).body = value
  }
}
