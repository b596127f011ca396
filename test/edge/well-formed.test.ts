import { describe, expect, test } from 'vitest'
import { wellFormed } from '../../src/index.js'
import { contextFor, type TestRequest } from '../support/context.js'
import { decideNow } from '../support/guards.js'

const ask = (request: TestRequest) => decideNow(wellFormed(), contextFor(request))

const AMBIGUOUS = {
  allowed: false,
  kind: 'invalid',
  code: 'ambiguous_path',
  detail: 'The request path can be read in more than one way.',
  guard: 'wellFormed',
}

// threats.md, Routes, methods, headers: ambiguous spellings are refused, not normalised.
describe('refuses the path', () => {
  test.each([
    ['encoded slash', '/orders%2f42'],
    ['encoded slash, upper case', '/orders%2F42'],
    ['encoded slash at the start', '/%2Fetc'],
    ['encoded slash at the end', '/orders%2F'],
    ['backslash', '/orders\\42'],
    ['backslash for the first slash', '\\orders'],
    ['encoded backslash', '/orders%5c42'],
    ['encoded backslash, upper case', '/orders%5C42'],
    ['dot segment', '/orders/./42'],
    ['dot segment at the end', '/orders/.'],
    ['dot segment alone', '/.'],
    ['double-dot segment', '/public/../admin'],
    ['double-dot segment at the end', '/orders/..'],
    ['double-dot segment alone', '/..'],
    ['encoded dot segment', '/orders/%2e/42'],
    ['encoded double-dot segment', '/public/%2e%2e/admin'],
    ['half-encoded double-dot segment', '/public/.%2e/admin'],
    ['half-encoded double-dot segment, the other half', '/public/%2E./admin'],
    ['encoded dot in a name', '/file%2ejson'],
    ['double-dot segment before a parameter', '/public/..;/admin'],
    ['double-dot segment with backslashes', '/public\\..\\admin'],
    ['NUL', '/orders\0'],
    ['encoded NUL', '/orders%00'],
    ['encoded NUL before an extension', '/admin%00.json'],
    ['encoded line feed', '/orders%0a'],
    ['encoded carriage return and line feed', '/orders%0D%0AX-Admin:%201'],
    ['encoded tab', '/orders%09'],
    ['encoded escape', '/orders%1b[2J'],
    ['encoded delete', '/orders%7f'],
    ['tab', '/orders\t'],
    ['line feed', '/orders\n'],
    ['line feed at the very end', '/\n'],
    ['delete', '/orders\x7f'],
    ['space', '/orders 42'],
    ['doubly encoded slash', '/orders%252f42'],
    ['doubly encoded slash, upper case', '/orders%252F42'],
    ['doubly encoded dot', '/public/%252e%252e/admin'],
    ['doubly encoded backslash', '/orders%255c42'],
    ['doubly encoded NUL', '/orders%2500'],
    ['triply encoded slash', '/orders%25252f42'],
    ['slash encoded digit by digit', '/orders%25%32%66'],
    ['slash with one digit encoded', '/orders%2%66'],
    ['semicolon', '/orders;42'],
    ['matrix parameter', '/orders;role=admin/42'],
    ['session id', '/orders;jsessionid=1'],
    ['encoded semicolon', '/orders%3b42'],
    ['encoded semicolon, upper case', '/orders%3B42'],
    ['double slash', '/orders//42'],
    ['double slash at the start', '//orders'],
    ['double slash at the end', '/orders//'],
    ['only slashes', '///'],
    ['authority where a path should be', '//evil.example/orders'],
    ['encoded letter', '/%61dmin'],
    ['encoded letter, upper case', '/%41dmin'],
    ['last encoded letter', '/%7a'],
    ['last encoded letter, upper case', '/%5A'],
    ['encoded digit', '/orders/%34%32'],
    ['last encoded digit', '/orders/%39'],
    ['non-ASCII as Latin-1', '/caf\u00e9'],
    ['non-ASCII full-width slash', '/orders\uff0f42'],
    ['non-ASCII that truncates to a slash', '/orders\u012f42'],
    ['non-ASCII letter that folds to k', '/\u212aings'],
    ['byte order mark', '\ufeff/orders'],
    ['lone surrogate', '/\ud800'],
    ['overlong slash', '/orders%c0%af42'],
    ['overlong dot', '/public/%c0%ae%c0%ae/admin'],
    ['overlong slash of three octets', '/orders%e0%80%af42'],
    ['broken UTF-8', '/%ff'],
    ['truncated UTF-8', '/%c3'],
    ['lone continuation octet', '/%80'],
    ['encoded surrogate', '/%ed%a0%80'],
    ['beyond Unicode', '/%f4%90%80%80'],
    ['percent alone', '/100%'],
    ['percent with one digit', '/100%2'],
    ['percent with no digit', '/%zz'],
    ['Microsoft percent encoding', '/%u002e%u002e/admin'],
    ['quote', '/orders"42"'],
    ['angle brackets', '/<script>'],
    ['braces', '/{id}'],
    ['pipe', '/a|b'],
    ['caret', '/a^b'],
    ['backtick', '/a`b'],
    ['brackets', '/orders[0]'],
    ['fragment', '/orders#42'],
    ['query in the path', '/orders?42'],
    ['no slash at the start', 'orders'],
    ['empty', ''],
    ['asterisk form', '*'],
    ['absolute form', 'http://internal/orders'],
    ['absolute form of another scheme', 'file:///etc/passwd'],
    ['authority form', 'internal:443'],
  ])('%s: %j', (_name, path) => expect(ask({ path })).toMatchObject(AMBIGUOUS))
})

describe('lets the path through', () => {
  test.each([
    ['/'],
    ['/orders'],
    ['/orders/42'],
    ['/orders/'],
    ['/a.b/c-d_e~f'],
    ['/ORDERS/Ab'],
    ['/v1.0/orders.json'],
    ['/.well-known/jwks.json'],
    ['/.hidden'],
    ['/...'],
    ['/..a/b..'],
    ['/a./b'],
    ['/@alice'],
    ['/urn:isbn:0451450523'],
    ['/orders/2024-01-01T00:00:00Z'],
    ["/a!$&'()*+,=b"],
    ['/orders%20open'],
    ['/caf%C3%A9'],
    ['/caf%c3%a9'],
    ['/%E6%97%A5%E6%9C%AC'],
    ['/%F0%9F%98%80'],
    ['/50%25'],
    ['/50%25/off'],
    ['/50%25x'],
    ['/a%22b'],
    ['/a%7Cb'],
    ['/a%5Bb%5D'],
    ['/a%3Fb'],
    ['/a%23b'],
    ['/a%40b'],
    ['/%e2%82%ac'],
    [`/${'a'.repeat(16_000)}`],
  ])('%s', (path) => expect(ask({ path })).toMatchObject({ allowed: true }))
})

describe('the query', () => {
  test.each([
    [''],
    ['a=1&b=2'],
    ['filter[status]=open'],
    ['q={"a":1}'],
    ['a|b^c`d'],
    ['q=a\\b'],
    ['next=/orders//../x;y'],
    ['q=%20+%2F%00%ff'],
    ['100%'],
    ['?'],
    ['q=<b>'],
  ])('%j passes', (query) => expect(ask({ query })).toMatchObject({ allowed: true }))

  test.each([
    ['space', 'q=a b'],
    ['fragment', 'q=a#b'],
    ['NUL', 'q=\0'],
    ['tab', 'q=\t'],
    ['line feed', 'q=a\nb'],
    ['line feed at the very end', 'q=a\n'],
    ['carriage return', 'q=a\rb'],
    ['delete', 'q=\x7f'],
    ['non-ASCII as Latin-1', 'q=\u00e9'],
    ['non-ASCII', 'q=\u65e5'],
  ])('with %s is refused', (_name, query) =>
    expect(ask({ query })).toMatchObject({ kind: 'invalid', code: 'ambiguous_query', guard: 'wellFormed' }),
  )
})

describe('the method', () => {
  test.each([['TRACE'], ['CONNECT']])('%s is off', (method) =>
    expect(ask({ method })).toMatchObject({
      kind: 'invalid',
      code: 'method_refused',
      status: 405,
      guard: 'wellFormed',
      headers: [['allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']],
    }),
  )

  test.each([['GET'], ['HEAD'], ['POST'], ['PUT'], ['PATCH'], ['DELETE'], ['OPTIONS'], ['QUERY']])(
    '%s passes',
    (method) => expect(ask({ method })).toMatchObject({ allowed: true }),
  )

  test.each([['x-http-method-override'], ['x-method-override'], ['x-http-method']])(
    '%s does nothing to it',
    (override) => {
      expect(ask({ method: 'TRACE', headers: [[override, 'GET']] })).toMatchObject({ code: 'method_refused' })
      expect(ask({ method: 'GET', headers: [[override, 'TRACE']] })).toMatchObject({ allowed: true })
    },
  )
})

describe('a field that a message has once', () => {
  const singletons = [
    'authorization',
    'host',
    'content-type',
    'content-encoding',
    'proxy-authorization',
    'x-api-key',
    'dpop',
  ] as const
  // threats.md, Routes, methods, headers: look at every value, not the first.
  test.each(singletons.map((name) => [name]))('%s twice is refused', (name) => {
    const DUPLICATE = { kind: 'invalid', code: 'duplicate_header', guard: 'wellFormed' }
    expect(
      ask({
        headers: [
          [name, 'a'],
          [name, 'b'],
        ],
      }),
    ).toMatchObject(DUPLICATE)
    expect(
      ask({
        headers: [
          [name, 'a'],
          ['accept', '*/*'],
          [name.toUpperCase(), 'a'],
        ],
      }),
    ).toMatchObject(DUPLICATE)
    expect(
      ask({
        headers: [
          [name, ''],
          [name, 'a'],
        ],
      }),
    ).toMatchObject(DUPLICATE)
  })

  test('once is let through, and other fields as often as they like', () =>
    expect(
      ask({
        headers: [
          ...singletons.map((name) => [name, 'a'] as const),
          ['accept', 'text/html'],
          ['accept', '*/*'],
          ['x-forwarded-for', 'a'],
          ['x-forwarded-for', 'b'],
          ['cookie', 'a=1'],
          ['cookie', 'b=2'],
        ],
      }),
    ).toMatchObject({ allowed: true }))

  test('an underscore twin is another field', () =>
    expect(
      ask({
        headers: [
          ['content-type', 'a'],
          ['content_type', 'b'],
        ],
      }),
    ).toMatchObject({ allowed: true }))
})

test('describes itself, and is one value', () => {
  expect(wellFormed()).toMatchObject({ name: 'wellFormed', about: { room: 'edge' } })
  expect(wellFormed()).toBe(wellFormed())
  expect(Object.isFrozen(wellFormed())).toBe(true)
})

test('answers with frozen, shared denials', () => {
  const denial = wellFormed().check(contextFor({ path: '//' }), {})
  expect(Object.isFrozen(denial)).toBe(true)
  expect(wellFormed().check(contextFor({ path: '/..' }), {})).toBe(denial)
})
