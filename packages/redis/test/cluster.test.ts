import { type RedisCluster, redisCluster } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisStores } from '../src/index.js'
import { cluster } from './clients.js'
import { connections } from './connections.js'
import { COUNT, count, counting, ending, linked, outcome } from './parts.js'

const NOW_MS = Date.now()
const UNTIL_MS = NOW_MS + 60_000
/** How long a Cluster needs to give the place of a node to another, and a link to go there. */
const FAILOVER_MS = 15_000

describe.each(Object.keys(cluster))('in a Cluster, by %s', (kind) => {
  const open = cluster[kind]!
  let nodes: RedisCluster
  beforeAll(async () => {
    nodes = await redisCluster({ replicas: 1 })
  }, 60_000)
  afterAll(() => nodes.stop())

  /** By one node, which need not be the one that has the keys. */
  const link = (options: object = {}) => linked(open([nodes.nodes[0]!.port]), options)

  test('all keys are in one slot, wherever it is', async () => {
    for (const prefix of ['a', 'b', 'c', 'd', 'e']) {
      const one = link({ prefix }).link
      expect(await one.run(COUNT, [`${one.prefix}x`, `${one.prefix}y`], [1])).toBe(1)
      const key = `${one.prefix}x`
      expect(await one.command(key, ['MGET', key, `${one.prefix}y`])).toEqual(['1', null])
    }
  })

  test('the stores work', async () => {
    const { client } = ending(open([nodes.nodes[1]!.port]), ({ close }) => close())
    const { replay, revocation } = redisStores({ client, prefix: 'stores' })
    expect(await replay.claim('a', UNTIL_MS, NOW_MS)).toBe('fresh')
    expect(await replay.claim('a', UNTIL_MS, NOW_MS)).toBe('used')
    const token = {
      issuer: 'https://idp.test',
      tokenId: 'token-1',
      subject: 'alice',
      client: 'shop',
      sessionId: 'session-1',
      issuedAtMs: NOW_MS,
      expiresAtMs: UNTIL_MS,
    }
    expect(await revocation.isRevoked(token, NOW_MS)).toBe(false)
    await revocation.revoke({ by: 'session', issuer: token.issuer, sessionId: 'session-1' }, UNTIL_MS, NOW_MS)
    expect(await revocation.isRevoked(token, NOW_MS)).toBe(true)
  })

  test('a process has four connections at most', async () => {
    await expect.poll(() => connections(nodes.nodes)).toBe(0)
    const { link: one } = link({ prefix: 'connected' })
    for (let n = 0; n < 100; n++) await count(one)
    expect(await connections(nodes.nodes)).toBeGreaterThan(0)
    expect(await connections(nodes.nodes)).toBeLessThanOrEqual(4)
  })

  test('a slot that moves refuses nobody, and loses nothing', async () => {
    const { link: one, events } = link({ prefix: 'moving' })
    expect(await count(one)).toBe(1)
    const slot = await nodes.slotOf(`${one.prefix}count`)
    let done = 1
    for (let round = 0; round < 3; round++) {
      const from = await nodes.ownerOf(slot)
      const to = nodes.nodes.slice(0, 3).find((node) => node !== from)!
      let isOver = false
      const moved = nodes.moveSlot(slot, to).finally(() => {
        isOver = true
      })
      const outcomes = await counting(one, () => isOver, 10_000)
      await moved
      for (const { error } of outcomes) expect(error).toBeUndefined()
      done += outcomes.length
      expect((await outcome(count(one))).error).toBeUndefined()
      done++
    }
    expect(Number(await count(one))).toBe(done + 1)
    expect(events).toEqual([])
  })

  test('while a slot is between two nodes, those whose keys are at one are refused by nobody', async () => {
    const { link: one } = link({ prefix: 'between' })
    const slot = await nodes.slotOf(`${one.prefix}count`)
    await count(one)
    const from = await nodes.ownerOf(slot)
    const move = await nodes.startMove(slot, nodes.nodes.slice(0, 3).find((node) => node !== from)!)
    for (let n = 0; n < 5; n++) {
      expect((await outcome(count(one))).error).toBeUndefined()
      expect((await outcome(count(one, `${one.prefix}new-${n}`))).error).toBeUndefined()
    }
    await move.moveKeys()
    await move.finish()
    expect(await count(one)).toBe(7)
  })

  test('where the node of the keys dies, its replica takes over', async () => {
    const { link: one } = link({ prefix: 'dying' })
    const key = `${one.prefix}count`
    await count(one)
    const owner = await nodes.ownerOf(await nodes.slotOf(key))
    await owner.kill()
    try {
      const outcomes = await counting(one, ({ error }) => error === undefined, FAILOVER_MS)
      expect(outcomes.at(-1)!.error).toBeUndefined()
      for (const { afterMs } of outcomes) expect(afterMs).toBeLessThan(2_000)
    } finally {
      await owner.restart()
      await nodes.settled()
    }
  })

  test('a planned change of the primary', async () => {
    const { link: one } = link({ prefix: 'planned' })
    const key = `${one.prefix}count`
    await count(one)
    const owner = await nodes.ownerOf(await nodes.slotOf(key))
    await nodes.failover(owner)
    const outcomes = await counting(one, ({ error }) => error === undefined, 5_000)
    expect(outcomes.at(-1)!.error).toBeUndefined()
  })
})

describe.each(Object.keys(cluster))(
  'a Cluster that is absent at start, by %s',
  (kind) => {
    test('is used when it is there', async () => {
      const nodes = ending(await redisCluster(), (all) => all.stop())
      for (const node of nodes.nodes) await node.kill()
      const { link } = linked(cluster[kind]!(nodes.nodes.map(({ port }) => port)))
      const first = await outcome(count(link))
      expect(first.error).toMatchObject({ name: 'StoreUnavailable' })
      expect(first.afterMs).toBeLessThan(2_000)
      for (const node of nodes.nodes) await node.restart()
      await nodes.settled()
      const outcomes = await counting(link, ({ error }) => error === undefined, 5_000)
      expect(outcomes.at(-1)!.error).toBeUndefined()
    })
  },
  60_000,
)
