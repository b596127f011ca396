import { describe, expect, test } from 'vitest'
import { toHttp } from '../../src/http/index.js'
import { all, type FailureLimitOptions, failureLimit, forbid, type Guard } from '../../src/index.js'
import { answering, giving, later, stranger } from '../support/guards.js'
import { codeOf, requestsTo } from './requests.js'

const MINUTE = 60_000
const login = { name: 'login', failures: 3, windowMs: 10 * MINUTE, delayMs: 1_000, lockoutMs: MINUTE } as const

/** Whoever comes with `user-agent: right` knows the password. */
const password: Guard<object, object> = {
  name: 'password',
  check: ({ headers }) =>
    headers.get('user-agent') === 'right' ? giving('in', {}).check(null as never, {}) : stranger(),
}
const right = { headers: [['user-agent', 'right']] } as const

const guarded = (options: Partial<FailureLimitOptions> = {}, guard = password) =>
  requestsTo(all(failureLimit({ ...login, ...options }), guard))

describe('failures that a guard tells', () => {
  test('are free until there are so many; then each doubles the wait, up to the lockout', async () => {
    const client = guarded()
    for (const waitS of [1, 2, 4, 8, 16, 32, 60, 60]) {
      const free = waitS === 1 ? 3 : 1
      for (let i = 0; i < free; i++) expect(codeOf(await client.pass())).toBe('token_missing')
      expect(await client.pass()).toMatchObject({ code: 'too_many_failures', retryAfterSeconds: waitS })
      client.wait(waitS * 1000 - 1)
      expect(codeOf(await client.pass())).toBe('too_many_failures')
      client.wait(1)
    }
  })

  test('are told as what they are, and how many there were is not', async () => {
    const client = guarded({ failures: 1 })
    const first = await client.pass()
    expect(first.headers ?? []).toEqual([])
    const denial = await client.pass()
    expect(denial).toMatchObject({
      kind: 'exhausted',
      code: 'too_many_failures',
      event: 'authn_login_fail_max',
      guard: 'failureLimit(login)',
    })
    if (denial.allowed) throw new Error('not refused')
    const { status, headers, body } = toHttp(denial)
    expect([status, Object.fromEntries(headers)['retry-after']]).toEqual([429, '1'])
    expect(headers.map(([name]) => name)).not.toContain('ratelimit')
    expect(JSON.parse(body)).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#abnormal-usage-detected',
      'violated-policies': ['login'],
    })
  })

  test('are forgotten one by one, evenly, once the last wait is over', async () => {
    const waitAfter = async (restMs: number) => {
      const client = guarded()
      for (let i = 0; i < 3; i++) await client.pass()
      client.wait(1_000 + restMs)
      await client.pass()
      const next = await client.pass()
      return 'retryAfterSeconds' in next ? next.retryAfterSeconds : 0
    }
    const third = (10 * MINUTE) / 3
    expect([await waitAfter(0), await waitAfter(third - 1)]).toEqual([2, 2])
    expect([await waitAfter(third), await waitAfter(2 * third - 1)]).toEqual([1, 1])
    expect(await waitAfter(2 * third)).toBe(0)
  })

  test('now and then, as honest callers have them, never add up', async () => {
    const client = guarded()
    for (let i = 0; i < 50; i++) {
      expect(codeOf(await client.pass())).toBe('token_missing')
      for (let j = 0; j < 5; j++) expect(codeOf(await client.pass(right))).toBe('allowed')
      client.wait((10 * MINUTE) / 3)
    }
  })

  test('alone count: who is known, and who may not, never', async () => {
    const client = guarded()
    for (let i = 0; i < 20; i++) expect(codeOf(await client.pass(right))).toBe('allowed')
    const forbidden = guarded({}, answering('may', forbid('role_missing')))
    for (let i = 0; i < 20; i++) expect(codeOf(await forbidden.pass())).toBe('role_missing')
  })

  test('lock out the right answer as well, so that nobody learns that it is right', async () => {
    const client = guarded({ failures: 1 })
    await client.pass()
    expect(codeOf(await client.pass(right))).toBe('too_many_failures')
  })

  test('count as well where the guard is mounted apart, or the handler tells them, once each', async () => {
    const client = requestsTo(failureLimit(login))
    for (let i = 0; i < 3; i++) expect(codeOf(await client.pass({}, 401))).toBe('allowed')
    expect(await client.pass()).toMatchObject({ code: 'too_many_failures', retryAfterSeconds: 1 })
    const together = guarded()
    for (let i = 0; i < 3; i++) {
      const { decision, finish } = await together.ask()
      expect(codeOf(decision)).toBe('token_missing')
      finish(499)
    }
    expect(await together.pass()).toMatchObject({ code: 'too_many_failures', retryAfterSeconds: 1 })
  })

  test('of clients that leave are no failures: they were known', async () => {
    const client = guarded()
    for (let i = 0; i < 10; i++) expect(codeOf(await client.pass(right, 499))).toBe('allowed')
  })

  test('of many at once are let through no more often than one by one', async () => {
    const client = guarded({}, later(password))
    const arrivals = Array.from({ length: 50 }, (_, i) => client.arrive(i === 20 ? right : {}))
    const codes = (await Promise.all(arrivals.map(({ answer }) => answer))).map(codeOf)
    expect(codes.filter((code) => code === 'token_missing')).toHaveLength(3)
    expect(codes.filter((code) => code === 'too_many_failures')).toHaveLength(47)
  })
})

describe('failures that the service answers', () => {
  const route = () => requestsTo(failureLimit({ ...login, isFailure: (status) => status === 401 }))

  test('count by the status', async () => {
    const client = route()
    for (let i = 0; i < 10; i++) expect(codeOf(await client.pass({}, 200))).toBe('allowed')
    for (let i = 0; i < 3; i++) expect(codeOf(await client.pass({}, 401))).toBe('allowed')
    expect(await client.pass({}, 200)).toMatchObject({ code: 'too_many_failures', retryAfterSeconds: 1 })
  })

  test('of many at once are let through no more often than one by one', async () => {
    const client = route()
    const journeys = await Promise.all(Array.from({ length: 50 }, () => client.ask()))
    expect(journeys.filter(({ decision }) => decision.allowed)).toHaveLength(3)
    for (const { decision, finish } of journeys) finish(decision.allowed ? 401 : 429)
    expect(codeOf(await client.pass())).toBe('too_many_failures')
  })

  test('that were none give the attempt back', async () => {
    const client = route()
    const journeys = await Promise.all([client.ask(), client.ask(), client.ask()])
    expect(codeOf((await client.ask()).decision)).toBe('too_many_failures')
    for (const { finish } of journeys) finish(200)
    for (let i = 0; i < 3; i++) expect(codeOf(await client.pass({}, 401))).toBe('allowed')
    expect(codeOf(await client.pass())).toBe('too_many_failures')
  })

  test('of clients that leave before they are answered are failures', async () => {
    const client = route()
    for (let i = 0; i < 3; i++) await client.pass({}, 499)
    expect(codeOf(await client.pass())).toBe('too_many_failures')
  })

  test('that cannot be told are failures', async () => {
    const client = requestsTo(
      failureLimit({
        ...login,
        failures: 1,
        isFailure: () => {
          throw new Error('no status today')
        },
      }),
    )
    await client.pass()
    expect(codeOf(await client.pass())).toBe('too_many_failures')
  })
})

test('what is left out has its default', async () => {
  const client = requestsTo(all(failureLimit({ failures: 1, windowMs: MINUTE }), password))
  await client.pass()
  expect(await client.pass()).toMatchObject({ retryAfterSeconds: 1, guard: 'failureLimit(default)' })
})

test.each([
  ['no failure', { failures: 0 }, 'failures must be an integer from 1 to 1000000, got 0'],
  ['half a failure', { failures: 1.5 }, 'failures must be an integer from 1 to 1000000, got 1.5'],
  ['no window', { windowMs: 0 }, 'windowMs must be an integer from 1 to 2678400000, got 0'],
  ['a wait longer than the lockout', { delayMs: 60_001 }, 'delayMs must be an integer from 1 to 60000, got 60001'],
  ['a lockout of NaN', { lockoutMs: Number.NaN }, 'lockoutMs must be an integer from 1 to 2678400000, got NaN'],
  ['a status for a function', { isFailure: 401 }, 'isFailure must be a function, got 401'],
  ['another option', { limit: 5 }, /unknown option limit/],
])('%s is a TypeError', (_what, options, message) =>
  expect(() => failureLimit({ ...login, ...options } as never)).toThrow(message),
)
