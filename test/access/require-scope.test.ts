import { describe, expect, test } from 'vitest'
import { all, requireScope } from '../../src/index.js'
import { contextFor } from '../support/context.js'
import { decideNow, giving, principal } from '../support/guards.js'

type Scopes = readonly [string, ...string[]]

const ask = (held: unknown, wanted: Scopes) => {
  const caller = { ...principal(), scopes: (Array.isArray(held) ? new Set(held) : held) as ReadonlySet<string> }
  return decideNow(all(giving('jwt', { principal: caller }), requireScope(...wanted)), contextFor())
}

describe('allows a principal that holds', () => {
  test.each<readonly [string, readonly string[], Scopes]>([
    ['the scope', ['orders:read'], ['orders:read']],
    ['the scope among others', ['profile', 'orders:read', 'orders:write'], ['orders:read']],
    ['every one of several', ['orders:write', 'orders:read'], ['orders:read', 'orders:write']],
    ['a scope of odd characters', ['urn:x/y#[z]!'], ['urn:x/y#[z]!']],
  ])('%s', (_name, held, wanted) => expect(ask(held, wanted)).toMatchObject({ allowed: true }))
})

// threats.md, Tokens: scope by prefix (CVE-2026-32716); exact comparison only.
describe('denies a principal that holds', () => {
  test.each<readonly [string, readonly string[], Scopes]>([
    ['nothing', [], ['orders:read']],
    ['another scope', ['orders:write'], ['orders:read']],
    ['only one of several', ['orders:read'], ['orders:read', 'orders:write']],
    ['a prefix', ['orders', 'orders:', 'orders:rea'], ['orders:read']],
    ['a longer one', ['orders:read:all', 'orders:reader'], ['orders:read']],
    ['one that ends so', ['all:orders:read', 'xorders:read'], ['orders:read']],
    ['another case', ['Orders:Read', 'ORDERS:READ'], ['orders:read']],
    ['a wildcard', ['*', 'orders:*', 'orders:.*'], ['orders:read']],
    ['the list as one text', ['orders:read orders:write'], ['orders:read']],
    ['a space more', [' orders:read', 'orders:read '], ['orders:read']],
    ['a look-alike', ['order\u0455:read'], ['orders:read']],
    ['another normal form', ['caf\u00e9'], ['cafe']],
    ['the empty scope', [''], ['orders:read']],
    ['a wildcard wanted literally', ['orders:read'], ['orders:*']],
  ])('%s', (_name, held, wanted) =>
    expect(ask(held, wanted)).toMatchObject({
      allowed: false,
      kind: 'forbidden',
      code: 'scope_missing',
      detail: `Requires scope ${wanted.join(' ')}.`,
      guard: `requireScope(${wanted.join(' ')})`,
      // RFC 6750 section 3.1
      challenges: [{ scheme: 'Bearer', params: { error: 'insufficient_scope', scope: wanted.join(' ') } }],
    }),
  )

  test.each<readonly [string, unknown]>([
    ['a text that contains the scope', 'orders:read'],
    ['a list, not a set', { 0: 'orders:read', length: 1 }],
    ['undefined', undefined],
  ])('scopes that are %s: as internal', (_name, held) =>
    expect(ask(held, ['orders:read'])).toMatchObject({ kind: 'internal', code: 'guard_failed' }),
  )
})

describe('is a TypeError of', () => {
  test.each<readonly [string, readonly unknown[], string]>([
    ['no scope', [], 'requireScope(): expected at least one scope'],
    ['an empty scope', [''], 'requireScope(): "" is not a scope'],
    ['two in one text', ['orders:read orders:write'], 'requireScope(): "orders:read orders:write" is not a scope'],
    ['a quote', ['a"b'], 'requireScope(): "a\\"b" is not a scope'],
    ['a backslash', ['a\\b'], 'requireScope(): "a\\\\b" is not a scope'],
    ['a line break', ['a\n'], 'requireScope(): "a\\n" is not a scope'],
    ['non-ASCII', ['caf\u00e9'], 'requireScope(): "caf\u00e9" is not a scope'],
    ['a list', [['a', 'b']], 'requireScope(): an array is not a scope'],
    ['a second that is none', ['a', undefined], 'requireScope(): undefined is not a scope'],
  ])('%s', (_name, scopes, message) =>
    expect(() => requireScope(...(scopes as unknown as Scopes))).toThrow(new TypeError(message)),
  )
})

test('describes itself, and cannot be changed', () => {
  const guard = requireScope('orders:read', 'orders:write')
  expect(guard).toMatchObject({
    name: 'requireScope(orders:read orders:write)',
    about: { room: 'access', requires: { allScopes: ['orders:read', 'orders:write'] } },
  })
  expect(Object.isFrozen(guard)).toBe(true)
})

test('answers with one frozen denial', () => {
  const guard = requireScope('orders:read')
  const denial = guard.check(contextFor(), { principal: principal() })
  expect(denial).toMatchObject({ allowed: false })
  expect(Object.isFrozen(denial)).toBe(true)
  expect(guard.check(contextFor(), { principal: principal() })).toBe(denial)
})
