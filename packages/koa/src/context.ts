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
  const routed: RouterContext = koa
  const request: ParsedRequest = koa.request
  const view: FrameworkView = {
    target: koa.originalUrl,
    route: () => routed._matchedRoute?.toString(),
    params: () => routed.params ?? {},
    body: {
      get: () => request.body,
      set: (value) => {
        request.body = value
      },
    },
    raw: koa,
  }
  return new NodeRequest(koa.req, koa.res, view, service, report, nowMs)
}
