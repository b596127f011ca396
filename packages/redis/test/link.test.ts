import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { commandCount } from '@wardline/test-kit'
import { describe, expect, test } from 'vitest'
import { RedisLink, redisStores } from '../src/index.js'
import { single } from './clients.js'
import { COUNT, count, ending, faulty, linked, outcome, serve } from './parts.js'

describe.each(Object.keys(single))('a link by %s', (kind) => {
  const open = single[kind]!

  test('runs scripts, in the database and with the password of the client', async () => {
    const server = await serve({ password: 'pa55:w@rd' })
    const { link } = linked(open({ port: server.port, password: 'pa55:w@rd', db: 3 }))
    const key = `${link.prefix}a`
    expect(await link.run(COUNT, [key], [2])).toBe(2)
    expect(await link.run(COUNT, [key], [3])).toBe(5)
    expect(await link.command(key, ['GET', key])).toBe('5')
    expect(await server.cli('INFO', 'keyspace')).toMatch(/db3:keys=1/)
    expect(await commandCount(server, 'eval')).toBe(1)
    expect(await commandCount(server, 'evalsha')).toBe(2)
  })

  test.each([
    ['SCRIPT FLUSH', ['SCRIPT', 'FLUSH']],
    ['FLUSHALL', ['FLUSHALL']],
    ['CLIENT KILL', ['CLIENT', 'KILL', 'TYPE', 'normal']],
  ])('%s refuses nobody', async (_what, command) => {
    const server = await serve()
    const { link, events } = linked(open({ port: server.port }))
    await count(link)
    for (let round = 0; round < 5; round++) {
      const before = Array.from({ length: 20 }, () => outcome(count(link)))
      await server.cli(...command)
      const after = Array.from({ length: 20 }, () => outcome(count(link)))
      for (const one of await Promise.all([...before, ...after])) expect(one.error).toBeUndefined()
    }
    expect(events).toEqual([])
  })

  test('connections that are reset refuse nobody', async () => {
    const server = await serve()
    const way = await faulty(server.port)
    const { link, events } = linked(open({ port: way.port }))
    await count(link)
    for (let round = 0; round < 5; round++) {
      const before = Array.from({ length: 20 }, () => outcome(count(link)))
      way.cut()
      const after = Array.from({ length: 20 }, () => outcome(count(link)))
      for (const one of await Promise.all([...before, ...after])) expect(one.error).toBeUndefined()
    }
    expect(events).toEqual([])
    expect(way.open).toBeLessThanOrEqual(1)
  })

  test('the rights that the documentation names are enough', async () => {
    const server = await serve()
    const rights = ['~{wardline}:*', '+@read', '+@write', '+@scripting', '+@connection', '+info', '+time']
    await server.cli('ACL', 'SETUSER', 'default', 'reset', 'on', 'nopass', ...rights)
    const { client } = ending(open({ port: server.port }), ({ close }) => close())
    const { link, replay, revocation, rateLimits } = redisStores({ client })
    expect(link.stats().failures).toBe(0)
    const nowMs = Date.now()
    expect(await replay.claim('a', nowMs + 1_000, nowMs)).toBe('fresh')
    await revocation.revoke({ by: 'token', issuer: 'https://idp.test', tokenId: 'a' }, nowMs + 1_000, nowMs)
    const rule = { id: 'a', algorithm: 'token-bucket', limit: 2, windowMs: 1_000, burst: 2, debt: 0 } as never
    await rateLimits.take([{ rule, key: 'a', cost: 1 }], nowMs)
    expect(link.stats()).toMatchObject({ commands: 3, failures: 0 })
    expect((await outcome(link.command('other', ['GET', 'other']))).error).toMatchObject({ code: 'NOPERM' })
  })

  test('50 ms of latency is no outage', async () => {
    const server = await serve()
    const way = await faulty(server.port)
    const { link, events } = linked(open({ port: way.port }))
    way.delay(50)
    for (const one of await Promise.all(Array.from({ length: 50 }, () => outcome(count(link))))) {
      expect(one.error).toBeUndefined()
    }
    expect(events).toEqual([])
  })

  test('a busy process takes no answer for late', async () => {
    const server = await serve()
    const way = await faulty(server.port)
    way.delay(5)
    const { link, events } = linked(open({ port: way.port }), { timeoutMs: 50 })
    await count(link)
    await pause(1) // from among the timers, where more of them follow at once
    const answers = Array.from({ length: 10 }, () => outcome(count(link)))
    const endMs = performance.now() + 200
    while (performance.now() < endMs); // what an application does
    for (const one of await Promise.all(answers)) expect(one.error).toBeUndefined()
    expect(events).toEqual([])
  })

  test('a process that is busy at its start does not take Redis for absent', async () => {
    const server = await serve()
    const { link, events } = linked(open({ port: server.port }), { timeoutMs: 100 })
    const endMs = performance.now() + 300
    while (performance.now() < endMs); // what an application does
    for (let n = 0; n < 5; n++) expect((await outcome(count(link))).error).toBeUndefined()
    expect(events).toEqual([])
  })

  test('an error of one script is that script alone', async () => {
    const server = await serve()
    const { link, events } = linked(open({ port: server.port }))
    const list = `${link.prefix}list`
    await server.cli('RPUSH', list, 'a')
    const { error } = await outcome(link.run(COUNT, [list], [1]))
    expect(error).toMatchObject({ reason: 'refused', code: 'WRONGTYPE' })
    expect(link.isOpen).toBe(false)
    expect(await count(link)).toBe(1)
    expect(events.map(({ event }) => event)).toEqual(['redis_refused'])
    expect(link.stats()).toMatchObject({ commands: 2, failures: 1, timeouts: 0, opened: 0, waiting: 0 })
  })

  test('no more than 10 000 commands are under way', async () => {
    const server = await serve()
    const { link } = linked(open({ port: server.port }), { timeoutMs: 1_500 })
    await count(link)
    server.pause()
    const under = Array.from({ length: 10_000 }, () => outcome(count(link)))
    const { error } = await outcome(count(link))
    expect(error).toMatchObject({ reason: 'overloaded' })
    expect(link.stats()).toMatchObject({ waiting: 10_000, rejected: 1 })
    server.resume()
    await Promise.all(under)
    expect(link.stats().waiting).toBe(0)
  })

  test("what a listener throws is nobody else's business", async () => {
    const server = await serve()
    let told = 0
    const throws = () => {
      told++
      throw new Error('a listener')
    }
    const rejects = async () => throws()
    for (const onEvent of [throws, rejects]) {
      const { link } = linked(open({ port: server.port }), { onEvent })
      expect((await outcome(link.command('a', ['HGET', 'a']))).error).toMatchObject({ reason: 'refused', code: 'ERR' })
    }
    expect(told).toBe(2)
  })
})

test.each<[what: string, client: unknown]>([
  ['nothing', undefined],
  ['a URL', 'redis://127.0.0.1'],
  ['options', { host: '127.0.0.1', port: 6379 }],
  ['a map', new Map()],
  ['a client without commands', { status: 'ready', on: once }],
])('%s is no client', (_what, client) => {
  expect(() => new RedisLink({ client: client as never })).toThrow(/^client must be a client of ioredis or node-redis/)
})

const IDLE = { status: 'wait', call: async () => null, on: () => undefined }

test.each<[name: string, value: unknown, says: RegExp]>([
  ['prefix', '', /^prefix must be 1 to 40 /],
  ['prefix', 'a{b}', /^prefix must be /],
  ['prefix', 'a b', /^prefix must be /],
  ['prefix', 'x'.repeat(41), /^prefix must be /],
  ['prefix', 7, /^prefix must be /],
  ['timeoutMs', 0, /^timeoutMs must be an integer from 10 to 1500/],
  ['timeoutMs', -1, /^timeoutMs must be /],
  ['timeoutMs', 1_501, /^timeoutMs must be /],
  ['timeoutMs', 10.5, /^timeoutMs must be /],
  ['timeoutMs', Number.NaN, /^timeoutMs must be /],
  ['timeoutMs', '500', /^timeoutMs must be /],
  ['onEvent', {}, /^onEvent must be a function/],
  ['timeout', 500, /^RedisLink: unknown option timeout/],
])('option %s may not be %j', (name, value, says) => {
  expect(() => new RedisLink({ client: IDLE, [name]: value })).toThrow(says)
})

test('keys share a slot by the prefix, whatever it is', () => {
  expect(new RedisLink({ client: IDLE }).prefix).toBe('{wardline}:')
  expect(new RedisLink({ client: IDLE, prefix: 'shop:orders' }).prefix).toBe('{shop:orders}:')
})
