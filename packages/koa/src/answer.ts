import type { Denial } from 'wardline'
import { toHttp } from 'wardline/http'
import { applyHeaders, drain } from 'wardline/mount'
import type { KoaContext } from './http.js'

/** Makes a denial Koa's answer; nothing further down is asked. */
export function refuse(ctx: KoaContext, denial: Denial, instance: string): void {
  const { status, headers, body } = toHttp(denial, instance)
  applyHeaders(ctx.res, headers)
  ctx.status = status
  ctx.body = body
  drain(ctx.req)
}
