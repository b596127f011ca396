import { connect } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startWorld, type World } from './support/world.js'
import { SERVICES } from './support/zero-trust-service.js'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

describe.each(SERVICES)('%s', (_name, script) => {
  const started = async () => (await world.start(script)).process

  /** Connections of callers, by what has been sent over them. */
  const tls = async (port: number, text: string) => {
    const socket = connectTls({ port, host: '127.0.0.1', ca: world.ca.certPem })
    socket.on('error', () => {})
    await new Promise<void>((resolve) => socket.once('secureConnect', resolve))
    socket.write(text)
    return socket
  }
  const received = (socket: TLSSocket) => {
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
    })
    return () => text
  }

  test('SIGTERM: nobody holds the process who has nothing to ask', { timeout: 15_000 }, async () => {
    const process = await started()
    const silent = connect(process.port, '127.0.0.1')
    silent.on('error', () => {})
    await new Promise<void>((resolve) => silent.once('connect', resolve))
    const half = connect(process.port, '127.0.0.1')
    half.on('error', () => {})
    half.write(Buffer.from('1603010200', 'hex')) // the head of a hello that never comes
    await tls(process.port, '')
    await tls(process.port, 'GET /healthz HTTP/1.1\r\nhost')
    const idle = await tls(process.port, 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')
    const answer = received(idle)
    await vi.waitFor(() => expect(answer()).toMatch(/^HTTP\/1\.1 (200|503)/))
    const startedAt = performance.now()
    expect(await process.stop()).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  test('SIGTERM: what is in flight is finished, answered and audited', { timeout: 15_000 }, async () => {
    const process = await started()
    const form = 'logout_token=x'
    const head = [
      'POST /backchannel-logout HTTP/1.1',
      'host: x',
      'content-type: application/x-www-form-urlencoded',
      `content-length: ${form.length}`,
    ]
    const socket = await tls(process.port, `${head.join('\r\n')}\r\n\r\n`)
    const answer = received(socket)
    await new Promise((resolve) => setTimeout(resolve, 200))
    const stopped = process.stop()
    await new Promise((resolve) => setTimeout(resolve, 200))
    socket.write(form)
    expect(await stopped).toBe(0)
    expect(answer()).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer().toLowerCase()).toContain('connection: close')
    expect(JSON.parse(process.stdout())).toMatchObject({ code: 'logout_malformed', route: '/backchannel-logout' })
  })
})
