import { type RedisServerOptions, redisServer } from './redis-server.js'
import { type RedisServer, startRedis } from './redis-start.js'
import { until } from './until.js'

export interface RedisSentinelOptions extends Omit<RedisServerOptions, 'replicaOf' | 'tls'> {
  /** How many sentinels watch; more than half of them decide. Default: 3. */
  readonly sentinels?: number
  /** `down-after-milliseconds`. Default: 1000. */
  readonly downAfterMs?: number
}

/** A real primary with a replica, and the sentinels that watch them. */
export interface RedisSentinel {
  /** By which clients ask the sentinels for the primary. */
  readonly masterName: string
  /** Where the sentinels listen, as clients take it. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[]
  readonly sentinels: readonly RedisServer[]
  /** The first primary, and its replica. */
  readonly servers: readonly [RedisServer, RedisServer]
  /** The primary, once all sentinels that run name the same and it takes writes. */
  readonly primary: () => Promise<RedisServer>
  /** Has the sentinels exchange the primary, whether it runs or not, and resolves to the new one as `primary` does. */
  readonly failover: () => Promise<RedisServer>
  /** The primary after `old`, which was killed or paused, once the sentinels have found that out. */
  readonly successor: (old: RedisServer) => Promise<RedisServer>
  readonly stop: () => Promise<void>
}

const MASTER = 'wardline'

/** Starts them; resolves when the sentinels know each other and both servers. This takes some three seconds. */
export async function redisSentinel(options: RedisSentinelOptions = {}): Promise<RedisSentinel> {
  const { sentinels: count = 3, downAfterMs = 1_000, ...server } = options
  const started: RedisServer[] = []
  const keep = (one: RedisServer): RedisServer => {
    started.push(one)
    return one
  }
  const stop = async () => void (await Promise.all(started.map((one) => one.stop())))
  try {
    const first = keep(await redisServer(server))
    const second = keep(await redisServer({ ...server, replicaOf: first }))
    const config = configOf(first.port, count, downAfterMs, server.password)
    const watch = async () => keep(await startRedis({ config, args: ['--sentinel'] }))
    const sentinels = await Promise.all(Array.from({ length: count }, watch))
    await Promise.all(sentinels.map(hasten))
    await until('sentinels that know each other', async () => {
      const known = await Promise.all(sentinels.map(knownTo))
      return known.every((text) => text === `master 1 ${count - 1}`)
    })
    return sentinelOf([first, second], sentinels, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

const configOf = (port: number, count: number, downAfterMs: number, password?: string): readonly string[] => [
  `sentinel monitor ${MASTER} 127.0.0.1 ${port} ${Math.floor(count / 2) + 1}`,
  `sentinel down-after-milliseconds ${MASTER} ${downAfterMs}`,
  `sentinel failover-timeout ${MASTER} 3000`,
  ...(password === undefined ? [] : [`sentinel auth-pass ${MASTER} ${JSON.stringify(password)}`]),
]

/** They tell each other of themselves every 2 seconds, and a machine that stood still keeps them from acting for 30. */
async function hasten(sentinel: RedisServer): Promise<void> {
  const periods = ['publish-period', '200', 'info-period', '200', 'tilt-period', '1000']
  // Redis 6.2 has no such command, and takes its time.
  await sentinel.ask('SENTINEL', 'DEBUG', ...periods).catch(() => {})
}

async function knownTo(sentinel: RedisServer): Promise<string> {
  const facts = (await sentinel.ask('SENTINEL', 'MASTER', MASTER)) as readonly string[]
  const fact = (name: string) => facts[facts.indexOf(name) + 1]
  return `${fact('flags')} ${fact('num-slaves')} ${fact('num-other-sentinels')}`
}

function sentinelOf(
  servers: readonly [RedisServer, RedisServer],
  sentinels: readonly RedisServer[],
  stop: () => Promise<void>,
): RedisSentinel {
  const running = () => sentinels.filter((sentinel) => sentinel.isRunning)
  const named = async (): Promise<RedisServer | undefined> => {
    const ask = (sentinel: RedisServer) => sentinel.cli('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER)
    const addresses = await Promise.all(running().map(ask))
    return servers.find(({ port }) => addresses.every((address) => address === `127.0.0.1\n${port}`))
  }
  const find = async (): Promise<RedisServer | undefined> => {
    const found = await named()
    return (await found?.cli('ROLE'))?.startsWith('master') ? found : undefined
  }
  const primary = () => until('a primary that all sentinels name', find)
  const successor = (old: RedisServer) =>
    until('another primary that all sentinels name', async () => {
      const found = await find()
      return found !== old && found
    })
  return {
    masterName: MASTER,
    addresses: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
    sentinels,
    servers,
    primary,
    failover: async () => {
      const old = await until('a primary that all sentinels name', named)
      await until('a sentinel that begins', () => running()[0]!.cli('SENTINEL', 'FAILOVER', MASTER))
      return successor(old)
    },
    successor,
    stop,
  }
}
