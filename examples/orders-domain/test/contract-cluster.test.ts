import { setTimeout as sleep } from 'node:timers/promises'
import { freshAddress, type Idp, type RedisCluster, redisCluster, startIdp, times } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADDRESS } from './support/bursts.js'
import { OrdersService, SERVICES } from './support/orders-service.js'

const urlOf = ({ port }: { readonly port: number }) => `redis://127.0.0.1:${port}`

let idp: Idp
let cluster: RedisCluster
let slot: number

beforeAll(async () => {
  idp = await startIdp({ clients: [] })
  cluster = await redisCluster({ replicas: 1 })
  slot = await cluster.slotOf('{wardline}:')
})
afterAll(async () => {
  await idp.close()
  await cluster.stop()
})

const start = (script: string, url: string) => OrdersService.start(script, { ISSUER: idp.issuer, REDIS_URL: url })

/** Until Redis answers it. */
async function firstAnswer(service: OrdersService, withinMs: number) {
  const deadline = Date.now() + withinMs
  for (;;) {
    const answer = await service.send({ target: '/nowhere' })
    if (answer.status !== 503) return answer
    if (Date.now() > deadline) throw new Error(`503 for longer than ${withinMs} ms`)
    await sleep(50)
  }
}

/** Of clients, and not among the nodes themselves. */
async function clientConnections(): Promise<number> {
  const lists = await Promise.all(cluster.nodes.map((node) => node.cli('CLIENT', 'LIST', 'TYPE', 'NORMAL')))
  const lines = lists.flatMap((list) => list.split('\n').filter((line) => line !== ''))
  return lines.length - lists.length // each asks on a connection of its own
}

describe.each(SERVICES)('%s on a Cluster', (_name, script) => {
  test('by any node, or all of them: processes count together, by four connections each at most', async () => {
    const before = await clientConnections()
    const [one, two, three] = cluster.nodes as [(typeof cluster.nodes)[0], ...typeof cluster.nodes]
    const urls = [urlOf(one), urlOf(two!), [one, two!, three!].map(urlOf).join(',')]
    const services = await Promise.all(urls.map((url) => start(script, url)))
    for (const service of services) await firstAnswer(service, 5_000)
    const from = freshAddress()
    const answers = await Promise.all(times(360, (index) => services[index % 3]!.send({ target: '/nowhere', from })))
    const admitted = answers.filter(({ status }) => status === 401).length
    expect(admitted).toBeGreaterThanOrEqual(ADDRESS.limit)
    expect(admitted).toBeLessThan(ADDRESS.limit + 30)
    expect((await clientConnections()) - before).toBeLessThanOrEqual(12)
    await Promise.all(services.map((service) => service.close()))
  })

  test('a slot that moves refuses nobody', async () => {
    const service = await start(script, urlOf(cluster.nodes[1]!))
    await firstAnswer(service, 5_000)
    const owner = await cluster.ownerOf(slot)
    const other = cluster.nodes.slice(0, 3).find((node) => node !== owner)!
    for (const to of [other, owner]) {
      const moving = cluster.moveSlot(slot, to)
      const answers = await Promise.all(times(30, () => service.send({ target: '/nowhere' })))
      await moving
      answers.push(...(await Promise.all(times(10, () => service.send({ target: '/nowhere' })))))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
    }
    await service.close()
  })
})

test('a primary that is killed is an outage until its replica is elected, and no longer', async () => {
  const services = await Promise.all(SERVICES.map(([, script]) => start(script, urlOf(cluster.nodes[1]!))))
  for (const service of services) await firstAnswer(service, 5_000)
  const primary = await cluster.ownerOf(slot)
  await primary.kill()
  await cluster.successor(primary, slot)
  for (const service of services) {
    expect((await firstAnswer(service, 5_000)).status).toBe(401)
    await service.close()
  }
})
