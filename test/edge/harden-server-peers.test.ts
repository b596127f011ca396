import { once } from 'node:events'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Worker } from 'node:worker_threads'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { hardenServer } from '../../src/index.js'
import { Client, get, newServer, PROTOCOLS, running } from '../support/hardened.js'

/** Sends a request and resets, and then lets go whoever waits for that. */
const SENDER = `
  const { connect } = require('node:net')
  const { port, done, text } = require('node:worker_threads').workerData
  const socket = connect(port, '127.0.0.1', () => socket.write(text, () => socket.resetAndDestroy()))
  socket.on('close', () => { Atomics.store(done, 0, 1); Atomics.notify(done, 0) })
`

describe('a client that resets its connection, of which nothing tells any more whose it was', () => {
  test('ahead of accept: what it sent is not processed', async () => {
    let handled = 0
    const { port, server, hardened } = await running('http', {}, () => {
      handled++
    })
    const done = new Int32Array(new SharedArrayBuffer(4))
    const worker = new Worker(SENDER, { eval: true, workerData: { port, done, text: get() } })
    const [accepted, exited] = [once(server, 'connection'), once(worker, 'exit')]
    expect(Atomics.wait(done, 0, 0, 10_000)).not.toBe('timed-out') // nothing is accepted meanwhile
    const [socket] = await accepted
    if (!socket.closed) await once(socket, 'close')
    await exited
    expect(hardened.counters().connections).toBe(0)
    expect(handled).toBe(0)
  })

  test('with the end of the handshake: what it sent is not processed', async () => {
    let handled = 0
    const { port, server, hardened } = await running('https', {}, () => {
      handled++
    })
    const raw = connect(port, '127.0.0.1')
    const socket = connectTls({ socket: raw, rejectUnauthorized: false })
    for (const each of [raw, socket]) each.on('error', () => {})
    const secured = once(server, 'secureConnection')
    await once(socket, 'secureConnect')
    socket.write(get().repeat(500))
    setImmediate(() => raw.resetAndDestroy())
    await secured
    await vi.waitFor(() => expect(hardened.counters().connections).toBe(0))
    expect(handled).toBe(0)
  })
})

test('one port of a client may speak to two addresses of a server at once', async () => {
  const { port, hardened } = await running('https', { maxPipelinedRequests: 5 }, undefined, '0.0.0.0')
  const from = { port, localAddress: '127.0.0.9' }
  const first = connect({ ...from, host: '127.0.0.1' })
  await once(first, 'connect')
  const second = connect({ ...from, host: '127.0.0.2', localPort: first.localPort! })
  await once(second, 'connect')
  for (const socket of [first, second]) {
    const client = new Client(connectTls({ socket, rejectUnauthorized: false }))
    await client.write(get()).sees(/ok/)
  }
  expect(hardened.counters().connections).toBe(2)
  await hardened.drain({ graceMs: 60_000 })
})

describe.each(PROTOCOLS)('%s: connections that a service hands to its server, which does not listen', (protocol) => {
  const handed = async () => {
    const server = newServer(protocol, () => {})
    const hardened = hardenServer(server, { headersTimeoutMs: 100, keepAliveTimeoutMs: 100, handshakeTimeoutMs: 100 })
    const front = createTcpServer((socket) => void server.emit('connection', socket))
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void front.close())
    const { port } = front.address() as AddressInfo
    const open = () =>
      new Client(
        protocol === 'http' ? connect(port, '127.0.0.1') : connectTls(port, '127.0.0.1', { rejectUnauthorized: false }),
      )
    return { hardened, open, openRaw: () => new Client(connect(port, '127.0.0.1')) }
  }

  test('are ended when they are late', async () => {
    const { open, openRaw } = await handed()
    await Promise.all([open().closed, openRaw().closed])
  })

  test('are waited for when it drains, and cut at the deadline', async () => {
    const { hardened, open } = await handed()
    const client = open().write(get())
    await vi.waitFor(() => expect(hardened.counters().requests).toBe(1))
    expect(await hardened.drain({ graceMs: 50 })).toEqual({ cut: 1 })
    expect(await client.closed).toBe('')
    expect(await open().write(get()).closed).toBe('') // nor is another taken
  })
})
