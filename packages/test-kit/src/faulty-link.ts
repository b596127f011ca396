import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './free-port.js'
import { RedisReader } from './redis-wire.js'

/** A way to a server that goes wrong when a test says so. */
export interface FaultyLink {
  /** Where it listens on 127.0.0.1. */
  readonly port: number
  /** How many connections it has accepted. */
  readonly connections: number
  /** How many of them clients have open. */
  readonly open: number
  /** How many Redis commands clients have sent, of one name or in all, whether passed or not. Over TLS it sees none. */
  readonly commands: (name?: string) => number
  /** What the server sends from now on comes `ms` later. */
  readonly delay: (ms: number) => void
  /** Accepts connections and passes nothing, in either direction; what it holds passes after `pass`. */
  readonly silence: () => void
  /** Resets the connections that there are. */
  readonly cut: () => void
  /** Accepts no more connections; those that there are stay. */
  readonly refuse: () => void
  /** All is well again: accepts, passes, at once. */
  readonly pass: () => Promise<void>
  /** Ends it, with its connections. */
  readonly close: () => Promise<void>
}

/** A TCP proxy in front of `target`, a port of 127.0.0.1. */
export async function faultyLink(target: number): Promise<FaultyLink> {
  const ways = new Map<Socket, Socket>()
  const sent = new Map<string, number>()
  const gate = new Gate()
  let connections = 0
  let delayMs = 0

  const accept = (client: Socket) => {
    const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    connections++
    ways.set(client, upstream)
    client.on('close', () => ways.delete(client))
    count(client, sent)
    forward(client, upstream, () => gate.passed)
    forward(upstream, client, () => later(delayMs).then(() => gate.passed))
  }
  const cut = () => {
    for (const way of ways) for (const socket of way) socket.resetAndDestroy()
  }
  let { server, port } = await listenAnywhere(accept)
  return {
    port,
    get connections() {
      return connections
    },
    get open() {
      return ways.size
    },
    commands: (name) => {
      if (name !== undefined) return sent.get(name.toLowerCase()) ?? 0
      return [...sent.values()].reduce((sum, one) => sum + one, 0)
    },
    delay: (ms) => {
      delayMs = ms
    },
    silence: () => gate.shut(),
    cut,
    refuse: () => void server.close(),
    pass: async () => {
      delayMs = 0
      gate.open()
      if (!server.listening) server = await listen(port, accept)
    },
    close: async () => {
      cut()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Lets everything pass, or holds it until it is opened. */
class Gate {
  passed: Promise<void> = Promise.resolve()
  #release: (() => void) | undefined

  shut(): void {
    if (this.#release !== undefined) return
    this.passed = new Promise((resolve) => {
      this.#release = resolve
    })
  }

  open(): void {
    this.#release?.()
    this.#release = undefined
  }
}

const later = (ms: number): Promise<void> => (ms === 0 ? Promise.resolve() : pause(ms, undefined, { ref: false }))

/** Hands on what `from` sends, and how it ends, in this order, each when `released` says so. */
function forward(from: Socket, to: Socket, released: () => Promise<void>): void {
  let last = Promise.resolve()
  const next = (act: () => void) => {
    const mine = released()
    last = last.then(() => mine).then(act)
  }
  from.on('data', (chunk) => next(() => void to.write(chunk)))
  from.on('end', () => next(() => void to.end()))
  from.on('close', () => next(() => void (from.readableEnded || to.resetAndDestroy())))
  from.on('error', () => {}) // 'close' follows
}

function count(client: Socket, sent: Map<string, number>): void {
  const reader = new RedisReader()
  const look = (chunk: Buffer) => {
    try {
      for (const command of reader.push(chunk)) {
        if (!Array.isArray(command)) continue
        const name = String(command[0]).toLowerCase()
        sent.set(name, (sent.get(name) ?? 0) + 1)
      }
    } catch {
      client.off('data', look) // it speaks something else
    }
  }
  client.on('data', look)
}

async function listenAnywhere(accept: (client: Socket) => void): Promise<{ server: Server; port: number }> {
  for (;;) {
    const port = await freePort()
    try {
      return { server: await listen(port, accept), port }
    } catch {
      // taken meanwhile
    }
  }
}

const listen = (port: number, accept: (client: Socket) => void): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, accept)
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
