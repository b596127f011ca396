import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import { type RawRequest, rawRequest } from '@wardline/test-kit'
import type { Middleware } from 'koa'
import { describe, expect, test } from 'vitest'
import { validate } from 'wardline'
import { portOf, recorded, VERSIONS } from './support.js'

const ORDER = { properties: { sku: { type: 'string' }, quantity: { type: 'integer' } } } as const

const post = (body: string, type = 'application/json'): RawRequest => ({
  method: 'POST',
  target: '/orders',
  headers: [['content-type', type]],
  body,
})

const bodyOf = (ctx: { readonly request: object }): unknown => (ctx.request as { readonly body?: unknown }).body

describe.each(VERSIONS)('%s', (_name, Framework) => {
  /** A service that answers with what its handler finds, behind `parser`. */
  async function orders(parser?: Middleware): Promise<number> {
    const { guard } = recorded()
    const sound = guard(validate({ body: ORDER }))
    const app = new Framework()
    const router = new Router()
    if (parser !== undefined) app.use(parser)
    router.post('/orders', sound, (ctx) => {
      const { input } = sound.facts(ctx)
      ctx.body = { body: bodyOf(ctx), same: input.body === bodyOf(ctx) }
    })
    return portOf(app.use(router.routes()))
  }

  const PARSERS = [
    ['no parser', undefined],
    ['bodyParser()', bodyParser()],
    ['bodyParser() for forms', bodyParser({ enableTypes: ['form'] })],
    ['bodyParser() that detects JSON by itself', bodyParser({ detectJSON: () => true, jsonStrict: false })],
    ['bodyParser() that patches the request', bodyParser({ patchNode: true })],
  ] as const

  describe.each(PARSERS)('%s', (_parser, parser) => {
    test('ctx.request.body is the value that was validated', async () => {
      const answer = await rawRequest(await orders(parser), post('{"sku":"A-1","quantity":2}'))
      expect(JSON.parse(answer.body)).toEqual({ body: { sku: 'A-1', quantity: 2 }, same: true })
    })

    test.each([
      ['a value that does not match', post('{"sku":1}'), 422, 'invalid_body'],
      ['a member that nobody described', post('{"sku":"A-1","price":0}'), 422, 'invalid_body'],
      ['a constructor', post('{"constructor":{"prototype":{"admin":true}}}'), 400, 'unsafe_member'],
      ['too deep a value', post(`{"sku":${'['.repeat(40)}${']'.repeat(40)}}`), 400, 'too_deep'],
      ['text', post('{"sku":"A-1"}', 'text/plain'), 415, 'unsupported_media_type'],
      ['JSON by another name', post('{"sku":"A-1"}', 'application/vnd.api+json'), 415, 'unsupported_media_type'],
    ])('%s is refused', async (_what, request, status, code) => {
      const answer = await rawRequest(await orders(parser), request)
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([status, code])
    })
  })

  test('a form is refused, whoever parsed it', async () => {
    const answer = await rawRequest(await orders(bodyParser()), post('sku=A-1', 'application/x-www-form-urlencoded'))
    expect(answer.status).toBe(415)
  })

  test('a body that was read and left nowhere is nobody to decide on', async () => {
    const { guard, events } = recorded()
    const app = new Framework()
    app.use(async (ctx, next) => {
      await new Promise((resolve) => ctx.req.resume().on('end', resolve))
      await next()
    })
    app.use(guard(validate({ body: ORDER })))
    expect((await rawRequest(await portOf(app), post('{}'))).status).toBe(500)
    expect(events).toMatchObject([{ kind: 'internal', code: 'body_already_read', guard: 'validate' }])
  })

  test.each([
    ['the baseline', undefined],
    ['a schema', validate({ body: ORDER })],
  ])('a parser behind %s finds the body', async (_what, policy) => {
    const { guard } = recorded()
    const app = new Framework()
    app.use(policy === undefined ? guard() : guard(policy))
    app.use(bodyParser())
    app.use((ctx) => {
      ctx.body = bodyOf(ctx)
    })
    expect((await rawRequest(await portOf(app), post('{"sku":"A-1"}'))).body).toBe('{"sku":"A-1"}')
  })
})
