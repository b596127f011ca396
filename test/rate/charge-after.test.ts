import { describe, expect, test } from 'vitest'
import { all, forbid, memoryStore, type RateLimitOptions, rateLimit } from '../../src/index.js'
import { answering } from '../support/guards.js'
import { codeOf, requestsTo } from './requests.js'

/** 1000 bytes a second. */
const bytes = (options: Partial<RateLimitOptions> = {}) =>
  rateLimit({
    name: 'bytes',
    limit: 1000,
    windowMs: 1000,
    unit: 'content-bytes',
    chargeAfter: (end) => end.bytes,
    ...options,
  })

const left = (headers: readonly (readonly [string, string | undefined])[] | undefined) =>
  /r=(\d+)/.exec(Object.fromEntries(headers ?? []).ratelimit ?? '')?.[1]

describe('what is charged after the answer', () => {
  test('is asked for nothing ahead, and counts for the next request', async () => {
    const client = requestsTo(bytes())
    expect(left((await client.pass({}, 200, 600)).headers)).toBe('1000')
    expect(left((await client.pass({}, 200, 300)).headers)).toBe('400')
    expect(left((await client.pass()).headers)).toBe('100')
  })

  test('may be more than there is: the next wait for it, nine windows at the longest', async () => {
    const client = requestsTo(bytes())
    await client.pass({}, 200, 3000)
    expect(await client.pass()).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 3 })
    client.wait(2000)
    expect(codeOf(await client.pass())).toBe('rate_limited')
    client.wait(1)
    expect(codeOf(await client.pass({}, 200, 10 ** 12))).toBe('allowed')
    client.wait(9000)
    expect(codeOf(await client.pass())).toBe('rate_limited')
    client.wait(1)
    expect(codeOf(await client.pass())).toBe('allowed')
  })

  test('is told with its unit', async () =>
    expect((await requestsTo(bytes()).pass()).headers).toContainEqual([
      'ratelimit-policy',
      '"bytes";q=1000;qu="content-bytes";w=1',
    ]))

  test('may come beside a cost ahead', async () => {
    const client = requestsTo(bytes({ cost: 100 }))
    await client.pass({}, 200, 50)
    expect(left((await client.pass()).headers)).toBe('750')
  })

  test('knows the status, the request and its facts', async () => {
    const failures = rateLimit({
      limit: 10,
      windowMs: 60_000,
      chargeAfter: ({ status }, ctx) => (status >= 500 && ctx.method === 'GET' ? 4 : 0),
    })
    const client = requestsTo(failures)
    await client.pass({}, 500)
    await client.pass({ method: 'POST' }, 500)
    await client.pass({}, 200)
    expect(left((await client.pass()).headers)).toBe('6')
  })

  test('is charged for what another guard refused, too, and to nobody whom a limit refused', async () => {
    const client = requestsTo(all(bytes(), answering('no', forbid('never'))))
    const { finish } = await client.ask()
    finish(403, 1000)
    const { decision, finish: end } = await client.ask()
    expect(codeOf(decision)).toBe('rate_limited')
    end(429, 5000)
    client.wait(1)
    expect(codeOf(await client.pass())).toBe('never')
  })

  test('is nothing where less was sent in the end than had been before', async () => {
    const client = requestsTo(bytes())
    await client.pass({}, 499, -600)
    expect(left((await client.pass()).headers)).toBe('1000')
  })

  test('is what each of two limits says that share a count', async () => {
    const store = memoryStore()
    const client = requestsTo(all(bytes({ store, chargeAfter: () => 100 }), bytes({ store, chargeAfter: () => 20 })))
    await client.pass()
    expect(left((await client.pass()).headers)).toBe('880')
  })

  test.each<readonly [string, () => unknown]>([
    ['a fraction', () => 0.5],
    ['NaN', () => Number.NaN],
    ['negative', () => -1],
    ['infinite', () => Number.POSITIVE_INFINITY],
    ['text', () => '1'],
    ['missing', () => undefined],
    ['a promise', () => Promise.resolve(1)],
    ['thrown', () => Promise.reject.call(undefined)],
  ])('that is %s costs all of the limit', async (_what, chargeAfter) => {
    const client = requestsTo(bytes({ chargeAfter: chargeAfter as () => number }))
    await client.pass()
    expect(await client.pass()).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 1 })
  })

  test.each(['sliding-window', 'fixed-window'] as const)('counts in a %s until its end', async (algorithm) => {
    const client = requestsTo(bytes({ algorithm }))
    await client.pass({}, 200, 5000)
    client.wait(999)
    expect(codeOf(await client.pass())).toBe('rate_limited')
    client.wait(102)
    expect(codeOf(await client.pass())).toBe('allowed')
  })
})

test.each([
  ['a number', { chargeAfter: 5 }, 'chargeAfter must be a function, got 5'],
  ['another unit', { unit: 'bytes' }, 'unit must be one of requests, content-bytes, got "bytes"'],
])('chargeAfter of %s is a TypeError', (_what, options, message) =>
  expect(() => bytes(options as never)).toThrow(new TypeError(message)),
)
