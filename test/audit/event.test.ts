import { describe, expect, test } from 'vitest'
import { auditEvent } from '../../src/audit/event.js'
import { allow, challenge, type Denial, exhaust, forbid, internal, invalid, unavailable } from '../../src/decision.js'
import type { SecurityEvent } from '../../src/index.js'
import { principal } from '../support/guards.js'
import { outcomeOf } from './sample.js'

const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZy1lbm91Z2g'

describe('an event', () => {
  test('of an anonymous request that was allowed', () => {
    const request = { method: 'POST', path: '/orders/7', query: 'secret=1', route: '/orders/:id', client: '192.0.2.1' }
    expect(auditEvent(outcomeOf({ status: 201 }, request))).toEqual({
      time: '2023-11-14T22:13:20.000Z',
      event: undefined,
      decision: 'allow',
      code: 'allowed',
      kind: 'allowed',
      guard: 'orders',
      method: 'POST',
      path: '/orders/7',
      route: '/orders/:id',
      status: 201,
      client: '192.0.2.1',
      principal: undefined,
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      durationMs: 12,
      notices: undefined,
      cause: undefined,
    })
  })

  test('of a known caller that was allowed', () => {
    const caller = { ...principal('alice', ['admin']), client: 'web', claims: { email: 'alice@example.com' } }
    expect(auditEvent(outcomeOf({ decision: allow({ principal: caller, input: { body: 'x' } }) }))).toMatchObject({
      event: 'authn_login_success',
      decision: 'allow',
      principal: { issuer: 'https://idp.example', id: 'alice', client: 'web' },
    })
  })

  test.each<[Denial, event: string]>([
    [challenge('token_missing', { scheme: 'Bearer' }), 'authn_login_fail'],
    [forbid('role_missing', 'Requires role admin.'), 'authz_fail'],
    [invalid('invalid_body', 'The body does not match its schema.'), 'input_validation_fail'],
    [exhaust('rate_limited', 30), 'excess_rate_limit_exceeded'],
    [unavailable('keys_unavailable', 5), 'sys_monitor_disabled'],
    [internal(new Error('boom')), 'sys_monitor_disabled'],
  ])('of a denial: $kind', (denial, event) => {
    const decision = { ...denial, guard: 'jwt' }
    expect(auditEvent(outcomeOf({ decision, status: 400 }))).toMatchObject({
      event,
      decision: 'deny',
      kind: denial.kind,
      code: denial.code,
      guard: 'jwt',
      status: 400,
    })
  })

  test('of a denial without a guard bears the name of the policy', () => {
    expect(auditEvent(outcomeOf({ decision: forbid('other_tenant') })).guard).toBe('orders')
  })

  test('of a denial names the caller that guards ahead had established', () => {
    const decision = { ...forbid('role_missing'), facts: { principal: principal('alice') } }
    expect(auditEvent(outcomeOf({ decision })).principal).toEqual({
      issuer: 'https://idp.example',
      id: 'alice',
      client: undefined,
    })
    expect(auditEvent(outcomeOf({ decision: { ...forbid('role_missing'), facts: {} } })).principal).toBeUndefined()
  })

  test('of a clock that was set back took no time', () => {
    expect(auditEvent(outcomeOf({ endedMs: 1_600_000_000_000 })).durationMs).toBe(0)
  })

  test('tells a fraction of a millisecond in whole ones', () => {
    expect(auditEvent(outcomeOf({ endedMs: 1_700_000_000_001.6 })).durationMs).toBe(2)
  })

  test('has what guards noticed', () => {
    const notices: readonly SecurityEvent[] = [{ event: 'authz_fail', code: 'role_missing', guard: 'report(admin)' }]
    expect(auditEvent(outcomeOf({ notices })).notices).toEqual(notices)
  })
})

describe('the cause', () => {
  const causeOf = (cause: unknown) => auditEvent(outcomeOf({ decision: internal(cause) })).cause

  test.each<[label: string, cause: unknown, expected: string | undefined]>([
    ['nothing', undefined, undefined],
    ['an error', new TypeError('x is not a function'), 'TypeError: x is not a function'],
    [
      'an error in an error',
      new Error('fetch failed', { cause: new Error('refused') }),
      'Error: fetch failed (refused)',
    ],
    ['an error around something else', new Error('fetch failed', { cause: 'secret' }), 'Error: fetch failed'],
    ['a string, which may be anything', 'password=hunter2', 'thrown string'],
    ['an object', { password: 'hunter2' }, 'thrown object'],
    ['null', null, 'thrown object'],
    ['a JWT', new Error(`cannot verify ${TOKEN}`), 'Error: cannot verify [token]'],
    ['a JWT in the inner error', new Error('a', { cause: new Error(TOKEN) }), 'Error: a ([token])'],
    ['a JWT as the name', Object.assign(new Error('a'), { name: TOKEN }), '[token]: a'],
    ['base64 with padding', new Error(`key ${'Zm9v/+'.repeat(10)}==!`), 'Error: key [token]!'],
    ['hexadecimal', new Error(`key ${'0f'.repeat(20)}`), 'Error: key [token]'],
    ['words', new Error('connect ECONNREFUSED 127.0.0.1:6379'), 'Error: connect ECONNREFUSED 127.0.0.1:6379'],
  ])('%s', (_label, cause, expected) => expect(causeOf(cause)).toBe(expected))

  test('is told of every kind of denial that has one', () => {
    const decision = { ...challenge('token_invalid', { scheme: 'Bearer' }), cause: new Error('expired') }
    expect(auditEvent(outcomeOf({ decision })).cause).toBe('Error: expired')
  })

  test('is not told of a request that was allowed', () => {
    const decision = { ...allow({}), cause: new Error('never mind') }
    expect(auditEvent(outcomeOf({ decision })).cause).toBeUndefined()
  })

  test('a token at the bound is left out before the text is cut', () => {
    expect(causeOf(new Error(`${'a '.repeat(245)}${TOKEN}`))).not.toContain('eyJ')
  })
})

describe('each field is bounded', () => {
  const long = 'x'.repeat(100_000)
  const cut = `${'x'.repeat(512)}...`
  const caller = { ...principal(long), issuer: long, client: long }

  test('of a denial', () => {
    const decision = {
      ...internal(new Error('x '.repeat(50_000)), long),
      guard: long,
      facts: { principal: caller },
    }
    const request = { method: long, path: `/${long}`, route: long, client: long }
    const event = auditEvent(outcomeOf({ decision }, request))
    expect(event).toMatchObject({
      code: cut,
      guard: cut,
      method: cut,
      path: `/${cut.slice(1)}`,
      route: cut,
      client: cut,
    })
    expect(event.principal).toEqual({ issuer: cut, id: cut, client: cut })
    expect(event.cause).toHaveLength(515)
  })

  test('of an allowance', () => {
    const event = auditEvent(outcomeOf({ decision: allow({ principal: caller }), policy: long }))
    expect(event).toMatchObject({ guard: cut, principal: { issuer: cut, id: cut, client: cut } })
  })

  test('512 characters stay', () => {
    const path = `/${'x'.repeat(511)}`
    expect(auditEvent(outcomeOf({}, { path })).path).toBe(path)
  })
})

test.each<readonly [string, unknown, object | undefined]>([
  ['no issuer', { id: 'a' }, { id: 'a', issuer: '(undefined)' }],
  ['numbers', { id: 7, issuer: null, client: 5 }, { id: '(number)', issuer: '(object)', client: '(number)' }],
  ['actors that are none', { id: 'a', issuer: 'b', actors: 'c' }, { id: 'a', issuer: 'b', actors: undefined }],
  ['text', 'alice', undefined],
  ['null', null, undefined],
])('a principal of %s, as JavaScript may give it, loses no event', (_what, principal, told) => {
  const event = auditEvent(outcomeOf({ decision: allow({ principal }) }))
  if (told === undefined) expect(event.principal).toBeUndefined()
  else expect(event.principal).toMatchObject(told)
})
