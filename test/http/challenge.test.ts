import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quote, toHttp } from '../../src/http/index.js'
import { type Challenge, challenge, forbid, invalid } from '../../src/index.js'

/** RFC 9110 section 5.6.4, quoted-string without obs-text; the content without its escapes. */
const QUOTED_STRING = /^"((?:[\t\x20\x21\x23-\x5b\x5d-\x7e]|\\[\t\x20-\x7e])*)"$/
const unquote = (text: string): string | undefined => QUOTED_STRING.exec(text)?.[1]?.replace(/\\(.)/g, '$1')

describe('quote', () => {
  test.each([
    ['', '""'],
    ['plain', '"plain"'],
    ['say "hi"', '"say \\"hi\\""'],
    ['back\\slash', '"back\\\\slash"'],
    ['ends with \\', '"ends with \\\\"'],
    ['", error="x', '"\\", error=\\"x"'],
    ['tab\there', '"tab\there"'],
    ['a, b; c=d', '"a, b; c=d"'],
  ])('%j is %s', (input, expected) => expect(quote(input)).toBe(expected))

  test.each([
    ['line\r\nbreak'],
    ['line\nbreak'],
    ['carriage\rreturn'],
    ['break at the end\n'],
    ['nul\0'],
    ['escape\x1b[2J'],
    ['delete\x7f'],
    ['c1\x85'],
    ['latin \u00e9'],
    ['line separator\u2028'],
    ['emoji \ud83d\ude00'],
    ['lone surrogate \ud800'],
  ])('refuses %j', (input) => expect(() => quote(input)).toThrow(TypeError))

  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('"', '\\', ',', '=', ' ', '\t', 'a') }),
    fc.string({ unit: fc.constantFrom('a', '"', '\\', '\r', '\n', '\0', '\x7f', '\x80', '\u2028') }),
  )

  test('any text is refused, or comes back whole from one quoted-string', () =>
    fc.assert(
      fc.property(anyText, (text) => {
        if (/[^\t\x20-\x7e]/.test(text)) expect(() => quote(text)).toThrow(TypeError)
        else expect(unquote(quote(text))).toBe(text)
      }),
      { numRuns: 2_000 },
    ))
})

const challengeField = (denial: Parameters<typeof toHttp>[0]) =>
  toHttp(denial).headers.filter(([name]) => name === 'www-authenticate')

describe('www-authenticate', () => {
  test.each<[string, readonly [Challenge, ...Challenge[]], string]>([
    ['a bare scheme', [{ scheme: 'Bearer' }], 'Bearer'],
    ['a scheme with no parameters', [{ scheme: 'Bearer', params: {} }], 'Bearer'],
    ['one parameter', [{ scheme: 'Bearer', params: { realm: 'orders' } }], 'Bearer realm="orders"'],
    [
      'several parameters, in order',
      [{ scheme: 'Bearer', params: { realm: 'orders', error: 'invalid_token' } }],
      'Bearer realm="orders", error="invalid_token"',
    ],
    [
      'several challenges, in order',
      [
        { scheme: 'DPoP', params: { algs: 'ES256 EdDSA' } },
        { scheme: 'Bearer' },
        { scheme: 'Basic', params: { realm: 'a' } },
      ],
      'DPoP algs="ES256 EdDSA", Bearer, Basic realm="a"',
    ],
    [
      'a hostile value stays one value',
      [{ scheme: 'Bearer', params: { realm: 'x", error="insufficient_scope' } }],
      'Bearer realm="x\\", error=\\"insufficient_scope"',
    ],
  ])('%s', (_name, challenges, expected) =>
    expect(challengeField(challenge('token_missing', ...challenges))).toEqual([['www-authenticate', expected]]),
  )

  test.each([
    ['a 403 that has one', { ...forbid('scope_missing'), challenges: [{ scheme: 'Bearer' }] }, 1],
    ['a 400 that has one', invalid('bad', '', { challenges: [{ scheme: 'Bearer' }] }), 1],
    ['a 403 without', forbid('no'), 0],
    ['a 403 with an empty list', { ...forbid('no'), challenges: [] }, 0],
    ['a 400 without', invalid('bad', ''), 0],
  ])('%s', (_name, denial, count) => expect(challengeField(denial)).toHaveLength(count))

  test.each([['line\r\nset-cookie: a=b'], ['nul\0'], ['\u00e9']])('a value %j is never sent', (realm) =>
    expect(() => toHttp(challenge('token_missing', { scheme: 'Bearer', params: { realm } }))).toThrow(TypeError),
  )
})
