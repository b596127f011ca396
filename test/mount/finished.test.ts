import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { onFinished } from '../../src/mount/finished.js'
import { arrival, closed } from '../support/node-server.js'

const COUNT = 20

type Pair = readonly [IncomingMessage, ServerResponse]

/** Requests sent ahead of their answers, as they arrive. */
async function pipelined(): Promise<{ readonly client: Socket; readonly pairs: readonly Pair[] }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(() => {
    client.destroy()
    server.close()
  })
  const pairs: Pair[] = []
  const arrived = new Promise<void>((resolve) => {
    server.on('request', (...pair) => pairs.push(pair) === COUNT && resolve())
  })
  client.write('GET / HTTP/1.1\r\nhost: a.test\r\n\r\n'.repeat(COUNT))
  await arrived
  return { client, pairs }
}

/** How each ended, twice listened for. */
function endingsOf(pairs: readonly Pair[]): readonly number[][] {
  return pairs.map(([request, response]) => {
    const statuses: number[] = []
    for (let i = 0; i < 2; i++) onFinished(request, response, (status) => void statuses.push(status))
    return statuses
  })
}

test('requests that wait behind others end with their connection', async () => {
  const { client, pairs } = await pipelined()
  const endings = endingsOf(pairs)
  client.destroy()
  await closed(pairs[0]![0].socket)
  expect(endings).toEqual(Array.from({ length: COUNT }, () => [499, 499]))
  const late: number[] = []
  onFinished(...pairs[5]!, (status) => void late.push(status))
  expect(late).toEqual([499])
  for (const [, response] of pairs) response.end()
  await new Promise((resolve) => setImmediate(resolve))
  expect(endings).toEqual(Array.from({ length: COUNT }, () => [499, 499]))
})

test('and with their own answers, in whatever order these come, without a warning of too many listeners', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  onTestFinished(() => warned.mockRestore())
  const { client, pairs } = await pipelined()
  const endings = endingsOf(pairs)
  client.resume()
  for (const [index, [, response]] of [...pairs.entries()].reverse()) {
    response.statusCode = 200 + index
    response.end()
  }
  await vi.waitFor(() => expect(endings.at(-1)).toHaveLength(2))
  expect(endings).toEqual(Array.from({ length: COUNT }, (_, index) => [200 + index, 200 + index]))
  client.destroy()
  await closed(pairs[0]![0].socket)
  expect(endings.flat()).toHaveLength(2 * COUNT)
  expect(warned).not.toHaveBeenCalled()
})

test('a request tells any number of listeners, and needs one of the response', async () => {
  const { ctx, response } = await arrival('GET / HTTP/1.1\r\nhost: a.test\r\n\r\n')
  const before = response.listenerCount('close')
  const told: number[] = []
  for (let i = 0; i < COUNT; i++) ctx.onFinished((status) => void told.push(status))
  expect(response.listenerCount('close')).toBe(before + 1)
  response.end()
  await closed(response)
  ctx.onFinished((status) => void told.push(status + 1))
  expect(told).toEqual([...Array(COUNT).fill(200), 201])
})

test('a listener that throws keeps the end from no other, and is not hidden', async () => {
  const { ctx, response } = await arrival('GET / HTTP/1.1\r\nhost: a.test\r\n\r\n')
  const told: string[] = []
  ctx.onFinished(() => void told.push('first'))
  ctx.onFinished(() => {
    throw new Error('a listener of the service')
  })
  ctx.onFinished(() => void told.push('last'))
  expect(() => response.emit('close')).toThrow('a listener of the service')
  expect(told).toEqual(['first', 'last'])
})

test('a listener that throws keeps the end from no other request of the connection', async () => {
  const thrown: unknown[] = []
  const { client, pairs } = await pipelined()
  const { socket } = pairs[0]![0]
  const emit = socket.emit.bind(socket) as (...args: unknown[]) => boolean
  socket.emit = ((...args: unknown[]) => {
    try {
      return emit(...args)
    } catch (error) {
      return thrown.push(error) > 0
    }
  }) as typeof socket.emit
  const [, [request, response]] = pairs as readonly [Pair, Pair]
  onFinished(request, response, () => {
    throw new Error('a guard that fails')
  })
  const endings = endingsOf(pairs.slice(2))
  client.destroy()
  await vi.waitFor(() => expect(thrown).toEqual([new Error('a guard that fails')]))
  expect(endings).toEqual(Array.from({ length: COUNT - 2 }, () => [499, 499]))
})
