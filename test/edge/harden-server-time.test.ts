import { slowRequest } from '@wardline/test-kit'
import { describe, expect, test, vi } from 'vitest'
import { get, PROTOCOLS, requestOf, running } from '../support/hardened.js'

const SHORT = { headersTimeoutMs: 200, requestTimeoutMs: 400, keepAliveTimeoutMs: 200, handshakeTimeoutMs: 200 }
const PATIENT = { headersTimeoutMs: 20_000, requestTimeoutMs: 20_000, keepAliveTimeoutMs: 20_000 }

const LATE = /^HTTP\/1\.1 408 Request Timeout\r\nDate: [^\r]+ GMT\r\nConnection: close\r\nContent-Length: 0\r\n\r\n$/

describe.each(PROTOCOLS)('%s', { concurrent: true }, (protocol) => {
  test.each([
    ['nothing at all', '', undefined],
    ['half a head', 'GET / HTTP/1.1\r\nhost: a', undefined],
    ['a head, a byte at a time', 'GET / HTTP/1.1\r\nx: ', 'x'],
    ['a head, a field at a time', 'GET / HTTP/1.1\r\n', 'x: y\r\n'],
  ])('a client that sends %s gets a 408 and the end', async (_what, start, drip) => {
    const { port, to, hardened } = await running(protocol, SHORT)
    const answer = await slowRequest(port, { ...to, start, ...(drip && { drip: { text: drip, everyMs: 20 } }) })
    expect(answer).toMatch(LATE)
    expect(hardened.counters().clientErrors).toBe(1)
  })

  test.each([
    ['stops', undefined],
    ['comes a byte at a time', { text: 'x', everyMs: 20 }],
  ])('a body that %s, where the handler waits for all of it: 408', async (_what, drip) => {
    const { port, to } = await running(protocol, SHORT, (request, response) => {
      request.resume().on('end', () => response.end('all of it'))
    })
    const start = `${requestOf('POST', 'content-length: 100000')}x`
    expect(await slowRequest(port, { ...to, start, ...(drip && { drip }) })).toMatch(LATE)
  })

  test.each([
    ['nothing', undefined],
    // bare Node keeps such a connection open for ever
    ['a line break now and then', { text: '\r\n', everyMs: 20 }],
  ])('a connection that sends %s after its answer is ended', { timeout: 15_000 }, async (_what, drip) => {
    const { port, to, hardened } = await running(protocol, SHORT)
    const answer = await slowRequest(port, { ...to, start: get(), ...(drip && { drip }) })
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    await vi.waitFor(() => expect(hardened.counters().connections).toBe(0))
    expect(hardened.counters().clientErrors).toBe(drip === undefined ? 0 : 1)
  })

  test('a client that does not read its answer is ended', async () => {
    const { open, hardened } = await running(protocol, { ...PATIENT, socketTimeoutMs: 200 }, (_request, response) => {
      response.end(Buffer.alloc(32 * 1024 * 1024))
    })
    const client = open()
    client.socket.pause()
    client.write(get())
    await vi.waitFor(() => expect(hardened.counters().requests).toBe(1))
    await vi.waitFor(() => expect(hardened.counters().connections).toBe(0), { timeout: 10_000 })
  })

  test('a request that waits for its answer is not late', async () => {
    let answer: () => void = () => {}
    const { open } = await running(protocol, SHORT, (_request, response) => {
      answer = () => response.end('late, but here')
    })
    const client = open().write(get('connection: close'))
    await new Promise((resolve) => setTimeout(resolve, 2_000)) // more than all of its timeouts
    answer()
    expect(await client.closed).toContain('late, but here')
  })
})

describe('https', { concurrent: true }, () => {
  test.each([
    ['nothing', ''],
    ['half a hello', '\x16\x03\x01\x02\x00'],
  ])('a client that sends %s for a handshake is ended', async (_what, start) => {
    const { openRaw, hardened } = await running('https', { ...PATIENT, handshakeTimeoutMs: 200 })
    const client = openRaw()
    if (start !== '') client.write(start)
    expect(await client.closed).toBe('')
    await vi.waitFor(() => expect(hardened.counters()).toMatchObject({ connections: 0, clientErrors: 1 }))
  })

  test('plain HTTP is no handshake', async () => {
    const { openRaw, hardened } = await running('https')
    await openRaw().write(get()).closed
    await vi.waitFor(() => expect(hardened.counters()).toMatchObject({ connections: 0, clientErrors: 1 }))
  })
})
