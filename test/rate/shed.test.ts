import { describe, expect, test } from 'vitest'
import { auditEvent } from '../../src/audit/event.js'
import { problemOf, toHttp } from '../../src/http/index.js'
import { all, type Denial, describe as describeGuard, forbid, type PriorityClass, shed } from '../../src/index.js'
import { contextFor } from '../support/context.js'
import { answering, decideNow } from '../support/guards.js'
import { held } from './held-loop.js'

const CLASSES = ['critical', 'default', 'sheddable'] as const

/** The class is the first segment of the path: what is asked for. */
const byPath = ({ path }: { readonly path: string }) => path.slice(1) as PriorityClass

describe('requests in flight', () => {
  test('are admitted up to the maximum, and each that ends makes room for one', () => {
    const guard = shed({ maxInFlight: 3 })
    const requests = Array.from({ length: 5 }, () => held())
    const answers = requests.map(({ ctx }) => decideNow(guard, ctx))
    expect(answers).toMatchObject([{}, {}, {}, { code: 'overloaded' }, { code: 'overloaded' }])
    expect(answers.map((answer) => 'allowed' in answer && answer.allowed)).toEqual([true, true, true, false, false])
    expect(guard.load().inFlight).toBe(3)
    requests[1]!.finish()
    expect(guard.load().inFlight).toBe(2)
    expect(decideNow(guard, held().ctx)).toMatchObject({ allowed: true })
    expect(decideNow(guard, held().ctx)).toMatchObject({ allowed: false })
  })

  test.each([
    ['the answer was sent', 200],
    ['the client left', 499],
  ])('are counted no more when %s', (_when, status) => {
    const guard = shed({ maxInFlight: 1 })
    const request = held()
    decideNow(guard, request.ctx)
    request.finish(status)
    expect(guard.load().inFlight).toBe(0)
  })

  test('that have ended before they are admitted are not counted', () => {
    const guard = shed({ maxInFlight: 1 })
    const ended = { ...contextFor(), onFinished: (listener: (status: number) => void) => listener(499) }
    expect(decideNow(guard, ended)).toMatchObject({ allowed: true })
    expect(guard.load().inFlight).toBe(0)
  })

  test('that a guard behind refuses are counted until they are answered', () => {
    const guard = shed({ maxInFlight: 1 })
    const request = held()
    expect(decideNow(all(guard, answering('no', forbid('no'))), request.ctx)).toMatchObject({ code: 'no' })
    expect(guard.load().inFlight).toBe(1)
    request.finish(403)
    expect(guard.load().inFlight).toBe(0)
  })

  test('that are refused are not counted, and do not make room when they end', () => {
    const guard = shed({ maxInFlight: 1 })
    decideNow(guard, held().ctx)
    const refused = held()
    decideNow(guard, refused.ctx)
    refused.finish(503)
    expect(guard.load().inFlight).toBe(1)
  })

  test('are counted for each guard alone', () => {
    const guards = [shed({ maxInFlight: 1 }), shed({ maxInFlight: 1 })]
    for (const guard of guards) expect(decideNow(guard, held().ctx)).toMatchObject({ allowed: true })
  })
})

describe('classes', () => {
  /** How many of `name` are admitted when nothing else is there. */
  const admitted = (guard: ReturnType<typeof shed>, name: string) => {
    const requests = Array.from({ length: 200 }, () => held({ path: `/${name}` }))
    const count = requests.filter(({ ctx }) => (decideNow(guard, ctx) as { allowed: boolean }).allowed).length
    for (const { finish } of requests) finish()
    return count
  }

  test.each<readonly [string, number, Parameters<typeof shed>[0]['shares'], readonly number[]]>([
    ['by default', 100, undefined, [100, 90, 70]],
    ['as told', 100, { default: 0.5, sheddable: 0.29 }, [100, 50, 29]],
    ['with a default below the usual share of the lowest', 100, { default: 0.6 }, [100, 60, 60]],
    ['that are all alike', 10, { default: 1, sheddable: 1 }, [10, 10, 10]],
    ['with a place for each', 1, { default: 0.01, sheddable: 0.01 }, [1, 1, 1]],
  ])('have their shares %s', (_how, maxInFlight, shares, expected) => {
    const guard = shed({ maxInFlight, shares, priority: byPath })
    expect(CLASSES.map((name) => admitted(guard, name))).toEqual(expected)
  })

  test('share the places: the lower ones leave room for the higher', () => {
    const guard = shed({ maxInFlight: 10, priority: byPath })
    expect([admittedAndHeld(guard, 'sheddable'), admittedAndHeld(guard, 'default')]).toEqual([7, 2])
    expect([admittedAndHeld(guard, 'sheddable'), admittedAndHeld(guard, 'critical')]).toEqual([0, 1])
    expect(guard.load().refusing).toEqual(['critical', 'default', 'sheddable'])
  })

  const admittedAndHeld = (guard: ReturnType<typeof shed>, name: string) =>
    Array.from({ length: 20 }, () => decideNow(guard, held({ path: `/${name}` }).ctx)).filter(
      (answer) => (answer as { allowed: boolean }).allowed,
    ).length

  test('leave nothing unused where there are none', () => {
    const guard = shed({ maxInFlight: 10 })
    expect(admittedAndHeld(guard, 'sheddable')).toBe(10)
    expect(guard.load().refused).toEqual({ critical: 0, default: 10, sheddable: 0 })
  })

  test('may depend on what guards ahead established', () => {
    const guard = shed({
      maxInFlight: 10,
      priority: (_ctx, { tier }: { readonly tier: string }) => (tier === 'paid' ? 'critical' : 'sheddable'),
    })
    for (let i = 0; i < 7; i++) guard.check(held().ctx, { tier: 'free' })
    expect(guard.check(held().ctx, { tier: 'free' })).toMatchObject({ allowed: false })
    expect(guard.check(held().ctx, { tier: 'paid' })).toMatchObject({ allowed: true })
  })

  const thrown = () => {
    throw new Error('no class today')
  }
  test.each<readonly [string, () => unknown]>([
    ['unknown', () => 'highest'],
    ['of another case', () => 'Critical'],
    ['a name of Object.prototype', () => 'constructor'],
    ['a rank', () => 0],
    ['missing', () => undefined],
    ['a list', () => ['critical']],
    ['promised', async () => 'critical'],
    ['thrown', thrown],
  ])('that are %s are an error, and the request is refused and not counted', (_what, priority) => {
    const guard = shed({ maxInFlight: 1, priority: priority as () => PriorityClass })
    expect(decideNow(guard, held().ctx)).toMatchObject({ kind: 'internal', code: 'guard_failed' })
    expect(guard.load()).toMatchObject({ inFlight: 0, refused: { critical: 0, default: 0, sheddable: 0 } })
  })
})

describe('exempt requests', () => {
  test.each<readonly [string, Parameters<typeof shed>[0]['exempt'], string, boolean]>([
    ['a path', '/healthz', '/healthz', true],
    ['one of several paths', ['/livez', '/readyz'], '/readyz', true],
    ['a path below', '/healthz', '/healthz/deep', false],
    ['a path with a slash more', '/healthz', '/healthz/', false],
    ['a path in capitals', '/healthz', '/HEALTHZ', false],
    ['a path in another encoding', '/healthz', '/%68ealthz', false],
    ['what a function says', ({ path }) => path.startsWith('/probes/'), '/probes/live', true],
    ['what a function says only almost', (() => 'yes') as never, '/healthz', false],
  ])('%s', (_what, exempt, path, passes) => {
    const guard = shed({ maxInFlight: 1, exempt })
    decideNow(guard, held().ctx)
    for (let i = 0; i < 3; i++) expect(decideNow(guard, held({ path }).ctx)).toMatchObject({ allowed: passes })
    expect(guard.load().inFlight).toBe(1)
  })

  test('have no class', () => {
    const guard = shed({ maxInFlight: 1, exempt: '/healthz', priority: byPath })
    expect(decideNow(guard, held({ path: '/healthz' }).ctx)).toMatchObject({ allowed: true })
  })
})

describe('a refusal', () => {
  const refuse = (options: Parameters<typeof shed>[0] = {}) => {
    const guard = shed({ maxInFlight: 1, ...options })
    decideNow(guard, held().ctx)
    return () => decideNow(guard, held().ctx) as Denial
  }

  test('is a 503 of the registered type, and says when to come back', () => {
    const { status, headers, body } = toHttp(refuse()())
    expect(status).toBe(503)
    expect(headers).toEqual([
      ['content-type', 'application/problem+json'],
      ['cache-control', 'no-store'],
      ['retry-after', '5'],
    ])
    expect(JSON.parse(body)).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity',
      title: 'Request cannot be satisfied due to temporary server capacity constraints',
      status: 503,
    })
  })

  test('tells callers different seconds, evenly, from the least to twice the least', () => {
    const next = refuse({ retryAfterSeconds: 2 })
    expect(Array.from({ length: 7 }, () => (next() as { retryAfterSeconds: number }).retryAfterSeconds)).toEqual([
      2, 3, 4, 2, 3, 4, 2,
    ])
  })

  test('is an event of its own, with the reason for the operator alone', () => {
    const denial = refuse()()
    expect(JSON.stringify(problemOf(denial))).not.toContain('flight')
    const rest = { traceId: 'a'.repeat(32), arrivedMs: 0, endedMs: 0, notices: undefined, policy: 'shed', status: 503 }
    expect(auditEvent({ ctx: contextFor(), decision: denial, ...rest })).toMatchObject({
      event: 'excess_rate_limit_exceeded',
      code: 'overloaded',
      kind: 'unavailable',
      guard: 'shed',
      cause: 'Error: too many requests in flight for class default',
    })
  })

  test('reads nothing of the body', () => {
    const guard = shed({ maxInFlight: 1 })
    decideNow(guard, held().ctx)
    const ctx = { ...held().ctx, body: undefined as never, headers: undefined as never }
    expect(decideNow(guard, ctx)).toMatchObject({ code: 'overloaded' })
  })
})

describe('the guard', () => {
  test('describes itself', () => {
    const guard = shed({ maxInFlight: 5, maxEventLoopUtilization: 0.9, priority: byPath, name: 'front' })
    expect(describeGuard(guard)).toEqual({
      name: 'shed(front)',
      room: 'rate',
      requires: { maxInFlight: 5, maxEventLoopUtilization: 0.9, shares: { default: 0.9, sheddable: 0.7 } },
    })
  })

  test('cannot be changed, and keeps to the options it was made with', () => {
    const options = { maxInFlight: 1, exempt: ['/healthz'] }
    const guard = shed(options)
    options.maxInFlight = 10
    options.exempt.push('/')
    decideNow(guard, held().ctx)
    expect(decideNow(guard, held().ctx)).toMatchObject({ allowed: false })
    expect(Object.isFrozen(guard)).toBe(true)
  })

  test('tells its load in copies', () => {
    const guard = shed({ maxInFlight: 1, priority: byPath })
    const before = guard.load()
    decideNow(guard, held({ path: '/critical' }).ctx)
    decideNow(guard, held({ path: '/sheddable' }).ctx)
    const nothing = { eventLoopDelayMs: undefined, eventLoopUtilization: undefined }
    const none = { critical: 0, default: 0, sheddable: 0 }
    expect(before).toEqual({ inFlight: 0, ...nothing, refusing: [], refused: none })
    expect(guard.load()).toEqual({ inFlight: 1, ...nothing, refusing: CLASSES, refused: { ...none, sheddable: 1 } })
  })
})

describe('options', () => {
  const WRONG = [0, -1, Number.NaN, Number.POSITIVE_INFINITY, null, {}, true]
  const wrong = (name: string, ...more: readonly unknown[]) =>
    [...WRONG, ...more].map((value) => [name, value] as const)

  test.each<readonly [string, unknown]>([
    ...wrong('maxInFlight', 1.5, 1_000_001, 2 ** 53, '5'),
    ...wrong('maxEventLoopDelayMs', 9, 10.5, 60_001, '50'),
    ...wrong('maxEventLoopUtilization', 0.09, 1, 98, '0.9'),
    ...wrong('retryAfterSeconds', 1.5, 301, '5'),
    ...wrong('priority', 'critical'),
    ...wrong('exempt', '', 'healthz', '/healthz?deep', '/a#b', '/a b', [], ['/ok', 7], ['/ok', '']),
    ...wrong('name', ''),
    ['shares', null],
    ['shares', 0.5],
    ['shares', ['default']],
    ['shares', { critical: 0.5 }],
  ])('%s: %j is refused by name', (name, value) => {
    const make = () => shed({ maxEventLoopDelayMs: 100, [name]: value } as never)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(new RegExp(`^${name}`))
  })

  test.each<readonly [string, unknown]>([
    ...wrong('default', 1.01, 90, '0.5'),
    ...wrong('sheddable', 1.01, 90, '0.5'),
    ['sheddable', 0.6],
  ])('shares.%s: %j is refused by name', (name, value) => {
    const make = () => shed({ maxInFlight: 10, shares: { default: 0.5, [name]: value } as never })
    expect(make).toThrow(TypeError)
    expect(make).toThrow(new RegExp(`^shares\\.${name}`))
  })

  test.each<readonly [string, unknown, string]>([
    ['without a maximum', { exempt: '/healthz' }, 'give maxInFlight, maxEventLoopDelayMs or maxEventLoopUtilization'],
    ['with one that is misspelt', { maxInflight: 5 }, 'unknown option maxInflight'],
    ['that are none', undefined, 'options must be an object, got undefined'],
  ])('%s are refused', (_what, options, message) => {
    expect(() => shed(options as never)).toThrow(TypeError)
    expect(() => shed(options as never)).toThrow(`shed(): ${message}`)
  })
})
