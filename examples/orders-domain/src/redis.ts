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

const singleOf = (url: URL): Redis =>
  new Redis({
    ...connectionOf(url),
    ...addressOf(url),
    db: databaseOf(url),
    enableOfflineQueue: false,
    retryStrategy: pauseMs,
  })

const clusterOf = (urls: readonly URL[]): Cluster =>
  new Redis.Cluster(urls.map(addressOf), {
    redisOptions: connectionOf(urls[0]!),
    enableOfflineQueue: false,
    clusterRetryStrategy: pauseMs,
    slotsRefreshTimeout: 1_000,
    slotsRefreshInterval: 2_000,
  })

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
