import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { type FrameworkView, NodeRequest, resolveService } from '../../src/mount/index.js'

/** A request on its way: the client's socket, and the server's view of it. */
export interface Arrival {
  readonly client: Socket
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly ctx: NodeRequest
}

/** Sends `head`, byte for byte, over a socket of its own, and gives what arrives at a server without a framework. */
export async function arrival(
  head: string,
  view: Partial<FrameworkView> = {},
  clock: () => number = () => 0,
): Promise<Arrival> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.on('error', () => {})
  onTestFinished(() => {
    client.destroy()
    server.close()
  })
  const arrived = new Promise<[IncomingMessage, ServerResponse]>((resolve) => {
    server.on('request', (request, response) => resolve([request, response]))
  })
  client.write(head)
  const [request, response] = await arrived
  return { client, request, response, ctx: contextOf(request, response, view, clock) }
}

/** Resolves when the stream has closed, whatever closed it. */
export const closed = (stream: IncomingMessage | ServerResponse | Socket): Promise<void> =>
  new Promise((resolve) => void stream.once('close', () => resolve()))

function contextOf(
  request: IncomingMessage,
  response: ServerResponse,
  view: Partial<FrameworkView>,
  clock: () => number,
): NodeRequest {
  const plain = { target: request.url ?? '', route: undefined, params: {}, body: undefined, raw: request }
  const whole = Object.defineProperties(plain, Object.getOwnPropertyDescriptors(view)) // getters stay getters
  return new NodeRequest(request, response, whole, resolveService({ audit: { record: () => {} }, clock }))
}
