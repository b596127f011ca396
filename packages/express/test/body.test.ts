import { type RawRequest, rawRequest } from '@wardline/test-kit'
import type express from 'express'
import { describe, expect, test } from 'vitest'
import { all, validate } from 'wardline'
import { portOf, recorded, VERSIONS } from './support.js'

const ORDER = { properties: { sku: { type: 'string' }, quantity: { type: 'integer' } } } as const

const post = (body: string, type = 'application/json'): RawRequest => ({
  method: 'POST',
  target: '/orders',
  headers: [['content-type', type]],
  body,
})

describe.each(VERSIONS)('%s', (_name, framework) => {
  /** A service that answers with what its handler finds, behind `parser`. */
  async function orders(parser?: express.RequestHandler): Promise<number> {
    const { guard } = recorded()
    const sound = guard(validate({ body: ORDER }))
    const app = framework()
    if (parser !== undefined) app.use(parser)
    app.post('/orders', sound, (req, res) => {
      const { input } = sound.facts(req)
      res.json({ body: req.body, same: input.body === req.body })
    })
    return portOf(app)
  }

  const PARSERS = [
    ['no parser', undefined],
    ['express.json()', framework.json()],
    ['express.json({ strict: false })', framework.json({ strict: false })],
    ['express.urlencoded()', framework.urlencoded({ extended: true })],
    ['express.text()', framework.text()],
  ] as const

  describe.each(PARSERS)('%s', (_parser, parser) => {
    test('req.body is the value that was validated', async () => {
      const answer = await rawRequest(await orders(parser), post('{"sku":"A-1","quantity":2}'))
      expect(JSON.parse(answer.body)).toEqual({ body: { sku: 'A-1', quantity: 2 }, same: true })
    })

    test.each([
      ['a value that does not match', post('{"sku":1}'), 422, 'invalid_body'],
      ['a member that nobody described', post('{"sku":"A-1","price":0}'), 422, 'invalid_body'],
      ['__proto__', post('{"__proto__":{"admin":true}}'), 400, 'unsafe_member'],
      ['too deep a value', post(`{"sku":${'['.repeat(40)}${']'.repeat(40)}}`), 400, 'too_deep'],
      ['a form', post('sku=A-1', 'application/x-www-form-urlencoded'), 415, 'unsupported_media_type'],
      ['text', post('{"sku":"A-1"}', 'text/plain'), 415, 'unsupported_media_type'],
      ['JSON by another name', post('{"sku":"A-1"}', 'application/vnd.api+json'), 415, 'unsupported_media_type'],
    ])('%s is refused', async (_what, request, status, code) => {
      const answer = await rawRequest(await orders(parser), request)
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([status, code])
    })
  })

  test('a body that was read and left nowhere is nobody to decide on', async () => {
    const { guard, events } = recorded()
    const app = framework()
    app.use((req, _res, next) => {
      req.resume().on('end', next)
    })
    app.post('/orders', guard(validate({ body: ORDER })), (_req, res) => void res.end())
    const answer = await rawRequest(await portOf(app), post('{}'))
    expect(answer.status).toBe(500)
    expect(events).toMatchObject([{ kind: 'internal', code: 'body_already_read', guard: 'validate' }])
  })

  test('a parser behind the guard finds the body of a route that has no schema', async () => {
    const { guard } = recorded()
    const app = framework()
    app.use(guard(), framework.json())
    app.post('/orders', (req, res) => void res.json(req.body))
    expect((await rawRequest(await portOf(app), post('{"sku":"A-1"}'))).body).toBe('{"sku":"A-1"}')
  })

  test('a parser behind a schema leaves the validated value', async () => {
    const { guard } = recorded()
    const app = framework()
    app.use(guard(validate({ body: ORDER })), framework.json())
    app.post('/orders', (req, res) => void res.json(req.body))
    expect((await rawRequest(await portOf(app), post('{"sku":"A-1"}'))).body).toBe('{"sku":"A-1"}')
  })

  test('two schemas look at one body', async () => {
    const { guard } = recorded()
    const first = guard(validate({ body: ORDER }))
    const app = framework()
    const second = guard(all(validate({ body: { ...ORDER, required: ['sku'] } })))
    app.post('/orders', first, second, (req, res) => void res.json(req.body))
    const port = await portOf(app)
    expect((await rawRequest(port, post('{"sku":"A-1"}'))).body).toBe('{"sku":"A-1"}')
    expect((await rawRequest(port, post('{"quantity":1}'))).status).toBe(422)
  })
})
