import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  all,
  byPrincipal,
  challenge,
  type Decision,
  forbid,
  type Guard,
  memoryStore,
  type RateLimitOptions,
  type RateLimitStore,
  type RequestContext,
  rateLimit,
  type SecurityEvent,
} from '../../src/index.js'
import { contextFor } from '../support/context.js'
import { answering, decideNow, giving, later, principal } from '../support/guards.js'
import { structuredList } from './structured-list.js'

type Policy = Guard<object, object>

const limitOf = (name: string, limit: number, rest: Partial<RateLimitOptions> = {}) =>
  rateLimit({ name, limit, windowMs: 60_000, key: () => 'k', ...rest })

const ask = async (policy: Policy): Promise<Decision<object>> => decideNow(policy, contextFor())

/** What is left of each limit, as the answer tells. */
const left = ({ headers }: Decision<object>) =>
  structuredList(Object.fromEntries(headers ?? []).ratelimit!).map(({ name, params }) => [name, params.r])

/** As a store on another machine: nothing is known without asking, and every answer takes a while. */
const remote = (store: RateLimitStore = memoryStore()): RateLimitStore => ({
  ...store,
  look: () => undefined,
  take: async (...asked) => {
    await pause()
    return store.take(...asked)
  },
})

const pause = (turns = 1) =>
  new Promise<void>((done) => (turns === 0 ? done() : setImmediate(() => pause(turns - 1).then(done))))

const slow = (turns: () => number): Policy => ({
  name: 'slow',
  check: async () => {
    await pause(turns())
    return { allowed: true, facts: {} }
  },
})

describe.each<readonly [string, () => RateLimitStore]>([
  ['one store of this process', memoryStore],
  ['one store elsewhere', remote],
])('several limits in %s', (_name, storeOf) => {
  const pair = (first: number, second: number) => {
    const store = storeOf()
    const [a, b] = [limitOf('a', first, { store }), limitOf('b', second, { store })]
    return { both: all(a, b), a, b }
  }

  test.each([
    [
      'the first',
      2,
      5,
      ['a'],
      [
        ['a', 0],
        ['b', 3],
      ],
    ],
    [
      'the second',
      5,
      2,
      ['b'],
      [
        ['a', 3],
        ['b', 0],
      ],
    ],
    [
      'both',
      2,
      2,
      ['a', 'b'],
      [
        ['a', 0],
        ['b', 0],
      ],
    ],
  ] as const)('a request that %s refuses spends neither', async (_which, first, second, refusing, remaining) => {
    const { both, a, b } = pair(first, second)
    await ask(both)
    await ask(both)
    for (let i = 0; i < 5; i++) {
      const refused = await ask(both)
      expect(refused).toMatchObject({ kind: 'exhausted', code: 'rate_limited', guard: `rateLimit(${refusing[0]})` })
      for (const [name, r] of left(refused)) expect(remaining).toContainEqual([name, r])
    }
    const spent = await Promise.all([a, b].map(ask))
    expect(spent.map(({ allowed }) => allowed)).toEqual([first > 2, second > 2])
  })

  test('one limit named twice counts twice, all or none', async () => {
    const { a } = pair(3, 3)
    const twice = all(a, a)
    expect(left(await ask(twice))).toEqual([['a', 1]])
    expect(await ask(twice)).toMatchObject({ kind: 'exhausted', retryAfterSeconds: 20 })
    expect(left(await ask(a))).toEqual([['a', 0]])
  })

  test('Retry-After is enough for all of them, and no earlier than t of any that refused', async () => {
    const store = storeOf()
    const both = all(limitOf('a', 1, { store, windowMs: 5000 }), limitOf('b', 1, { store, windowMs: 90_000 }))
    const at = async (seconds: number) => decideNow(both, contextFor({ nowMs: 1_700_000_000_000 + seconds * 1000 }))
    await at(0)
    const waits: number[] = []
    for (let now = 0; ; ) {
      const decision = await at(now)
      if (decision.allowed) break
      const { retryAfterSeconds, violatedPolicies } = decision as Extract<typeof decision, { kind: 'exhausted' }>
      const fields = structuredList(Object.fromEntries(decision.headers!).ratelimit!)
      const refusing = fields.filter(({ name }) => violatedPolicies!.includes(name))
      expect(refusing).not.toEqual([])
      for (const { params } of refusing) expect(retryAfterSeconds).toBeGreaterThanOrEqual(params.t!)
      waits.push(retryAfterSeconds)
      now += retryAfterSeconds
    }
    expect(waits.reduce((sum, wait) => sum + wait)).toBe(90)
  })
})

describe('limits in several stores of this process', () => {
  test('are taken all or none as well', async () => {
    const [a, b] = [limitOf('a', 5), limitOf('b', 2)]
    const answers = [1, 2, 3, 4].map(() => ask(all(a, b)))
    expect((await Promise.all(answers)).map(({ allowed }) => allowed)).toEqual([true, true, false, false])
    expect(left(await ask(a))).toEqual([['a', 2]])
  })

  test('also where one of them has no room for a new key, and that is noted', async () => {
    const a = limitOf('a', 5)
    const b = limitOf('b', 1, { store: memoryStore({ maxKeys: 1 }), key: ({ client }) => client })
    const notices: SecurityEvent[] = []
    const from = (client: string): RequestContext => ({
      ...contextFor({ client }),
      nowMs: 0,
      report: (event) => void notices.push(event),
    })
    const early = decideNow(
      all(
        b,
        slow(() => 1),
        a,
      ),
      from('203.0.113.2'),
    ) // there is room when it looks
    expect(await decideNow(all(a, b), from('203.0.113.1'))).toMatchObject({ allowed: true })
    const late = decideNow(all(a, b), from('203.0.113.2'))
    for (const refused of [early, late]) expect(await refused).toMatchObject({ guard: 'rateLimit(b)' })
    expect(notices).toEqual(Array(2).fill({ event: 'sys_monitor_disabled', code: 'store_full', guard: 'rateLimit(b)' }))
    expect(left(await decideNow(a, from('203.0.113.2')))).toEqual([['a', 3]])
  })
})

// threats.md, Addresses and limits: N requests at once over a limit L admit exactly L.
describe('requests at once', () => {
  test('between guards that wait, exactly the smallest limit is admitted, and the other limit spends no more', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.nat(4), { minLength: 1, maxLength: 15 }),
        fc.constantFrom<() => [RateLimitStore, RateLimitStore]>(
          () => [memoryStore(), memoryStore()],
          () => {
            const store = memoryStore()
            return [store, store]
          },
          () => {
            const store = remote()
            return [store, store]
          },
        ),
        async (first, second, delays, stores) => {
          const [storeA, storeB] = stores()
          const [a, b] = [limitOf('a', first, { store: storeA }), limitOf('b', second, { store: storeB })]
          let next = 0
          const wait = slow(() => delays[next++ % delays.length]!)
          const answers = await Promise.all(delays.map(() => ask(all(wait, a, wait, b, wait))))
          const admitted = answers.filter(({ allowed }) => allowed).length
          expect(admitted).toBe(Math.min(first, second, delays.length))
          for (const { allowed, ...denial } of answers)
            if (!allowed) expect(denial).toMatchObject({ kind: 'exhausted' })
          for (const [limit, size] of [
            [a, first],
            [b, second],
          ] as const) {
            expect((await ask(limit)).allowed).toBe(size > admitted)
          }
        },
      ),
      { numRuns: 60 },
    ))

  test.each<readonly [string, (store: RateLimitStore) => RateLimitStore]>([
    ['at hand', (store) => store],
    ['elsewhere', remote],
  ])('100 over a limit of 7 in a store %s admit exactly 7', async (_name, storeOf) => {
    const guard = limitOf('a', 7, { store: storeOf(memoryStore()) })
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(guard)))
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(7)
  })
})

describe('a request that another guard refuses', () => {
  const refusals: readonly (readonly [string, object])[] = [
    ['401', challenge('token_missing', { scheme: 'Bearer' })],
    ['403', forbid('role_missing')],
  ]

  test.each(refusals)('with %s behind a limit is still charged, until the limit refuses', async (_status, denial) => {
    const guard = all(limitOf('a', 2), later(answering('next', denial)))
    expect(await ask(guard)).toMatchObject({ ...denial, guard: 'next' })
    expect(left(await ask(guard))).toEqual([['a', 0]])
    expect(await ask(guard)).toMatchObject({ kind: 'exhausted', code: 'rate_limited', guard: 'rateLimit(a)' })
  })

  test.each(refusals)('with %s ahead of a limit spends none of it', async (_status, denial) => {
    const limit = limitOf('a', 1)
    for (let i = 0; i < 3; i++) expect(await ask(all(answering('first', denial), limit))).toMatchObject(denial)
    expect(await ask(limit)).toMatchObject({ allowed: true })
  })

  test('a forged token never spends the quota of the principal it names, but that of its address', async () => {
    // threats.md, Addresses and limits.
    const address = rateLimit({ name: 'address', limit: 5, windowMs: 60_000 })
    const caller = rateLimit({ name: 'principal', limit: 1, windowMs: 60_000, key: byPrincipal })
    const token = (genuine: boolean) =>
      genuine
        ? giving('jwt', { principal: principal('alice') })
        : ({ name: 'jwt', check: () => challenge('token_invalid', { scheme: 'Bearer' }) } as Guard<
            object,
            { principal: ReturnType<typeof principal> }
          >)
    const policy = (genuine: boolean) => all(address, token(genuine), caller)
    for (let i = 0; i < 3; i++)
      expect(await decideNow(policy(false), contextFor())).toMatchObject({ code: 'token_invalid' })
    expect(left(await decideNow(policy(true), contextFor()))).toEqual([
      ['address', 1],
      ['principal', 0],
    ])
  })
})
