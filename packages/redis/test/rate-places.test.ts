import { setTimeout as pause } from 'node:timers/promises'
import { commandCount, faultyLink } from '@wardline/test-kit'
import { describe, expect, test } from 'vitest'
import type { BucketRequest, RateLimitStore } from 'wardline'
import { StoreUnavailable } from '../src/failure.js'
import { redisRateLimitStore } from '../src/rate/store.js'
import { ask, ending, isIn, linkTo, MINUTE, placesRule, serve, setUp, until } from './rate-support.js'
import { workers } from './rate-workers.js'

setUp()

const three = placesRule({ limit: 3, leaseMs: MINUTE })
const brief = placesRule({ limit: 3, leaseMs: 600 })

const take = async (store: RateLimitStore, request: BucketRequest) => isIn(await store.take([request], 0))
const giveBack = (store: RateLimitStore, request: BucketRequest) =>
  store.correct([{ ...request, cost: -request.cost }], 0)
const free = async (store: RateLimitStore, request: BucketRequest) =>
  (await store.take([{ ...request, cost: 0 }], 0))[0]!.remaining

test('each process gives back its own places, and never those of another', async () => {
  const server = await serve()
  const [one, other] = [redisRateLimitStore(linkTo(server)), redisRateLimitStore(linkTo(server))]
  for (const store of [one, one, other]) expect(await take(store, ask(three))).toBe(true)
  expect(await take(other, ask(three))).toBe(false)
  giveBack(other, ask(three))
  giveBack(other, ask(three)) // more than it has
  giveBack(other, ask(three))
  expect(await free(other, ask(three))).toBe(1)
  expect([one.stats().held, other.stats().held]).toEqual([1, 0])
  for (let i = 0; i < 2; i++) giveBack(one, ask(three))
  expect(await free(one, ask(three))).toBe(3)
  expect(one.stats().held).toBe(0)
  expect(await server.cli('DBSIZE')).toBe('0')
})

test('a request that another limit refuses keeps no place', async () => {
  const store = redisRateLimitStore(linkTo(await serve()))
  const full = placesRule({ limit: 1, leaseMs: MINUTE })
  expect(await take(store, ask(full))).toBe(true)
  for (let i = 0; i < 9; i++) expect(isIn(await store.take([ask(three), ask(full)], 0))).toBe(false)
  expect(await free(store, ask(three))).toBe(3)
  expect(store.stats().held).toBe(1)
})

describe('leases', () => {
  test('are renewed while the process lives, and end with it', async () => {
    const server = await serve()
    const store = redisRateLimitStore(linkTo(server))
    const [crashing] = await workers(1, server.port)
    expect(await crashing!.take({ request: ask(brief), times: 5 })).toBe(3)
    await pause(3 * brief.leaseMs)
    expect(await take(store, ask(brief))).toBe(false)
    crashing!.process.kill('SIGKILL')
    await until('the places of the process that is gone', () => take(store, ask(brief)))
  })

  test('hold what Redis has forgotten', async () => {
    const server = await serve()
    const [one, other] = [redisRateLimitStore(linkTo(server)), redisRateLimitStore(linkTo(server))]
    for (let i = 0; i < 3; i++) await take(one, ask(brief))
    await server.cli('FLUSHALL')
    await until('the places of the process that lives', async () => (await free(other, ask(brief))) === 0)
    for (let i = 0; i < 3; i++) giveBack(one, ask(brief))
    expect(await free(one, ask(brief))).toBe(3)
  })

  test('of nothing cost no command', async () => {
    const server = await serve()
    const store = redisRateLimitStore(linkTo(server))
    for (let i = 0; i < 9; i++) {
      await take(store, ask(brief))
      giveBack(store, ask(brief))
    }
    await free(store, ask(brief))
    const before = await commandCount(server, 'evalsha')
    await pause(2 * brief.leaseMs)
    expect(await commandCount(server, 'evalsha')).toBe(before)
  })
})

describe('while Redis is silent', () => {
  const silenced = async (onUnavailable: 'deny' | 'allow') => {
    const server = await serve()
    const way = ending(await faultyLink(server.port), (open) => open.close())
    const link = linkTo(way, 'ioredis', { timeoutMs: 50 })
    const other = redisRateLimitStore(linkTo(server))
    const store = redisRateLimitStore(link, { onUnavailable })
    await free(store, ask(three))
    const back = async () => {
      await way.pass()
      await until('an answer', async () => !link.isOpen)
    }
    return { server, way, store, other, back }
  }

  test('places whose answer was lost are free once it is back', async () => {
    const { way, store, other, back } = await silenced('deny')
    expect(await take(store, ask(three))).toBe(true)
    way.silence()
    for (let i = 0; i < 2; i++) await expect(store.take([ask(three)], 0)).rejects.toThrow(StoreUnavailable)
    await back()
    // The next who asks finds them free: what is held is told ahead of it.
    expect(await take(store, ask(three, 'alice', 2))).toBe(true)
    expect(await free(other, ask(three))).toBe(0)
  })

  test('and also where nobody asks', async () => {
    const { way, store, other, back } = await silenced('deny')
    way.silence()
    await expect(store.take([ask(three, 'alice', 3)], 0)).rejects.toThrow(StoreUnavailable)
    await back()
    await until('three places', async () => (await free(other, ask(three))) === 3)
    await until('nothing held', async () => store.stats().held === 0)
  })

  test('places given back are free once it is back', async () => {
    const { way, store, other, back } = await silenced('deny')
    for (let i = 0; i < 3; i++) await take(store, ask(three))
    way.silence()
    for (let i = 0; i < 2; i++) giveBack(store, ask(three))
    await pause(100)
    giveBack(store, ask(three))
    await back()
    await until('three places', async () => (await free(other, ask(three))) === 3)
  })

  test('places allowed meanwhile count once it is back, and are given back', async () => {
    const { way, store, other, back } = await silenced('allow')
    await take(store, ask(three))
    way.silence()
    for (let i = 0; i < 4; i++) expect(await take(store, ask(three))).toBe(true)
    await back()
    await until('no place', async () => (await free(other, ask(three))) === 0)
    expect(await take(store, ask(three))).toBe(false)
    for (let i = 0; i < 4; i++) giveBack(store, ask(three))
    await until('two places', async () => (await free(other, ask(three))) === 2)
    giveBack(store, ask(three))
    await until('three places', async () => (await free(other, ask(three))) === 3)
  })
})
