import { describe, expect, test } from 'vitest'
import { arrival, closed } from '../support/node-server.js'

const get = (target: string, ...fields: readonly string[]) =>
  `GET ${target} HTTP/1.1\r\n${['host: a.test', ...fields].join('\r\n')}\r\n\r\n`

test.each([
  ['/orders/7', '/orders/7', ''],
  ['/orders?q=a&q=b', '/orders', 'q=a&q=b'],
  ['/orders?', '/orders', ''],
  ['/a?b?c', '/a', 'b?c'],
  ['/%2e%2E//a/..;x=1', '/%2e%2E//a/..;x=1', ''],
  ['/%00?%00', '/%00', '%00'],
  ['*', '*', ''],
  ['http://evil.test/a?b', 'http://evil.test/a', 'b'],
])('target %s is path %s and query %s, as received', async (target, path, query) => {
  const { ctx } = await arrival(get(target))
  expect({ path: ctx.path, query: ctx.query }).toEqual({ path, query })
})

test('the target is what the framework received, not what it rewrote', async () => {
  const { ctx } = await arrival(get('/rewritten'), { target: '/api/orders?q=1' })
  expect({ path: ctx.path, query: ctx.query }).toEqual({ path: '/api/orders', query: 'q=1' })
})

test.each<[string, readonly string[], string, readonly string[]]>([
  ['absent', [], 'authorization', []],
  ['one', ['Authorization: Bearer a'], 'authorization', ['Bearer a']],
  ['two, of which Node keeps the first', ['Authorization: a', 'authorization: b'], 'authorization', ['a', 'b']],
  ['two, which Node joins', ['X-Forwarded-For: 1', 'x-forwarded-for: 2'], 'x-forwarded-for', ['1', '2']],
  ['empty', ['x-empty:'], 'x-empty', ['']],
  ['a twin with underscores', ['x_forwarded_for: 1'], 'x-forwarded-for', []],
  ['a name of Object.prototype', [], 'constructor', []],
])('header field %s', async (_name, fields, name, lines) => {
  const { headers } = (await arrival(get('/', ...fields))).ctx
  expect(headers.all(name)).toEqual(lines)
  expect(headers.count(name)).toBe(lines.length)
  expect(headers.get(name)).toBe(lines.length === 0 ? undefined : lines.join(', '))
})

test('the time is what the clock says when it is asked for, and not when the request came', async () => {
  let nowMs = 1_000
  const { ctx } = await arrival(get('/'), {}, () => nowMs)
  expect(ctx.nowMs).toBe(1_000)
  nowMs += 60_000
  expect(ctx.nowMs).toBe(61_000)
})

test('the peer is the other end of the socket, without a certificate', async () => {
  const { ctx } = await arrival(get('/', 'x-forwarded-for: 10.0.0.1'))
  expect(ctx.peer).toMatchObject({ address: '127.0.0.1', encrypted: false })
  expect(ctx.peer.certificate()).toBeUndefined()
  expect(ctx.client).toBe('127.0.0.1')
})

test('route and params are read when they are asked for', async () => {
  let route: string | undefined
  const { ctx } = await arrival(get('/'), {
    get route() {
      return route
    },
    get params() {
      return { id: route }
    },
  })
  expect(ctx.route).toBeUndefined()
  route = '/orders/:id'
  expect(ctx.route).toBe('/orders/:id')
  expect(ctx.params).toEqual({ id: '/orders/:id' })
})

describe('onFinished', () => {
  test('tells the status once the answer is sent', async () => {
    const { ctx, response, client } = await arrival(get('/', 'connection: close'))
    const statuses: number[] = []
    ctx.onFinished((status) => void statuses.push(status))
    response.statusCode = 201
    response.end('done')
    expect(statuses).toEqual([])
    client.resume()
    await closed(response)
    expect(statuses).toEqual([201])
  })

  test('tells 499 when the client leaves before', async () => {
    const { ctx, response, client } = await arrival(get('/'))
    const statuses: number[] = []
    ctx.onFinished((status) => void statuses.push(status))
    client.destroy()
    await closed(response)
    expect(statuses).toEqual([499])
  })

  test('tells 499 when the client leaves in the middle of the answer', async () => {
    const { ctx, response, client } = await arrival(get('/'))
    const statuses: number[] = []
    ctx.onFinished((status) => void statuses.push(status))
    response.write('half')
    client.destroy()
    await closed(response)
    expect(statuses).toEqual([499])
  })

  test('tells 499 at once when the client has left already', async () => {
    const { ctx, response, client } = await arrival(get('/'))
    client.destroy()
    await closed(response)
    const statuses: number[] = []
    ctx.onFinished((status) => void statuses.push(status))
    expect(statuses).toEqual([499])
  })
})
