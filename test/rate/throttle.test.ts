import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { all, forbid, rateLimit, report, type ThrottleOptions, throttle } from '../../src/index.js'
import { Mount } from '../../src/mount/index.js'
import { exchangeFor } from '../support/exchange.js'
import { answering } from '../support/guards.js'
import { codeOf, requestsTo } from './requests.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Ten a second, and up to a second of waiting. */
const paced = (options: Partial<ThrottleOptions> = {}) =>
  throttle({ name: 'pace', limit: 10, windowMs: 1000, maxDelayMs: 1000, ...options })

/** Who has been let in so far, by number. */
function watched(answers: readonly (PromiseLike<unknown> | unknown)[]): readonly string[] {
  const seen: string[] = []
  answers.forEach((answer, index) => {
    void Promise.resolve(answer).then((decision) => seen.push(`${index} ${codeOf(decision as never)}`))
  })
  return seen
}

const pass = async (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('requests at once', () => {
  test('go on one by one, at an even pace', async () => {
    const client = requestsTo(paced())
    const seen = watched(Array.from({ length: 4 }, () => client.arrive().answer))
    await pass(0)
    expect(seen).toEqual(['0 allowed'])
    await pass(99)
    expect(seen).toEqual(['0 allowed'])
    await pass(1)
    expect(seen).toEqual(['0 allowed', '1 allowed'])
    await pass(200)
    expect(seen).toEqual(['0 allowed', '1 allowed', '2 allowed', '3 allowed'])
  })

  test('as many as the burst do not wait', async () => {
    const client = requestsTo(paced({ burst: 3 }))
    const seen = watched(Array.from({ length: 4 }, () => client.arrive().answer))
    await pass(0)
    expect(seen).toHaveLength(3)
    await pass(100)
    expect(seen).toHaveLength(4)
  })

  test('that would wait too long are refused, and take no place', async () => {
    const client = requestsTo(paced())
    const answers = Array.from({ length: 15 }, () => client.arrive().answer)
    const seen = watched(answers)
    await pass(0)
    expect(seen.filter((text) => text.endsWith('rate_limited'))).toEqual(
      [11, 12, 13, 14].map((i) => `${i} rate_limited`),
    )
    expect(await answers[14]).toMatchObject({ retryAfterSeconds: 1, violatedPolicies: ['pace'], headers: [] })
    await pass(1000)
    expect(seen.filter((text) => text.endsWith('allowed'))).toHaveLength(11)
  })

  test('of other keys do not wait for each other', async () => {
    const client = requestsTo(paced())
    const seen = watched([1, 2, 3].map((i) => client.arrive({ client: `203.0.113.${i}` }).answer))
    await pass(0)
    expect(seen).toHaveLength(3)
  })

  test('wait in so many places, all keys together', async () => {
    const client = requestsTo(paced({ maxWaiting: 2 }))
    const answers = [1, 2, 3, 4].flatMap((i) => {
      const from = { client: `203.0.113.${i}` }
      return [client.arrive(from).answer, client.arrive(from).answer]
    })
    const seen = watched(answers)
    await pass(0)
    expect(await answers[5]).toMatchObject({ code: 'queue_full', retryAfterSeconds: 1, guard: 'throttle(pace)' })
    expect(seen.filter((text) => text.endsWith('queue_full'))).toHaveLength(2)
    await pass(100)
    const later = watched([client.arrive({ client: '203.0.113.5' }).answer])
    await pass(0)
    expect(later).toEqual(['0 allowed'])
  })
})

describe('a wait', () => {
  test('ends when the client leaves, and leaves nothing behind', async () => {
    const client = requestsTo(paced({ maxWaiting: 1 }))
    client.arrive()
    const waiting = client.arrive()
    await pass(0)
    waiting.finish(499)
    expect(await waiting.answer).toMatchObject({
      kind: 'invalid',
      code: 'client_left',
      status: 408,
      guard: 'throttle(pace)',
    })
    expect(vi.getTimerCount()).toBe(0)
    client.wait(300)
    client.arrive()
    const next = watched([client.arrive().answer])
    await pass(100)
    expect(next).toEqual(['0 allowed'])
  })

  test('of a client that has left already does not begin', async () => {
    const client = requestsTo(paced())
    client.arrive()
    const gone = client.arrive()
    gone.finish(499)
    expect(codeOf(await gone.answer)).toBe('client_left')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('is not for who is refused anyway', async () => {
    const refused = requestsTo(all(paced(), answering('no', forbid('never'))))
    const limited = requestsTo(all(paced(), rateLimit({ limit: 1, windowMs: 60_000 })))
    const seen = [refused, limited].map((client) => watched([1, 2, 3].map(() => client.arrive().answer)))
    await pass(0)
    expect(seen).toEqual([
      ['0 never', '1 never', '2 never'],
      ['0 allowed', '1 rate_limited', '2 rate_limited'],
    ])
  })

  test("is nobody's where it only reports, in a policy or in all of a service", async () => {
    const client = requestsTo(report(paced()))
    const seen = watched([1, 2, 3].map(() => client.arrive().answer))
    await pass(0)
    expect(seen).toEqual(['0 allowed', '1 allowed', '2 allowed'])
    const mount = new Mount(paced())
    const decided = watched([1, 2, 3].map(() => mount.decide(exchangeFor({ mode: 'report' }).exchange)))
    await pass(0)
    expect(decided).toEqual(['0 allowed', '1 allowed', '2 allowed'])
  })

  test('costs what the request costs', async () => {
    const client = requestsTo(paced({ burst: 5, cost: 5 }))
    const seen = watched([client.arrive().answer, client.arrive().answer])
    await pass(499)
    expect(seen).toEqual(['0 allowed'])
    await pass(1)
    expect(seen).toEqual(['0 allowed', '1 allowed'])
  })
})

test.each([
  ['no request', { limit: 0 }, 'limit must be an integer from 1 to 1000000, got 0'],
  ['no window', { windowMs: 0.5 }, 'windowMs must be an integer from 1 to 2678400000, got 0.5'],
  ['no burst', { burst: 0 }, 'burst must be an integer from 1 to 1000000, got 0'],
  ['a wait of NaN', { maxDelayMs: Number.NaN }, 'maxDelayMs must be an integer from 1 to 60000, got NaN'],
  ['an hour of waiting', { maxDelayMs: 3_600_000 }, 'maxDelayMs must be an integer from 1 to 60000, got 3600000'],
  [
    'a pace slower than the wait',
    { limit: 1, windowMs: 1001 },
    'maxDelayMs must be at least windowMs / limit, or nobody ever waits, got 1000',
  ],
  ['nobody waiting', { maxWaiting: 0 }, 'maxWaiting must be an integer from 1 to 100000, got 0'],
  ['a cost above the burst', { cost: 2 }, 'cost must be an integer from 1 to 1, got 2'],
  ['another option', { fields: 'none' }, /unknown option fields/],
])('%s is a TypeError', (_what, options, message) => expect(() => paced(options as never)).toThrow(message))
