import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openSocket, rawRequest, slowRequest } from '@wardline/test-kit'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { allow, defineGuard, type HardenServerOptions, hardenServer } from 'wardline'
import { recorded, VERSIONS } from './support.js'

describe.each(VERSIONS)('%s behind a hardened server', (_name, framework) => {
  /** A service whose handler answers when the test says so, or at once. */
  async function started(options: HardenServerOptions = {}) {
    const ran: string[] = []
    const release: (() => void)[] = []
    const { guard, events } = recorded()
    const noting = defineGuard({
      name: 'noting',
      check: ({ path }) => {
        ran.push(path)
        return allow()
      },
    })
    const app = framework()
    app.use(guard(noting))
    app.get('/now', (_request, response) => void response.send('done'))
    app.get('/later', (_request, response) => void release.push(() => void response.send('done')))
    const server = createServer(app)
    const hardened = hardenServer(server, options)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(async () => void (await hardened.drain({ graceMs: 0 })))
    return { hardened, events, ran, release, port: (server.address() as AddressInfo).port }
  }

  test('good requests pass', async () => {
    const { port, ran } = await started()
    expect(await rawRequest(port, { target: '/now' })).toMatchObject({ status: 200, body: 'done' })
    expect(ran).toEqual(['/now'])
  })

  test('what is refused ahead of the framework meets no guard and leaves no event', async () => {
    const { port, ran, events } = await started({ headersTimeoutMs: 200, maxHeaders: 10 })
    const headers = Array.from({ length: 20 }, (_, index) => [`x-${index}`, 'y'] as const)
    expect((await rawRequest(port, { target: '/now', headers })).status).toBe(431)
    expect((await rawRequest(port, { target: '/now', headers: [['x y', 'z']] })).status).toBe(400)
    expect(await slowRequest(port, { start: 'GET /now HTTP/1.1\r\n' })).toMatch(/^HTTP\/1\.1 408 /)
    expect([ran, events]).toEqual([[], []])
  })

  test('a flood of pipelined requests reaches as many handlers as may wait', async () => {
    const { port, ran } = await started({ maxPipelinedRequests: 3 })
    const start = 'GET /later HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(1_000)
    expect(await slowRequest(port, { start })).toBe('')
    expect(ran).toHaveLength(3)
  })

  test('drain() waits for the answer, and its event is there when all has ended', async () => {
    const { port, hardened, events, release } = await started()
    const idle = openSocket(port, {})
    onTestFinished(() => void idle.destroy())
    const answer = rawRequest(port, { target: '/later', headers: [['connection', 'keep-alive']] })
    await vi.waitFor(() => expect(release).toHaveLength(1))
    const drained = hardened.drain({ firstRequestMs: 50 })
    release[0]?.()
    expect(await answer).toMatchObject({ status: 200, headers: { connection: 'close' }, body: 'done' })
    expect(await drained).toEqual({ cut: 0 })
    expect(events).toMatchObject([{ path: '/later', status: 200 }])
  })

  test('a request that is cut leaves its event', async () => {
    const { port, hardened, events, release } = await started()
    const answer = rawRequest(port, { target: '/later' }).catch(() => 'cut')
    await vi.waitFor(() => expect(release).toHaveLength(1))
    expect(await hardened.drain({ graceMs: 50 })).toEqual({ cut: 1 })
    expect(await answer).toBe('cut')
    expect(events).toMatchObject([{ path: '/later', status: 499 }])
  })
})
