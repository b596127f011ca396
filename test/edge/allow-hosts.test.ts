import { describe, expect, test } from 'vitest'
import { statusOf } from '../../src/http/index.js'
import { ALLOWED, allowHosts, type Decision, type Denial } from '../../src/index.js'
import { contextFor } from '../support/context.js'

const guard = allowHosts('api.example.com', 'api.example.com:8443', '*.shops.example', '127.0.0.1:3000', '[::1]:3000')

const ask = (hosts: readonly string[], { path = '/', authority = [] as readonly string[] } = {}) =>
  guard.check(
    contextFor({
      path,
      headers: [
        ...hosts.map((host) => ['Host', host] as const),
        ...authority.map((host) => [':authority', host] as const),
        ['x-forwarded-host', 'api.example.com'],
        ['forwarded', 'host=api.example.com'],
      ],
    }),
    {},
  ) as Decision

const refusalOf = (decision: Decision) => [statusOf(decision as Denial), (decision as Denial).code]

describe('is served', () => {
  test.each([
    'api.example.com',
    'API.Example.COM',
    'api.example.com:8443',
    'a.shops.example',
    'xn--bcher-kva.shops.example',
    '127.0.0.1:3000',
    '[::1]:3000',
  ])('%s', (host) => expect(ask([host])).toBe(ALLOWED))

  test('by the authority of HTTP/2, alone or with the same Host', () => {
    expect(ask([], { authority: ['api.example.com'] })).toBe(ALLOWED)
    expect(ask(['API.example.com'], { authority: ['api.example.com'] })).toBe(ALLOWED)
  })

  test('OPTIONS *', () => expect(ask(['api.example.com'], { path: '*' })).toBe(ALLOWED))
})

describe('is a 421', () => {
  const MISDIRECTED = [421, 'host_refused']

  test.each([
    'evil.example',
    'example.com',
    'x.api.example.com',
    'evilapi.example.com',
    'api.example.com.evil.example',
    'api.example.com.',
    'api.example.com:443',
    'api.example.com:08443',
    'api.example.com:84430',
    'shops.example',
    '.shops.example',
    'a.b.shops.example',
    'a.shops.example:8443',
    'ashops.example',
    '127.0.0.1',
    '127.1:3000',
    '10.0.0.1',
    '[::1]',
    '[0:0:0:0:0:0:0:1]:3000',
    '[::ffff:127.0.0.1]:3000',
    'localhost',
  ])('%s', (host) => {
    expect(refusalOf(ask([host]))).toEqual(MISDIRECTED)
  })

  test('another authority of HTTP/2', () => {
    expect(refusalOf(ask([], { authority: ['evil.example'] }))).toEqual(MISDIRECTED)
  })
})

describe('is a 400', () => {
  const BAD = [400, 'host_invalid']

  test.each<[string, readonly string[]]>([
    ['no host', []],
    ['an empty host', ['']],
    ['two hosts', ['api.example.com', 'evil.example']],
    ['the same host twice', ['api.example.com', 'api.example.com']],
    ['a list', ['api.example.com,evil.example']],
    ['userinfo', ['me@api.example.com']],
    ['a path', ['api.example.com/x']],
    ['a scheme', ['https://api.example.com']],
    ['an empty port', ['api.example.com:']],
    ['a port of letters', ['api.example.com:http']],
    ['white space', ['api.example.com ']],
    ['an escape', ['api%2eexample.com']],
    ['a star', ['*.shops.example']],
    ['a bracket', ['[::1:3000']],
    ['a host that is too long', [`${'a'.repeat(254)}`]],
  ])('%s', (_name, hosts) => expect(refusalOf(ask(hosts))).toEqual(BAD))

  test('an authority of HTTP/2 beside another Host', () => {
    expect(refusalOf(ask(['evil.example'], { authority: ['api.example.com'] }))).toEqual(BAD)
    expect(refusalOf(ask(['api.example.com'], { authority: ['evil.example'] }))).toEqual(BAD)
  })

  test.each(['http://evil.example/', 'http://api.example.com/', 'evil.example:80', ''])('the target %j', (path) => {
    expect(refusalOf(ask(['api.example.com'], { path }))).toEqual(BAD)
  })
})

describe('options', () => {
  test.each([
    [[]],
    [['']],
    [[7]],
    [['https://api.example.com']],
    [['api.example.com/']],
    [['API.example.com']],
    [['api.example.com.']],
    [['api.example.com:']],
    [['api.example.com:0']],
    [['api.example.com:080']],
    [['api.example.com:65536']],
    [['*']],
    [['*.com']],
    [['*.*.example.com']],
    [['a*.example.com']],
    [['*.10.0.0.1']],
    [['*.[::1]']],
    [['::1']],
    [['[::01]']],
    [['127.1']],
    [['b\u00fccher.example']],
    [['api.example.com', 'a b']],
  ])('%j throws', (hosts) => {
    expect(() => allowHosts(...(hosts as unknown as [string]))).toThrow(TypeError)
    expect(() => allowHosts(...(hosts as unknown as [string]))).toThrow(/^allowHosts\(\)/)
  })

  test.each(['localhost', 'localhost:65535', '10.0.0.1', '[2001:db8::1]', 'my_service', '*.example.com:8443'])(
    '%s is a host',
    (host) => expect(allowHosts(host).name).toBe('allowHosts'),
  )
})
