import type { IoredisClient, RedisClient } from '@wardline/redis'
import { type Cluster, Redis } from 'ioredis'

/** What the processes of the service share. */
export interface SharedRedis {
  readonly client: RedisClient
  readonly close: () => void
}

/** Not all at once, and again within a second once it is back. */
const pauseMs = (tries: number): number => Math.min(20 * 2 ** tries, 1_000) * (0.5 + Math.random() / 2)

/** A connection that falls silent, also during its handshake, is given up; nothing queues while there is none. */
const SILENCE = { connectTimeout: 1_000, socketTimeout: 1_000, maxRetriesPerRequest: 1 }

/**
 * Reads REDIS_URL: one URL, or several of a Cluster between commas.
 *
 * @throws TypeError that says what is wrong with it, and never what it says: it may hold a password.
 */
export function redisUrls(text: string): readonly URL[] {
  const urls = text.split(',').map((part) => part.trim())
  const parsed = urls.map((url) => (URL.canParse(url) ? new URL(url) : undefined))
  for (const url of parsed) {
    if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === '') {
      throw new TypeError('REDIS_URL must be a redis:// or rediss:// URL, or several of a Cluster between commas')
    }
    if (!isDecodable(url.username) || !isDecodable(url.password)) {
      throw new TypeError('REDIS_URL: a percent sign of a user or password is written %25')
    }
    if (!/^(?:\/\d{0,5})?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
      throw new TypeError('REDIS_URL may name a database by its number, as in redis://host:6379/1, and nothing else')
    }
  }
  if (parsed.length > 1 && parsed.some((url) => databaseOf(url!) !== 0)) {
    throw new TypeError('REDIS_URL names several nodes, and a Cluster has no databases')
  }
  return parsed as readonly URL[]
}

/** A client for these URLs; it connects by itself, for as long as it takes. Several are nodes of one Cluster. */
export function sharedRedis(urls: readonly URL[]): SharedRedis {
  const shared = urls.length > 1 ? new ByUrl(clusterOf(urls)) : new ByUrl(singleOf(urls[0]!), urls)
  return { client: shared, close: () => shared.close() }
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

const databaseOf = ({ pathname }: URL): number => Number(pathname.slice(1))

const connectionOf = (url: URL) => ({
  ...SILENCE,
  ...(url.username !== '' && { username: decodeURIComponent(url.username) }),
  ...(url.password !== '' && { password: decodeURIComponent(url.password) }),
  ...(url.protocol === 'rediss:' && { tls: {} }),
})

const addressOf = ({ hostname, port }: URL) => ({
  host: hostname.replace(/^\[|\]$/g, ''),
  port: Number(port || 6379),
})

function singleOf(url: URL): Redis {
  const client = new Redis({
    ...connectionOf(url),
    ...addressOf(url),
    db: databaseOf(url),
    enableOfflineQueue: false,
    retryStrategy: pauseMs,
  })
  // It would go on in database 0, which nobody named.
  client.on('error', (error: { readonly command?: { readonly name?: unknown } }) => {
    if (error.command?.name === 'select') client.disconnect(true)
  })
  return client
}

function clusterOf(urls: readonly URL[]): Cluster {
  const cluster = new Redis.Cluster(urls.map(addressOf), {
    redisOptions: { ...connectionOf(urls[0]!), disconnectTimeout: 100 },
    enableOfflineQueue: false,
    clusterRetryStrategy: pauseMs,
    slotsRefreshTimeout: 1_000,
    slotsRefreshInterval: 5_000,
    // Each connection looks its name up by itself: one that is unknown keeps nobody from the other nodes.
    dnsLookup: (name, done) => done(null, name),
  })
  cluster.on('+node', (node: Redis) => node.on('connecting', () => makeRoom(cluster, node)))
  return cluster
}

/** Beside the one that asks for the slots. What was asked by a connection that is let go is asked again. */
const MOST_NODES = 3

/** All keys are of one slot: connections to nodes that had it, or were asked where it is, are of no use any more. */
function makeRoom(cluster: Cluster, next: Redis): void {
  const others = cluster.nodes().filter((node) => node !== next && /^(?:connecting|connect|ready)$/.test(node.status))
  for (const node of others.slice(0, 1 + others.length - MOST_NODES)) node.disconnect()
}

/** One client for the stores, whatever the URL turns out to be: a single server, or a node of a Cluster. */
class ByUrl implements IoredisClient {
  readonly #listeners: ((error: unknown) => void)[] = []
  #client: Redis | Cluster
  #isClosed = false

  /** @param urls - Of a server that may be a node of a Cluster. */
  constructor(client: Redis | Cluster, urls?: readonly URL[]) {
    this.#client = client
    this.#listen(client)
    if (client instanceof Redis && urls !== undefined) client.on('ready', () => void this.#askKind(client, urls))
  }

  get status(): string {
    return this.#client.status
  }

  readonly call = (command: string, ...args: string[]): Promise<unknown> => this.#client.call(command, ...args)

  readonly on = (_event: 'error', listener: (error: unknown) => void): this => {
    this.#listeners.push(listener)
    return this
  }

  close(): void {
    this.#isClosed = true
    this.#client.disconnect()
  }

  #listen(client: Redis | Cluster): void {
    client.on('error', (error) => {
      for (const listener of this.#listeners) listener(error)
    })
  }

  async #askKind(client: Redis, urls: readonly URL[]): Promise<void> {
    const isCluster = await client.info('cluster').then(
      (text) => /cluster_enabled:1/.test(text),
      () => false, // it is asked again when it is ready again
    )
    if (!isCluster || this.#isClosed || this.#client !== client) return
    this.#client = clusterOf(urls)
    this.#listen(this.#client)
    client.disconnect()
  }
}
