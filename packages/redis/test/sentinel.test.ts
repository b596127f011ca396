import { setTimeout as pause } from 'node:timers/promises'
import { type RedisSentinel, redisSentinel } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sentinel } from './clients.js'
import { connections } from './connections.js'
import { count, counting, linked, outcome } from './parts.js'

/** How long sentinels need to name another primary at most; they wait six seconds after the last time. */
const FAILOVER_MS = 25_000
/** And a link to go there. */
const RECOVERY_MS = 5_000

describe.each(Object.keys(sentinel))('with sentinels, by %s', (kind) => {
  let set: RedisSentinel
  beforeAll(async () => {
    set = await redisSentinel()
  }, 60_000)
  afterAll(() => set.stop())

  const link = () => linked(sentinel[kind]!(set.masterName, set.addresses))

  test('the primary is asked', async () => {
    const { link: one } = link()
    const first = Number(await count(one))
    expect(await count(one)).toBe(first + 1)
    expect(await (await set.primary()).cli('GET', `${one.prefix}count`)).toBe(String(first + 1))
  })

  test('a process has four connections at most', async () => {
    const servers = [...set.servers, ...set.sentinels]
    await expect.poll(() => connections(servers)).toBe(0)
    const { link: one } = link()
    for (let n = 0; n < 100; n++) await count(one)
    expect(await connections(servers)).toBeGreaterThan(0)
    expect(await connections(servers)).toBeLessThanOrEqual(4)
  })

  test('where the sentinels exchange it, the other is asked', async () => {
    const { link: one } = link()
    await count(one)
    const next = await set.failover()
    await counting(one, ({ error }) => error === undefined, FAILOVER_MS)
    const counted = await count(one)
    expect(await next.cli('GET', `${one.prefix}count`)).toBe(String(counted))
  })

  test('where it dies, the other is asked, and nobody waits long meanwhile', async () => {
    const { link: one } = link()
    await count(one)
    const old = await set.primary()
    await old.kill()
    try {
      const meanwhile = counting(one, ({ error }) => error === undefined, FAILOVER_MS)
      await set.successor(old)
      const outcomes = await Promise.race([meanwhile, pause(RECOVERY_MS, [])])
      expect((await outcome(count(one))).error).toBeUndefined()
      for (const { afterMs } of [...outcomes, ...(await meanwhile)]) expect(afterMs).toBeLessThan(2_000)
    } finally {
      await old.restart()
    }
  }, 40_000)
})
