import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mediaTypeFault } from '../../src/input/media-type.js'
import { headerReader } from '../support/context.js'

type Line = readonly [name: string, value: string]

const contentType = (value: string): Line => ['content-type', value]

describe('JSON in UTF-8', () => {
  test.each([
    ['application/json'],
    ['application/json;charset=utf-8'],
    ['application/json; charset=utf-8'],
    ['application/json ;\tcharset=utf-8'],
    ['application/json; charset=UTF-8'],
    ['application/json; charset="utf-8"'],
    ['APPLICATION/JSON'],
    ['Application/Json; Charset=Utf-8'],
    ['application/json; charset=utf-8 \t'],
    ['application/json '],
  ])('%j may be read', (value) => {
    expect(mediaTypeFault(headerReader([contentType(value)]))).toBeUndefined()
  })
})

describe('anything else is 415', () => {
  test.each<[label: string, lines: readonly Line[]]>([
    ['no content-type', []],
    ['an empty one', [contentType('')]],
    ['a leading space', [contentType(' application/json')]],
    ['a leading tab', [contentType('\tapplication/json')]],
    ['a trailing semicolon', [contentType('application/json;')]],
    ['a semicolon and a space', [contentType('application/json; ')]],
    ['a semicolon after the charset', [contentType('application/json; charset=utf-8;')]],
    ['two semicolons', [contentType('application/json;; charset=utf-8')]],
    ['a tab in the type', [contentType('application\t/json')]],
    ['a space around the slash', [contentType('application / json')]],
    ['a space around the equals sign', [contentType('application/json; charset = utf-8')]],
    ['a tab instead of the semicolon', [contentType('application/json\tcharset=utf-8')]],
    ['a space instead of the semicolon', [contentType('application/json charset=utf-8')]],
    ['another charset', [contentType('application/json; charset=utf-16')]],
    ['utf-16le', [contentType('application/json; charset=utf-16le')]],
    ['utf-7', [contentType('application/json; charset=utf-7')]],
    ['utf8, which is no charset', [contentType('application/json; charset=utf8')]],
    ['an empty charset', [contentType('application/json; charset=')]],
    ['a quote left open', [contentType('application/json; charset="utf-8')]],
    ['single quotes', [contentType("application/json; charset='utf-8'")]],
    ['two charsets', [contentType('application/json; charset=utf-8; charset=utf-16')]],
    ['the same charset twice', [contentType('application/json; charset=utf-8; charset=utf-8')]],
    ['an unknown parameter', [contentType('application/json; version=1')]],
    ['a parameter ahead of the charset', [contentType('application/json; version=1; charset=utf-8')]],
    ['an extended parameter', [contentType("application/json; charset*=utf-8''utf-8")]],
    ['a second type after a comma', [contentType('application/json, text/plain')]],
    ['the same type after a comma', [contentType('application/json, application/json')]],
    ['two lines', [contentType('application/json'), contentType('text/plain')]],
    ['two equal lines', [contentType('application/json'), contentType('application/json')]],
    ['an empty second line', [contentType('application/json'), contentType('')]],
    ['a +json suffix', [contentType('application/problem+json')]],
    ['json-patch', [contentType('application/json-patch+json')]],
    ['json with a suffix', [contentType('application/jsonx')]],
    ['json5', [contentType('application/json5')]],
    ['text/json', [contentType('text/json')]],
    ['application/x-json', [contentType('application/x-json')]],
    ['a wildcard', [contentType('application/*')]],
    ['text/plain', [contentType('text/plain')]],
    ['a form', [contentType('application/x-www-form-urlencoded')]],
    ['multipart', [contentType('multipart/form-data; boundary=application/json')]],
    ['multipart that ends in the type', [contentType('multipart/mixed; boundary=x; application/json')]],
    ['a line break', [contentType('application/json\n')]],
    ['a carriage return', [contentType('application/json\r')]],
    ['a NUL', [contentType('application/json\0')]],
    ['a no-break space', [contentType('application/json\u00a0')]],
    ['a Kelvin sign for no letter', [contentType('application/json; charset=utf-8\u212a')]],
    ['a long s for an s', [contentType('application/j\u017fon')]],
    ['gzip', [contentType('application/json'), ['content-encoding', 'gzip']]],
    ['br', [contentType('application/json'), ['content-encoding', 'br']]],
    ['deflate, gzip', [contentType('application/json'), ['content-encoding', 'deflate, gzip']]],
    ['identity, which is never sent', [contentType('application/json'), ['content-encoding', 'identity']]],
    ['an empty content-encoding', [contentType('application/json'), ['content-encoding', '']]],
    ['Content-Encoding in capitals', [contentType('application/json'), ['CONTENT-ENCODING', 'gzip']]],
  ])('%s', (_label, lines) => {
    expect(mediaTypeFault(headerReader(lines))).toMatchObject({
      kind: 'invalid',
      code: 'unsupported_media_type',
      status: 415,
      headers: [['accept', 'application/json']],
    })
  })

  test('any other text', () => {
    const plain = /^application\/json[ \t]*(;[ \t]*charset=("utf-8"|utf-8)[ \t]*)?$/i
    const near = fc
      .array(
        fc.constantFrom('application', '/', 'json', '+json', ';', ' ', '\t', ',', 'charset', '=', '"', 'utf-8', 'x'),
      )
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(near, fc.string({ unit: 'binary' })), (value) => {
        fc.pre(!plain.test(value))
        expect(mediaTypeFault(headerReader([contentType(value)]))).toMatchObject({ status: 415 })
      }),
    )
  })
})
