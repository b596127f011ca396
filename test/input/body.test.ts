import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { BodyRead } from '../../src/context.js'
import { jsonBody } from '../../src/input/body.js'
import { contextFor, type TestRequest } from '../support/context.js'

const BOUNDS = { maxBodyBytes: 100, bodyTimeoutMs: 500, maxDepth: 4, maxMembers: 20 }
const JSON_TYPE = ['content-type', 'application/json'] as const

/** A context that tells whether, and with what bounds, its body was read. */
function watched(request: TestRequest) {
  const ctx = contextFor({ headers: [JSON_TYPE], ...request })
  const bytes = vi.fn(ctx.body.bytes)
  return { ...ctx, body: { ...ctx.body, bytes } }
}

describe('what is known beforehand is refused before the body is read', () => {
  test.each<[label: string, request: TestRequest, code: string, status: number]>([
    ['no content-type', { headers: [] }, 'unsupported_media_type', 415],
    ['another type', { headers: [['content-type', 'text/plain']] }, 'unsupported_media_type', 415],
    ['compressed', { headers: [JSON_TYPE, ['content-encoding', 'gzip']] }, 'unsupported_media_type', 415],
    ['content-length beyond the bound', { headers: [JSON_TYPE, ['content-length', '101']] }, 'body_too_large', 413],
    ['an absurd content-length', { headers: [JSON_TYPE, ['content-length', '9'.repeat(400)]] }, 'body_too_large', 413],
    ['415 ahead of 413', { headers: [['content-length', '101']] }, 'unsupported_media_type', 415],
  ])('%s', (_label, request, code, status) => {
    const ctx = watched({ ...request, body: '{}' })
    expect(jsonBody(ctx, BOUNDS)).toMatchObject({ kind: 'invalid', code, status })
    expect(ctx.body.bytes).not.toHaveBeenCalled()
  })

  test('also where the framework parsed it', () => {
    const headers = [JSON_TYPE, ['content-length', '101']] as const
    expect(jsonBody(watched({ headers, parsed: {} }), BOUNDS)).toMatchObject({ code: 'body_too_large' })
    expect(jsonBody(watched({ headers: [], parsed: {} }), BOUNDS)).toMatchObject({ code: 'unsupported_media_type' })
  })
})

describe('reading', () => {
  test('goes as far, and takes as long, as the bounds say', async () => {
    const ctx = watched({ headers: [JSON_TYPE, ['content-length', '100']], body: '{"a":1}' })
    expect(await jsonBody(ctx, BOUNDS)).toEqual({ value: { a: 1 } })
    expect(ctx.body.bytes).toHaveBeenCalledExactlyOnceWith(100, 500)
  })

  test.each<[(BodyRead & { readonly ok: false })['reason'], object]>([
    ['too_large', { kind: 'invalid', code: 'body_too_large', status: 413 }],
    ['timed_out', { kind: 'invalid', code: 'body_timeout', status: 408 }],
    ['incomplete', { kind: 'invalid', code: 'body_incomplete', issues: [] }],
    ['already_read', { kind: 'internal', code: 'body_already_read', cause: expect.any(Error) }],
  ])('%s', async (reason, denial) => {
    expect(await jsonBody(watched({ body: { ok: false, reason } }), BOUNDS)).toMatchObject(denial)
  })

  test('is not needed where the framework parsed the body', () => {
    const ctx = watched({ parsed: { a: 1 } })
    expect(jsonBody(ctx, BOUNDS)).toEqual({ value: { a: 1 } })
    expect(ctx.body.bytes).not.toHaveBeenCalled()
  })

  test.each([[null], [false], [0], ['']])('%j is a parsed body too', (parsed) => {
    const ctx = watched({ parsed })
    expect(jsonBody(ctx, BOUNDS)).toEqual({ value: parsed })
    expect(ctx.body.bytes).not.toHaveBeenCalled()
  })
})

describe('a body that is refused says why, in its syntax', () => {
  test.each([
    ['malformed_json', ''],
    ['malformed_json', '{"a":'],
    ['malformed_utf8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['duplicate_member', '{"a":1,"a":2}'],
    ['unsafe_member', '{"__proto__":{}}'],
    ['lone_surrogate', '"\\ud800"'],
    ['number_out_of_range', '1e999'],
    ['too_deep', '[[[[[1]]]]]'],
    ['too_many_members', `[${'1,'.repeat(20)}1]`],
  ])('%s: %j', async (code, body) => {
    expect(await jsonBody(watched({ body }), BOUNDS)).toEqual({
      allowed: false,
      kind: 'invalid',
      code,
      detail: 'The body is refused.',
      issues: [{ pointer: '/body', detail: expect.any(String) }],
    })
  })

  test('an error of another kind is not taken for one', () => {
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new RangeError('trap')
        },
      },
    )
    expect(() => jsonBody(watched({ parsed: hostile }), BOUNDS)).toThrow(RangeError)
  })
})

describe('one decision, whoever parsed', () => {
  /** JSON text with all that parsers agree on how to read, and that is refused for what it holds. */
  const hostileText = fc.letrec<{ text: string }>((tie) => ({
    text: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom('1e999', '-1e999', '"\\ud800"', '"\\ud83d\\ude00"', 'null', '0.5', '"text"', '"\u20ac"'),
      fc.array(tie('text'), { maxLength: 5 }).map((items) => `[${items.join(' , ')}]`),
      fc
        .uniqueArray(fc.constantFrom('a', 'b', 'c', '__proto__', '\\u005f_proto__', 'constructor', '\\udc00'), {
          maxLength: 3,
          selector: (name) => JSON.parse(`"${name}"`) as string,
        })
        .chain((names) => fc.tuple(...names.map((name) => tie('text').map((text) => `"${name}":${text}`))))
        .map((members) => `{${members.join()}}`),
    ),
  })).text

  test('any text without duplicate members', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(hostileText, fc.json()), async (text) => {
        const bounds = { ...BOUNDS, maxBodyBytes: 1_000_000 }
        const parsed: unknown = JSON.parse(text)
        const ours = await jsonBody(watched({ body: text }), bounds)
        expect(jsonBody(watched({ parsed }), bounds)).toEqual(ours)
        if ('value' in ours) expect(ours.value).toStrictEqual(parsed)
      }),
      { numRuns: 500 },
    )
  })
})
