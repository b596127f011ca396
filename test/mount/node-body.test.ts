import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { drain } from '../../src/mount/index.js'
import { arrival, closed } from '../support/node-server.js'

const post = (...fields: readonly string[]) => `POST / HTTP/1.1\r\n${['host: a.test', ...fields].join('\r\n')}\r\n\r\n`
const sized = (length: number) => post(`content-length: ${length}`)
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const CHUNKED = post('transfer-encoding: chunked')
const MINUTE = 60_000

test.each<[string, string, string]>([
  ['with content-length', `${sized(5)}hello`, 'hello'],
  ['in chunks', `${CHUNKED}${chunk('hel')}${chunk('lo')}${chunk('')}`, 'hello'],
  ['of the greatest length', `${sized(8)}12345678`, '12345678'],
  ['that is empty', sized(0), ''],
  ['that was not announced', post(), ''],
])('a body %s is read whole', async (_name, request, text) => {
  const { ctx } = await arrival(request)
  expect(await ctx.body.bytes(8, MINUTE)).toEqual({ ok: true, bytes: Buffer.from(text) })
})

describe('a body is refused', () => {
  test('before the first byte, when content-length is over the bound', async () => {
    const { ctx, request } = await arrival(sized(9))
    expect(await ctx.body.bytes(8, MINUTE)).toEqual({ ok: false, reason: 'too_large' })
    expect(request.readableFlowing).toBeNull()
  })

  test('where it passes the bound, when its length was not said', async () => {
    const { ctx } = await arrival(`${CHUNKED}${chunk('12345678')}${chunk('9')}`)
    expect(await ctx.body.bytes(8, MINUTE)).toEqual({ ok: false, reason: 'too_large' })
  })

  test('at the deadline, while bytes go on trickling in', async () => {
    const { ctx, client } = await arrival(CHUNKED)
    const trickle = setInterval(() => client.write(chunk('.')), 5)
    expect(await ctx.body.bytes(1_000_000, 60)).toEqual({ ok: false, reason: 'timed_out' })
    clearInterval(trickle)
  })

  test('when the client leaves in the middle', async () => {
    const { ctx, client } = await arrival(`${sized(8)}1234`)
    const read = ctx.body.bytes(8, MINUTE)
    setImmediate(() => client.destroy())
    expect(await read).toEqual({ ok: false, reason: 'incomplete' })
  })

  test('when the client has left', async () => {
    const { ctx, client, request } = await arrival(sized(8))
    client.destroy()
    await closed(request)
    expect(await ctx.body.bytes(8, MINUTE)).toEqual({ ok: false, reason: 'incomplete' })
  })

  test('when somebody else has read it', async () => {
    const { ctx, request } = await arrival(`${sized(5)}hello`)
    request.resume()
    await once(request, 'end')
    expect(await ctx.body.bytes(8, MINUTE)).toEqual({ ok: false, reason: 'already_read' })
  })
})

test('a body is read once and remembered', async () => {
  const { ctx } = await arrival(`${sized(5)}hello`)
  const [first, second] = await Promise.all([ctx.body.bytes(8, MINUTE), ctx.body.bytes(8, MINUTE)])
  expect(first).toEqual({ ok: true, bytes: Buffer.from('hello') })
  expect(second).toEqual(first)
})

const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length

const turn = () => new Promise(setImmediate)

test('a body that comes later is waited for with a timer, and leaves none behind', async () => {
  const { ctx, client } = await arrival(`${sized(5)}he`)
  const before = timers()
  const read = ctx.body.bytes(8, MINUTE)
  await turn()
  await turn()
  expect(timers()).toBe(before + 1)
  client.write('llo')
  expect(await read).toEqual({ ok: true, bytes: Buffer.from('hello') })
  expect(timers()).toBe(before)
})

test('a body that came with its header fields needs no timer, and has ended when it is given', async () => {
  const { ctx, request } = await arrival(`${sized(5)}hello`)
  const before = timers()
  const read = ctx.body.bytes(8, MINUTE)
  expect(await read).toEqual({ ok: true, bytes: Buffer.from('hello') })
  await turn()
  expect(timers()).toBe(before)
  expect(request).toMatchObject({ complete: true, readableEnded: true })
})

test.each([
  ['whose end is missing', `${CHUNKED}${chunk('hello')}`],
  ['of which nothing comes', sized(5)],
])('a body %s is given up at the deadline', async (_name, head) => {
  const { ctx } = await arrival(head)
  await turn()
  expect(await ctx.body.bytes(8, 60)).toEqual({ ok: false, reason: 'timed_out' })
})

test('a body that somebody paused is read all the same', async () => {
  const { ctx, request } = await arrival(`${sized(5)}hello`)
  request.pause()
  expect(await ctx.body.bytes(8, MINUTE)).toEqual({ ok: true, bytes: Buffer.from('hello') })
})

test('a body that nobody lets flow is given up at the deadline', async () => {
  const { ctx, request } = await arrival(`${sized(5)}hello`)
  request.on('readable', () => {})
  expect(await ctx.body.bytes(8, 60)).toEqual({ ok: false, reason: 'timed_out' })
})

test.each([
  ['in one piece', `${sized(5)}hello`],
  ['in chunks, and too long', `${CHUNKED}${chunk('hello')}${chunk('hello')}${chunk('')}`],
])('a body that somebody has decoded %s was read already', async (_name, head) => {
  const { ctx, request } = await arrival(head)
  request.setEncoding('utf8')
  expect(await ctx.body.bytes(8, MINUTE)).toEqual({ ok: false, reason: 'already_read' })
})

test('a body that was read under a wide bound is still too large for a narrow one', async () => {
  const { ctx } = await arrival(`${CHUNKED}${chunk('12345678')}${chunk('')}`)
  expect(await ctx.body.bytes(8, MINUTE)).toMatchObject({ ok: true })
  expect(await ctx.body.bytes(7, MINUTE)).toEqual({ ok: false, reason: 'too_large' })
})

test('parsed and replace are the slot of the framework', async () => {
  let parsed: unknown = { sku: 'a' }
  const { ctx, request } = await arrival(sized(0), {
    get body() {
      return parsed
    },
    set body(value) {
      parsed = value
    },
  })
  expect(ctx.body.parsed()).toBeUndefined() // left there by somebody who did not read the body
  await once(request.resume(), 'end')
  expect(ctx.body.parsed()).toEqual({ sku: 'a' })
  ctx.body.replace({ sku: 'b' })
  expect(parsed).toEqual({ sku: 'b' })
})

describe('drain', () => {
  test('takes what is left of a small body, so that the client reads its answer', async () => {
    const { client, request, response } = await arrival(`${sized(100_000)}${'x'.repeat(10)}`)
    const answer: Buffer[] = []
    client.on('data', (bytes) => answer.push(bytes))
    response.statusCode = 413
    response.setHeader('connection', 'close')
    response.end('no')
    drain(request, response)
    client.write('x'.repeat(99_990))
    await closed(client)
    expect(Buffer.concat(answer).toString()).toMatch(/^HTTP\/1\.1 413 .*\r\n\r\n.*no/s)
    expect(request.complete).toBe(true)
  })

  test('closes the connection on a client that sends without end', async () => {
    const { client, request, response } = await arrival(CHUNKED)
    response.end('no')
    drain(request, response)
    const flood = setInterval(() => client.write(chunk('x'.repeat(65_536))), 1)
    await closed(client)
    clearInterval(flood)
    expect(request.destroyed).toBe(true)
    expect(request.complete).toBe(false)
  })

  test('takes nothing before the answer is on its way', async () => {
    const { client, request, response } = await arrival(`${sized(100)}${'x'.repeat(10)}`)
    drain(request, response)
    await new Promise(setImmediate)
    expect(request.readableDidRead).toBe(false)
    response.end('no')
    await once(request, 'data')
    client.write('x'.repeat(90))
    await once(request, 'end')
  })

  test('leaves a request that is complete alone', async () => {
    const { request, response } = await arrival(post())
    await once(request.resume(), 'end')
    drain(request, response)
    expect(request.listenerCount('data')).toBe(0)
  })
})

test('a connection that lives on keeps nothing of the refused requests it carried', async () => {
  const { request, response, client } = await arrival(sized(5))
  const { destroySoon } = request.socket
  response.end('no')
  drain(request, response)
  expect(request.socket.destroySoon).not.toBe(destroySoon)
  client.write('hello')
  await once(request, 'close')
  expect(request.socket.destroySoon).toBe(destroySoon)
  expect(request.socket.destroyed).toBe(false)
})
