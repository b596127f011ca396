import { openSocket, type SocketOptions } from './open-socket.js'

export interface SlowRequest extends SocketOptions {
  /** Sent at once, as it is. */
  readonly start: string
  /** Sent every so often; without it, nothing more comes. */
  readonly drip?: { readonly text: string; readonly everyMs: number }
  /** `answered`: the client leaves once it has the head of an answer. Default: `closed`, by the service. */
  readonly until?: 'answered' | 'closed'
}

const TIMEOUT_MS = 20_000

/**
 * The answer, as text, to a request that never ends; empty where there is none.
 *
 * @throws Error when nothing has ended it within 20 seconds.
 */
export function slowRequest(port: number, { start, drip, until = 'closed', ...to }: SlowRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = openSocket(port, to)
    const dripping = drip && setInterval(() => socket.write(drip.text), drip.everyMs)
    const timer = setTimeout(() => {
      reject(new Error('the request was held for ever'))
      socket.destroy()
    }, TIMEOUT_MS)
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      if (until === 'answered' && answer.includes('\r\n\r\n')) socket.destroy()
    })
    socket.on('close', () => {
      clearInterval(dripping)
      clearTimeout(timer)
      resolve(answer)
    })
    socket.on('error', () => {}) // a reset closes as well
    socket.write(start)
  })
}
