import type { Denial, HeaderList, Reply } from 'wardline'
import { toHttp } from 'wardline/http'
import { applyHeaders, drain } from 'wardline/mount'
import type { KoaContext } from './http.js'

/** Makes a denial Koa's answer; nothing further down is asked. */
export function refuse(ctx: KoaContext, denial: Denial, instance: string): void {
  sendAtOnce(ctx, toHttp(denial, instance))
}

/** Makes an answer for which nothing further down is asked Koa's: nobody reads what may be left of the body. */
export function sendAtOnce(ctx: KoaContext, reply: Reply): void {
  send(ctx, reply)
  drain(ctx.req, ctx.res)
}

/** Makes what a guard has ready Koa's answer. */
export function send(ctx: KoaContext, { status, headers, body }: Reply): void {
  ctx.status = status
  ctx.body = body
  ctx.res.removeHeader('content-type') // a guess of Koa's, even for an empty body; who has one to say says it
  applyHeaders(ctx.res, headers)
}

/** Koa drops every field when it answers an error itself; those that a guard set are there again when the answer is sent. */
export function keepHeaders({ res }: KoaContext, headers: HeaderList = []): void {
  const kept = headers.map(([name]) => [name, res.getHeader(name)] as const)
  const { writeHead } = res
  res.writeHead = ((...args: Parameters<typeof writeHead>) => {
    for (const [name, value] of kept) if (value !== undefined && !res.hasHeader(name)) res.setHeader(name, value)
    return writeHead.apply(res, args)
  }) as typeof writeHead
}
