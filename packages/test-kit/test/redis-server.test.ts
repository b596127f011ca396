import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  createTestCa,
  LOOPBACK,
  type RedisServer,
  type RedisServerOptions,
  type RedisTls,
  redisServer,
} from '../src/index.js'

const running: RedisServer[] = []
const start = async (options?: RedisServerOptions): Promise<RedisServer> => {
  const server = await redisServer(options)
  running.push(server)
  return server
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()))
})

/** All that comes until the text does; rejects when the other side ends before. */
const read = (socket: Socket, end: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString()
      if (text.includes(end)) resolve(text)
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`closed after ${JSON.stringify(text)}`)))
  })

describe('a server', () => {
  test('is there once it is given, on a port of its own', async () => {
    const [one, other] = await Promise.all([start(), start()])
    expect(one.port).not.toBe(other.port)
    expect(one.url).toBe(`redis://127.0.0.1:${one.port}`)
    expect(await one.cli('INFO', 'server')).toContain(`process_id:${one.pid}\r\n`)
    expect(await one.cli('SET', 'key', 'value')).toBe('OK')
    expect(await other.cli('DBSIZE')).toBe('0')
  })

  test('speaks to a raw socket', async () => {
    const { port } = await start()
    const socket = connect(port, '127.0.0.1')
    socket.write('PING\r\n')
    expect(await read(socket, '\r\n')).toBe('+PONG\r\n')
    socket.destroy()
  })

  test('replies as they come, and as text', async () => {
    const server = await start()
    expect(await server.ask('RPUSH', 'list', 'a', 'b c', '')).toBe(3)
    expect(await server.ask('LRANGE', 'list', '0', '-1')).toEqual(['a', 'b c', ''])
    expect(await server.cli('LRANGE', 'list', '0', '-1')).toBe('a\nb c\n')
    expect(await server.ask('GET', 'none')).toBeNull()
    expect(await server.cli('GET', 'none')).toBe('')
    await expect(server.cli('GET', 'list')).rejects.toThrow('WRONGTYPE')
  })

  test('a configuration that it does not take fails with its own words', async () => {
    await expect(redisServer({ config: ['no-such-line yes'] })).rejects.toThrow(/ended.*no-such-line/s)
  })

  test('a port that is taken is not mistaken for its own', async () => {
    const { port } = await start()
    await expect(redisServer({ config: [`port ${port}`] })).rejects.toThrow('Address already in use')
  })
})

describe('options', () => {
  test('password', async () => {
    const password = 'p "q" @/:\\'
    const server = await start({ password })
    expect(await server.cli('PING')).toBe('PONG')
    expect(decodeURIComponent(new URL(server.url).password)).toBe(password)
    const socket = connect(server.port, '127.0.0.1')
    socket.write('PING\r\n')
    expect(await read(socket, '\r\n')).toContain('-NOAUTH')
    socket.destroy()
  })

  test('maxMemory, and further lines', async () => {
    const server = await start({ maxMemory: '2mb', config: ['databases 3'] })
    await expect(
      server.cli('SET', 'key', 'x'.repeat(3_000_000)).then(() => server.cli('SET', 'more', 'x')),
    ).rejects.toThrow('OOM')
    expect(await server.cli('CONFIG', 'GET', 'databases')).toBe('databases\n3')
  })

  test('replicaOf: has what the primary has, and is read-only', async () => {
    const primary = await start({ password: 'secret' })
    await primary.cli('SET', 'key', 'value')
    const replica = await start({ password: 'secret', replicaOf: primary })
    expect(await replica.cli('GET', 'key')).toBe('value')
    await expect(replica.cli('SET', 'key', 'other')).rejects.toThrow('READONLY')
  })

  describe('tls', () => {
    let tls: RedisTls
    beforeAll(async () => {
      const ca = await createTestCa()
      const { certPem, keyPem } = await ca.issue(LOOPBACK)
      tls = { cert: certPem, key: keyPem, ca: ca.certPem }
    })
    const ping = async (port: number, client: { readonly cert?: string; readonly key?: string }) => {
      const socket = connectTls({ port, host: '127.0.0.1', ca: tls.ca, ...client })
      socket.write('PING\r\n')
      try {
        return await read(socket, '\r\n')
      } finally {
        socket.destroy()
      }
    }

    test('is all that it speaks', async () => {
      const server = await start({ tls })
      expect(server.url).toBe(`rediss://127.0.0.1:${server.port}`)
      expect(await server.cli('PING')).toBe('PONG')
      expect(await ping(server.port, {})).toBe('+PONG\r\n')
      const plain = connect(server.port, '127.0.0.1')
      plain.write('PING\r\n')
      await expect(read(plain, 'PONG')).rejects.toThrow()
    })

    test('clientCertificates: none gets in without', async () => {
      const server = await start({ tls: { ...tls, clientCertificates: true } })
      await expect(ping(server.port, {})).rejects.toThrow()
      expect(await ping(server.port, { cert: tls.cert, key: tls.key })).toBe('+PONG\r\n')
    })

    test('a replica follows over TLS', async () => {
      const primary = await start({ tls })
      const replica = await start({ tls, replicaOf: primary })
      expect(await replica.cli('ROLE')).toContain(`slave\n127.0.0.1\n${primary.port}\nconnected`)
    })
  })
})
