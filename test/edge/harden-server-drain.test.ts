import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { describe, expect, test, vi } from 'vitest'
import { hardenServer } from '../../src/index.js'
import { get, PROTOCOLS, requestOf, running, statusesIn } from '../support/hardened.js'

/** Answers when the test says so. */
function held() {
  const responses: ServerResponse[] = []
  const listener: RequestListener = (_request, response) => void responses.push(response)
  const arrived = (count: number) => vi.waitFor(() => expect(responses).toHaveLength(count))
  return { responses, listener, arrived }
}

/** Nobody waits for these in a test that passes. */
const NEVER = { graceMs: 60_000, firstRequestMs: 60_000 }

describe.each(PROTOCOLS)('%s: drain()', (protocol) => {
  test('what is in flight is answered, and the answer says that it is the last', async () => {
    const { responses, listener, arrived } = held()
    const { hardened, open } = await running(protocol, {}, listener)
    const client = open().write(get())
    await arrived(1)
    const drained = hardened.drain(NEVER)
    const late = open()
    responses[0]!.end('done')
    expect(await client.closed).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close\r\n[\s\S]*done$/i)
    expect(await drained).toEqual({ cut: 0 })
    expect(await late.write(get()).closed).toBe('') // refused
  })

  test('connections that had their answer are ended at once', async () => {
    const { hardened, open } = await running(protocol)
    const client = open().write(get())
    await client.sees(/ok/)
    await vi.waitFor(() => expect(hardened.counters().requests).toBe(0))
    expect(await hardened.drain(NEVER)).toEqual({ cut: 0 })
    expect(statusesIn(await client.closed)).toEqual([200])
  })

  test.each([
    ['nothing', ''],
    ['half a head', 'GET / HTTP/1.1\r\nhost'],
  ])('connections that have sent %s are given a moment, and are not cut', async (_what, text) => {
    const { hardened, open } = await running(protocol)
    const client = open().write(text)
    await vi.waitFor(() => expect(hardened.counters().connections).toBe(1))
    expect(await hardened.drain({ ...NEVER, firstRequestMs: 50 })).toEqual({ cut: 0 })
    expect(await client.closed).toBe('')
  })

  test('a request that is sent in that moment is answered', async () => {
    const { hardened, open, server } = await running(protocol)
    const [client] = [open(), protocol === 'https' && (await once(server, 'secureConnection'))]
    await vi.waitFor(() => expect(hardened.counters().connections).toBe(1))
    const drained = hardened.drain(NEVER)
    expect(await client.write(get()).closed).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close\r\n/i)
    expect(await drained).toEqual({ cut: 0 })
  })

  test('of pipelined requests all that have arrived are answered, the newest as the last', async () => {
    const { responses, listener, arrived } = held()
    const { hardened, open } = await running(protocol, {}, listener)
    const client = open().write(get().repeat(2))
    await arrived(2)
    const drained = hardened.drain(NEVER)
    client.write(get()) // RFC 9112 section 9.6: not processed
    for (const response of responses) response.end('done')
    const text = await client.closed
    expect(statusesIn(text)).toEqual([200, 200])
    expect(text).toMatch(/connection: keep-alive\r\n[\s\S]*connection: close\r\n/i)
    expect(await drained).toEqual({ cut: 0 })
    expect(responses).toHaveLength(2)
  })

  test('an answer that is being sent goes on, and the connection ends with it', async () => {
    const { responses, listener, arrived } = held()
    const { hardened, open } = await running(protocol, {}, listener)
    const client = open().write(get())
    await arrived(1)
    responses[0]!.write('first, ')
    await client.sees(/first/)
    const drained = hardened.drain(NEVER)
    responses[0]!.end('last')
    expect(await client.closed).toMatch(/first, [\s\S]*last/)
    expect(await drained).toEqual({ cut: 0 })
  })

  test('an answer that is ended, and not yet read, is not lost: Node takes its connection for an idle one', async () => {
    const size = 32 * 1024 * 1024
    const { hardened, open } = await running(
      protocol,
      {},
      (_request, response) => void response.end(Buffer.alloc(size)),
    )
    const client = open()
    client.socket.pause()
    client.write(get())
    await vi.waitFor(() => expect(hardened.counters().requests).toBe(1))
    const drained = hardened.drain(NEVER)
    client.socket.resume()
    const text = await client.closed
    expect(text.length - text.indexOf('\r\n\r\n') - 4).toBe(size)
    expect(await drained).toEqual({ cut: 0 })
  })

  test('at the deadline all end, and it tells how many were cut', async () => {
    const { listener, arrived } = held()
    const { hardened, open } = await running(protocol, {}, listener)
    const clients = [open().write(get()), open().write(requestOf('POST', 'content-length: 9')), open()]
    await arrived(2)
    expect(await hardened.drain({ graceMs: 50 })).toEqual({ cut: 2 })
    for (const client of clients) expect(await client.closed).toBe('')
    expect(hardened.counters()).toMatchObject({ connections: 0, requests: 0 })
  })

  test('a client that leaves meanwhile is not waited for, and not cut', async () => {
    let left = false
    const { hardened, open } = await running(protocol, {}, (_request, response) => {
      response.on('close', () => {
        left = true
      })
    })
    const client = open().write(requestOf('POST', 'content-length: 9'))
    await vi.waitFor(() => expect(hardened.counters().requests).toBe(1))
    const drained = hardened.drain(NEVER)
    client.socket.destroy()
    expect(await drained).toEqual({ cut: 0 })
    expect(left).toBe(true)
  })

  test('called again, it gives the same promise', async () => {
    const { hardened } = await running(protocol)
    expect(hardened.drain()).toBe(hardened.drain({ graceMs: 1 }))
    await hardened.drain()
  })
})

test('handshakes are given a moment, and are not cut', async () => {
  const { hardened, openRaw } = await running('https')
  const clients = [openRaw(), openRaw().write('\x16\x03\x01\x02\x00')]
  await vi.waitFor(() => expect(hardened.counters().connections).toBe(2))
  expect(await hardened.drain({ ...NEVER, firstRequestMs: 50 })).toEqual({ cut: 0 })
  for (const client of clients) expect(await client.closed).toBe('')
})

test('a server that never listened has nothing to drain', async () => {
  expect(await hardenServer(createServer()).drain(NEVER)).toEqual({ cut: 0 })
})

test.each([
  ['graceMs', -1],
  ['graceMs', Number.NaN],
  ['firstRequestMs', 0.5],
  ['firstRequestMs', 3_600_001],
  ['grace', 1],
])('%s: %s is a TypeError that names it', (name, value) => {
  const hardened = hardenServer(createServer())
  expect(() => hardened.drain({ [name]: value })).toThrow(TypeError)
  expect(() => hardened.drain({ [name]: value })).toThrow(name)
})

test('no timer of it keeps a process alive', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
  const { listener, arrived } = held()
  const before = timers()
  const { hardened, open } = await running('http', {}, listener)
  expect(timers()).toBeLessThanOrEqual(before)
  open().write(get())
  await arrived(1)
  const drained = hardened.drain({ graceMs: 500 })
  expect(timers()).toBeLessThanOrEqual(before)
  await drained
})
