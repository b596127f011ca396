import { describe, expect, test, vi } from 'vitest'
import { all, type Decision, memoryStore, type RateLimitStore, rateLimit } from '../../src/index.js'
import { contextFor } from '../support/context.js'
import { decideNow } from '../support/guards.js'
import { answering } from './rules.js'

const limitIn = (store: unknown, name: string) =>
  rateLimit({ name, limit: 5, windowMs: 60_000, store: store as RateLimitStore })

const ask = async (first: unknown, second?: unknown): Promise<Decision<object>> => {
  const one = limitIn(first, 'limit-0')
  return decideNow(second === undefined ? one : all(one, limitIn(second, 'limit-1')), contextFor())
}

const there = { allowed: true, remaining: 4, retryAfterMs: 0, resetMs: 12_000 }
const gone = { allowed: false, remaining: 0, retryAfterMs: 1, resetMs: 60_000 }

/** Both ways a store may give its answer. */
const forms: readonly (readonly [string, <T>(answer: T) => T | Promise<T>])[] = [
  ['at once', (answer) => answer],
  ['later', (answer) => Promise.resolve(answer)],
]

describe.each(forms)('a store that answers %s', (_form, as) => {
  test('lets in what it allows', async () =>
    expect(await ask(answering(() => as([there])))).toEqual({
      allowed: true,
      facts: {},
      headers: [
        ['ratelimit-policy', '"limit-0";q=5;w=60'],
        ['ratelimit', '"limit-0";r=4;t=12'],
      ],
      charges: undefined,
    }))

  test('refuses what it refuses', async () =>
    expect(await ask(answering(() => as([gone])))).toMatchObject({
      kind: 'exhausted',
      code: 'rate_limited',
      retryAfterSeconds: 1,
      violatedPolicies: ['limit-0'],
      guard: 'rateLimit(limit-0)',
    }))

  test('is asked for all limits at once', async () => {
    const asked: string[][] = []
    const store = answering((requests) => {
      asked.push(requests.map(({ rule, key }) => `${rule.id}:${key}`))
      return as(requests.map(() => there))
    })
    expect(await ask(store, store)).toMatchObject({ allowed: true })
    expect(asked).toEqual([
      ['limit-0:token-bucket:5/60000/5/0:203.0.113.7', 'limit-1:token-bucket:5/60000/5/0:203.0.113.7'],
    ])
  })

  test.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['true', true],
    ['too few states', []],
    ['too many states', [there, there]],
    ['an object of that length', { length: 1, 0: there }],
    ['undefined in the place of a state', [undefined]],
    ['null in the place of a state', [null]],
    ['an empty state', [{}]],
    ['a state that is true', [true]],
    ['allowed as text', [{ ...there, allowed: '0' }]],
    ['allowed as a number', [{ ...there, allowed: 1 }]],
    ['no time to wait', [{ ...gone, retryAfterMs: Number.NaN }]],
    ['no time of reset', [{ ...there, resetMs: undefined }]],
    ['nothing remaining but a word', [{ ...there, remaining: 'many' }]],
  ])('with %s denies as unavailable', async (_name, states) =>
    expect(await ask(answering(() => as(states) as never))).toMatchObject({
      kind: 'unavailable',
      code: 'store_unavailable',
      guard: 'rateLimit(limit-0)',
      retryAfterSeconds: 1,
      cause: new TypeError('the store left a bucket unanswered'),
    }),
  )
})

test.each<readonly [string, readonly unknown[]]>([
  ['the second', [there, {}]],
  ['the first', [{}, there]],
  ['the first, by a hole,', Object.assign([], { 1: there })],
])('a store that leaves %s of two limits unanswered denies as unavailable', async (_which, states) => {
  const store = answering(() => states as never)
  expect(await ask(store, store)).toMatchObject({ kind: 'unavailable', code: 'store_unavailable' })
})

// threats.md, Keys and availability: store down.
describe('a store that is down', () => {
  const boom = new Error('connection refused')

  test('denies with 503 and its own code, never a false 429, and keeps the cause', async () =>
    expect(await ask(answering(() => Promise.reject(boom)))).toEqual({
      allowed: false,
      kind: 'unavailable',
      code: 'store_unavailable',
      retryAfterSeconds: 1,
      cause: boom,
      guard: 'rateLimit(limit-0)',
      facts: {},
      headers: [['ratelimit-policy', '"limit-0";q=5;w=60']],
    }))

  test('is asked again by the next request', async () => {
    let down = true
    const store = answering(() => (down ? Promise.reject(boom) : Promise.resolve([there])))
    expect(await ask(store)).toMatchObject({ code: 'store_unavailable' })
    down = false
    expect(await ask(store)).toMatchObject({ allowed: true })
  })

  const fail = () => {
    throw boom
  }

  test('and throws when it takes is down as well', async () =>
    expect(await ask(answering(fail))).toMatchObject({ kind: 'unavailable', code: 'store_unavailable', cause: boom }))

  test('and throws when it looks, which asks nobody, denies as internal', async () =>
    expect(await ask(answering(() => [there], fail))).toMatchObject({ kind: 'internal', cause: boom }))

  test('and never answers is waited for two seconds, and never a 429', async () => {
    vi.useFakeTimers()
    try {
      const answer = ask(answering(() => new Promise(() => {})))
      await vi.advanceTimersByTimeAsync(2_000)
      expect(await answer).toMatchObject({
        kind: 'unavailable',
        code: 'store_unavailable',
        guard: 'rateLimit(limit-0)',
      })
    } finally {
      vi.useRealTimers()
    }
  })

  test('behind a store of this process that refuses is not even asked', async () => {
    const full = memoryStore()
    for (let i = 0; i < 5; i++) await ask(full)
    expect(
      await ask(
        full,
        answering(() => Promise.reject(boom)),
      ),
    ).toMatchObject({ kind: 'exhausted' })
  })

  test('names its own guard where another store is up', async () =>
    expect(
      await ask(
        memoryStore(),
        answering(() => Promise.reject(boom)),
      ),
    ).toMatchObject({
      code: 'store_unavailable',
      guard: 'rateLimit(limit-1)',
    }))
})

describe('limits in several stores', () => {
  /** A store that notes what is asked of it. */
  const noting = (noted: string[], as: <T>(answer: T) => T | Promise<T>) =>
    answering(
      (requests) => {
        noted.push(`take ${requests.map(({ rule }) => rule.id)}`)
        return as(requests.map(() => there))
      },
      ({ rule }) => {
        noted.push(`look ${rule.id}`)
        return undefined
      },
    )
  const sizes = (...names: readonly string[]) => names.map((name) => `${name}:token-bucket:5/60000/5/0`)

  test.each(forms)('that answer %s are all looked at before the first is taken', async (_form, as) => {
    const noted: string[] = []
    const [one, other] = [noting(noted, as), noting(noted, as)]
    const looks = sizes('a', 'b', 'c').map((policy) => `look ${policy}`)
    const decision = await decideNow(all(limitIn(one, 'a'), limitIn(other, 'b'), limitIn(one, 'c')), contextFor())
    expect(noted).toEqual([...looks, ...looks, `take ${sizes('a', 'c')}`, `take ${sizes('b')}`])
    expect(decision).toMatchObject({
      allowed: true,
      headers: [
        ['ratelimit-policy', '"a";q=5;w=60, "b";q=5;w=60, "c";q=5;w=60'],
        ['ratelimit', '"a";r=4;t=12, "b";r=4;t=12, "c";r=4;t=12'],
      ],
    })
  })

  test.each(forms)('but one that answers %s is not looked at again', async (_form, as) => {
    const noted: string[] = []
    const one = noting(noted, as)
    await decideNow(all(limitIn(one, 'a'), limitIn(one, 'b')), contextFor())
    expect(noted).toEqual([...sizes('a', 'b').map((policy) => `look ${policy}`), `take ${sizes('a', 'b')}`])
  })

  test.each<readonly [string, () => readonly unknown[]]>([
    ['at once, then later', () => [[there], Promise.resolve([gone])]],
    ['later, then at once', () => [Promise.resolve([there]), [gone]]],
    ['later, both', () => [Promise.resolve([there]), Promise.resolve([gone])]],
  ])('the second refuses, with the fields of both: %s', async (_how, answers) => {
    const [first, second] = answers()
    expect(
      await ask(
        answering(() => first as never),
        answering(() => second as never),
      ),
    ).toMatchObject({
      kind: 'exhausted',
      guard: 'rateLimit(limit-1)',
      violatedPolicies: ['limit-1'],
      headers: [
        ['ratelimit-policy', '"limit-0";q=5;w=60, "limit-1";q=5;w=60'],
        ['ratelimit', '"limit-0";r=4, "limit-1";r=0;t=1'],
      ],
    })
  })

  test('the first fails later: the second is not taken', async () => {
    const noted: string[] = []
    const down = answering(() => Promise.reject(new Error('connection refused')))
    expect(
      await ask(
        down,
        noting(noted, (answer) => answer),
      ),
    ).toMatchObject({ code: 'store_unavailable' })
    expect(noted).toEqual(sizes('limit-1', 'limit-1').map((id) => `look ${id}`))
  })

  test('the second throws after the first answered later: it is down', async () => {
    const boom = new Error('no store today')
    const throwing = answering(() => {
      throw boom
    })
    expect(
      await ask(
        answering(() => Promise.resolve([there])),
        throwing,
      ),
    ).toMatchObject({ kind: 'unavailable', guard: 'rateLimit(limit-1)', cause: boom })
  })
})

describe('what a store knows without asking', () => {
  test('refuses early, without taking', async () => {
    let taken = 0
    const store = answering(
      () => {
        taken++
        return [there]
      },
      () => gone,
    )
    expect(await ask(store)).toMatchObject({ kind: 'exhausted', code: 'rate_limited' })
    expect(taken).toBe(0)
  })

  test('does not let anybody in: only the taking does', async () =>
    expect(
      await ask(
        answering(
          () => Promise.resolve([gone]),
          () => there,
        ),
      ),
    ).toMatchObject({ kind: 'exhausted' }))
})
