import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { slowRequest } from '../src/index.js'

const HEAD = 'HTTP/1.1 401 Unauthorized\r\ncontent-length: 10\r\n\r\n'

/** A service that does as told with each piece of a request. */
async function portOf(serve: (socket: Socket, received: string) => void): Promise<number> {
  const server: Server = createServer((socket) => {
    let received = ''
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      received += chunk.toString()
      serve(socket, received)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

test('drips until the service ends it, from the address given', async () => {
  let seen: [received: string, from: string | undefined] | undefined
  const port = await portOf((socket, received) => {
    seen = [received, socket.remoteAddress]
    if (received === 'GETxxx') socket.end(`${HEAD}all of it`)
  })
  const drip = { text: 'x', everyMs: 2 }
  expect(await slowRequest(port, { start: 'GET', drip, from: '127.9.8.7' })).toBe(`${HEAD}all of it`)
  expect(seen).toEqual(['GETxxx', '127.9.8.7'])
})

test('a reset is no answer', async () => {
  const port = await portOf((socket) => void socket.resetAndDestroy())
  expect(await slowRequest(port, { start: 'GET' })).toBe('')
})

test('leaves with the head of an answer, though the service holds the connection', async () => {
  const port = await portOf((socket) => void socket.write(HEAD))
  expect(await slowRequest(port, { start: 'GET', until: 'answered' })).toBe(HEAD)
})
