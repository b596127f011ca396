import { clusterNodes, isSettled, ownerOf, viewsOf } from './redis-cluster-view.js'
import { type RedisServerOptions, redisServer } from './redis-server.js'
import { type SlotMove, startMove } from './redis-slot-move.js'
import type { RedisServer } from './redis-start.js'
import { until } from './until.js'

export interface RedisClusterOptions extends Omit<RedisServerOptions, 'replicaOf'> {
  /** Primaries; 3 at least, where one shall be able to fail. Default: 3. */
  readonly nodes?: number
  /** Of each primary. Default: 0. */
  readonly replicas?: number
  /** `cluster-node-timeout`: how long a node may be away until it counts as failed. Default: 1000. */
  readonly nodeTimeoutMs?: number
}

/** A real Redis Cluster of servers on loopback. */
export interface RedisCluster {
  /** All that there are: those that were primaries at first, in the order of their slots, then the replicas. */
  readonly nodes: readonly RedisServer[]
  readonly slotOf: (key: string) => Promise<number>
  /** The primary that has the slot, as the nodes say that run. */
  readonly ownerOf: (slot: number) => Promise<RedisServer>
  /** Moves a slot with its keys to another primary; resolves when all nodes know. */
  readonly moveSlot: (slot: number, to: RedisServer) => Promise<void>
  /** Begins such a move, and leaves the slot between the two: clients meet ASK and TRYAGAIN there. */
  readonly startMove: (slot: number, to: RedisServer) => Promise<SlotMove>
  /** Gives the place of a primary that runs to one of its replicas, by CLUSTER FAILOVER; resolves to that one. */
  readonly failover: (primary: RedisServer) => Promise<RedisServer>
  /** Who has the slot after `primary`, which was killed or paused, once the nodes have found that out and agree. */
  readonly successor: (primary: RedisServer, slot: number) => Promise<RedisServer>
  /** Resolves when all nodes that run agree who has which slot, and serve. */
  readonly settled: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Starts a Cluster whose primaries share all slots; resolves when every node serves. This takes some three seconds. */
export async function redisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const { nodes: count = 3, replicas = 0, nodeTimeoutMs = 1_000, config = [], ...server } = options
  const lines = ['cluster-enabled yes', `cluster-node-timeout ${nodeTimeoutMs}`, ...config]
  const started = await Promise.allSettled(
    Array.from({ length: count * (1 + replicas) }, () => redisServer({ ...server, config: lines })),
  )
  const nodes = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const stop = async () => void (await Promise.all(nodes.map((node) => node.stop())))
  try {
    for (const one of started) if (one.status === 'rejected') throw one.reason
    await join(nodes, count)
  } catch (error) {
    await stop()
    throw error
  }
  return clusterOf(nodes, stop, server.password)
}

function clusterOf(nodes: readonly RedisServer[], stop: () => Promise<void>, password?: string): RedisCluster {
  const begin = async (slot: number, to: RedisServer) =>
    startMove({ slot, from: await ownerOf(nodes, slot), to, nodes, password })
  return {
    nodes,
    slotOf: async (key) => Number(await nodes.find((node) => node.isRunning)!.cli('CLUSTER', 'KEYSLOT', key)),
    ownerOf: (slot) => ownerOf(nodes, slot),
    startMove: begin,
    moveSlot: async (slot, to) => {
      const move = await begin(slot, to)
      await move.moveKeys()
      await move.finish()
    },
    failover: (primary) => failover(nodes, primary),
    successor: (primary, slot) => successor(nodes, primary, slot),
    settled: () => settled(nodes),
    stop,
  }
}

const SLOTS = 16_384

/** Gives each of the first `count` nodes its part of the slots, and each of the others a primary. */
async function join(nodes: readonly RedisServer[], count: number): Promise<void> {
  await Promise.all(
    nodes.map(async (node, index) => {
      await node.ask('CLUSTER', 'SET-CONFIG-EPOCH', `${index + 1}`)
      if (index >= count) return
      const from = Math.ceil((SLOTS * index) / count)
      const slots = Array.from({ length: Math.ceil((SLOTS * (index + 1)) / count) - from }, (_, i) => `${from + i}`)
      await node.ask('CLUSTER', 'ADDSLOTS', ...slots)
    }),
  )
  await Promise.all(nodes.slice(1).map((node) => nodes[0]!.ask('CLUSTER', 'MEET', '127.0.0.1', `${node.port}`)))
  const isKnown = async () => {
    const views = await viewsOf(nodes)
    return views.every((view) => view.filter(({ isAway }) => !isAway).length === nodes.length)
  }
  await until('nodes that know each other', isKnown)
  await Promise.all(
    nodes.slice(count).map(async (node, index) => {
      await node.ask('CLUSTER', 'REPLICATE', await nodes[index % count]!.cli('CLUSTER', 'MYID'))
      await until('a replica with its data', async () => (await node.cli('INFO')).includes('master_link_status:up'))
    }),
  )
  await settled(nodes)
}

const settled = async (nodes: readonly RedisServer[]): Promise<void> =>
  void (await until('a Cluster that serves', () => isSettled(nodes)))

async function failover(nodes: readonly RedisServer[], primary: RedisServer): Promise<RedisServer> {
  const view = await clusterNodes(primary)
  const old = view.find(({ port }) => port === primary.port)!
  const next = view.find(({ primaryId, isAway }) => primaryId === old.id && !isAway)
  const replica = nodes.find(({ port }) => port === next?.port)
  if (replica === undefined || old.slots[0] === undefined) throw new Error('this primary has no slots, or no replica')
  await replica.ask('CLUSTER', 'FAILOVER')
  return successor(nodes, primary, old.slots[0][0])
}

async function successor(nodes: readonly RedisServer[], primary: RedisServer, slot: number): Promise<RedisServer> {
  await until('a replica in place of its primary', async () => (await ownerOf(nodes, slot)) !== primary)
  await settled(nodes)
  return ownerOf(nodes, slot)
}
