import { connect } from 'node:tls'
import type { World } from './world.js'
import { freshAddress, ORIGIN, type ZeroTrustService } from './zero-trust-service.js'

/** The answer, as text, to a request of which no more than these lines is ever sent. */
export function slowRequest(world: World, service: ZeroTrustService, lines: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const to = { port: service.port, host: '127.0.0.1', localAddress: freshAddress(), ca: world.ca.certPem }
    const socket = connect(to)
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      if (answer.includes('\r\n\r\n')) socket.destroy()
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', () => {}) // a reset closes as well
    socket.write(`${[...lines, `host: ${new URL(ORIGIN).host}`].join('\r\n')}\r\n\r\n`)
  })
}
