import { Redis } from 'ioredis'
import { createClient, createCluster, createSentinel } from 'redis'
import type { RedisClient } from '../src/index.js'

/** A client as the documentation has it, and its end. */
export interface OpenClient {
  readonly client: RedisClient
  readonly close: () => Promise<void>
}

/** Where a client connects, and as whom. */
export interface At {
  readonly port: number
  readonly password?: string
  readonly db?: number
}

/** What the documentation tells of reconnecting: at once at first, then once a second, never all processes together. */
const pauseMs = (tries: number): number => Math.min(20 * 2 ** tries, 1_000) * (0.5 + Math.random() / 2)

/** For ioredis. */
const OF_IOREDIS = {
  connectTimeout: 1_000,
  socketTimeout: 1_000,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  retryStrategy: pauseMs,
} as const

/** For node-redis. */
const OF_NODE_REDIS = {
  socket: { connectTimeout: 1_000, socketTimeout: 1_500, reconnectStrategy: pauseMs },
  pingInterval: 500,
  disableOfflineQueue: true,
} as const

/** One server. */
export const single: Readonly<Record<string, (at: At) => OpenClient>> = {
  ioredis: ({ port, password, db }) =>
    ofIoredis(new Redis({ ...OF_IOREDIS, port, host: '127.0.0.1', ...(password && { password }), ...(db && { db }) })),
  'node-redis': ({ port, password, db }) =>
    ofNodeRedis(
      createClient({
        ...OF_NODE_REDIS,
        socket: { ...OF_NODE_REDIS.socket, port, host: '127.0.0.1' },
        ...(password && { password }),
        ...(db && { database: db }),
      }),
    ),
}

/** A Cluster, by one of its nodes or more. */
export const cluster: Readonly<Record<string, (ports: readonly number[]) => OpenClient>> = {
  ioredis: (ports) =>
    ofIoredis(
      new Redis.Cluster(
        ports.map((port) => ({ host: '127.0.0.1', port })),
        {
          redisOptions: OF_IOREDIS,
          enableOfflineQueue: false,
          clusterRetryStrategy: pauseMs,
          slotsRefreshTimeout: 1_000,
        },
      ),
    ),
  'node-redis': (ports) =>
    ofNodeRedis(
      createCluster({
        rootNodes: ports.map((port) => ({ socket: { host: '127.0.0.1', port } })),
        defaults: OF_NODE_REDIS,
      }),
    ),
}

/** A primary that sentinels name. */
export const sentinel: Readonly<
  Record<string, (name: string, addresses: readonly { readonly host: string; readonly port: number }[]) => OpenClient>
> = {
  ioredis: (name, addresses) =>
    ofIoredis(
      new Redis({
        ...OF_IOREDIS,
        name,
        sentinels: [...addresses],
        sentinelRetryStrategy: pauseMs,
        failoverDetector: true,
      }),
    ),
  'node-redis': (name, addresses) =>
    ofNodeRedis(
      createSentinel({
        name,
        sentinelRootNodes: [...addresses],
        nodeClientOptions: OF_NODE_REDIS,
        sentinelClientOptions: OF_NODE_REDIS,
        scanInterval: 500,
      }),
    ),
}

function ofIoredis(client: Redis | InstanceType<typeof Redis.Cluster>): OpenClient {
  return { client, close: async () => client.disconnect() }
}

function ofNodeRedis(client: RedisClient & { readonly destroy: () => unknown; readonly isOpen: boolean }): OpenClient {
  return { client, close: async () => void (client.isOpen && (await client.destroy())) }
}
