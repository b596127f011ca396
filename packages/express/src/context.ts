import { auditPath, type FrameworkView, NodeRequest, type RequestContext, type Service } from 'wardline/mount'
import type { ExpressRequest, ExpressResponse } from './http.js'

/** The context of an Express request. Route, params and body are read when asked: they change as the request travels. */
export function contextOf(
  request: ExpressRequest,
  response: ExpressResponse,
  service: Service,
  report: RequestContext['report'],
  nowMs: number,
): RequestContext {
  const view: FrameworkView = {
    target: request.originalUrl ?? request.url ?? '',
    route: () => routeOf(request),
    params: () => (request.params ?? {}) as Readonly<Record<string, unknown>>,
    body: {
      get: () => request.body,
      set: (value) => {
        request.body = value
        request._body = true // to parsers further down, in Express 4
      },
    },
    raw: request,
  }
  return new NodeRequest(request, response, view, service, report, nowMs)
}

/** The pattern that matched, below the path where its router is mounted: of that, Express tells only how it was asked. */
function routeOf({ baseUrl = '', route }: ExpressRequest): string | undefined {
  const path = (route as { readonly path?: unknown } | undefined)?.path
  return path === undefined ? undefined : `${baseUrl === '' ? '' : auditPath(baseUrl)}${String(path)}`
}
