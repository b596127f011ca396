import type { Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import { Connections } from './server/connections.js'
import { type Drained, type DrainOptions, drain } from './server/drain.js'
import { answerFaults } from './server/faults.js'
import { apply, type HardenServerOptions, limitsOf, refuseUnfit } from './server/limits.js'
import { gateOf, meetExpectations } from './server/requests.js'

/** A server that bears hostile clients, and can be stopped. */
export interface HardenedServer {
  /**
   * Stops: nothing more is accepted, answers still to come say that they are the last, and connections end with them.
   * Resolves when all have ended. Called again, it gives the same promise.
   *
   * @throws TypeError for an option out of its range.
   */
  readonly drain: (options?: DrainOptions) => Promise<Drained>
  /** As of now, for a page of metrics. */
  readonly counters: () => ServerCounters
}

/** What a server has seen. No request and no refusal here is in the audit trail: none has met a guard. */
export interface ServerCounters {
  /** Connections that are open. */
  readonly connections: number
  /** Requests that wait for their answer. */
  readonly requests: number
  /** Connections that were one too many in all (`maxConnections`), so far. */
  readonly connectionsRefused: number
  /** Connections that were one too many of one client (`maxConnectionsPerClient`), so far. */
  readonly connectionsRefusedPerClient: number
  /** Requests with too many fields, or one too many on a connection that waits for others, so far. */
  readonly requestsRefused: number
  /** What was no request or no handshake, or came too late, so far. */
  readonly clientErrors: number
}

/**
 * Bounds what clients can make `server` hold: time, connections, fields, requests at once. Give it a server that does not
 * listen yet, of `node:http` or `node:https`. Its limits replace those that `createServer()` was given.
 *
 * @throws TypeError for an option out of its range; for a server that listens, is hardened already, or was created with
 * `insecureHTTPParser`, `joinDuplicateHeaders` or without `requireHostHeader`.
 */
export function hardenServer(server: Server | TlsServer, options: HardenServerOptions = {}): HardenedServer {
  const limits = limitsOf(options)
  refuseUnfit(server)
  if (hardened.has(server)) throw new TypeError('hardenServer(): the server is hardened already')
  hardened.add(server)
  apply(server, limits)
  const connections = new Connections(server, limits)
  // Node takes an answer that is ended, and not yet sent, for no answer: its close() would cut it
  server.closeIdleConnections = () => connections.endIdle()
  const gate = gateOf(server, connections, limits)
  const clientErrors = answerFaults(server, connections)
  meetExpectations(server)
  let connectionsRefused = 0
  server.on('drop', () => connectionsRefused++)
  endLateOnes(server, connections, limits.checkMs)
  let drained: Promise<Drained> | undefined
  return Object.freeze({
    drain: (how: DrainOptions = {}) => {
      drained ??= drain(server, connections, gate, how)
      return drained
    },
    counters: () => ({
      connections: connections.size,
      requests: connections.requests,
      connectionsRefused,
      connectionsRefusedPerClient: connections.refusedPerClient,
      requestsRefused: gate.refused(),
      clientErrors: clientErrors() + connections.late,
    }),
  })
}

const hardened = new WeakSet<Server>()

/** While there are connections, accepted by the server or handed to it. */
function endLateOnes(server: Server, connections: Connections, checkMs: number): void {
  let timer: NodeJS.Timeout | undefined
  server.on('connection', () => {
    timer ??= setInterval(() => {
      connections.endLate()
      if (connections.size > 0) return
      clearInterval(timer)
      timer = undefined
    }, checkMs).unref()
  })
}
