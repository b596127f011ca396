import { describe, expect, test } from 'vitest'
import { toHttp } from '../../src/http/index.js'
import { memoryStore, type RateLimitOptions, rateLimit } from '../../src/index.js'
import { contextFor } from '../support/context.js'
import { decideNow } from '../support/guards.js'
import { structuredList } from './structured-list.js'

const MINUTE = { limit: 3, windowMs: 60_000 } as const

describe('a limit', () => {
  test('lets its quota through at once, then refuses with 429', async () => {
    const guard = rateLimit(MINUTE)
    const answers = await Promise.all(Array.from({ length: 5 }, () => decideNow(guard, contextFor())))
    expect(answers.map(({ allowed }) => allowed)).toEqual([true, true, true, false, false])
    expect(answers[3]).toMatchObject({
      kind: 'exhausted',
      code: 'rate_limited',
      guard: 'rateLimit(default)',
      retryAfterSeconds: 20,
      violatedPolicies: ['default'],
      headers: [
        ['ratelimit-policy', '"default";q=3;w=60'],
        ['ratelimit', '"default";r=0;t=20'],
      ],
    })
  })

  test('gives no facts', async () =>
    expect(await decideNow(rateLimit(MINUTE), contextFor())).toMatchObject({ allowed: true, facts: {} }))

  test('describes itself', () =>
    expect(rateLimit({ ...MINUTE, name: 'burst' })).toMatchObject({
      name: 'rateLimit(burst)',
      about: { room: 'rate', requires: { name: 'burst', limit: 3, windowMs: 60_000 } },
    }))

  test('is a value that cannot be changed', () => expect(Object.isFrozen(rateLimit(MINUTE))).toBe(true))

  test('keeps to the options it was made with', async () => {
    const options = { limit: 1, windowMs: 60_000 }
    const guard = rateLimit(options)
    options.limit = 1000
    await decideNow(guard, contextFor())
    expect(await decideNow(guard, contextFor())).toMatchObject({ kind: 'exhausted' })
  })

  test('answers at once, without a promise', () =>
    expect(decideNow(rateLimit(MINUTE), contextFor())).not.toBeInstanceOf(Promise))

  test('counts on its own where it has no store in common', async () => {
    const guards = [rateLimit({ limit: 1, windowMs: 1000 }), rateLimit({ limit: 1, windowMs: 1000 })]
    for (const guard of guards) expect(await decideNow(guard, contextFor())).toMatchObject({ allowed: true })
  })

  test.each<readonly [string, Partial<RateLimitOptions>, boolean]>([
    ['the same name and size count together', {}, false],
    ['another name counts apart', { name: 'other' }, true],
    ['another limit counts apart', { limit: 2 }, true],
    ['another window counts apart', { windowMs: 2000 }, true],
  ])('in one store, %s', async (_name, difference, allowed) => {
    const options = { limit: 1, windowMs: 1000, store: memoryStore() }
    await decideNow(rateLimit(options), contextFor())
    expect(await decideNow(rateLimit({ ...options, ...difference }), contextFor())).toMatchObject({ allowed })
  })
})

describe('the cost', () => {
  test('of a request is taken as a whole', async () => {
    const guard = rateLimit({ limit: 5, windowMs: 5000, cost: 2 })
    const answers = [1, 2, 3].map(() => decideNow(guard, contextFor()))
    expect(await Promise.all(answers)).toMatchObject([
      {
        allowed: true,
        headers: [
          ['ratelimit-policy', '"default";q=5;w=5'],
          ['ratelimit', '"default";r=3;t=2'],
        ],
      },
      {
        allowed: true,
        headers: [
          ['ratelimit-policy', '"default";q=5;w=5'],
          ['ratelimit', '"default";r=1;t=4'],
        ],
      },
      { kind: 'exhausted', retryAfterSeconds: 1 },
    ])
  })

  test('may depend on the request', async () => {
    const guard = rateLimit({ limit: 10, windowMs: 1000, cost: (ctx) => (ctx.method === 'POST' ? 6 : 1) })
    expect(await decideNow(guard, contextFor({ method: 'POST' }))).toMatchObject({ allowed: true })
    expect(await decideNow(guard, contextFor({ method: 'POST' }))).toMatchObject({ kind: 'exhausted' })
    expect(await decideNow(guard, contextFor())).toMatchObject({ allowed: true })
  })

  const thrown = () => {
    throw new Error('no cost today')
  }
  test.each<readonly [string, () => unknown]>([
    ['NaN', () => Number.NaN],
    ['zero', () => 0],
    ['negative', () => -1],
    ['a fraction', () => 0.5],
    ['one and a half', () => 1.5],
    ['infinite', () => Number.POSITIVE_INFINITY],
    ['beyond exact integers', () => 2 ** 53],
    ['text', () => '1'],
    ['missing', () => undefined],
    ['null', () => null],
    ['a bigint', () => 1n],
    ['a promise', () => Promise.resolve(1)],
    ['thrown', thrown],
  ])('that is %s denies as internal and spends nothing', async (_input, cost) => {
    let next: () => unknown = cost
    const guard = rateLimit({ ...MINUTE, cost: () => next() as number })
    expect(await decideNow(guard, contextFor())).toMatchObject({
      kind: 'internal',
      code: 'guard_failed',
      guard: 'rateLimit(default)',
      cause: expect.any(Error),
    })
    next = () => 3
    expect(await decideNow(guard, contextFor())).toMatchObject({ allowed: true })
  })

  test.each([[4], [1_000_000], [Number.MAX_SAFE_INTEGER]])(
    'of %i, more than the limit, is refused in fields a client can read',
    async (cost) => {
      const guard = rateLimit({ limit: 3, windowMs: 31 * 86_400_000, cost: () => cost })
      const decision = await decideNow(guard, contextFor())
      expect(decision).toMatchObject({ kind: 'exhausted', code: 'rate_limited' })
      if (decision.allowed) throw new Error('not refused')
      const fields = Object.fromEntries(toHttp(decision).headers) as Record<string, string>
      expect(fields['retry-after']).toMatch(/^\d{1,15}$/)
      expect(structuredList(fields.ratelimit!)).toMatchObject([{ params: { r: 3 } }])
    },
  )
})

describe('options out of range are a TypeError', () => {
  const limit = 'limit must be an integer from 1 to 1000000000, got'
  const window = 'windowMs must be an integer from 1 to 2678400000, got'
  const name = 'name must be 1 to 64 of A-Z a-z 0-9 _ . -, got'
  test.each<readonly [string, object, string]>([
    ['limit zero', { limit: 0 }, `${limit} 0`],
    ['limit negative', { limit: -1 }, `${limit} -1`],
    ['limit NaN', { limit: Number.NaN }, `${limit} NaN`],
    ['limit fractional', { limit: 1.5 }, `${limit} 1.5`],
    ['limit huge', { limit: 1_000_000_001 }, `${limit} 1000000001`],
    ['limit infinite', { limit: Number.POSITIVE_INFINITY }, `${limit} Infinity`],
    ['limit text', { limit: '100' }, `${limit} "100"`],
    ['limit missing', { limit: undefined }, `${limit} undefined`],
    ['window zero', { windowMs: 0 }, `${window} 0`],
    ['window negative', { windowMs: -60_000 }, `${window} -60000`],
    ['window NaN', { windowMs: Number.NaN }, `${window} NaN`],
    ['window fractional', { windowMs: 0.5 }, `${window} 0.5`],
    ['window of 32 days', { windowMs: 32 * 86_400_000 }, `${window} 2764800000`],
    ['window as text', { windowMs: '1m' }, `${window} "1m"`],
    ['cost zero', { cost: 0 }, 'cost must be an integer from 1 to 3, got 0'],
    ['cost negative', { cost: -1 }, 'cost must be an integer from 1 to 3, got -1'],
    ['cost fractional', { cost: 1.5 }, 'cost must be an integer from 1 to 3, got 1.5'],
    ['cost NaN', { cost: Number.NaN }, 'cost must be an integer from 1 to 3, got NaN'],
    ['cost above the limit', { cost: 4 }, 'cost must be an integer from 1 to 3, got 4'],
    ['name empty', { name: '' }, `${name} ""`],
    ['name with a space', { name: 'per minute' }, `${name} "per minute"`],
    ['name with a quote', { name: 'a"b' }, `${name} "a\\"b"`],
    ['name with a line break', { name: 'a\nb' }, `${name} "a\\nb"`],
    ['name with a line break at the end', { name: 'a\n' }, `${name} "a\\n"`],
    ['name not ASCII', { name: '\u00e9' }, `${name} "\u00e9"`],
    ['name of 65', { name: 'n'.repeat(65) }, `${name} "${'n'.repeat(65)}"`],
    ['key not a function', { key: 'client' }, 'key must be a function, got "client"'],
    [
      'store without take',
      { store: { look: () => undefined } },
      'store must have take, look and correct, got an object',
    ],
    ['store without look', { store: { take: () => [] } }, 'store must have take, look and correct, got an object'],
    ['store a class, not an instance', { store: class {} }, 'store must have take, look and correct, got a function'],
    [
      'an option misspelt',
      { windowMS: 1 },
      'rateLimit(): unknown option windowMS; known are limit, windowMs, algorithm, burst, aligned, name, key, store, fields, partitionKey, cost, chargeAfter, unit',
    ],
  ])('%s', (_name, options, message) =>
    expect(() => rateLimit({ ...MINUTE, ...options } as never)).toThrow(new TypeError(message)),
  )

  test.each([
    ['missing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a number', 100, '100'],
    ['an array', [100, 60_000], 'an array'],
  ])('options %s', (_name, options, got) =>
    expect(() => rateLimit(options as never)).toThrow(
      new TypeError(`rateLimit(): options must be an object, got ${got}`),
    ),
  )
})

test.each<readonly [string, Partial<RateLimitOptions>]>([
  ['the least', { limit: 1, windowMs: 1, cost: 1 }],
  ['the most', { limit: 1_000_000_000, windowMs: 31 * 86_400_000, cost: 1_000_000_000 }],
  ['every character of a name', { name: 'Az09_.-' }],
  ['the longest name', { name: 'n'.repeat(64) }],
  ['options left undefined', { name: undefined, key: undefined, cost: undefined, store: undefined }],
])('%s is in range', async (_name, options) =>
  expect(await decideNow(rateLimit({ ...MINUTE, ...options }), contextFor())).toMatchObject({ allowed: true }),
)
