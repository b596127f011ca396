import { describe, expect, test, vi } from 'vitest'
import type { Decision } from '../../src/decision.js'
import { evaluate } from '../../src/evaluate.js'
import { describe as describeGuard } from '../../src/guard.js'
import { type InputSchemas, type ValidateOptions, validate } from '../../src/input/index.js'
import { contextFor, type TestRequest } from '../support/context.js'

const STRING = { type: 'string', maxLength: 20 } as const
const object = <const P extends object>(properties: P, required: readonly string[] = []) =>
  ({ type: 'object', properties, required }) as const

const all = validate({
  params: object({ id: { type: 'integer' } }, ['id']),
  query: object({ page: { type: 'integer' }, deep: { type: 'boolean' }, tag: { type: 'array', items: STRING } }),
  headers: object({ 'x-tenant': STRING, 'x-retry': { type: 'integer' } }, ['x-tenant']),
  body: object({ sku: STRING, quantity: { type: 'integer' } }, ['sku']),
})

const sound: TestRequest = {
  params: { id: '7' },
  query: 'page=2&deep=true&tag=a&tag=b',
  headers: [
    ['Content-Type', 'application/json'],
    ['X-Tenant', 'acme'],
    ['X-Retry', '3'],
    ['Cookie', 'session=1'],
  ],
  body: '{"sku":"A-1","quantity":2}',
}

function ask(guard: ReturnType<typeof validate>, request: TestRequest) {
  const ctx = contextFor(request)
  const bytes = vi.fn(ctx.body.bytes)
  const answer = evaluate(guard, { ...ctx, body: { ...ctx.body, bytes } }, {}) as Decision<{ readonly input: object }>
  return { answer, bytes, replaced: ctx.replaced }
}

describe('a sound request', () => {
  test('gives exactly what was validated, typed', async () => {
    const { answer, replaced } = ask(all, sound)
    expect(await answer).toEqual({
      allowed: true,
      facts: {
        input: {
          params: { id: 7 },
          query: { page: 2, deep: true, tag: ['a', 'b'] },
          headers: { 'x-tenant': 'acme', 'x-retry': 3 },
          body: { sku: 'A-1', quantity: 2 },
        },
      },
      headers: undefined,
      charges: undefined,
    })
    expect(replaced).toEqual([{ sku: 'A-1', quantity: 2 }])
  })

  test('the handler finds in the body the value that was validated, not a copy', async () => {
    const parsed = { sku: 'A-1' }
    const { answer, replaced, bytes } = ask(all, { ...sound, parsed })
    expect(((await answer) as { facts: { input: { body: unknown } } }).facts.input.body).toBe(parsed)
    expect(replaced[0]).toBe(parsed)
    expect(bytes).not.toHaveBeenCalled()
  })

  test('parts without a schema are not given, and the answer comes at once', () => {
    const guard = validate({ query: object({ page: { type: 'integer' } }) })
    const { answer, replaced, bytes } = ask(guard, { ...sound, query: 'page=2' })
    expect(answer).toMatchObject({ allowed: true, facts: { input: { query: { page: 2 } } } })
    expect(Object.keys((answer as { facts: { input: object } }).facts.input)).toEqual(['query'])
    expect(bytes).not.toHaveBeenCalled()
    expect(replaced).toEqual([])
  })

  test("the framework's own params stay as they are", () => {
    const params = Object.freeze({ id: '7' })
    const guard = validate({ params: object({ id: { type: 'integer' } }) })
    expect(ask(guard, { params }).answer).toMatchObject({ allowed: true, facts: { input: { params: { id: 7 } } } })
    expect(params).toEqual({ id: '7' })
  })

  test('header fields that the schema does not name are not looked at', () => {
    const guard = validate({ headers: object({}) })
    expect(ask(guard, sound).answer).toMatchObject({ allowed: true, facts: { input: { headers: {} } } })
  })

  test('facts of one request are not those of the next', () => {
    const guard = validate({ query: object({ page: { type: 'integer' } }) })
    const [one, two] = ['page=1', 'page=2'].map((query) => ask(guard, { query }).answer)
    expect([one, two]).toMatchObject([1, 2].map((page) => ({ facts: { input: { query: { page } } } })))
  })
})

describe('a part that does not match its schema', () => {
  type Row = [label: string, change: TestRequest, code: string, pointer: string]
  const withHeaders = (...lines: readonly (readonly [string, string])[]): TestRequest => ({
    headers: [['content-type', 'application/json'], ...lines],
  })

  test.each<Row>([
    ['a parameter of the wrong type', { params: { id: 'x' } }, 'invalid_params', '/params/id'],
    ['a number in another notation', { params: { id: '0x7' } }, 'invalid_params', '/params/id'],
    ['a parameter that is missing', { params: {} }, 'invalid_params', '/params'],
    ['a parameter that is undefined', { params: { id: undefined } }, 'invalid_params', '/params'],
    ['a parameter that nobody described', { params: { id: '7', x: '1' } }, 'invalid_params', '/params/x'],
    ['a parameter that is a list', { params: { id: ['7', '8'] } }, 'invalid_params', '/params/id'],
    ['a query parameter of the wrong type', { query: 'page=two' }, 'invalid_query', '/query/page'],
    ['one that occurs twice', { query: 'page=1&page=2' }, 'invalid_query', '/query/page'],
    ['one that occurs twice, once encoded', { query: 'page=1&p%61ge=2' }, 'invalid_query', '/query/page'],
    ['one with brackets', { query: 'page[]=1' }, 'invalid_query', '/query/page[]'],
    ['one that nobody described', { query: 'admin=true' }, 'invalid_query', '/query/admin'],
    ['__proto__', { query: '__proto__=1' }, 'invalid_query', '/query/__proto__'],
    ['constructor', { query: 'constructor=1' }, 'invalid_query', '/query/constructor'],
    ['hasOwnProperty', { query: 'hasOwnProperty=1' }, 'invalid_query', '/query/hasOwnProperty'],
    ['an element that is too long', { query: `tag=a&tag=${'a'.repeat(21)}` }, 'invalid_query', '/query/tag/1'],
    ['a field that is missing', withHeaders(), 'invalid_headers', '/headers'],
    ['a field sent twice', withHeaders(['x-tenant', 'a'], ['X-Tenant', 'b']), 'invalid_headers', '/headers/x-tenant'],
    [
      'a field of the wrong type',
      withHeaders(['x-tenant', 'a'], ['x-retry', ' 1']),
      'invalid_headers',
      '/headers/x-retry',
    ],
  ])('%s', (_label, change, code, pointer) => {
    const { answer, bytes, replaced } = ask(all, { ...sound, ...change })
    expect(answer).toMatchObject({ kind: 'invalid', code, issues: [{ pointer, detail: expect.any(String) }] })
    expect(answer).not.toHaveProperty('status')
    expect(bytes).not.toHaveBeenCalled()
    expect(replaced).toEqual([])
  })

  test.each<Row>([
    ['malformed', { query: 'page=%' }, 'malformed_query', ''],
    ['too many parameters', { query: 'a&'.repeat(256) }, 'too_many_parameters', ''],
  ])('a query that is %s', (_label, change, code) => {
    const { answer, bytes } = ask(all, { ...sound, ...change })
    expect(answer).toMatchObject({ kind: 'invalid', code })
    expect(bytes).not.toHaveBeenCalled()
  })

  test.each([
    ['a member of the wrong type', '{"sku":1}', '/body/sku'],
    ['a number as text', '{"sku":"A","quantity":"2"}', '/body/quantity'],
    ['a member that is missing', '{}', '/body'],
    ['a member that nobody described', '{"sku":"A","isAdmin":true}', '/body/isAdmin'],
    ['another type', '[]', '/body'],
  ])('a body with %s is 422', async (_label, body, pointer) => {
    const { answer, replaced } = ask(all, { ...sound, body })
    expect(await answer).toMatchObject({ kind: 'invalid', code: 'invalid_body', status: 422, issues: [{ pointer }] })
    expect(replaced).toEqual([])
  })

  test('params come ahead of query, query of headers, and headers of the body', async () => {
    const wrong = { params: {}, query: 'x', headers: [], body: '' }
    const { headers, params, query } = sound
    const order = [wrong, { ...wrong, params }, { ...wrong, params, query }, { ...wrong, params, query, headers }]
    const codes = []
    for (const request of order) codes.push(await ask(all, request as TestRequest).answer)
    expect(codes).toMatchObject([
      { code: 'invalid_params' },
      { code: 'invalid_query' },
      { code: 'invalid_headers' },
      { code: 'malformed_json' },
    ])
  })
})

describe('a body that cannot be had', () => {
  test.each<[label: string, change: TestRequest, denial: object]>([
    ['another type', { headers: [['x-tenant', 'a']] }, { code: 'unsupported_media_type', status: 415 }],
    ['too large', { body: { ok: false, reason: 'too_large' } }, { code: 'body_too_large', status: 413 }],
    ['too slow', { body: { ok: false, reason: 'timed_out' } }, { code: 'body_timeout', status: 408 }],
    ['cut off', { body: { ok: false, reason: 'incomplete' } }, { kind: 'invalid', code: 'body_incomplete' }],
    [
      'read by another',
      { body: { ok: false, reason: 'already_read' } },
      { kind: 'internal', code: 'body_already_read' },
    ],
  ])('%s', async (_label, change, denial) => {
    const { answer, replaced } = ask(all, { ...sound, ...change })
    expect(await answer).toMatchObject({ allowed: false, ...denial })
    expect(replaced).toEqual([])
  })

  test.each([
    [65_536, undefined],
    [65_537, 'body_too_large'],
  ])('65 536 bytes unless the options say otherwise: %i', async (length, code) => {
    const headers = [...sound.headers!, ['content-length', String(length)] as const]
    expect(((await ask(all, { ...sound, headers }).answer) as { code?: string }).code).toBe(code)
  })

  test('the bounds are those of the options', async () => {
    const options = { maxBodyBytes: 10, bodyTimeoutMs: 100, maxDepth: 1, maxMembers: 2 }
    const guard = validate({ body: true }, options)
    const request = { headers: [['content-type', 'application/json']] as const }
    const { answer, bytes } = ask(guard, { ...request, body: '[1,2]' })
    expect(await answer).toMatchObject({ allowed: true })
    expect(bytes).toHaveBeenCalledExactlyOnceWith(10, 100)
    expect(await ask(guard, { ...request, body: '[1,2,3]' }).answer).toMatchObject({ code: 'too_many_members' })
    expect(await ask(guard, { ...request, body: '[[1]]' }).answer).toMatchObject({ code: 'too_deep' })
  })
})

describe('construction', () => {
  test.each<[label: string, schemas: unknown, options: unknown, message: string]>([
    ['no schema', {}, {}, 'validate(): expected at least one schema'],
    ['none but undefined', { body: undefined }, {}, 'validate(): expected at least one schema'],
    ['null for the schemas', null, {}, 'validate(): options must be an object, got null'],
    ['an unknown part', { boddy: {} }, {}, 'validate(): unknown option boddy; known are body, query, params, headers'],
    ['a schema that is none', { body: { type: 'strin' } }, {}, 'validate(): body: schema is invalid'],
    ['null for a schema', { body: null }, {}, 'validate(): body: expected a JSON Schema, got null'],
    [
      'an unknown keyword',
      { params: { typ: 'object' } },
      {},
      'validate(): params: strict mode: unknown keyword: "typ"',
    ],
    [
      'a field in capitals',
      { headers: object({ 'X-Tenant': STRING }) },
      {},
      'headers: "X-Tenant" must be in lower case',
    ],
    ['an unknown option', { body: true }, { maxBytes: 1 }, 'validate(): unknown option maxBytes'],
    ['null for the options', { body: true }, null, 'validate(): options must be an object, got null'],
    ['no bytes', { body: true }, { maxBodyBytes: 0 }, 'maxBodyBytes must be an integer from 1 to 16777216, got 0'],
    ['too many', { body: true }, { maxBodyBytes: 2 ** 24 + 1 }, 'maxBodyBytes must be an integer'],
    [
      'bytes as text',
      { body: true },
      { maxBodyBytes: '1kb' },
      'maxBodyBytes must be an integer from 1 to 16777216, got "1kb"',
    ],
    ['too short', { body: true }, { bodyTimeoutMs: 99 }, 'bodyTimeoutMs must be an integer from 100 to 300000, got 99'],
    ['too long', { body: true }, { bodyTimeoutMs: 300_001 }, 'bodyTimeoutMs must be'],
    ['no depth', { body: true }, { maxDepth: 0 }, 'maxDepth must be an integer from 1 to 200, got 0'],
    ['too deep', { body: true }, { maxDepth: 201 }, 'maxDepth must be'],
    ['half a member', { body: true }, { maxMembers: 1.5 }, 'maxMembers must be an integer from 1 to 1000000, got 1.5'],
    ['NaN members', { body: true }, { maxMembers: Number.NaN }, 'maxMembers must be'],
    ['options that matter only for a body', { query: {} }, { maxDepth: 0 }, 'maxDepth must be'],
  ])('%s is a TypeError', (_label, schemas, options, message) => {
    const constructing = () => validate(schemas as InputSchemas, options as ValidateOptions)
    expect(constructing).toThrow(TypeError)
    expect(constructing).toThrow(message)
  })

  test('the guard says what it is', () => {
    expect(describeGuard(all)).toEqual({
      name: 'validate',
      room: 'input',
      requires: { parts: ['params', 'query', 'headers', 'body'] },
    })
    expect(Object.isFrozen(all)).toBe(true)
  })
})
