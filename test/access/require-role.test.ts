import { describe, expect, test } from 'vitest'
import { all, requireRole } from '../../src/index.js'
import { contextFor } from '../support/context.js'
import { decideNow, giving, principal } from '../support/guards.js'

type Roles = readonly [string, ...string[]]

const ask = (held: unknown, wanted: Roles) => {
  const caller = { ...principal(), roles: (Array.isArray(held) ? new Set(held) : held) as ReadonlySet<string> }
  return decideNow(all(giving('jwt', { principal: caller }), requireRole(...wanted)), contextFor())
}

describe('allows a principal that holds', () => {
  test.each<readonly [string, readonly string[], Roles]>([
    ['the role', ['admin'], ['admin']],
    ['the role among others', ['user', 'admin'], ['admin']],
    ['the first of several', ['clerk'], ['clerk', 'admin']],
    ['the last of several', ['admin'], ['clerk', 'admin']],
    ['a role with spaces', ['shift lead'], ['shift lead']],
  ])('%s', (_name, held, wanted) => expect(ask(held, wanted)).toMatchObject({ allowed: true }))
})

// threats.md, Tokens: roles by substring; exact comparison only.
describe('denies a principal that holds', () => {
  test.each<readonly [string, readonly string[], Roles]>([
    ['nothing', [], ['admin']],
    ['another role', ['user'], ['admin']],
    ['none of several', ['user'], ['clerk', 'admin']],
    ['a prefix', ['adm', 'a', ''], ['admin']],
    ['a longer one', ['administrator', 'admin2'], ['admin']],
    ['one that ends so', ['not-admin', 'superadmin'], ['admin']],
    ['another case', ['Admin', 'ADMIN'], ['admin']],
    ['a space more', [' admin', 'admin '], ['admin']],
    ['a wildcard', ['*', '.*'], ['admin']],
    ['the list as one text', ['clerk,admin', 'clerk admin', 'clerk or admin'], ['clerk', 'admin']],
    ['a look-alike', ['\u0430dmin'], ['admin']],
    ['a zero-width space more', ['admin\u200b'], ['admin']],
    ['names of object members', ['constructor', '__proto__', 'has'], ['admin']],
    ['nothing, where a member of objects is wanted', [], ['constructor', '__proto__']],
  ])('%s', (_name, held, wanted) =>
    expect(ask(held, wanted)).toMatchObject({
      allowed: false,
      kind: 'forbidden',
      code: 'role_missing',
      detail: `Requires role ${wanted.join(' or ')}.`,
      guard: `requireRole(${wanted.join(' or ')})`,
    }),
  )

  test.each<readonly [string, unknown]>([
    ['a text that contains the role', 'admin'],
    ['a list, not a set', { 0: 'admin', length: 1 }],
    ['undefined', undefined],
  ])('roles that are %s: as internal', (_name, held) =>
    expect(ask(held, ['admin'])).toMatchObject({ kind: 'internal', code: 'guard_failed' }),
  )
})

describe('is a TypeError of', () => {
  test.each<readonly [string, readonly unknown[], string]>([
    ['no role', [], 'requireRole(): roles must not be empty'],
    ['an empty role', [''], 'requireRole(): roles must be a non-empty string, got ""'],
    ['an empty role among others', ['admin', ''], 'requireRole(): roles must be a non-empty string, got ""'],
    ['a list', [['admin', 'clerk']], 'requireRole(): roles must be a non-empty string, got an array'],
    ['undefined', [undefined], 'requireRole(): roles must be a non-empty string, got undefined'],
  ])('%s', (_name, roles, message) =>
    expect(() => requireRole(...(roles as unknown as Roles))).toThrow(new TypeError(message)),
  )
})

test('describes itself, and cannot be changed', () => {
  const guard = requireRole('clerk', 'admin')
  expect(guard).toMatchObject({
    name: 'requireRole(clerk or admin)',
    about: { room: 'access', requires: { anyRole: ['clerk', 'admin'] } },
  })
  expect(Object.isFrozen(guard)).toBe(true)
})

test('answers with one frozen denial', () => {
  const guard = requireRole('admin')
  const denial = guard.check(contextFor(), { principal: principal() })
  expect(denial).toMatchObject({ allowed: false })
  expect(Object.isFrozen(denial)).toBe(true)
  expect(guard.check(contextFor(), { principal: principal() })).toBe(denial)
})
