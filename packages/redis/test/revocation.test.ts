import { commandCount, type RedisServer, redisServer } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BY, NOW_MS, revocationTable, TOKEN, UNTIL_MS } from '../../../test/identity/revocation/revocation-table.js'
import { RedisLink, redisRevocationStore } from '../src/index.js'
import { advance } from './advance.js'
import { single } from './clients.js'
import { linked, serve } from './parts.js'

const GRACE_MS = 5_000

describe.each(Object.keys(single))('by %s', (kind) => {
  const openTo = ({ port }: RedisServer) => redisRevocationStore(linked(single[kind]!({ port })).link)

  describe('on one server', () => {
    let server: RedisServer
    beforeAll(async () => {
      server = await redisServer()
    })
    afterAll(() => server.stop())
    revocationTable(
      'redisRevocationStore',
      async () => {
        await server.cli('FLUSHALL')
        return { store: openTo(server), advance: (ms) => advance(server, ms) }
      },
      GRACE_MS,
    )
  })

  test('what one process has revoked is revoked in all, at once', async () => {
    const server = await serve()
    const [one, other] = [openTo(server), openTo(server)]
    expect(await other.isRevoked(TOKEN, NOW_MS)).toBe(false)
    await one.revoke(BY.subject, UNTIL_MS, NOW_MS)
    expect(await other.isRevoked(TOKEN, NOW_MS)).toBe(true)
  })

  test('a token is one question, a revocation one key that ends, of 200 bytes at most, and names nobody', async () => {
    const server = await serve()
    const store = openTo(server)
    for (const revocation of Object.values(BY)) {
      await server.cli('FLUSHALL')
      await store.revoke(revocation, UNTIL_MS, NOW_MS)
      const keys = (await server.cli('KEYS', '*')).split('\n')
      expect(keys).toEqual([expect.stringMatching(/^\{wardline\}:r:[\w-]{43}$/)])
      expect(Number(await server.cli('MEMORY', 'USAGE', keys[0]!))).toBeLessThanOrEqual(200)
      const ttlMs = Number(await server.cli('PTTL', keys[0]!))
      expect(ttlMs).toBeGreaterThan(UNTIL_MS - NOW_MS)
      expect(ttlMs).toBeLessThanOrEqual(UNTIL_MS - NOW_MS + GRACE_MS)
    }
    await store.isRevoked({ ...TOKEN, id: 'another' }, NOW_MS)
    expect(await commandCount(server, 'mget')).toBe(1)
  })

  test.each([
    ['is read-only', ['REPLICAOF', '127.0.0.1', '1'], 'READONLY'],
    ['has no memory left', ['CONFIG', 'SET', 'maxmemory', '1'], 'OOM'],
  ])('where Redis %s revoking rejects, and what is revoked stays so', async (_what, command, code) => {
    const server = await serve()
    const store = openTo(server)
    await store.revoke(BY.token, UNTIL_MS, NOW_MS)
    await server.cli(...command)
    await expect(store.revoke(BY.subject, UNTIL_MS, NOW_MS)).rejects.toMatchObject({ code })
    expect(await store.isRevoked(TOKEN, NOW_MS)).toBe(true)
    expect(await store.isRevoked({ ...TOKEN, tokenId: 'token-2' }, NOW_MS)).toBe(false)
  })

  test('where Redis is away nothing is said of a token', async () => {
    const server = await serve()
    const store = openTo(server)
    await server.kill()
    await expect(store.isRevoked(TOKEN, NOW_MS)).rejects.toMatchObject({ name: 'StoreUnavailable' })
    await expect(store.revoke(BY.token, UNTIL_MS, NOW_MS)).rejects.toMatchObject({ name: 'StoreUnavailable' })
  })
})

test.each([null, undefined, [], 'OK', [null], [null, null, null]])('an answer of %j is none', async (reply) => {
  const client = { status: 'ready', call: async () => reply, on: () => undefined }
  const store = redisRevocationStore(new RedisLink({ client }))
  await expect(store.isRevoked(TOKEN, NOW_MS)).rejects.toThrow(TypeError)
})

test.each(['', 'x', 'NaN'])('a key that holds %j, which none of these stores put there, revokes', async (held) => {
  const client = { status: 'ready', call: async () => [held, null, null, null], on: () => undefined }
  const store = redisRevocationStore(new RedisLink({ client }))
  expect(await store.isRevoked(TOKEN, NOW_MS)).toBe(true)
})

test('no link is no option', () => {
  expect(() => redisRevocationStore({} as never)).toThrow(/^redisRevocationStore\(\): link must be a RedisLink/)
})
