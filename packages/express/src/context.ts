import { auditPath, type FrameworkView, NodeRequest, type Service } from 'wardline/mount'
import type { ExpressRequest, ExpressResponse, ExpressRouted } from './http.js'

/** The context of an Express request. Route, params and body are read when asked: they change as the request travels. */
export const contextOf = (request: ExpressRequest, response: ExpressResponse, service: Service): NodeRequest =>
  new NodeRequest(request, response, new ExpressView(request), service)

class ExpressView implements FrameworkView {
  readonly raw: ExpressRouted

  constructor(request: ExpressRequest) {
    this.raw = request
  }

  get target(): string {
    return this.raw.originalUrl ?? this.raw.url ?? ''
  }

  get route(): string | undefined {
    return routeOf(this.raw)
  }

  get params(): Readonly<Record<string, unknown>> {
    return (this.raw.params ?? {}) as Readonly<Record<string, unknown>>
  }

  get body(): unknown {
    return this.raw.body
  }

  set body(value: unknown) {
    this.raw.body = value
    this.raw._body = true // to parsers further down, in Express 4
  }
}

/** The pattern that matched, below the path where its router is mounted: of that, Express tells only how it was asked. */
function routeOf({ baseUrl = '', route }: ExpressRouted): string | undefined {
  const path = (route as { readonly path?: unknown } | undefined)?.path
  return path === undefined ? undefined : `${baseUrl === '' ? '' : auditPath(baseUrl)}${String(path)}`
}
