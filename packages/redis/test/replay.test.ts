import { commandCount, type RedisServer, redisServer } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { replayTable } from '../../../test/identity/revocation/replay-table.js'
import { RedisLink, redisReplayStore } from '../src/index.js'
import { advance } from './advance.js'
import { single } from './clients.js'
import { linked, serve } from './parts.js'

const NOW_MS = Date.now()
const UNTIL_MS = NOW_MS + 60_000
const GRACE_MS = 5_000
/** As the port gives them. */
const KEY = 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg'

describe.each(Object.keys(single))('by %s', (kind) => {
  const openTo = ({ port }: RedisServer) => redisReplayStore(linked(single[kind]!({ port })).link)

  describe('on one server', () => {
    let server: RedisServer
    beforeAll(async () => {
      server = await redisServer()
    })
    afterAll(() => server.stop())
    replayTable(
      'redisReplayStore',
      async () => {
        await server.cli('FLUSHALL')
        return { store: openTo(server), advance: (ms) => advance(server, ms) }
      },
      GRACE_MS + 1,
    )
  })

  test('of claims in many processes at once one is fresh', async () => {
    const server = await serve()
    const stores = Array.from({ length: 4 }, () => openTo(server))
    for (let round = 0; round < 20; round++) {
      const claims = await Promise.all(stores.map((store) => store.claim(`key-${round}`, UNTIL_MS, NOW_MS)))
      expect(claims.filter((claim) => claim === 'fresh')).toHaveLength(1)
    }
  })

  test('connections that are killed make no first use a second one', async () => {
    const server = await serve()
    const store = openTo(server)
    await store.claim('first', UNTIL_MS, NOW_MS)
    for (let round = 0; round < 20; round++) {
      const keys = Array.from({ length: 20 }, (_, n) => `${round}-${n}`)
      const claims = keys.map((key) => store.claim(key, UNTIL_MS, NOW_MS))
      await server.cli('CLIENT', 'KILL', 'TYPE', 'normal')
      expect(new Set(await Promise.all(claims))).toEqual(new Set(['fresh']))
    }
  })

  test('a claim is one command, one key that ends, of 200 bytes at most, and names nobody', async () => {
    const server = await serve()
    const store = openTo(server)
    for (const key of [KEY, 'alice@example.com']) {
      await server.cli('FLUSHALL')
      await store.claim(key, UNTIL_MS, NOW_MS)
      const keys = (await server.cli('KEYS', '*')).split('\n')
      expect(keys).toEqual([expect.stringMatching(/^\{wardline\}:u:[\w-]{43}$/)])
      expect(Number(await server.cli('MEMORY', 'USAGE', keys[0]!))).toBeLessThanOrEqual(200)
      const ttlMs = Number(await server.cli('PTTL', keys[0]!))
      expect(ttlMs).toBeGreaterThan(60_000)
      expect(ttlMs).toBeLessThanOrEqual(60_000 + GRACE_MS)
    }
    expect(await commandCount(server, 'evalsha')).toBe(2)
  })

  test.each([
    ['a time beyond all', Number.MAX_VALUE],
    ['half a millisecond', NOW_MS + 0.5],
  ])('%s is a time', async (_what, untilMs) => {
    const server = await serve()
    const store = openTo(server)
    expect(await store.claim(KEY, untilMs, NOW_MS)).toBe('fresh')
    expect(await store.claim(KEY, untilMs, NOW_MS)).toBe('used')
    expect(Number(await server.cli('PTTL', `{wardline}:u:${KEY}`))).toBeGreaterThan(0)
  })

  test('without memory the store is full; what it knows it knows', async () => {
    const server = await serve()
    const store = openTo(server)
    await store.claim(KEY, UNTIL_MS, NOW_MS)
    await server.cli('CONFIG', 'SET', 'maxmemory', '1')
    expect(await store.claim('another', UNTIL_MS, NOW_MS)).toBe('full')
    expect(await store.claim(KEY, UNTIL_MS, NOW_MS)).toBe('used')
    await server.cli('CONFIG', 'SET', 'maxmemory', '0')
    expect(await store.claim('another', UNTIL_MS, NOW_MS)).toBe('fresh')
  })

  test('read-only it rejects', async () => {
    const server = await serve()
    const store = openTo(server)
    await store.claim(KEY, UNTIL_MS, NOW_MS)
    await server.cli('REPLICAOF', '127.0.0.1', '1')
    await expect(store.claim('another', UNTIL_MS, NOW_MS)).rejects.toMatchObject({ code: 'READONLY' })
  })
})

test.each<[what: string, link: unknown, says: RegExp]>([
  ['nothing', undefined, /^redisReplayStore\(\): link must be a RedisLink, got undefined/],
  ['an object', {}, /^redisReplayStore\(\): link must be a RedisLink, got an object/],
  ['a client', { status: 'ready' }, /link must be a RedisLink/],
])('%s is no link', (_what, link, says) => {
  expect(() => redisReplayStore(link as RedisLink)).toThrow(says)
})

test.each([null, undefined, 'OK', 'full', 1, ['fresh']])('an answer of %j is none', async (reply) => {
  const client = { status: 'ready', call: async () => reply, on: () => undefined }
  const store = redisReplayStore(new RedisLink({ client }))
  await expect(store.claim(KEY, UNTIL_MS, NOW_MS)).rejects.toThrow(TypeError)
})
