import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { all, forbid, type HeaderList, type ResponseHeadersOptions, responseHeaders } from '../../src/index.js'
import { contextFor } from '../support/context.js'
import { answering, decideNow } from '../support/guards.js'

const PRESET: readonly (readonly [string, string | undefined])[] = [
  ['cache-control', 'no-store'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['cross-origin-resource-policy', 'same-origin'],
  ['referrer-policy', 'no-referrer'],
  ['strict-transport-security', 'max-age=31536000'],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['x-powered-by', undefined],
]

const headersOf = (options?: ResponseHeadersOptions): HeaderList | undefined =>
  (responseHeaders(options).check(contextFor(), {}) as { headers?: HeaderList }).headers

const without = (name: string) => PRESET.filter(([field]) => field !== name)

describe('fields', () => {
  test.each<readonly [string, ResponseHeadersOptions | undefined, HeaderList]>([
    ['no options', undefined, PRESET],
    ['empty options', {}, PRESET],
    ['the preset by name', { preset: 'api' }, PRESET],
    ['nothing set', { set: {} }, PRESET],
    ['a field added', { set: { 'permissions-policy': 'camera=()' } }, [...PRESET, ['permissions-policy', 'camera=()']]],
    [
      'a field changed',
      { set: { 'x-frame-options': 'SAMEORIGIN' } },
      PRESET.map(([n, v]) => [n, n === 'x-frame-options' ? 'SAMEORIGIN' : v]),
    ],
    [
      'a field changed, in capitals',
      { set: { 'Referrer-Policy': 'origin' } },
      PRESET.map(([n, v]) => [n, n === 'referrer-policy' ? 'origin' : v]),
    ],
    ['a field left out', { set: { 'cache-control': false } }, without('cache-control')],
    ['a field left out, in capitals', { set: { 'Cache-Control': false } }, without('cache-control')],
    ['one left out that is not there', { set: { 'x-nothing': false } }, PRESET],
    ['x-powered-by left as it is', { set: { 'x-powered-by': false } }, without('x-powered-by')],
    [
      'x-powered-by of their own',
      { set: { 'X-Powered-By': 'tea' } },
      [...without('x-powered-by'), ['x-powered-by', 'tea']],
    ],
    ['an empty value', { set: { 'x-empty': '' } }, [...PRESET, ['x-empty', '']]],
    ['a tab in a value', { set: { 'x-tab': 'a\tb' } }, [...PRESET, ['x-tab', 'a\tb']]],
  ])('%s', (_name, options, headers) => expect(headersOf(options)).toEqual(headers))

  test('are the same list for every request, and cannot be changed', () => {
    const guard = responseHeaders()
    const [first, second] = [guard.check(contextFor(), {}), guard.check(contextFor(), {})]
    expect(first).toBe(second)
    expect(Object.isFrozen(first)).toBe(true)
    expect(() => (headersOf() as [string, string][]).push(['x-evil', '1'])).toThrow(TypeError)
  })

  test('are on denials too', () =>
    expect(decideNow(all(responseHeaders(), answering('no', forbid('no'))), contextFor())).toMatchObject({
      kind: 'forbidden',
      headers: PRESET,
    }))
})

describe('bad options are a TypeError', () => {
  test.each<readonly [string, unknown, string]>([
    ['another preset', { preset: 'web' }, 'preset must be one of api, got "web"'],
    ['another option', { headers: {} }, 'responseHeaders(): unknown option headers; known are preset, set'],
    ['no object', 'api', 'responseHeaders(): options must be an object, got "api"'],
    ['an empty name', { set: { '': 'a' } }, 'set: "" is not a field name'],
    ['a space in a name', { set: { 'x y': 'a' } }, 'set: "x y" is not a field name'],
    ['a colon in a name', { set: { 'x:': 'a' } }, 'set: "x:" is not a field name'],
    ['a line break in a name', { set: { 'x\r\ny': 'a' } }, 'set: "x\\r\\ny" is not a field name'],
    ['a name not ASCII', { set: { '\u00e9': 'a' } }, 'set: "\u00e9" is not a field name'],
    ['a bad name left out', { set: { 'x y': false } }, 'set: "x y" is not a field name'],
    [
      'a line break in a value',
      { set: { x: 'a\r\nset-cookie: b=1' } },
      'set: "a\\r\\nset-cookie: b=1" is not a value for x',
    ],
    ['a line feed at the end', { set: { x: 'a\n' } }, 'set: "a\\n" is not a value for x'],
    ['NUL in a value', { set: { x: 'a\0' } }, 'set: "a\\u0000" is not a value for x'],
    ['a value not ASCII', { set: { x: '\u00e9' } }, 'set: "\u00e9" is not a value for x'],
    ['a number', { set: { x: 1 } }, 'set: 1 is not a value for x'],
    ['true', { set: { x: true } }, 'set: true is not a value for x'],
    ['null', { set: { x: null } }, 'set: null is not a value for x'],
    ['undefined', { set: { x: undefined } }, 'set: undefined is not a value for x'],
    ['a list', { set: { x: ['a'] } }, 'set: an array is not a value for x'],
  ])('%s', (_name, options, message) => expect(() => responseHeaders(options as never)).toThrow(new TypeError(message)))
})

test('whatever is accepted, HTTP allows', () =>
  fc.assert(
    fc.property(fc.string({ maxLength: 8 }), fc.string({ unit: 'binary', maxLength: 8 }), (name, value) => {
      let headers: HeaderList
      try {
        headers = headersOf({ set: { [name]: value } })!
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError)
        return
      }
      for (const field of headers) expect(() => new Headers([[field[0], field[1] ?? '']])).not.toThrow()
    }),
  ))

test('describes itself', () => {
  expect(responseHeaders()).toMatchObject({ name: 'responseHeaders', about: { room: 'edge' } })
  expect(Object.isFrozen(responseHeaders())).toBe(true)
})
