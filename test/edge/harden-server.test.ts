import { createServer } from 'node:http'
import { createSecureServer } from 'node:http2'
import { describe, expect, test } from 'vitest'
import { hardenServer } from '../../src/index.js'
import { newServer, OK, PROTOCOLS, running } from '../support/hardened.js'

describe('options', () => {
  test.each([
    ['headersTimeoutMs', 99],
    ['headersTimeoutMs', 30_001],
    ['requestTimeoutMs', 0],
    ['requestTimeoutMs', Number.POSITIVE_INFINITY],
    ['keepAliveTimeoutMs', -1],
    ['socketTimeoutMs', Number.NaN],
    ['handshakeTimeoutMs', 100.5],
    ['maxHeaders', 9],
    ['maxHeaders', 2_000],
    ['maxHeaderBytes', 2 ** 21],
    ['maxRequestsPerConnection', 0],
    ['maxPipelinedRequests', '16'],
    ['maxConnections', 0],
    ['maxConnectionsPerClient', 4_097],
    ['trustedProxies', '10.0.0.0/8'],
    ['trustedProxies', ['0.0.0.0/0']],
    ['trustedProxies', ['proxy']],
    ['maxHeaderSize', 1],
  ])('%s: %s is a TypeError that names it', (name, value) => {
    const server = createServer()
    expect(() => hardenServer(server, { [name]: value })).toThrow(TypeError)
    expect(() => hardenServer(server, { [name]: value })).toThrow(name)
    expect(server.maxHeadersCount).toBeNull() // nothing is half done
  })

  test('what depends on another option follows it', () => {
    const limits = { requestTimeoutMs: 5_000, maxConnections: 10 }
    const server = createServer()
    hardenServer(server, limits)
    expect([server.headersTimeout, server.requestTimeout, server.maxConnections]).toEqual([5_000, 5_000, 10])
    expect(() => hardenServer(createServer(), { ...limits, maxConnectionsPerClient: 11 })).toThrow('from 1 to 10')
  })
})

describe('servers', () => {
  test.each([
    ['insecureHTTPParser', { insecureHTTPParser: true }],
    ['joinDuplicateHeaders', { joinDuplicateHeaders: true }],
    ['requireHostHeader', { requireHostHeader: false }],
  ])('one that was created with %s is refused', (name, options) => {
    for (const protocol of PROTOCOLS) {
      const server = newServer(protocol, OK, options)
      expect(() => hardenServer(server)).toThrow(TypeError)
      expect(() => hardenServer(server)).toThrow(name)
    }
  })

  test.each([
    ['nothing', undefined],
    ['a listener', OK],
    ['HTTP/2', createSecureServer()],
  ])('%s is refused', (_what, server) => {
    expect(() => hardenServer(server as never)).toThrow(/server must be a Server of node:http or node:https/)
  })

  test('one that listens is refused', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    expect(() => hardenServer(server)).toThrow('harden it before listen()')
    await new Promise((resolve) => server.close(resolve))
  })

  test('one that is hardened already is refused', () => {
    const server = createServer()
    hardenServer(server)
    expect(() => hardenServer(server)).toThrow('hardened already')
  })

  test.each(PROTOCOLS)('%s: counters begin at nothing', async (protocol) => {
    const { hardened } = await running(protocol)
    expect(hardened.counters()).toEqual({
      connections: 0,
      requests: 0,
      connectionsRefused: 0,
      connectionsRefusedPerClient: 0,
      requestsRefused: 0,
      clientErrors: 0,
    })
  })
})
