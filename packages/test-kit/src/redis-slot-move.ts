import { clusterNodes, isSettled } from './redis-cluster-view.js'
import type { RedisServer } from './redis-start.js'
import { until } from './until.js'

/** A slot on its way from one primary of a Cluster to another. */
export interface SlotMove {
  /** Moves these keys of the slot, or all that it has. */
  readonly moveKeys: (...keys: readonly string[]) => Promise<void>
  /** Gives the slot to its new primary; resolves when all nodes know. The keys have to be there. */
  readonly finish: () => Promise<void>
}

interface Move {
  readonly slot: number
  readonly from: RedisServer
  readonly to: RedisServer
  readonly nodes: readonly RedisServer[]
  readonly password: string | undefined
}

export async function startMove({ slot, from, to, nodes, password }: Move): Promise<SlotMove> {
  if (from === to) throw new Error(`slot ${slot} is there already`)
  const toId = await to.cli('CLUSTER', 'MYID')
  await to.ask('CLUSTER', 'SETSLOT', `${slot}`, 'IMPORTING', await from.cli('CLUSTER', 'MYID'))
  await from.ask('CLUSTER', 'SETSLOT', `${slot}`, 'MIGRATING', toId)

  const migrate = async (keys: readonly string[]): Promise<void> => {
    const auth = password === undefined ? [] : ['AUTH', password]
    await from.ask('MIGRATE', '127.0.0.1', `${to.port}`, '', '0', '5000', ...auth, 'KEYS', ...keys)
  }
  return {
    moveKeys: async (...keys) => {
      if (keys.length > 0) return migrate(keys)
      for (;;) {
        const some = (await from.ask('CLUSTER', 'GETKEYSINSLOT', `${slot}`, '100')) as readonly string[]
        if (some.length === 0) return
        await migrate(some)
      }
    },
    finish: async () => {
      // The new owner first: were it the other way round, the slot could be without one.
      for (const node of [to, from]) await node.ask('CLUSTER', 'SETSLOT', `${slot}`, 'NODE', toId)
      await until('nodes that know of the move', async () => (await isSettled(nodes)) && (await has(to, slot)))
    },
  }
}

async function has(node: RedisServer, slot: number): Promise<boolean> {
  const self = (await clusterNodes(node)).find(({ port }) => port === node.port)
  return self!.slots.some(([first, last]) => slot >= first && slot <= last)
}
