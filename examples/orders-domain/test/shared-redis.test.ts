import { redisStores } from '@wardline/redis'
import { type RedisCluster, type RedisServer, redisCluster, redisServer, times } from '@wardline/test-kit'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { redisUrls, type SharedRedis, sharedRedis } from '../src/redis.js'

const urlOf = ({ port }: { readonly port: number }) => `redis://127.0.0.1:${port}`

let shared: SharedRedis | undefined
afterEach(() => shared?.close())

function clientOf(url: string) {
  shared = sharedRedis(redisUrls(url))
  // Whoever listens for no errors has them on standard error.
  const { link } = redisStores({ client: shared.client })
  return { link, get: (key = `${link.prefix}a`) => link.command(key, ['GET', key]) }
}

/** A client connects when it can. */
const connected = (client: ReturnType<typeof clientOf>) =>
  expect.poll(() => client.get().then(isNull, () => false), { timeout: 5_000 }).toBe(true)

const isNull = (value: unknown) => value === null

describe('one server', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await redisServer({ config: ['databases 4'] })
  })
  afterAll(() => redis.stop())

  test('counts in the database that the URL names', async () => {
    const client = clientOf(`${urlOf(redis)}/3`)
    await connected(client)
    await client.link.command('a', ['SET', 'a', '1'])
    expect(await redis.cli('INFO', 'keyspace')).toMatch(/^db3:keys=1,/m)
  })

  test('one that the server does not have is no other one', async () => {
    const client = clientOf(`${urlOf(redis)}/4`)
    for (const _ of [1, 2, 3]) await expect(client.get()).rejects.toThrow('redis')
    expect(client.link.isOpen).toBe(true)
  })
})

describe('a Cluster', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await redisCluster({ nodes: 5 })
  })
  afterAll(() => cluster.stop())

  const clientConnections = async () => {
    const lists = await Promise.all(cluster.nodes.map((node) => node.cli('CLIENT', 'LIST', 'TYPE', 'NORMAL')))
    return lists.flatMap((list) => list.split('\n').filter((line) => /^id=.* cmd=(?!client)/.test(line))).length
  }

  test('has no databases, also where one of its nodes is named alone', async () => {
    const client = clientOf(`${urlOf(cluster.nodes[0]!)}/1`)
    for (const _ of [1, 2, 3]) await expect(client.get()).rejects.toThrow('redis')
  })

  test('is reached where the name of one node is unknown', async () => {
    await connected(clientOf(`redis://nowhere.invalid,${urlOf(cluster.nodes[1]!)}`))
  })

  test('has four connections at most, however many nodes are asked', async () => {
    const client = clientOf(urlOf(cluster.nodes[2]!))
    await connected(client)
    for (const key of times(40, String)) {
      await client.get(key).catch(() => {}) // a connection that was let go with it under way
      expect(await clientConnections()).toBeLessThanOrEqual(4)
    }
    await connected(client)
  })
})
