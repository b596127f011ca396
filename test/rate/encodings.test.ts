import { describe, expect, test } from 'vitest'
import { all, concurrencyLimit, type FieldEncoding, quota, rateLimit } from '../../src/index.js'
import { requestsTo } from './requests.js'

const minute = (name: string, limit: number, fields?: FieldEncoding) =>
  rateLimit({ name, limit, windowMs: 60_000, fields })

const START_S = 1_700_000_000

describe.each<readonly [FieldEncoding, object, object]>([
  [
    'draft-11',
    { 'ratelimit-policy': '"a";q=2;w=60', ratelimit: '"a";r=1;t=30' },
    { 'ratelimit-policy': '"a";q=2;w=60', ratelimit: '"a";r=0;t=30' },
  ],
  [
    'draft-6',
    { 'ratelimit-limit': '2, 2;w=60', 'ratelimit-remaining': '1', 'ratelimit-reset': '30' },
    { 'ratelimit-limit': '2, 2;w=60', 'ratelimit-remaining': '0', 'ratelimit-reset': '30' },
  ],
  [
    'x-ratelimit',
    { 'x-ratelimit-limit': '2', 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': String(START_S + 30) },
    { 'x-ratelimit-limit': '2', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(START_S + 30) },
  ],
  ['none', {}, {}],
])('%s', (encoding, first, refused) => {
  test('tells a limit', async () => {
    const client = requestsTo(minute('a', 2, encoding))
    expect(Object.fromEntries((await client.pass()).headers ?? [])).toEqual(first)
    await client.pass()
    const denial = await client.pass()
    expect(denial).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 30, violatedPolicies: ['a'] })
    expect(Object.fromEntries(denial.headers ?? [])).toEqual(refused)
  })
})

describe('the older encodings have room for one limit', () => {
  test('the one of which least is left', async () => {
    const client = requestsTo(all(minute('wide', 100, 'draft-6'), minute('narrow', 4, 'draft-6')))
    expect((await client.pass()).headers).toContainEqual(['ratelimit-limit', '4, 4;w=60'])
    const turned = requestsTo(all(minute('narrow', 4, 'draft-6'), minute('wide', 100, 'draft-6')))
    expect((await turned.pass()).headers).toContainEqual(['ratelimit-limit', '4, 4;w=60'])
  })

  test('and before it the one that refused', async () => {
    const wide = rateLimit({ name: 'wide', limit: 100, windowMs: 60_000, fields: 'draft-6', cost: 60 })
    const client = requestsTo(all(minute('narrow', 4, 'draft-6'), wide))
    await client.pass()
    expect((await client.pass()).headers).toContainEqual(['ratelimit-limit', '100, 100;w=60'])
  })

  test('beside those of the current one', async () => {
    const client = requestsTo(all(minute('new', 100), minute('old', 4, 'x-ratelimit')))
    expect((await client.pass()).headers).toEqual([
      ['ratelimit-policy', '"new";q=100;w=60'],
      ['ratelimit', '"new";r=99;t=1'],
      ['x-ratelimit-limit', '4'],
      ['x-ratelimit-remaining', '3'],
      ['x-ratelimit-reset', String(START_S + 15)],
    ])
  })
})

describe('Retry-After is no earlier than any t', () => {
  test('since limits that did not refuse name none', async () => {
    const day = rateLimit({ name: 'day', limit: 10, windowMs: 86_400_000 })
    const client = requestsTo(all(day, minute('minute', 1)))
    await client.pass()
    expect(await client.pass()).toMatchObject({
      retryAfterSeconds: 60,
      headers: [
        ['ratelimit-policy', '"day";q=10;w=86400, "minute";q=1;w=60'],
        ['ratelimit', '"day";r=9, "minute";r=0;t=60'],
      ],
    })
  })
})

test.each([
  ['month', 2_678_400, '2023-12-01T00:00:00Z'],
  ['day', 86_400, '2023-11-15T00:00:00Z'],
  ['hour', 3_600, '2023-11-14T23:00:00Z'],
] as const)('a quota of a %s ends with it (UTC)', async (period, width, end) => {
  const client = requestsTo(quota({ name: 'plan', limit: 2, period }))
  const untilEnd = Date.parse(end) / 1000 - START_S
  expect((await client.pass()).headers).toEqual([
    ['ratelimit-policy', `"plan";q=2;w=${width}`],
    ['ratelimit', `"plan";r=1;t=${untilEnd}`],
  ])
  await client.pass()
  expect(await client.pass()).toMatchObject({ code: 'rate_limited', retryAfterSeconds: untilEnd, guard: 'quota(plan)' })
  client.wait(untilEnd * 1000)
  expect(await client.pass()).toMatchObject({ allowed: true })
})

describe('the partition key', () => {
  const keyed = rateLimit({ name: 'a', limit: 9, windowMs: 60_000, partitionKey: true, key: (ctx) => ctx.client })
  const keyOf = async (client: string) => {
    const { headers } = await requestsTo(keyed).pass({ client })
    const [policy, current] = headers!.map(([, value]) => /;pk=(:[A-Za-z0-9+/]+=*:)$/.exec(value!)?.[1])
    expect(policy).toBe(current)
    return policy!
  }

  test('is the same for one caller, another for the next, and says nothing of either', async () => {
    const [one, again, other] = [await keyOf('203.0.113.7'), await keyOf('203.0.113.7'), await keyOf('203.0.113.8')]
    expect(again).toBe(one)
    expect(other).not.toBe(one)
    expect(Buffer.from(one.slice(1, -1), 'base64')).toHaveLength(12)
  })

  test('is told where it is asked for only', async () =>
    expect(JSON.stringify((await requestsTo(minute('a', 5)).pass()).headers)).not.toContain('pk='))
})

test.each([
  ['fields of a draft there is not', () => minute('a', 1, 'draft-7' as never), /^fields must be one of draft-11/],
  [
    'partitionKey as text',
    () => rateLimit({ limit: 1, windowMs: 1, partitionKey: 'yes' as never }),
    /^partitionKey must be/,
  ],
  ['a period of a fortnight', () => quota({ limit: 1, period: 'fortnight' as never }), /^period must be one of hour/],
  ['a quota of nothing', () => quota({ limit: 0, period: 'day' }), /^limit must be an integer from 1/],
  [
    'a burst of a window',
    () => rateLimit({ limit: 1, windowMs: 1, burst: 2, algorithm: 'fixed-window' }),
    /^burst has no/,
  ],
  ['an aligned bucket', () => rateLimit({ limit: 1, windowMs: 1, aligned: true }), /^aligned has no meaning/],
  ['a burst of nothing', () => rateLimit({ limit: 1, windowMs: 1, burst: 0 }), /^burst must be an integer/],
  [
    'another algorithm',
    () => rateLimit({ limit: 1, windowMs: 1, algorithm: 'leaky' as never }),
    /^algorithm must be one/,
  ],
  ['a concurrency limit by name', () => concurrencyLimit({ name: 'a b', limit: 1 }), /^name must be/],
])('%s is a TypeError', (_what, make, message) => expect(make).toThrow(message))

test('a burst lets more through at once, and no more in the long run', async () => {
  const client = requestsTo(rateLimit({ limit: 2, windowMs: 1000, burst: 5 }))
  const admitted = async () => {
    let count = 0
    while ((await client.pass()).allowed) count++
    return count
  }
  expect(await admitted()).toBe(5)
  client.wait(1000)
  expect(await admitted()).toBe(2)
  client.wait(60_000)
  expect(await admitted()).toBe(5)
})
