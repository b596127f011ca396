import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { auditPath } from '../../src/audit/path.js'

const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl'

describe('what may carry a credential is left out', () => {
  test.each([
    ['a query', '/orders?token=s3cret', '/orders'],
    ['an empty query', '/orders?', '/orders'],
    ['a query alone', '/?token=s3cret', '/'],
    ['a fragment', '/orders#access_token=s3cret', '/orders'],
    ['path parameters', '/orders;jsessionid=s3cret/7', '/orders'],
    ['an encoded question mark', '/orders%3ftoken=s3cret', '/orders'],
    ['in capitals', '/orders%3Ftoken=s3cret', '/orders'],
    ['encoded twice', '/orders%253Ftoken=s3cret', '/orders'],
    ['encoded three times', '/orders%25253ftoken=s3cret', '/orders'],
    ['an encoded number sign', '/orders%23s3cret', '/orders'],
    ['encoded twice', '/orders%2523s3cret', '/orders'],
    ['an encoded semicolon', '/orders%3bjsessionid=s3cret', '/orders'],
    ['encoded twice', '/orders%253Bjsessionid=s3cret', '/orders'],
    ['the first of several', '/a;b=s3cret/c?d=s3cret', '/a'],
    ['a JWT', `/verify/${JWT}`, '/verify/[token]'],
    ['a JWT on the way', `/verify/${JWT}/done`, '/verify/[token]/done'],
    ['two', `/${JWT}/${JWT}`, '/[token]/[token]'],
    ['an encrypted JWT with an empty part', `/verify/${JWT}..${JWT}`, '/verify/[token]'],
    ['a JWT with encoded points', `/verify/${JWT.replaceAll('.', '%2E')}`, '/verify/[token]'],
    ['a JWT with encoded letters', `/verify/%65%2579%254a${JWT.slice(3)}`, '/verify/[token]'],
    ['the head of a JWT', '/verify/eyJhbGciOiJFUzI1NiJ9', '/verify/[token]'],
    ['a JWT after a prefix', `/verify/v1.${JWT}`, '/verify/v1.[token]'],
    ['absolute-form with userinfo', 'http://alice:s3cret@orders.example/', '[not a path]'],
    ['authority-form', 'alice:s3cret@orders.example:443', '[not a path]'],
    ['asterisk-form', '*', '[not a path]'],
    ['nothing', '', '[not a path]'],
  ])('%s: %s', (_label, path, expected) => expect(auditPath(path)).toBe(expected))
})

describe('the rest is kept as it was received', () => {
  test.each([
    ['/'],
    ['/orders/7'],
    ['/orders/%2e%2e%2fadmin'],
    ['/orders/%00'],
    ['/orders/%25'],
    ['/orders/3f/23/3b'],
    ['/eyJ'],
    ['/eyJack'],
    ['//orders.example/x'],
    ['/a:b@c'],
  ])('%s', (path) => expect(auditPath(path)).toBe(path))
})

test('nothing after a mark is kept, however often it was encoded', () => {
  const mark = fc.constantFrom('?', '#', ';')
  const times = fc.integer({ min: 0, max: 4 })
  fc.assert(
    fc.property(mark, times, fc.string({ unit: 'binary' }), (character, encoded, secret) => {
      let spelled: string = character
      for (let i = 0; i < encoded; i++) spelled = i === 0 ? percent(character) : spelled.replaceAll('%', '%25')
      expect(auditPath(`/orders${spelled}${secret}`)).toBe('/orders')
    }),
  )
})

const percent = (character: string): string => `%${character.charCodeAt(0).toString(16)}`

test('a long path takes no time that matters', () => {
  expect(auditPath(`/${'%25'.repeat(100_000)}`)).toHaveLength(300_001)
  expect(auditPath(`/${'eyJ'.repeat(100_000)}`)).toBe('/[token]')
})
