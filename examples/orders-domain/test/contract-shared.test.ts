import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AuditedAnswer,
  burst,
  commandCount,
  type FaultyLink,
  faultyLink,
  freshAddress,
  type Idp,
  type RedisServer,
  redisServer,
  remaining,
  startIdp,
  times,
} from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADDRESS, expectExactly, PRINCIPAL } from './support/bursts.js'
import { OrdersService, SERVICES } from './support/orders-service.js'

const PASSWORD = 'open-sesame-47'
const CLIENTS = ['together', 'counted', 'again', 'keys', 'flushed', 'killed', 'slow'] as const

let idp: Idp
let server: RedisServer
let link: FaultyLink
const tokens = {} as Record<(typeof CLIENTS)[number], string>

beforeAll(async () => {
  server = await redisServer({ password: PASSWORD })
  link = await faultyLink(server.port)
  idp = await startIdp({ clients: CLIENTS.map((id) => ({ id })) })
  for (const id of CLIENTS) tokens[id] = await idp.token(id)
})
afterAll(async () => {
  await idp.close()
  await link.close()
  await server.stop()
})

const read = (token: string) => ({ target: '/orders/1', token })

describe.each(SERVICES)('%s, three processes on one Redis', (_name, script) => {
  let services: readonly OrdersService[]
  beforeAll(async () => {
    await server.ask('FLUSHALL')
    const env = { ISSUER: idp.issuer, REDIS_URL: `redis://:${PASSWORD}@127.0.0.1:${link.port}/2` }
    services = await Promise.all([1, 2, 3].map(() => OrdersService.start(script, env)))
    await recovered()
  })
  afterAll(async () => {
    await Promise.all(services.map((service) => service.close()))
  })

  /** Each process answers from Redis. */
  const recovered = async () => {
    const deadline = Date.now() + 5_000
    for (const service of services) {
      while ((await service.send({ target: '/nowhere' })).status === 503) {
        if (Date.now() > deadline) throw new Error('no recovery within five seconds')
        await sleep(50)
      }
    }
  }
  /** One request to each in turn, all at once. */
  const all = (count: number, request: (index: number) => Parameters<OrdersService['send']>[0]) =>
    burst(
      { send: ([service, asked]: readonly [OrdersService, ReturnType<typeof request>]) => service.send(asked) },
      times(count, (index) => [services[index % 3]!, request(index)] as const),
    )

  test('count a client address together, exactly', async () => {
    const from = freshAddress()
    expectExactly(await all(390, () => ({ target: '/nowhere', from })), ADDRESS)
  })

  test('count a principal together, exactly, and a request refused by one limit spends nothing of the other', async () => {
    const from = freshAddress()
    const taken = await all(150, () => ({ ...read(tokens.together), from }))
    expectExactly(taken, PRINCIPAL)
    const left = remaining(await services[0]!.send({ target: '/nowhere', from }), 'address')
    expect(left).toBeGreaterThanOrEqual(ADDRESS.limit - taken.admitted - 1)
  })

  test('ask one command a request, and none for who is refused again', async () => {
    const service = services[0]!
    const before = await commandCount(server, 'evalsha')
    for (let i = 0; i < 40; i++) await service.send({ ...read(tokens.counted), from: freshAddress() })
    expect((await commandCount(server, 'evalsha')) - before).toBeLessThanOrEqual(48)
    const from = freshAddress()
    await all(150, () => ({ ...read(tokens.again), from }))
    const full = await commandCount(server, 'evalsha')
    const answers = []
    for (let i = 0; i < 5; i++) {
      answers.push(...(await Promise.all(times(20, () => service.send({ ...read(tokens.again), from })))))
    }
    const refused = answers.filter(({ status }) => status === 429).length
    expect(refused).toBeGreaterThan(80)
    // each token that comes back is asked for anew
    expect((await commandCount(server, 'evalsha')) - full).toBeLessThan(refused / 2)
  })

  test('keep keys that say nothing, expire, and are small', async () => {
    const from = '127.0.0.77'
    await services[0]!.send({ ...read(tokens.keys), from })
    const keys = ((await server.ask('EVAL', "redis.call('SELECT', '2') return redis.call('KEYS', '*')", '0')) ??
      []) as readonly string[]
    expect(keys.length).toBeGreaterThan(0)
    for (const key of keys) {
      expect(key).toMatch(/^\{wardline\}:/)
      expect(key).not.toContain(from)
      const inDb = (command: string) =>
        server.ask('EVAL', `redis.call('SELECT', '2') return redis.call(${command}, KEYS[1])`, '1', key)
      const ttl = (await inDb("'PTTL'")) as number
      expect([ttl === -1, ttl <= 120_000]).toEqual([false, true]) // of one that ends meanwhile, -2
      expect((await inDb("'MEMORY', 'USAGE'")) ?? 0).toBeLessThanOrEqual(200)
    }
    expect(await server.ask('DBSIZE')).toBe(0) // of the database that nobody named
  })

  test('refuse nobody for SCRIPT FLUSH, FLUSHALL or a killed connection', async () => {
    for (const upset of [['SCRIPT', 'FLUSH'], ['FLUSHALL'], ['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']]) {
      await server.ask(...upset)
      const answers = await Promise.all(times(9, (i) => services[i % 3]!.send({ target: '/nowhere' })))
      expect(answers.map(({ status }) => status)).toEqual(times(9, () => 401))
    }
  })

  test('take 50 ms on the way for no outage', async () => {
    link.delay(50)
    const answers = await Promise.all(times(30, (i) => services[i % 3]!.send({ target: '/nowhere' })))
    expect(answers.map(({ status }) => status)).toEqual(times(30, () => 401))
    await link.pass()
  })

  const outages: readonly (readonly [string, () => unknown, () => unknown])[] = [
    ['hangs', () => server.pause(), () => server.resume()],
    ['is killed', () => server.kill(), () => server.restart()],
    [
      'is cut off',
      () => {
        link.refuse()
        link.cut()
      },
      () => link.pass(),
    ],
    ['falls silent on the way', () => link.silence(), () => link.pass()],
    ['is read-only', () => server.ask('REPLICAOF', '127.0.0.1', '1'), () => server.ask('REPLICAOF', 'NO', 'ONE')],
    [
      'is full',
      () => server.ask('CONFIG', 'SET', 'maxmemory', '1'),
      () => server.ask('CONFIG', 'SET', 'maxmemory', '0'),
    ],
  ]

  test.each(outages)('answer 503 while Redis %s, and recover by themselves', async (_what, begin, end) => {
    await begin()
    const strangers: AuditedAnswer[] = []
    const started = Date.now()
    while (Date.now() - started < 2_500) {
      const sent = Date.now()
      strangers.push(...(await Promise.all(services.map((service) => service.send({ target: '/nowhere' })))))
      expect(Date.now() - sent).toBeLessThan(2_000)
      await sleep(100)
    }
    for (const { status, headers, body } of strangers) {
      expect([401, 503]).toContain(status)
      if (status === 401) continue
      expect(headers).toMatchObject({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
      expect(headers['retry-after']).toMatch(/^\d+$/)
      expect(Number(headers['retry-after'])).toBeLessThanOrEqual(120)
      expect(body).not.toMatch(/redis|store|ECONN|6379/i)
    }
    expect(strangers.at(-1)!.status).toBe(503)
    expect(await services[2]!.audit(strangers.at(-1)!)).toMatchObject({
      code: 'store_unavailable',
      kind: 'unavailable',
    })
    expect((await services[0]!.send({ target: '/healthz' })).status).toBe(200)
    await end()
    await recovered()
  })
})

describe.each(SERVICES)('%s, without a Redis at start', (_name, script) => {
  test.each([
    ['nobody there', async () => 'redis://127.0.0.1:1'],
    ['a wrong password', async () => `redis://:wrong@127.0.0.1:${server.port}`],
    ['no password', async () => `redis://127.0.0.1:${server.port}`],
  ])('%s: 503, and an end within five seconds', async (_what, url) => {
    const service = await OrdersService.start(script, { ISSUER: idp.issuer, REDIS_URL: await url() })
    const started = Date.now()
    const answers = await Promise.all(times(5, () => service.send({ target: '/nowhere' })))
    expect(Date.now() - started).toBeLessThan(2_000)
    expect(answers.map(({ status }) => status)).toEqual(times(5, () => 503))
    expect((await service.send({ target: '/healthz' })).status).toBe(200)
    const stopping = Date.now()
    await service.close()
    expect(Date.now() - stopping).toBeLessThan(5_000)
  })
})
