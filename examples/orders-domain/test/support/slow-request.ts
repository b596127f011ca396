import { connect } from 'node:net'

export interface SlowRequest {
  /** Sent at once, as it is. */
  readonly start: string
  /** Sent every so often; without it, nothing more comes. */
  readonly drip?: { readonly text: string; readonly everyMs: number }
}

/** The answer, as text, to a request that never ends, once the service gives it up. */
export function slowRequest(port: number, { start, drip }: SlowRequest): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const timer = drip && setInterval(() => socket.write(drip.text), drip.everyMs)
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('close', () => {
      clearInterval(timer)
      resolve(answer)
    })
    socket.on('error', () => {}) // a reset closes as well
    socket.write(start)
  })
}
