import { expect, test } from 'vitest'
import {
  authorize,
  byPrincipal,
  definePrincipal,
  evaluate,
  type Guard,
  rateLimit,
  requireRole,
  requireScope,
} from '../src/index.js'
import { contextFor } from './support/context.js'

const guards: readonly (readonly [name: string, guard: Guard<never, object>])[] = [
  ['requireRole(admin)', requireRole('admin')],
  ['requireScope(read)', requireScope('read')],
  ['authorize(read)', authorize({ action: 'read', resource: () => ({}), decide: () => true })],
  ['byPrincipal', rateLimit({ limit: 1, windowMs: 1000, key: byPrincipal })],
]

test.each(guards)('%s denies, and says what it needs, where no guard ahead gave a principal', (needer, guard) => {
  const cause = new TypeError(`${needer} needs the fact principal: put a guard that gives it, such as jwt(), before it`)
  for (const facts of [{}, { principal: undefined }, { principal: null }, { principal: 'alice' }]) {
    expect(evaluate(guard, contextFor(), facts as never)).toMatchObject({ allowed: false, kind: 'internal', cause })
  }
})

test.each<readonly [string, unknown]>([
  ['nothing', undefined],
  ['no issuer', { id: 'a' }],
  ['an empty id', { id: '', issuer: 'https://idp.example' }],
  ['a number for an id', { id: 7, issuer: 'https://idp.example' }],
])('a principal of %s is a TypeError: nobody would know who it is', (_what, known) =>
  expect(() => definePrincipal(known as never)).toThrow(/^(?:id|issuer) must be a non-empty string/),
)
