import { Redis } from 'ioredis'
import { createClient, createClientPool, RESP_TYPES } from 'redis'
import { expect, test } from 'vitest'
import { type RedisClient, redisStores } from '../src/index.js'
import { ending, serve } from './parts.js'

const NOW_MS = Date.now()
const UNTIL_MS = NOW_MS + 60_000
const SESSION = { by: 'session', issuer: 'https://idp.test', sessionId: 'session-1' } as const
const TOKEN = {
  issuer: 'https://idp.test',
  tokenId: 'token-1',
  subject: 'alice',
  client: 'shop',
  sessionId: 'session-1',
  issuedAtMs: NOW_MS,
  expiresAtMs: UNTIL_MS,
}

const host = '127.0.0.1'
const byIoredis = (client: Redis) => ending(client, async () => client.disconnect())
const byNodeRedis = <C extends RedisClient & { readonly destroy: () => unknown; readonly isOpen: boolean }>(
  client: C,
) => ending(client, async () => client.isOpen && client.destroy())

test.each<[what: string, open: (port: number) => RedisClient | Promise<RedisClient>]>([
  ['ioredis as it comes', (port) => byIoredis(new Redis(port, host))],
  ['ioredis that connects at its first command', (port) => byIoredis(new Redis({ port, host, lazyConnect: true }))],
  [
    'ioredis that connects at its first command and keeps none',
    (port) => byIoredis(new Redis({ port, host, lazyConnect: true, enableOfflineQueue: false })),
  ],
  ['ioredis with numbers as text', (port) => byIoredis(new Redis({ port, host, stringNumbers: true }))],
  ['ioredis with a prefix of its own', (port) => byIoredis(new Redis({ port, host, keyPrefix: 'app:' }))],
  ['ioredis by RESP2', (port) => byIoredis(new Redis({ port, host, protocol: 2 }))],
  ['ioredis with pipelines', (port) => byIoredis(new Redis({ port, host, enableAutoPipelining: true }))],
  ['node-redis as it comes', (port) => byNodeRedis(createClient({ socket: { host, port } }))],
  ['node-redis that is connected', (port) => byNodeRedis(createClient({ socket: { host, port } })).connect()],
  ['node-redis by RESP2', (port) => byNodeRedis(createClient({ RESP: 2, socket: { host, port } }))],
  [
    'node-redis with bytes for text',
    (port) =>
      byNodeRedis(
        createClient({
          socket: { host, port },
          commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.NUMBER]: String } },
        }),
      ),
  ],
  ['a pool of node-redis', (port) => byNodeRedis(createClientPool({ socket: { host, port } }, { maximum: 4 }))],
])('%s', async (_what, open) => {
  const server = await serve()
  const { replay, revocation, link } = redisStores({ client: await open(server.port) })
  expect(await replay.claim('a', UNTIL_MS, NOW_MS)).toBe('fresh')
  expect(await replay.claim('a', UNTIL_MS, NOW_MS)).toBe('used')
  expect(await revocation.isRevoked(TOKEN, NOW_MS)).toBe(false)
  await revocation.revoke(SESSION, UNTIL_MS, NOW_MS)
  expect(await revocation.isRevoked(TOKEN, NOW_MS)).toBe(true)
  expect(link.stats()).toMatchObject({ commands: 5, failures: 0, opened: 0 })
})

test('a client of node-redis that was closed stays so', async () => {
  const server = await serve()
  const client = byNodeRedis(createClient({ socket: { host, port: server.port } }))
  const { replay } = redisStores({ client, timeoutMs: 100 })
  expect(await replay.claim('a', UNTIL_MS, NOW_MS)).toBe('fresh')
  await client.close()
  await expect(replay.claim('b', UNTIL_MS, NOW_MS)).rejects.toMatchObject({ code: 'disconnected' })
  expect(client.isOpen).toBe(false)
})
