import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RedisSentinel, redisSentinel } from '../src/index.js'

const TIMEOUT_MS = 60_000

let group: RedisSentinel
beforeAll(async () => {
  group = await redisSentinel({ password: 'secret' })
}, TIMEOUT_MS)
afterAll(() => group.stop())

test('three sentinels name the primary', async () => {
  const [first, second] = group.servers
  expect(group.addresses).toEqual(group.sentinels.map(({ port }) => ({ host: '127.0.0.1', port })))
  expect(group.sentinels).toHaveLength(3)
  for (const sentinel of group.sentinels) {
    const named = await sentinel.cli('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', group.masterName)
    expect(named).toBe(`127.0.0.1\n${first.port}`)
    await expect(sentinel.cli('SENTINEL', 'CKQUORUM', group.masterName)).resolves.toContain('OK 3 usable')
  }
  expect(await group.primary()).toBe(first)
  expect(await second.cli('ROLE')).toContain('slave')
})

test(
  'failover: the replica takes writes',
  async () => {
    const [first, second] = group.servers
    await first.cli('SET', 'key', 'value')
    await first.cli('WAIT', '1', '5000')
    expect(await group.failover()).toBe(second)
    expect(await group.primary()).toBe(second)
    expect(await second.cli('GET', 'key')).toBe('value')
    expect(await second.cli('SET', 'key', 'other')).toBe('OK')
  },
  TIMEOUT_MS,
)

test(
  'successor: the sentinels find out by themselves that the primary is gone',
  async () => {
    const old = await group.primary()
    const replica = group.servers.find((server) => server !== old)!
    await expect.poll(() => replica.cli('ROLE'), { timeout: 20_000 }).toMatch(/^slave\n.*\n\d+\nconnected/)
    await old.kill()
    expect(await group.successor(old)).toBe(replica)
    expect(await replica.cli('ROLE')).toContain('master')
  },
  TIMEOUT_MS,
)
