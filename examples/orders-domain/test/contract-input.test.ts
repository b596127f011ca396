import { type AuditedAnswer, CANARY, type Idp, startIdp, tokenFor } from '@wardline/test-kit'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CLERK, ORDER, READER } from './support/callers.js'
import { OrdersService, SERVICES } from './support/orders-service.js'

const LIMIT = 64 * 1024
const JSON_TYPE = ['content-type', 'application/json'] as const

/** JSON of exactly `bytes` bytes: blanks between members mean nothing. */
const padded = (bytes: number): string => {
  const text = JSON.stringify(ORDER)
  return `{${' '.repeat(bytes - text.length)}${text.slice(1)}`
}
const chunked = (body: string): string =>
  `${(body.match(/[\s\S]{1,8192}/g) ?? []).map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')}0\r\n\r\n`
const item = (change: object) => ({ ...ORDER, items: [{ ...ORDER.items[0], ...change }] })
const text = (value: string) => ({ ...ORDER, note: value })

let idp: Idp
beforeAll(async () => {
  idp = await startIdp({ clients: [] })
})
afterAll(() => idp.close())

describe.each(SERVICES)('%s', { concurrent: true }, (_name, script) => {
  let service: OrdersService
  beforeAll(async () => {
    service = await OrdersService.start(script, { ISSUER: idp.issuer })
  })
  afterAll(() => service.close())

  type Headers = readonly (readonly [string, string])[]
  const post = async (body: string | Uint8Array | undefined, headers: Headers = [JSON_TYPE]): Promise<AuditedAnswer> =>
    service.send({
      token: await tokenFor(idp, CLERK),
      method: 'POST',
      target: '/orders',
      headers,
      ...(body !== undefined && { body }),
    })
  const outcome = ({ status, json }: AuditedAnswer) => [status, json.code]
  const hasIssues = ({ json }: AuditedAnswer) =>
    expect(json.issues).toEqual([{ pointer: expect.stringMatching(/^\/body/), detail: expect.stringMatching(/./) }])

  describe('application/json only', () => {
    test.each([
      ['application/json'],
      ['Application/JSON'],
      ['application/json; charset=utf-8'],
      ['application/json;charset=UTF-8'],
      ['application/json; charset="utf-8"'],
    ])('%s is accepted', async (type) => {
      expect((await post(JSON.stringify(ORDER), [['content-type', type]])).status).toBe(201)
    })

    test.each([
      [''],
      ['text/plain'],
      ['text/json'],
      ['application/x-www-form-urlencoded'],
      ['multipart/form-data; boundary=x'],
      ['application/jsonp'],
      ['application/json5'],
      ['application/ld+json'],
      ['application/problem+json'],
      ['application/vnd.orders+json'],
      ['application/json, text/plain'],
      ['text/plain, application/json'],
      ['application/json text/plain'],
      ['application/json\ttext/plain'],
      ['application/json;'],
      ['application/json; charset=utf-16'],
      ['application/json; charset=latin1'],
      ['application/json; charset=utf-8; charset=utf-16'],
      ['application/json; boundary=x'],
      ['application /json'],
      ['application/json/x'],
      ['"application/json"'],
      ['*/*'],
      ['application/*'],
      ['application/json\u00a0'],
    ])('%j answers 415', async (type) => {
      const answer = await post(JSON.stringify(ORDER), [['content-type', type]])
      expect(outcome(answer)).toEqual([415, 'unsupported_media_type'])
      expect(answer.headers.accept).toBe('application/json')
    })

    test.each<[what: string, headers: Headers]>([
      ['no Content-Type', []],
      ['gzip', [JSON_TYPE, ['content-encoding', 'gzip']]],
      ['identity', [JSON_TYPE, ['content-encoding', 'identity']]],
      ['br, gzip', [JSON_TYPE, ['content-encoding', 'br, gzip']]],
    ])('%s answers 415', async (_what, headers) => {
      expect(outcome(await post(JSON.stringify(ORDER), headers))).toEqual([415, 'unsupported_media_type'])
    })

    test('two Content-Type fields are refused', async () => {
      const answer = await post(JSON.stringify(ORDER), [JSON_TYPE, ['content-type', 'text/plain']])
      expect(outcome(answer)).toEqual([400, 'duplicate_header'])
    })
  })

  describe('at most 64 KiB', () => {
    test('exactly 64 KiB is accepted', async () => {
      expect((await post(padded(LIMIT))).status).toBe(201)
    })

    test('exactly 64 KiB in chunks is accepted', async () => {
      expect((await post(chunked(padded(LIMIT)), [JSON_TYPE, ['transfer-encoding', 'chunked']])).status).toBe(201)
    })

    test.each([[LIMIT + 1], [10_000_000], [Number.MAX_SAFE_INTEGER]])(
      'Content-Length: %i answers 413 before a byte of the body is sent',
      async (length) => {
        const answer = await post(undefined, [JSON_TYPE, ['content-length', String(length)]])
        expect(outcome(answer)).toEqual([413, 'body_too_large'])
      },
    )

    test('one byte more answers 413 when all of it is sent', async () => {
      expect(outcome(await post(padded(LIMIT + 1)))).toEqual([413, 'body_too_large'])
    })

    test.each([[LIMIT + 1], [200_000]])('%i bytes in chunks answer 413', async (bytes) => {
      const answer = await post(chunked(padded(bytes)), [JSON_TYPE, ['transfer-encoding', 'chunked']])
      expect(outcome(answer)).toEqual([413, 'body_too_large'])
    })

    test('chunks without end are answered at the bound', async () => {
      const answer = await post(`ffffff\r\n${' '.repeat(LIMIT + 1)}`, [JSON_TYPE, ['transfer-encoding', 'chunked']])
      expect(outcome(answer)).toEqual([413, 'body_too_large'])
    })

    test('who may not is told so before size, type or content is looked at', async () => {
      const token = await tokenFor(idp, READER)
      const headers: Headers = [
        ['content-type', 'text/plain'],
        ['content-length', '9999999'],
      ]
      const answer = await service.send({ token, method: 'POST', target: '/orders', headers })
      expect(outcome(answer)).toEqual([403, 'role_missing'])
    })

    test.each<[what: string, headers: Headers]>([
      ['two lengths', [JSON_TYPE, ['content-length', '2'], ['content-length', '70000']]],
      ['a list of lengths', [JSON_TYPE, ['content-length', '2, 2']]],
      ['a negative length', [JSON_TYPE, ['content-length', '-1']]],
      ['a length in hexadecimal', [JSON_TYPE, ['content-length', '0x10']]],
      ['a length and chunks', [JSON_TYPE, ['content-length', '2'], ['transfer-encoding', 'chunked']]],
    ])('%s is no request at all', async (_what, headers) => {
      expect((await post('{}', headers)).status).toBe(400)
    })
  })

  describe('UTF-8', () => {
    test.each<[what: string, body: Uint8Array]>([
      ['Latin-1', Buffer.from(JSON.stringify(text('caf\u00e9')), 'latin1')],
      ['UTF-16', Buffer.from(JSON.stringify(ORDER), 'utf16le')],
      ['an overlong slash', withNote([0xc0, 0xaf])],
      ['a surrogate in UTF-8', withNote([0xed, 0xa0, 0x80])],
      ['a truncated character', withNote([0xe2, 0x82])],
    ])('%s is refused', async (_what, body) => {
      const answer = await post(body)
      expect(answer.status).toBe(400)
      hasIssues(answer)
    })

    test('a byte order mark is refused', async () => {
      const answer = await post(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(JSON.stringify(ORDER))]))
      expect(outcome(answer)).toEqual([400, 'malformed_json'])
    })

    test('a note in any script is kept', async () => {
      const answer = await post(JSON.stringify(text('\u65e5\u672c \u{1f4e6} \u05e9')))
      expect(answer.status).toBe(201)
      expect(JSON.parse(Buffer.from(answer.body, 'latin1').toString()).note).toBe('\u65e5\u672c \u{1f4e6} \u05e9')
    })
  })

  describe('the schema, to its bounds', () => {
    test.each<[what: string, body: unknown]>([
      ['the least', ORDER],
      ['a customerId in upper case', { ...ORDER, customerId: ORDER.customerId.toUpperCase() }],
      ['50 items', { ...ORDER, items: Array(50).fill(ORDER.items[0]) }],
      ['sku of 3', item({ sku: 'A-1' })],
      ['sku of 20', item({ sku: 'A'.repeat(20) })],
      ['quantity 1', item({ quantity: 1 })],
      ['quantity 100', item({ quantity: 100 })],
      ['an empty note', text('')],
      ['a note of 500', text('n'.repeat(500))],
    ])('%s is accepted', async (_what, body) => {
      expect((await post(JSON.stringify(body))).status).toBe(201)
    })

    test.each<[what: string, body: unknown, pointer: string]>([
      ['null', null, '/body'],
      ['an array', [ORDER], '/body'],
      ['a string', 'order', '/body'],
      ['a number', 1, '/body'],
      ['true', true, '/body'],
      ['no member', {}, '/body'],
      ['no customerId', { items: ORDER.items }, '/body'],
      ['no items', { customerId: ORDER.customerId }, '/body'],
      ['customerId that is no uuid', { ...ORDER, customerId: 'alice' }, '/body/customerId'],
      ['customerId without dashes', { ...ORDER, customerId: ORDER.customerId.replaceAll('-', '') }, '/body/customerId'],
      ['customerId in braces', { ...ORDER, customerId: `{${ORDER.customerId}}` }, '/body/customerId'],
      ['customerId as URN', { ...ORDER, customerId: `urn:uuid:${ORDER.customerId}` }, '/body/customerId'],
      ['customerId and a line break', { ...ORDER, customerId: `${ORDER.customerId}\n` }, '/body/customerId'],
      ['customerId as array', { ...ORDER, customerId: [ORDER.customerId] }, '/body/customerId'],
      ['customerId null', { ...ORDER, customerId: null }, '/body/customerId'],
      ['no item', { ...ORDER, items: [] }, '/body/items'],
      ['51 items', { ...ORDER, items: Array(51).fill(ORDER.items[0]) }, '/body/items'],
      ['items as object', { ...ORDER, items: { 0: ORDER.items[0], length: 1 } }, '/body/items'],
      ['item null', { ...ORDER, items: [null] }, '/body/items/0'],
      ['item without sku', { ...ORDER, items: [{ quantity: 1 }] }, '/body/items/0'],
      ['item without quantity', { ...ORDER, items: [{ sku: 'ABC' }] }, '/body/items/0'],
      ['sku of 2', item({ sku: 'AB' }), '/body/items/0/sku'],
      ['sku of 21', item({ sku: 'A'.repeat(21) }), '/body/items/0/sku'],
      ['sku in lower case', item({ sku: 'abc' }), '/body/items/0/sku'],
      ['sku with a blank', item({ sku: 'A C' }), '/body/items/0/sku'],
      ['sku and a line break', item({ sku: 'ABC\n' }), '/body/items/0/sku'],
      ['sku on two lines', item({ sku: 'ABC\nDEF' }), '/body/items/0/sku'],
      ['sku in full-width letters', item({ sku: '\uff21\uff22\uff23' }), '/body/items/0/sku'],
      ['sku as number', item({ sku: 123 }), '/body/items/0/sku'],
      ['sku of 60 000', item({ sku: 'A'.repeat(60_000) }), '/body/items/0/sku'],
      ['quantity 0', item({ quantity: 0 }), '/body/items/0/quantity'],
      ['quantity -1', item({ quantity: -1 }), '/body/items/0/quantity'],
      ['quantity 101', item({ quantity: 101 }), '/body/items/0/quantity'],
      ['quantity 1.5', item({ quantity: 1.5 }), '/body/items/0/quantity'],
      ['quantity 1e300', item({ quantity: 1e300 }), '/body/items/0/quantity'],
      ['quantity as text', item({ quantity: '1' }), '/body/items/0/quantity'],
      ['quantity true', item({ quantity: true }), '/body/items/0/quantity'],
      ['quantity as array', item({ quantity: [1] }), '/body/items/0/quantity'],
      ['a note of 501', text('n'.repeat(501)), '/body/note'],
      ['a note as number', { ...ORDER, note: 1 }, '/body/note'],
      ['a note null', { ...ORDER, note: null }, '/body/note'],
      ['another member', { ...ORDER, [CANARY]: 1 }, `/body/${CANARY}`],
      ['a tenant', { ...ORDER, tenant: 'globex' }, '/body/tenant'],
      ['an id', { ...ORDER, id: '1' }, '/body/id'],
      ['a role', { ...ORDER, roles: ['admin'] }, '/body/roles'],
      ['another member of an item', item({ price: 0 }), '/body/items/0/price'],
      ['prototype', { ...ORDER, prototype: {} }, '/body/prototype'],
      ['toString', { ...ORDER, toString: 1 }, '/body/toString'],
      ['hasOwnProperty', { ...ORDER, hasOwnProperty: 1 }, '/body/hasOwnProperty'],
      ['a member without name', { ...ORDER, '': 1 }, '/body/'],
    ])('%s answers 422 with issues', async (_what, body, pointer) => {
      const answer = await post(JSON.stringify(body))
      expect(outcome(answer)).toEqual([422, 'invalid_body'])
      expect(answer.json.issues).toEqual([{ pointer, detail: expect.stringMatching(/./) }])
    })

    const asText = JSON.stringify(ORDER)
    const beside = (members: string) => `{${members},${asText.slice(1)}`
    test.each<[what: string, body: string, code: string]>([
      ['an empty body', '', 'malformed_json'],
      ['blanks', '  ', 'malformed_json'],
      ['half an object', asText.slice(0, -1), 'malformed_json'],
      ['two objects', `${asText}${asText}`, 'malformed_json'],
      ['a comment', `${asText}// x`, 'malformed_json'],
      ['a trailing comma', `${asText.slice(0, -1)},}`, 'malformed_json'],
      ['single quotes', asText.replaceAll('"', "'"), 'malformed_json'],
      ['NaN', asText.replace(':2', ':NaN'), 'malformed_json'],
      ['a number in octal', asText.replace(':2', ':02'), 'malformed_json'],
      ['a raw line break in a string', beside('"note":"a\nb"'), 'malformed_json'],
      ['a duplicate member', beside('"customerId":"x"'), 'duplicate_member'],
      ['a duplicate that is escaped', beside('"customer\\u0049d":"x"'), 'duplicate_member'],
      ['a duplicate in an item', asText.replace('"quantity":2', '"quantity":2,"quantity":3'), 'duplicate_member'],
      ['__proto__', beside('"__proto__":{"tenant":"globex"}'), 'unsafe_member'],
      ['__proto__ that is escaped', beside('"\\u005f_proto__":{}'), 'unsafe_member'],
      ['__proto__ in an item', asText.replace('"sku"', '"__proto__":{},"sku"'), 'unsafe_member'],
      ['constructor', beside('"constructor":{"prototype":{"tenant":"globex"}}'), 'unsafe_member'],
      ['a number out of range', asText.replace(':2', ':1e400'), 'number_out_of_range'],
      ['a lone surrogate', beside('"note":"\\ud800"'), 'lone_surrogate'],
      ['a lone surrogate in a name', beside('"\\udc00":1'), 'lone_surrogate'],
      ['40 levels', '['.repeat(40) + ']'.repeat(40), 'too_deep'],
      ['30 000 levels', '['.repeat(30_000) + ']'.repeat(30_000), 'too_deep'],
      ['20 000 members', `[${'0,'.repeat(20_000)}0]`, 'too_many_members'],
    ])('%s answers 400 with issues', async (_what, body, code) => {
      const answer = await post(body)
      expect(outcome(answer)).toEqual([400, code])
      hasIssues(answer)
    })
  })

  test('no body of any making gets a 5xx or past the schema', async () => {
    const bodies = fc.sample(fc.oneof(fc.json(), fc.string({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 })), 80)
    const answers = await Promise.all(bodies.map((body) => post(body)))
    for (const answer of answers) {
      expect([400, 422]).toContain(answer.status)
      hasIssues(answer)
    }
  })
})

function withNote(bytes: readonly number[]): Uint8Array {
  const [before, after] = JSON.stringify(text('|')).split('|') as [string, string]
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)])
}
