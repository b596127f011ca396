import { DISCONNECTED, type Failure, failureOf } from './failure.js'
import { shown } from './options.js'

/** An ioredis client: `new Redis(...)`, with `sentinels` or not, or `new Redis.Cluster(...)`. */
export interface IoredisClient {
  /** `ready` while it has a connection. */
  readonly status: string
  /** Sends any command. */
  readonly call: (command: string, ...args: string[]) => PromiseLike<unknown>
  /** Listens. */
  readonly on: (event: 'error', listener: (error: unknown) => void) => unknown
}

/** A node-redis client: `createClient`, `createClientPool`, `createSentinel` or `createCluster`. */
export interface NodeRedisClient {
  /** Whether it was connected by `connect()`, and not closed. */
  readonly isOpen: boolean
  /** Connects. */
  readonly connect: () => PromiseLike<unknown>
  /** Sends any command; what comes ahead of it differs by the kind of client. */
  readonly sendCommand: (...args: never[]) => PromiseLike<unknown>
  /** Listens. */
  readonly on: (event: 'error', listener: (error: unknown) => void) => unknown
}

/** A client of the application. */
export type RedisClient = IoredisClient | NodeRedisClient

/** A client, as the link sees it. */
export interface RedisPort {
  /** Whether it is of any use to send something now. */
  readonly isReady: () => boolean
  /** Sees to it that a client connects that is not ready. */
  readonly open: () => void
  readonly send: (key: string | undefined, args: readonly string[]) => PromiseLike<unknown>
  /** Why it is not ready, as far as it has told. */
  readonly fault: () => Failure
  readonly onError: (listener: () => void) => void
}

/** @throws TypeError for anything but a client of ioredis or node-redis. */
export function redisPort(client: RedisClient): RedisPort {
  if (isIoredis(client)) return portOfIoredis(client)
  if (isNodeRedis(client)) return portOfNodeRedis(client)
  throw new TypeError(`client must be a client of ioredis or node-redis, got ${shown(client)}`)
}

const isIoredis = (client: RedisClient): client is IoredisClient =>
  hasAll(client, { call: 'function', status: 'string', on: 'function' })

const isNodeRedis = (client: RedisClient): client is NodeRedisClient =>
  hasAll(client, { sendCommand: 'function', connect: 'function', isOpen: 'boolean', on: 'function' })

const hasAll = (client: unknown, members: Readonly<Record<string, string>>): boolean =>
  typeof client === 'object' &&
  client !== null &&
  Object.entries(members).every(([name, type]) => typeof (client as Record<string, unknown>)[name] === type)

/** Its Cluster finds the keys of a command, of EVALSHA as well, by itself. */
const portOfIoredis = (client: IoredisClient): RedisPort => ({
  // wait: it connects at the first command
  isReady: () => client.status === 'ready' || client.status === 'wait',
  open: () => {},
  send: (_key, [name, ...args]) => client.call(name!, ...args),
  ...faultsOf(client),
})

/** Without a listener, errors of a client of node-redis end the process. */
function faultsOf(client: RedisClient): Pick<RedisPort, 'fault' | 'onError'> {
  let last = DISCONNECTED
  client.on('error', (error) => {
    // without a connection there is nothing that does not pass
    last = { ...DISCONNECTED, code: failureOf(error).code }
  })
  return { fault: () => last, onError: (listener) => void client.on('error', () => listener()) }
}

/** Replies as they are, whatever the application has set up for its own commands; and no timer for each, the link has one. */
const OPTIONS = Object.freeze({ typeMapping: Object.freeze({}), timeout: undefined })

type SendSingle = (args: readonly string[], options: object) => PromiseLike<unknown>
type SendSentinel = (isReadonly: boolean, args: readonly string[], options: object) => PromiseLike<unknown>
type SendCluster = (
  key: string | undefined,
  isReadonly: boolean,
  args: readonly string[],
  options: object,
) => PromiseLike<unknown>

function portOfNodeRedis(client: NodeRedisClient): RedisPort {
  const opening = new Opening(client)
  return {
    isReady: () => opening.isReady(),
    open: () => opening.open(),
    send: sendOf(client),
    ...faultsOf(client),
  }
}

/** Only primaries are asked: replicas know of claims and revocations too late. */
function sendOf(client: NodeRedisClient): RedisPort['send'] {
  if ('nodeByAddress' in client) {
    const send = client.sendCommand.bind(client) as SendCluster
    return (key, args) => send(key, false, args, OPTIONS)
  }
  if ('getMasterNode' in client || 'getSentinelNode' in client) {
    const send = client.sendCommand.bind(client) as SendSentinel
    return (_key, args) => send(false, args, OPTIONS)
  }
  const send = client.sendCommand.bind(client) as SendSingle
  return (_key, args) => send(args, OPTIONS)
}

/**
 * Connects a client that nobody has connected, and again where that fails: `connect()` of a Cluster or Sentinel gives up where
 * none of its nodes is there yet. Once it was connected, closed means closed.
 */
class Opening {
  readonly #client: NodeRedisClient & { readonly isReady?: boolean }
  #wasReady = false
  #isUnderWay = false

  constructor(client: NodeRedisClient) {
    this.#client = client
  }

  isReady(): boolean {
    const { isOpen, isReady = isOpen } = this.#client
    if (isReady) this.#wasReady = true
    return isReady
  }

  open(): void {
    if (this.#client.isOpen || this.#wasReady || this.#isUnderWay) return
    this.#isUnderWay = true
    const ended = () => {
      this.#isUnderWay = false
    }
    this.#client.connect().then(ended, ended)
  }
}
