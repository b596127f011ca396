import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type RedisCluster, redisCluster } from '../src/index.js'

const START_TIMEOUT_MS = 60_000

describe('three primaries', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await redisCluster({ password: 'secret' })
  }, START_TIMEOUT_MS)
  afterAll(() => cluster.stop())

  /** Keys of one slot. */
  const keys = ['{moved}:1', '{moved}:2', '{moved}:3'] as const

  test('share all slots and serve', async () => {
    expect(cluster.nodes).toHaveLength(3)
    for (const node of cluster.nodes) {
      const info = await node.cli('CLUSTER', 'INFO')
      for (const fact of ['cluster_state:ok', 'cluster_slots_ok:16384', 'cluster_size:3']) expect(info).toContain(fact)
    }
    const owners = await Promise.all([0, 5461, 5462, 10922, 10923, 16383].map((slot) => cluster.ownerOf(slot)))
    const [a, b, c] = cluster.nodes
    expect(owners.map(({ port }) => port)).toEqual([a, a, b, b, c, c].map((node) => node!.port))
  })

  test('slotOf: what is in braces decides', async () => {
    expect(await cluster.slotOf('123456789')).toBe(12739)
    expect(new Set(await Promise.all(keys.map(cluster.slotOf))).size).toBe(1)
  })

  test('moveSlot: the keys go along, and the old owner sends clients on', async () => {
    const slot = await cluster.slotOf(keys[0])
    const from = await cluster.ownerOf(slot)
    const to = cluster.nodes.find((node) => node !== from)!
    for (const key of keys) await from.cli('SET', key, `of ${key}`)
    await cluster.moveSlot(slot, to)
    expect(await cluster.ownerOf(slot)).toBe(to)
    for (const key of keys) expect(await to.cli('GET', key)).toBe(`of ${key}`)
    await expect(from.cli('GET', keys[0])).rejects.toThrow(`MOVED ${slot} 127.0.0.1:${to.port}`)
    await expect(cluster.moveSlot(slot, to)).rejects.toThrow(`slot ${slot} is there already`)
  })

  test('startMove: between the two there is ASK and TRYAGAIN', async () => {
    const slot = await cluster.slotOf(keys[0])
    const from = await cluster.ownerOf(slot)
    const to = cluster.nodes.find((node) => node !== from)!
    await from.cli('MSET', ...keys.flatMap((key) => [key, 'x']))
    const move = await cluster.startMove(slot, to)
    expect(await from.cli('GET', keys[0])).toBe('x')
    await move.moveKeys(keys[0])
    await expect(from.cli('GET', keys[0])).rejects.toThrow(`ASK ${slot} 127.0.0.1:${to.port}`)
    await expect(from.cli('MGET', ...keys)).rejects.toThrow('TRYAGAIN')
    await expect(to.cli('GET', keys[0])).rejects.toThrow(`MOVED ${slot} 127.0.0.1:${from.port}`)
    await move.moveKeys()
    await move.finish()
    expect(await to.cli('MGET', ...keys)).toBe('x\nx\nx')
  })

  test(
    'a node that is killed is missed, and is taken back',
    async () => {
      const [one, other] = cluster.nodes
      await one!.kill()
      await vi.waitFor(async () => expect(await other!.cli('CLUSTER', 'INFO')).toContain('cluster_state:fail'), 20_000)
      await one!.restart()
      await cluster.settled()
      expect((await cluster.ownerOf(0)).pid).toBe(one!.pid)
    },
    START_TIMEOUT_MS,
  )
})

describe('primaries with replicas', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await redisCluster({ replicas: 1 })
  }, START_TIMEOUT_MS)
  afterAll(() => cluster.stop())

  test(
    'failover: the replica takes the slots, with the data, and the primary follows it',
    async () => {
      const primary = await cluster.ownerOf(await cluster.slotOf('key'))
      await primary.cli('SET', 'key', 'value')
      const next = await cluster.failover(primary)
      expect(cluster.nodes.indexOf(next)).toBeGreaterThanOrEqual(3)
      expect(await next.cli('GET', 'key')).toBe('value')
      expect(await primary.cli('ROLE')).toContain(`slave\n127.0.0.1\n${next.port}`)
      await expect(cluster.failover(primary)).rejects.toThrow('this primary has no slots, or no replica')
    },
    START_TIMEOUT_MS,
  )

  test(
    'successor: the place of one that is killed is taken',
    async () => {
      const primary = await cluster.ownerOf(16383)
      await primary.kill()
      const next = await cluster.successor(primary, 16383)
      expect(next).not.toBe(primary)
      expect(await next.cli('ROLE')).toContain('master')
    },
    START_TIMEOUT_MS,
  )
})
