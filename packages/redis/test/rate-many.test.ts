import { redisCluster } from '@wardline/test-kit'
import { describe, expect, test } from 'vitest'
import type { BucketState, RateLimitStore } from 'wardline'
import { RedisLink } from '../src/link.js'
import { redisRateLimitStore } from '../src/rate/store.js'
import { cluster } from './clients.js'
import {
  admitted,
  ask,
  bucketRule,
  ending,
  fixedRule,
  isIn,
  linkTo,
  MINUTE,
  RULES,
  serve,
  setUp,
} from './rate-support.js'
import { workers } from './rate-workers.js'

setUp()

type Answers = Promise<readonly (readonly BucketState[])[]>

/** So many requests by each of the stores, in turn, all at once. */
const storm = (
  stores: readonly RateLimitStore[],
  times: number,
  requests: Parameters<RateLimitStore['take']>[0],
): Answers =>
  Promise.all(Array.from({ length: times * stores.length }, (_, i) => stores[i % stores.length]!.take(requests, 0)))

describe.each(Object.entries(RULES))('%s', (_name, of) => {
  test('six stores on one server, with connections of their own, admit exactly the limit', async () => {
    const server = await serve()
    const stores = Array.from({ length: 6 }, (_, i) =>
      redisRateLimitStore(linkTo(server, i % 2 ? 'ioredis' : 'node-redis')),
    )
    expect(admitted(await storm(stores, 60, [ask(of(100))]))).toBe(100)
    expect(admitted(await storm(stores, 60, [ask(of(100))]))).toBe(0)
  })

  test('and so do several limits at once, where the narrowest decides', async () => {
    const server = await serve()
    const stores = Array.from({ length: 4 }, () => redisRateLimitStore(linkTo(server)))
    const narrow = of(7)
    const wide = bucketRule({ limit: 100, windowMs: 60 * MINUTE })
    expect(admitted(await storm(stores, 20, [ask(wide), ask(narrow)]))).toBe(7)
    expect(await stores[0]!.take([ask(wide, 'alice', 0)], 0)).toMatchObject([{ remaining: 93 }])
  })
})

test('three processes admit exactly the limit', async () => {
  const server = await serve()
  const others = await workers(3, server.port)
  for (const [name, of] of Object.entries(RULES)) {
    const fitting = await Promise.all(others.map((other) => other.take({ request: ask(of(40)), times: 50 })))
    expect([name, fitting.reduce((sum, one) => sum + one, 0)]).toEqual([name, 40])
  }
})

test.each(['ioredis', 'node-redis'])(
  'on a Cluster, by %s, admit exactly the limit, while the slot moves',
  async (kind) => {
    const nodes = ending(await redisCluster(), (started) => started.stop())
    const ports = nodes.nodes.map(({ port }) => port)
    const links = Array.from({ length: 3 }, () => {
      const { client } = ending(cluster[kind]!(ports), ({ close }) => close())
      return new RedisLink({ client, timeoutMs: 1_500 })
    })
    const stores = links.map((link) => redisRateLimitStore(link))
    // of these nothing comes back meanwhile
    const wide = fixedRule({ limit: 10_000, window: 60 * MINUTE, aligned: false })
    const narrow = fixedRule({ limit: 30, window: 60 * MINUTE, aligned: false })
    expect(admitted(await storm(stores, 20, [ask(wide), ask(narrow)]))).toBe(30)
    const slot = await nodes.slotOf('{wardline}:')
    const owner = await nodes.ownerOf(slot)
    const answers: Promise<readonly BucketState[]>[] = []
    const asking = setInterval(() => {
      for (const store of stores) answers.push(Promise.resolve(store.take([ask(wide)], 0)))
    }, 5)
    try {
      await nodes.moveSlot(slot, nodes.nodes.find((node) => node !== owner)!)
    } finally {
      clearInterval(asking)
    }
    // Nobody is refused, and none of what was taken is lost on the way.
    expect(answers.length).toBeGreaterThan(0)
    const moved = await Promise.all(answers)
    expect(moved.every(isIn)).toBe(true)
    const [left] = await stores[0]!.take([ask(wide, 'alice', 0)], 0)
    expect(left!.remaining).toBeLessThanOrEqual(10_000 - 30 - answers.length)
    expect(isIn(await redisRateLimitStore(links[0]!).take([ask(narrow)], 0))).toBe(false)
  },
  60_000,
)
