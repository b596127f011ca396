import { describe, expect, test, vi } from 'vitest'
import { all, allow, defineGuard, forbid, type Guard, internal, report, unavailable } from '../../src/index.js'
import { Mount } from '../../src/mount/index.js'
import { exchangeFor, START_MS } from '../support/exchange.js'
import { answering, giving, later, principal, stranger } from '../support/guards.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const headers = [['traceparent', `00-${TRACE}-00f067aa0ba902b7-01`]] as const
const known = giving('known', { principal: principal() })
const mountOf = (guard: Guard<object, object>, parent?: Mount<object>) => new Mount(guard, parent)

describe('one request is one audit event', () => {
  test('of an allowed request, when its answer has ended', async () => {
    let nowMs = START_MS
    const { exchange, events, finish } = exchangeFor(
      { clock: () => nowMs },
      { method: 'POST', path: '/orders/7', query: 'q=SECRET', route: '/orders/:id', headers },
    )
    await mountOf(known).decide(exchange)
    expect(events).toEqual([])
    nowMs += 250
    finish(201)
    expect(events).toEqual([
      {
        time: '2023-11-14T22:13:20.000Z',
        event: 'authn_login_success',
        decision: 'allow',
        code: 'allowed',
        kind: 'allowed',
        guard: 'known',
        method: 'POST',
        path: '/orders/7',
        route: '/orders/:id',
        status: 201,
        client: '203.0.113.7',
        principal: { issuer: 'https://idp.example', id: 'alice', client: undefined },
        traceId: TRACE,
        durationMs: 250,
        notices: undefined,
        cause: undefined,
      },
    ])
  })

  test('of a denied request, at once, and not again when the answer ends', async () => {
    const { exchange, events, finish } = exchangeFor({}, { headers })
    await mountOf(all(known, answering('no', forbid('role_missing')))).decide(exchange)
    const [event] = events
    finish(403)
    expect(events).toEqual([event])
    expect(event).toMatchObject({
      event: 'authz_fail',
      decision: 'deny',
      code: 'role_missing',
      kind: 'forbidden',
      guard: 'no',
      status: 403,
      principal: { id: 'alice' },
    })
  })

  test('of a request that several mounts allowed: the last one is named', async () => {
    const { exchange, events, finish } = exchangeFor()
    const signedIn = mountOf(known)
    await signedIn.decide(exchange)
    await mountOf(giving('child', {}), signedIn).decide(exchange)
    finish(200)
    finish(200)
    expect(events).toMatchObject([{ decision: 'allow', guard: 'child', principal: { id: 'alice' } }])
  })

  test('of a request that one mount allowed and the next denied: the denial', async () => {
    const { exchange, events, finish } = exchangeFor()
    await mountOf(known).decide(exchange)
    await mountOf(answering('no', forbid('no'))).decide(exchange)
    finish(403)
    expect(events).toMatchObject([{ decision: 'deny', code: 'no', guard: 'no', status: 403 }])
  })

  test('of a request that no mount has decided: none', () => {
    const { events, finish } = exchangeFor()
    finish(404)
    expect(events).toEqual([])
  })

  test.each([
    ['503', unavailable('keys_unavailable', 1, new Error('connection refused')), 'Error: connection refused', 503],
    ['500', internal(new TypeError('bug')), 'TypeError: bug', 500],
    ['401', stranger('token_expired'), undefined, 401],
  ])('of a %s: with its cause, where it has one', async (_name, denial, cause, status) => {
    const { exchange, events } = exchangeFor()
    await mountOf(answering('failing', denial)).decide(exchange)
    expect(events).toMatchObject([{ kind: denial.kind, code: denial.code, status, cause }])
  })
})

describe('a client that leaves early', () => {
  test.each<[string, Guard<object, object>, object]>([
    ['an allowance', known, { decision: 'allow', code: 'allowed', status: 499 }],
    ['a denial', answering('no', forbid('no')), { decision: 'deny', code: 'no', status: 499 }],
  ])('while the guards are at work is recorded with their answer: %s', async (_name, guard, expected) => {
    const { exchange, events, finish } = exchangeFor()
    const decision = mountOf(later(guard)).decide(exchange)
    finish(499)
    expect(events).toEqual([])
    await decision
    expect(events).toMatchObject([expected])
  })

  test('while a second mount is at work is recorded once, with the answer that held in the end', async () => {
    const { exchange, events, finish } = exchangeFor()
    await mountOf(known).decide(exchange)
    const decision = mountOf(later(answering('no', forbid('no')))).decide(exchange)
    finish(499)
    expect(events).toEqual([])
    await decision
    expect(events).toMatchObject([{ decision: 'deny', code: 'no', guard: 'no', status: 499 }])
  })
})

test('a trail that throws ends neither the request nor the process', () => {
  const complaint = vi.spyOn(console, 'error').mockImplementation(() => {})
  const record = () => {
    throw new Error('disk on fire')
  }
  const { exchange, finish } = exchangeFor({ audit: { record } })
  expect(mountOf(known).decide(exchange)).toMatchObject({ allowed: true })
  finish(200)
  expect(complaint.mock.calls).toEqual([['wardline: the audit trail failed: disk on fire']])
  complaint.mockRestore()
})

describe('notices', () => {
  const noisy = (times: number) =>
    defineGuard({
      name: 'noisy',
      check: (ctx) => {
        for (let time = 0; time < times; time++) ctx.report({ event: 'noise', code: `n${time}`, guard: 'noisy' })
        return allow()
      },
    })

  test('of guards and of reported policies are in the one event, in order', async () => {
    const { exchange, events, finish } = exchangeFor()
    await mountOf(all(noisy(1), report(answering('trial', forbid('no'))))).decide(exchange)
    finish(200)
    expect(events[0]?.notices).toEqual([
      { event: 'noise', code: 'n0', guard: 'noisy' },
      { event: 'authz_fail', code: 'no', guard: 'trial' },
    ])
  })

  test('are in the event of a denial, too', async () => {
    const { exchange, events } = exchangeFor()
    await mountOf(all(noisy(1), answering('no', forbid('no')))).decide(exchange)
    expect(events).toMatchObject([{ code: 'no', notices: [{ code: 'n0' }] }])
  })

  test.each([
    [0, undefined],
    [16, 16],
    [17, 16],
    [10_000, 16],
  ])('%i reported are %s kept', async (times, kept) => {
    const { exchange, events, finish } = exchangeFor()
    await mountOf(noisy(times)).decide(exchange)
    finish(200)
    expect(events[0]?.notices?.length).toBe(kept)
  })
})

describe('instance', () => {
  test("is the caller's trace id as a UUID", () =>
    expect(exchangeFor({}, { headers }).exchange.instance).toBe('urn:uuid:4bf92f35-77b3-4da6-a3ce-929d0e0e4736'))

  test.each([
    ['none', undefined],
    ['another version', `ff-${TRACE}-00f067aa0ba902b7-01`],
    ['zeros', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
    ['a line break', `00-${TRACE}-00f067aa0ba902b7-01\r\nx: y`],
    ['two fields joined', `00-${TRACE}-00f067aa0ba902b7-01, 00-${TRACE}-00f067aa0ba902b7-01`],
  ])('is new, and the one in the event, when traceparent is %s', async (_name, traceparent) => {
    const request = traceparent === undefined ? {} : { headers: [['traceparent', traceparent]] as const }
    const { exchange, events } = exchangeFor({}, request)
    await mountOf(answering('no', forbid('no'))).decide(exchange)
    const { instance } = exchange
    expect(instance).toMatch(/^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(instance).not.toContain('4bf92f35')
    expect(exchange.instance).toBe(instance)
    expect(events[0]?.traceId).toBe(instance.slice('urn:uuid:'.length).replaceAll('-', ''))
    expect(exchangeFor({}, request).exchange.instance).not.toBe(instance)
  })
})
