import type { RedisServer } from './redis-start.js'

/** What one node knows of another, or of itself. */
export interface ClusterNode {
  readonly id: string
  readonly port: number
  readonly isPrimary: boolean
  /** Of a replica: whose. */
  readonly primaryId: string | undefined
  /** Failed, or not met yet. */
  readonly isAway: boolean
  /** First and last of each range. */
  readonly slots: readonly (readonly [number, number])[]
}

/** CLUSTER NODES, as one node answers it. */
export async function clusterNodes(node: RedisServer): Promise<readonly ClusterNode[]> {
  const lines = (await node.cli('CLUSTER', 'NODES')).trim().split('\n')
  return lines.map((line) => {
    const [id, address, flags, primaryId, , , , , ...slots] = line.split(' ')
    return {
      id: id!,
      port: Number(/:(\d+)/.exec(address!)?.[1]),
      isPrimary: flags!.includes('master'),
      primaryId: primaryId === '-' ? undefined : primaryId,
      isAway: /fail|handshake|noaddr/.test(flags!),
      // [slot->-id]: on its way
      slots: slots.filter((range) => !range.startsWith('[')).map(rangeOf),
    }
  })
}

function rangeOf(text: string): readonly [number, number] {
  const [first, last = first] = text.split('-').map(Number)
  return [first!, last!]
}

/** The views of all nodes that run. */
export const viewsOf = (nodes: readonly RedisServer[]): Promise<readonly (readonly ClusterNode[])[]> =>
  Promise.all(nodes.filter((node) => node.isRunning).map(clusterNodes))

/** Whether all nodes that run serve, and agree on who has which slot and who follows whom. */
export async function isSettled(nodes: readonly RedisServer[]): Promise<boolean> {
  const running = nodes.filter((node) => node.isRunning)
  const states = await Promise.all(running.map((node) => node.cli('CLUSTER', 'INFO')))
  if (!states.every((state) => state.includes('cluster_state:ok'))) return false
  const views = (await viewsOf(running)).map(summary)
  return views.every((view) => view === views[0])
}

/** What nodes have to agree on. */
const summary = (view: readonly ClusterNode[]): string =>
  view
    .filter(({ isAway }) => !isAway)
    .map(({ id, primaryId, slots }) => [id, primaryId, ...slots].join())
    .sort()
    .join(' ')

/** The node that has the slot, as the nodes say that run. */
export async function ownerOf(nodes: readonly RedisServer[], slot: number): Promise<RedisServer> {
  const [view] = await viewsOf(nodes)
  const owner = view?.find(({ slots }) => slots.some(([first, last]) => slot >= first && slot <= last))
  const node = nodes.find(({ port }) => port === owner?.port)
  if (node === undefined) throw new Error(`no node has slot ${slot}`)
  return node
}
