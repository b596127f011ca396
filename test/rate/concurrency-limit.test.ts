import { describe, expect, test } from 'vitest'
import { all, any, concurrencyLimit, forbid, memoryStore, rateLimit } from '../../src/index.js'
import { answering } from '../support/guards.js'
import { codeOf, requestsTo } from './requests.js'

const no = answering('no', forbid('never'))
const two = { name: 'uploads', limit: 2 } as const

describe('places', () => {
  test('are taken until the answer has ended', async () => {
    const client = requestsTo(concurrencyLimit(two))
    const [first, second, third] = [await client.ask(), await client.ask(), await client.ask()]
    expect([first, second, third].map(({ decision }) => codeOf(decision))).toEqual([
      'allowed',
      'allowed',
      'rate_limited',
    ])
    expect(third.decision).toMatchObject({ retryAfterSeconds: 1, violatedPolicies: ['uploads'] })
    third.finish(429)
    expect(codeOf((await client.ask()).decision)).toBe('rate_limited')
    first.finish()
    expect(codeOf((await client.ask()).decision)).toBe('allowed')
    expect(codeOf((await client.ask()).decision)).toBe('rate_limited')
  })

  test('come free when the client leaves, also one that left before it was let in', async () => {
    const client = requestsTo(concurrencyLimit(two))
    for (let i = 0; i < 5; i++) {
      const journey = await client.ask()
      expect(codeOf(journey.decision)).toBe('allowed')
      journey.finish(499)
    }
    const slow = client.arrive()
    slow.finish(499)
    await slow.answer
    for (const expected of ['allowed', 'allowed', 'rate_limited']) {
      expect(codeOf((await client.ask()).decision)).toBe(expected)
    }
  })

  test('are of one key each, and told as what they are', async () => {
    const client = requestsTo(concurrencyLimit(two))
    const { decision } = await client.ask()
    expect(decision.headers).toEqual([
      ['ratelimit-policy', '"uploads";q=2;qu="concurrent-requests"'],
      ['ratelimit', '"uploads";r=1'],
    ])
    await client.ask()
    expect(codeOf((await client.ask({ client: '203.0.113.8' })).decision)).toBe('allowed')
  })

  test('of a request that another guard refuses come free with its answer', async () => {
    const client = requestsTo(all(concurrencyLimit({ ...two, limit: 1 }), answering('no', forbid('never'))))
    const { decision, finish } = await client.ask()
    expect(codeOf(decision)).toBe('never')
    expect(codeOf((await client.ask()).decision)).toBe('rate_limited')
    finish(403)
    expect(codeOf((await client.ask()).decision)).toBe('never')
  })

  test('of a request that another limit refuses are not taken, or come free with the refusal', async () => {
    for (const stores of [
      () => memoryStore(),
      (
        (store) => () =>
          store
      )(memoryStore()),
    ]) {
      const places = concurrencyLimit({ ...two, store: stores() })
      const client = requestsTo(all(places, rateLimit({ limit: 1, windowMs: 60_000, store: stores() })))
      const alone = requestsTo(places)
      const { finish } = await client.ask()
      for (let i = 0; i < 5; i++) (await client.ask()).finish(429)
      finish()
      for (const expected of ['allowed', 'allowed', 'rate_limited']) {
        expect(codeOf((await alone.ask()).decision)).toBe(expected)
      }
    }
  })

  test.each([
    ['in two alternatives', (places: ReturnType<typeof concurrencyLimit>) => any(all(places, no), places)],
    ['twice in a row', (places: ReturnType<typeof concurrencyLimit>) => all(places, places)],
  ])('that one limit asks for %s all come free', async (_where, policyOf) => {
    const client = requestsTo(policyOf(concurrencyLimit(two)))
    for (let i = 0; i < 5; i++) expect(codeOf(await client.pass())).toBe('allowed')
  })

  test('come free where the clock of the service fails when the answer ends', async () => {
    const client = requestsTo(concurrencyLimit({ ...two, limit: 1 }))
    const { finish } = await client.ask()
    client.stopClock()
    finish()
    client.wait(0)
    expect(codeOf((await client.ask()).decision)).toBe('allowed')
  })

  test('in use are never forgotten, however many others come', async () => {
    const store = memoryStore({ maxKeys: 2 })
    const client = requestsTo(concurrencyLimit({ ...two, limit: 1, store }))
    const first = await client.ask({ client: '203.0.113.1' })
    await client.ask({ client: '203.0.113.2' })
    expect(codeOf((await client.ask({ client: '203.0.113.3' })).decision)).toBe('rate_limited')
    expect(codeOf((await client.ask({ client: '203.0.113.1' })).decision)).toBe('rate_limited')
    first.finish()
    expect(codeOf((await client.ask({ client: '203.0.113.3' })).decision)).toBe('allowed')
  })
})

test.each([
  ['no place', { limit: 0 }, 'limit must be an integer from 1 to 1000000, got 0'],
  ['half a place', { limit: 0.5 }, 'limit must be an integer from 1 to 1000000, got 0.5'],
  ['NaN', { limit: Number.NaN }, 'limit must be an integer from 1 to 1000000, got NaN'],
  ['too many', { limit: 1e7 }, 'limit must be an integer from 1 to 1000000, got 10000000'],
  ['a short lease', { leaseMs: 999 }, 'leaseMs must be an integer from 1000 to 3600000, got 999'],
  ['another option', { cost: 2 }, /unknown option cost/],
])('%s is a TypeError', (_what, options, message) =>
  expect(() => concurrencyLimit({ ...two, ...options } as never)).toThrow(message),
)
