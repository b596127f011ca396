import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage, RequestListener } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { hardenServer } from '../../src/index.js'
import { Client, get, newServer, OK, PROTOCOLS, requestOf, running, statusesIn } from '../support/hardened.js'

/** How handlers read a body. */
const READERS: readonly (readonly [string, (request: IncomingMessage) => Promise<void>])[] = [
  [
    'by events',
    async (request) => {
      request.on('data', () => {})
      await once(request, 'end')
    },
  ],
  [
    'by iteration',
    async (request) => {
      for await (const _chunk of request);
    },
  ],
]

const readingWith =
  (read: (request: IncomingMessage) => Promise<void>): RequestListener =>
  (request, response) =>
    void read(request).then(() => response.end('read'))

describe.each(PROTOCOLS)('%s', (protocol) => {
  describe('Expect', () => {
    test.each(READERS)('100-continue: a body that is read %s is asked for, once', async (_how, read) => {
      const { open } = await running(protocol, {}, readingWith(read))
      const client = open().write(requestOf('POST', 'expect: 100-continue', 'content-length: 3', 'connection: close'))
      expect(await client.sees(/\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n')
      expect(statusesIn(await client.write('abc').closed)).toEqual([100, 200])
    })

    test('100-continue: a body that is refused unread is not asked for, and the connection ends', async () => {
      const { open } = await running(protocol, {}, (_request, response) => void response.writeHead(413).end())
      const client = open().write(requestOf('POST', 'expect: 100-continue', 'content-length: 3'))
      expect(statusesIn(await client.closed)).toEqual([413])
    })

    test('whatever else is expected, the guards see the request', async () => {
      const { open } = await running(protocol, {}, (_request, response) => void response.writeHead(401).end())
      expect(statusesIn(await open().write(get('expect: nothing', 'connection: close')).closed)).toEqual([401])
    })

    test('a service that listens for it answers it alone', async () => {
      const { open, server } = await running(protocol)
      server.on('checkContinue', (_request, response) => void response.writeHead(417).end())
      const text = await open().write(requestOf('POST', 'expect: 100-continue', 'connection: close')).closed
      expect(statusesIn(text)).toEqual([417])
    })
  })

  test('HTTP/1.0 with chunks: what a proxy of that version may take for its body is no request', async () => {
    let handled = 0
    const { open } = await running(protocol, {}, (_request, response) => {
      handled++
      response.end()
    })
    const first = 'POST / HTTP/1.0\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'
    expect(statusesIn(await open().write(`${first}${get()}`).closed)).toEqual([200])
    expect(handled).toBe(1)
  })

  test('CONNECT where nobody listens: the end', async () => {
    const { open } = await running(protocol)
    expect(await open().write('CONNECT a.test:443 HTTP/1.1\r\nhost: a.test:443\r\n\r\n').closed).toBe('')
  })

  test('Upgrade where nobody listens is a request like any other', async () => {
    const { open } = await running(protocol)
    const client = open().write(get('connection: upgrade, close', 'upgrade: h2c'))
    expect(statusesIn(await client.closed)).toEqual([200])
  })

  const upgrading = async () => {
    const service = await running(protocol, { headersTimeoutMs: 100, keepAliveTimeoutMs: 100 })
    service.server.on('upgrade', (_request: IncomingMessage, socket: Duplex) => {
      socket.on('error', () => {})
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
      socket.pipe(socket)
    })
    const client = service.open().write(get('connection: upgrade', 'upgrade: echo'))
    await client.sees(/\r\n\r\n/)
    return { ...service, client }
  }

  test('an upgraded connection is not held to the times of requests', async () => {
    const { client } = await upgrading()
    await new Promise((resolve) => setTimeout(resolve, 1_600)) // more than all of them together
    await client.write('still here').sees(/still here$/)
  })

  test('an upgraded connection is cut when the server drains', async () => {
    const { client, hardened } = await upgrading()
    expect(await hardened.drain({ graceMs: 50 })).toEqual({ cut: 1 })
    await client.closed
  })

  test('a service that listens for clientError answers it alone, and it is counted', async () => {
    const { open, server, hardened } = await running(protocol)
    server.on('clientError', (_error, socket) => void socket.end('HTTP/1.1 418 Teapot\r\nconnection: close\r\n\r\n'))
    expect(statusesIn(await open().write('nonsense\r\n\r\n').closed)).toEqual([418])
    await vi.waitFor(() => expect(hardened.counters()).toMatchObject({ connections: 0, clientErrors: 1 }))
  })

  test('a server at a pipe answers, and drains', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wardline-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const path = join(folder, 'socket')
    const server = newServer(protocol, OK)
    const hardened = hardenServer(server, { maxConnectionsPerClient: 1, handshakeTimeoutMs: 100 })
    await new Promise<void>((resolve) => server.listen(path, resolve))
    const open = () => new Client(protocol === 'http' ? connect(path) : connectTls({ path, rejectUnauthorized: false }))
    const clients = [open(), open()]
    for (const client of clients) await client.write(get()).sees(/ok/)
    await hardened.drain({ graceMs: 200 })
    for (const client of clients) await client.closed
  })
})
