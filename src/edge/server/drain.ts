import type { Server } from 'node:http'
import { integerBetween, knownOptions } from '../../lib/options.js'
import type { Connections } from './connections.js'
import type { Gate } from './requests.js'

/** How long a server that stops waits, and for what. */
export interface DrainOptions {
  /** What requests in flight may still take, in milliseconds, 0 to 3 600 000. Then they are cut. Default: 10 000. */
  readonly graceMs?: number | undefined
  /**
   * What a connection without a request may still take to send one, in milliseconds, 0 to 3 600 000; never more than
   * `graceMs`. Default: 1000.
   */
  readonly firstRequestMs?: number | undefined
}

/** How a server has stopped. */
export interface Drained {
  /** Connections that were ended at the deadline with a request in flight, or that spoke another protocol. */
  readonly cut: number
}

const HOUR_MS = 3_600_000

/** Stops `server` so that nobody loses an answer who gets it in time. */
export function drain(server: Server, connections: Connections, gate: Gate, options: DrainOptions): Promise<Drained> {
  knownOptions('drain()', options, ['graceMs', 'firstRequestMs'])
  const graceMs = integerBetween('graceMs', options.graceMs ?? 10_000, 0, HOUR_MS)
  const firstRequestMs = integerBetween('firstRequestMs', options.firstRequestMs ?? 1_000, 0, HOUR_MS)
  let cut = 0
  const unasked = setTimeout(() => endUnasked(connections), Math.min(firstRequestMs, graceMs))
  const deadline = setTimeout(() => {
    endUnasked(connections)
    for (const connection of connections) {
      if (connection.answers.size > 0 || connection.isUpgraded) cut++
      connection.destroy()
    }
    server.closeAllConnections()
  }, graceMs)
  unasked.unref()
  deadline.unref()
  gate.close()
  connections.isStopped = true
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(unasked)
      clearTimeout(deadline)
      // A request whose client has just left is audited when its connection has closed.
      setImmediate(() => resolve(Object.freeze({ cut })))
    }
    // Node waits for those that it accepted, and for none that a service handed to it.
    server.close(() => connections.onceEmpty(settle))
    for (const connection of connections) connection.announceEnd()
  })
}

function endUnasked(connections: Connections): void {
  for (const connection of connections) {
    if (connection.answers.size === 0 && !connection.isUpgraded) connection.destroy()
  }
}
