import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type FaultyLink, faultyLink, type RedisServer, redisServer } from '../src/index.js'

let server: RedisServer
let link: FaultyLink
const sockets: Socket[] = []
beforeEach(async () => {
  server = await redisServer()
  link = await faultyLink(server.port)
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await link.close()
  await server.stop()
})

/** A client, and what has come to it so far. */
class Client {
  readonly socket = connect({ port: link.port, host: '127.0.0.1' })
  text = ''
  error: NodeJS.ErrnoException | undefined

  constructor() {
    sockets.push(this.socket)
    this.socket.on('data', (chunk) => {
      this.text += chunk.toString()
    })
    this.socket.on('error', (error) => {
      this.error = error
    })
  }

  async ask(command: string, answer: string): Promise<void> {
    const before = this.text
    this.socket.write(`${command}\r\n`)
    await vi.waitFor(() => expect(this.text).toBe(before + answer))
  }
}

const ping = async (): Promise<Client> => {
  const client = new Client()
  await client.ask('PING', '+PONG\r\n')
  return client
}

/** Long enough for whatever passes to have passed. */
const settle = () => server.cli('PING').then(() => server.cli('PING'))

test('passes both ways, and counts connections', async () => {
  const client = await ping()
  await ping()
  expect([link.connections, link.open]).toEqual([2, 2])
  client.socket.end()
  await vi.waitFor(() => expect(link.open).toBe(1))
  expect(link.connections).toBe(2)
})

test('counts the commands of clients, however they come, and no others', async () => {
  const { socket } = await ping()
  expect(link.commands()).toBe(0)
  const client = new Client()
  const get = '*2\r\n$3\r\nGET\r\n$1\r\na\r\n'
  const set = '*3\r\n$3\r\nset\r\n$1\r\na\r\n$4\r\n*1\r\n\r\n'
  client.socket.write(set + get + get.slice(0, 9))
  await vi.waitFor(() => expect(client.text).toBe('+OK\r\n$4\r\n*1\r\n\r\n'))
  expect([link.commands('get'), link.commands('SET'), link.commands()]).toEqual([1, 1, 2])
  client.socket.write(get.slice(9))
  await vi.waitFor(() => expect(link.commands('get')).toBe(2))
  expect(socket.destroyed).toBe(false)
})

test('delay: answers come later, in their order', async () => {
  const client = await ping()
  link.delay(150)
  const startMs = performance.now()
  client.socket.write('ECHO a\r\n')
  await vi.waitFor(async () => expect(await server.cli('INFO', 'commandstats')).toContain('cmdstat_echo:calls=1'))
  await settle()
  await link.pass()
  await client.ask('ECHO b', '$1\r\na\r\n$1\r\nb\r\n')
  expect(performance.now() - startMs).toBeGreaterThan(145)
})

describe('silence', () => {
  test('holds what comes, from before and from new connections alike, until pass', async () => {
    const before = await ping()
    link.silence()
    const after = new Client()
    before.socket.write('INCR a\r\n')
    after.socket.write('INCR a\r\n')
    await once(after.socket, 'connect')
    await vi.waitFor(() => expect(link.connections).toBe(2))
    await settle()
    expect([before.text, after.text, await server.cli('GET', 'a')]).toEqual(['+PONG\r\n', '', ''])
    await link.pass()
    await vi.waitFor(() => expect(before.text.length + after.text.length).toBe('+PONG\r\n:1\r\n:2\r\n'.length))
    expect(await server.cli('GET', 'a')).toBe('2')
  })

  test('what a client has sent before it left arrives as well', async () => {
    link.silence()
    const client = new Client()
    client.socket.end('INCR a\r\n')
    await vi.waitFor(() => expect(link.connections).toBe(1))
    await link.pass()
    await vi.waitFor(async () => expect(await server.cli('GET', 'a')).toBe('1'))
    await vi.waitFor(() => expect(link.open).toBe(0))
  })
})

test('cut: connections are reset, on both sides, and new ones are welcome', async () => {
  const client = await ping()
  link.cut()
  await vi.waitFor(() => expect(client.error?.code).toBe('ECONNRESET'))
  // the one that asks
  await vi.waitFor(async () => expect((await server.cli('CLIENT', 'LIST')).match(/^id=/gm)).toHaveLength(1))
  await ping()
})

test('refuse: nobody is let in until pass, on the same port, and who is in stays', async () => {
  const client = await ping()
  link.refuse()
  link.refuse()
  const stranger = new Client()
  await vi.waitFor(() => expect(stranger.error?.code).toBe('ECONNREFUSED'))
  await client.ask('ECHO a', '$1\r\na\r\n')
  await link.pass()
  await ping()
})

test('a server that is not there ends connections', async () => {
  await server.kill()
  const client = new Client()
  await vi.waitFor(() => expect(client.socket.closed).toBe(true))
  await vi.waitFor(() => expect(link.open).toBe(0))
})

test.each(['refuse', 'silence', 'pass'] as const)('close ends it after %s', async (mode) => {
  const client = await ping()
  await link[mode]()
  await link.close()
  await vi.waitFor(() => expect(client.socket.closed).toBe(true))
  const stranger = new Client()
  await vi.waitFor(() => expect(stranger.error?.code).toBe('ECONNREFUSED'))
})
