import type { ServerResponse } from 'node:http'
import { describe, expect, test, vi } from 'vitest'
import { type Client, get, PROTOCOLS, requestOf, running, statusesIn } from '../support/hardened.js'

const fields = (count: number) => Array.from({ length: count }, (_, index) => `x-${index}: y`)

describe.each(PROTOCOLS)('%s', (protocol) => {
  describe('fields', () => {
    test.each([
      [20, 200, 0],
      [21, 431, 1],
      [31, 431, 1],
      [1000, 431, 1],
    ])('%i of 20 at most: %i', async (count, status, refused) => {
      let seen = 0
      const { open, hardened } = await running(protocol, { maxHeaders: 20 }, (request, response) => {
        seen = request.rawHeaders.length / 2
        response.end()
      })
      const text = await open().write(get('connection: close', ...fields(count - 2))).closed
      expect(statusesIn(text)).toEqual([status])
      expect(seen).toBe(status === 200 ? count : 0) // dropped ones would leave a request that its proxy did not send
      const { requestsRefused, clientErrors } = hardened.counters()
      expect(requestsRefused + clientErrors).toBe(refused)
    })

    test('a head of more bytes than allowed: 431, which the client gets though it goes on sending', async () => {
      const { open, hardened } = await running(protocol, { maxHeaderBytes: 2_000 })
      const client = open().write(`GET / HTTP/1.1\r\nx: ${'x'.repeat(2_000_000)}`)
      expect(statusesIn(await client.sees(/\r\n\r\n/))).toEqual([431])
      client.write('x'.repeat(2_000_000))
      expect(statusesIn(await client.closed)).toEqual([431])
      await vi.waitFor(() => expect(hardened.counters()).toMatchObject({ connections: 0, clientErrors: 1 }))
    })
  })

  test.each([
    ['no HTTP', 'nonsense\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['two lengths', requestOf('POST', 'content-length: 1', 'content-length: 2')],
    ['a length and chunks', requestOf('POST', 'content-length: 1', 'transfer-encoding: chunked')],
    ['a field name with a blank', get('x y: z')],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
  ])('%s: 400, which tells nothing, and the end', async (_what, text) => {
    let isSeen = false
    const { open } = await running(protocol, {}, (_request, response) => {
      isSeen = true
      response.end()
    })
    const answer = await open().write(text).closed
    expect(statusesIn(answer)).toEqual([400])
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*\r\n\r\n(?:0\r\n\r\n)?$/)
    expect(answer.toLowerCase()).toContain('\r\nconnection: close\r\n')
    expect(isSeen).toBe(false)
  })

  test('chunk extensions without end: 413', async () => {
    const { open } = await running(protocol, {}, (request) => void request.resume())
    const start = requestOf('POST', 'transfer-encoding: chunked')
    const text = await open().write(`${start}1;${'x'.repeat(40_000)}`).closed
    expect(statusesIn(text)).toEqual([413])
  })

  test('what is no request gets no answer where earlier ones are due, and these are the last', async () => {
    const responses: ServerResponse[] = []
    const { open, hardened } = await running(protocol, {}, (_request, response) => void responses.push(response))
    const client = open().write(`${get().repeat(2)}nonsense\r\n\r\n`)
    await vi.waitFor(() => expect(hardened.counters().clientErrors).toBe(1))
    client.write(`more nonsense\r\n\r\n${get()}`)
    for (const response of responses) response.end('due')
    const text = await client.closed
    expect(statusesIn(text)).toEqual([200, 200])
    expect(text.toLowerCase()).toMatch(/connection: close(?![\s\S]*http\/1)/)
    expect(responses).toHaveLength(2)
  })

  test('a body that breaks off into nonsense is answered once, and the end', async () => {
    const { open } = await running(protocol, {}, (request) => void request.resume())
    const text = await open().write(`${requestOf('POST', 'transfer-encoding: chunked')}nonsense\r\n${get()}`).closed
    expect(statusesIn(text)).toEqual([400])
  })

  test('a flood of pipelined requests ends with the first too many', async () => {
    let handled = 0
    const { open, hardened } = await running(protocol, { maxPipelinedRequests: 5 }, () => {
      handled++
    })
    expect(await open().write(get().repeat(5_000)).closed).toBe('')
    expect(handled).toBe(5)
    expect(hardened.counters()).toMatchObject({ connections: 0, requests: 0, requestsRefused: 1 })
  })

  test.each([
    // from Node 22 on, its parser refuses such a request and reads no further
    ...(process.versions.node.startsWith('20.') ? [['one of too many fields', get(...fields(120))]] : []),
    ['the last that the connection may bring', get()],
  ])('a flood behind %s, which is not processed, ends as any other', async (_what, last) => {
    let handled = 0
    const { open, hardened } = await running(protocol, { maxRequestsPerConnection: 2, maxPipelinedRequests: 5 }, () => {
      handled++
    })
    const client = open().write(`${get()}${last}`)
    await vi.waitFor(() => expect(hardened.counters().requests).toBe(2))
    // Node counts, and answers, those of HTTP/1.1 alone
    expect(await client.write('GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n'.repeat(4)).closed).toBe('')
    expect(handled).toBeLessThanOrEqual(2)
    expect(hardened.counters()).toMatchObject({ connections: 0, requests: 0 })
  })

  test('pipelined requests that are answered go on', async () => {
    const { open } = await running(protocol, { maxPipelinedRequests: 2 })
    const client = open()
    for (let round = 1; round <= 10; round++) {
      client.write(get().repeat(2))
      await client.sees(new RegExp(`^(?:HTTP/1.1 200[^]*?\\r\\nok){${round * 2}}`))
    }
  })

  test('a connection ends with the last request that it may bring', async () => {
    const { open } = await running(protocol, { maxRequestsPerConnection: 3 })
    const client = open()
    for (let count = 1; count < 3; count++) {
      client.write(get())
      await client.sees(new RegExp(`^(?:HTTP/1.1 200[^]*?\\r\\nok){${count}}`))
    }
    const text = await client.write(get()).closed
    expect(statusesIn(text)).toEqual([200, 200, 200])
    expect(text.toLowerCase()).toMatch(/connection: close(?![\s\S]*http\/1)/)
  })

  describe('connections', () => {
    const full = async (clients: readonly Client[]) => {
      for (const client of clients) client.write(get())
      await Promise.all(clients.map((client) => client.sees(/ok/)))
    }

    test('one too many of one client is ended, and those of others are not', async () => {
      const { open, hardened } = await running(protocol, { maxConnectionsPerClient: 3 })
      const clients = [open(), open(), open()]
      await full(clients)
      expect(await open().write(get()).closed).toBe('')
      await full([open('127.0.0.2')])
      expect(hardened.counters()).toMatchObject({ connections: 4, connectionsRefusedPerClient: 1, clientErrors: 0 })
      clients[0]!.socket.destroy()
      await vi.waitFor(() => expect(hardened.counters().connections).toBe(3))
      await full([open()])
    })

    test('those of a proxy are not counted together', async () => {
      const { open, hardened } = await running(protocol, {
        maxConnectionsPerClient: 1,
        trustedProxies: ['127.0.0.2'],
      })
      await full([open('127.0.0.2'), open('127.0.0.2'), open()])
      expect(hardened.counters().connectionsRefusedPerClient).toBe(0)
    })

    test('one too many in all is ended', async () => {
      const { open, hardened } = await running(protocol, { maxConnections: 2 })
      await full([open(), open('127.0.0.2')])
      expect(await open('127.0.0.3').write(get()).closed).toBe('')
      expect(hardened.counters()).toMatchObject({ connections: 2, connectionsRefused: 1 })
    })
  })

  test('an IPv4 client is one client where the server listens to IPv6 as well', async () => {
    const { open, hardened } = await running(
      protocol,
      { maxConnectionsPerClient: 1, trustedProxies: ['127.0.0.2'] },
      undefined,
      '::',
    )
    const clients = [open(), open('127.0.0.2'), open('127.0.0.2')]
    for (const client of clients) await client.write(get()).sees(/ok/)
    expect(await open().write(get()).closed).toBe('')
    expect(hardened.counters().connectionsRefusedPerClient).toBe(1)
  })
})
