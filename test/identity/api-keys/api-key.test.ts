import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { toHttp } from '../../../src/http/index.js'
import {
  type Allowance,
  type ApiKeyLookup,
  type ApiKeyOptions,
  type ApiKeyRecord,
  all,
  apiKey,
  type Decision,
  type Denial,
  type Principal,
  requireScope,
} from '../../../src/index.js'
import { contextFor, type TestRequest } from '../../support/context.js'
import { decideNow } from '../../support/guards.js'
import {
  ADDRESS,
  KEY,
  KEY_ID,
  KEY_NOW,
  KEY_SECRET,
  MALFORMED_KEYS,
  RECORD,
  REFUSED_KEYS,
  UNSOUND_RECORDS,
} from '../../vectors/api-keys.js'

const NOW_MS = KEY_NOW * 1000
const REALM = { scheme: 'ApiKey', params: { realm: 'api' } }

const compared = vi.hoisted(() => ({ hashes: [] as Buffer[] }))
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>()
  const timingSafeEqual = (a: Buffer, b: Buffer) => {
    compared.hashes.push(a)
    return crypto.timingSafeEqual(a, b)
  }
  return { ...crypto, timingSafeEqual }
})

/** A record that there is not. */
const NONE = Symbol('none')

const lookupOf =
  (record: unknown): ApiKeyLookup =>
  (id) =>
    id === KEY_ID && record !== NONE ? (record as ApiKeyRecord) : undefined

const guardOf = (record: unknown = RECORD, options: Partial<ApiKeyOptions> = {}) =>
  apiKey({ lookup: lookupOf(record), ...options })

const withKey = (text: string, rest: TestRequest = {}): TestRequest => ({
  headers: [['authorization', `ApiKey ${text}`]],
  client: ADDRESS,
  nowMs: NOW_MS,
  ...rest,
})

const ask = (guard: ReturnType<typeof apiKey>, request: TestRequest = withKey(KEY)) => {
  const ctx = contextFor({ client: ADDRESS, nowMs: NOW_MS, ...request })
  return { decision: decideNow(guard, ctx) as Decision, ctx }
}

describe('a key', () => {
  test('gives a principal of its own, that names its client', () => {
    const { decision } = ask(guardOf())
    expect(decision).toMatchObject({
      allowed: true,
      facts: {
        principal: {
          id: `billing/${KEY_ID}`,
          issuer: 'urn:wardline:api-keys',
          client: 'billing',
          kind: 'service',
          proof: 'key',
          tenant: 'north',
          claims: { keyId: KEY_ID },
          actors: [],
        },
      },
    })
    const { principal } = (decision as Allowance<{ readonly principal: Principal }>).facts
    expect([...principal.scopes]).toEqual(['reports:read', 'reports:list'])
    expect([...principal.roles]).toEqual(['batch'])
    expect(JSON.stringify(principal)).not.toContain(RECORD.hash)
  })

  test.each<readonly [string, TestRequest['headers']]>([
    ['in Authorization', [['authorization', `ApiKey ${KEY}`]]],
    ['with the scheme in other letters', [['Authorization', `aPIKEY ${KEY}`]]],
    ['with more spaces', [['authorization', `ApiKey   ${KEY}`]]],
    ['in X-API-Key', [['X-API-Key', KEY]]],
    [
      'beside another scheme',
      [
        ['authorization', 'Bearer abc'],
        ['x-api-key', KEY],
      ],
    ],
    ['with another prefix', [['x-api-key', KEY.replace('key_', 'live2_')]]],
  ])('is taken %s', (_name, headers) => expect(ask(guardOf(), { headers: headers! }).decision.allowed).toBe(true))

  test.each<readonly [string, Partial<ApiKeyRecord>, TestRequest]>([
    ['without limits', { expiresAt: undefined, addresses: undefined, revoked: undefined, roles: undefined }, {}],
    ['in its last millisecond', { expiresAt: KEY_NOW + 1 }, { nowMs: NOW_MS + 999 }],
    ['from an address of IPv6', {}, { client: '2001:db8::1' }],
    ['with no scope', { scopes: [] }, {}],
    ['of a client with a name of any script', { client: 'B\u00fcro 7' }, {}],
  ])('lets in %s', (_name, change, request) =>
    expect(ask(guardOf({ ...RECORD, ...change }), withKey(KEY, request)).decision.allowed).toBe(true),
  )

  test('of a client that has two makes two principals', () => {
    const other = { ...RECORD, id: 'FEDCBA9876543210' }
    const guard = apiKey({ lookup: (id) => [RECORD, other].find((record) => record.id === id) })
    const ids = [KEY, KEY.replace(KEY_ID, other.id)].map((key) => ask(guard, withKey(key)).decision)
    expect(ids).toMatchObject([
      { facts: { principal: { id: `billing/${KEY_ID}`, client: 'billing' } } },
      { facts: { principal: { id: `billing/${other.id}`, client: 'billing' } } },
    ])
  })

  test('without a scope is asked for one by its own scheme', () =>
    expect(decideNow(all(guardOf(), requireScope('ledger:read')), contextFor(withKey(KEY)))).toMatchObject({
      kind: 'forbidden',
      challenges: [{ scheme: 'ApiKey', params: { realm: 'api', error: 'insufficient_scope', scope: 'ledger:read' } }],
    }))
})

describe('no key', () => {
  test.each<readonly [string, NonNullable<TestRequest['headers']>]>([
    ['nothing', []],
    ['a bearer token', [['authorization', 'Bearer abc']]],
    ['a key as a bearer token', [['authorization', `Bearer ${KEY}`]]],
    ['a key without a scheme', [['authorization', KEY]]],
    ['a scheme that begins so', [['authorization', `ApiKeys ${KEY}`]]],
    ['a scheme behind another', [['authorization', `Basic ApiKey ${KEY}`]]],
    ['a key in a cookie', [['cookie', `x-api-key=${KEY}`]]],
    ['a field with underscores', [['x_api_key', KEY]]],
  ])('%s: 401 key_missing', (_name, headers) =>
    expect(ask(guardOf(), { headers, query: `api_key=${KEY}` }).decision).toEqual({
      allowed: false,
      kind: 'unauthenticated',
      code: 'key_missing',
      challenges: [REALM],
      guard: 'apiKey',
    }),
  )

  test.each(MALFORMED_KEYS)('%s: 401 key_malformed, and nobody is asked', (_input, text) => {
    const lookup = vi.fn(lookupOf(RECORD))
    for (const headers of [[['x-api-key', text]], [['authorization', `ApiKey ${text}`]]] as const) {
      const { decision } = ask(apiKey({ lookup }), { headers })
      expect(decision).toMatchObject({ kind: 'unauthenticated', code: 'key_malformed', challenges: [REALM] })
    }
    expect(lookup).not.toHaveBeenCalled()
  })
})

describe('more than one key: 400 key_repeated', () => {
  test.each<readonly [string, NonNullable<TestRequest['headers']>]>([
    [
      'the same in both fields',
      [
        ['authorization', `ApiKey ${KEY}`],
        ['x-api-key', KEY],
      ],
    ],
    [
      'an empty field beside one',
      [
        ['authorization', `ApiKey ${KEY}`],
        ['x-api-key', ''],
      ],
    ],
    [
      'a scheme alone beside one',
      [
        ['authorization', 'ApiKey'],
        ['x-api-key', KEY],
      ],
    ],
    [
      'twice in X-API-Key',
      [
        ['x-api-key', KEY],
        ['X-Api-Key', KEY],
      ],
    ],
    [
      'twice in Authorization',
      [
        ['authorization', `ApiKey ${KEY}`],
        ['authorization', `ApiKey ${KEY}`],
      ],
    ],
    [
      'a key and a token, both in Authorization',
      [
        ['authorization', `ApiKey ${KEY}`],
        ['authorization', 'Bearer a'],
      ],
    ],
  ])('%s', (_name, headers) =>
    expect(ask(guardOf(), { headers }).decision).toMatchObject({
      kind: 'invalid',
      code: 'key_repeated',
      detail: 'There is more than one API key.',
    }),
  )
})

describe('refused keys', () => {
  const refusals = [
    ...REFUSED_KEYS.map(({ input, change, code }) => [input, { ...RECORD, ...change }, code] as const),
    ['unknown', NONE, 'key_unknown'] as const,
  ]
  test.each(refusals)('%s', (_input, record, code) =>
    expect(ask(guardOf(record)).decision).toMatchObject({
      kind: 'unauthenticated',
      code,
      challenges: [REALM],
      cause: new Error(`key ${KEY_ID}`), // for the audit trail
    }),
  )

  test('a key of some addresses is refused where there is none to tell, as on a Unix socket', () =>
    expect(ask(guardOf(), withKey(KEY, { client: 'unknown' })).decision).toMatchObject({ code: 'key_address_refused' }))

  test('a record that is not of this secret says nothing else about itself', () => {
    const guard = guardOf({ ...RECORD, revoked: true, expiresAt: 0 })
    const guessed = KEY.replace(KEY_SECRET, 'z'.repeat(43))
    expect(ask(guard, withKey(guessed)).decision).toMatchObject({ code: 'key_secret_mismatch' })
  })

  test('the caller cannot tell one from another, nor from no key', () => {
    const answers = [
      ...refusals.map(([, record]) => ask(guardOf(record)).decision),
      ...UNSOUND_RECORDS.map(({ change }) => ask(guardOf({ ...RECORD, ...change })).decision),
    ].map((decision) => JSON.stringify(toHttp(decision as Denial, 'urn:uuid:0')))
    expect(answers.length).toBeGreaterThan(60)
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).toContain('ApiKey realm=\\"api\\"')
    expect(JSON.stringify(toHttp(ask(guardOf(), {}).decision as Denial, 'urn:uuid:0'))).toBe(answers[0])
  })

  test('a key that was revoked is told as such', () =>
    expect(ask(guardOf({ ...RECORD, revoked: true })).decision).toMatchObject({ event: 'authn_token_revoked' }))

  test.each([
    ['known', RECORD],
    ['unknown', NONE],
    ['unsound', { ...RECORD, scopes: 'all' }],
    ['revoked', { ...RECORD, revoked: true }],
  ])('the secret of a key that is %s is compared, once and in constant time', (_name, record) => {
    compared.hashes.length = 0
    ask(guardOf(record))
    expect(compared.hashes.map(({ length }) => length)).toEqual([32])
  })

  test('a record whose hash is the one that stands in for none is no key for everyone', () =>
    expect(ask(guardOf({ ...RECORD, hash: 'A'.repeat(43) })).decision).toMatchObject({ code: 'key_secret_mismatch' }))
})

describe('a record that cannot be refuses its key alone, and is told', () => {
  test.each(UNSOUND_RECORDS.map((row) => [row.input, row] as const))('%s', (_input, { change, code }) => {
    const { decision, ctx } = ask(guardOf({ ...RECORD, ...change }))
    expect(decision).toMatchObject({ kind: 'unauthenticated', code, cause: expect.any(TypeError) })
    expect(ctx.events).toEqual([{ event: 'sys_monitor_disabled', code, guard: 'apiKey' }])
  })

  test.each<readonly [string, unknown]>([
    ['null', null],
    ['text', 'yes'],
    ['true', true],
    ['a list', [RECORD]],
    ['a function', () => RECORD],
    [
      'one that cannot be read',
      Object.defineProperty({}, 'id', {
        get: () => {
          throw new Error('no')
        },
      }),
    ],
  ])('%s', (_name, record) =>
    expect(ask(guardOf(record)).decision).toMatchObject({ kind: 'unauthenticated', code: 'key_record_invalid' }),
  )

  test('more members than a record has are no fault: rows of a database have them', () =>
    expect(ask(guardOf({ ...RECORD, note: 'x' })).decision.allowed).toBe(true))
})

describe('hostile texts', () => {
  const ALPHABET = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz']
  const text = (length: number) =>
    fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: length, maxLength: length })

  test('any text but the key itself is refused, without a throw', () => {
    const guard = guardOf()
    const anything = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.string({ unit: 'binary', maxLength: 100 }),
      fc.tuple(text(16), text(43)).map(([id, secret]) => `key_${id}_${secret}`),
      text(43).map((secret) => `key_${KEY_ID}_${secret}`),
      fc.tuple(fc.nat(KEY.length), fc.string({ minLength: 1, maxLength: 3 })).map(([at, more]) => {
        const changed = KEY.slice(0, at) + more + KEY.slice(at + more.length)
        return changed.slice(3) === KEY.slice(3) ? '' : changed
      }),
      fc.nat(KEY.length - 1).map((at) => KEY.slice(0, at)),
    )
    fc.assert(
      fc.property(anything, (sent) => {
        const { decision } = ask(guard, { headers: [['x-api-key', sent]] })
        expect(decision).toMatchObject({ kind: 'unauthenticated' })
        expect((decision as Denial).code).toMatch(/^key_(?:malformed|unknown|secret_mismatch)$/)
      }),
      { numRuns: 2000 },
    )
  })

  test('any Authorization field is answered', () => {
    const guard = guardOf()
    fc.assert(
      fc.property(
        fc.constantFrom('ApiKey ', 'apikey', 'ApiKey\t', ''),
        fc.string({ unit: 'binary' }),
        (scheme, rest) => {
          const { decision } = ask(guard, { headers: [['authorization', scheme + rest]] })
          expect((decision as Denial).code).toMatch(/^key_(?:malformed|missing|unknown)$/)
        },
      ),
    )
  })

  test.each([
    ['spaces', `ApiKey ${' '.repeat(60_000)}\n`],
    ['underscores', `ApiKey ${'a_'.repeat(100_000)}`],
  ])('much of %s costs little', (_name, authorization) => {
    const startedMs = performance.now()
    expect(ask(guardOf(), { headers: [['authorization', authorization]] }).decision).toMatchObject({
      code: 'key_malformed',
    })
    expect(performance.now() - startedMs).toBeLessThan(1_000)
  })
})

test('challenge, issuer and field are what the options say', () => {
  const guard = guardOf(RECORD, { realm: 'reports "v2"', issuer: 'https://keys.example', header: 'X-Reports-Key' })
  expect(ask(guard, { headers: [['x-api-key', KEY]] }).decision).toMatchObject({
    code: 'key_missing',
    challenges: [{ scheme: 'ApiKey', params: { realm: 'reports "v2"' } }],
  })
  expect(ask(guard, { headers: [['x-reports-key', KEY]] }).decision).toMatchObject({
    facts: { principal: { issuer: 'https://keys.example' } },
  })
  expect(guard).toMatchObject({
    name: 'apiKey',
    about: { room: 'identity', requires: { issuer: 'https://keys.example', header: 'x-reports-key' } },
  })
})

describe('is a TypeError:', () => {
  const lookup = lookupOf(RECORD)
  test.each<readonly [string, unknown, RegExp]>([
    ['no options', undefined, /apiKey\(\): options must be an object/],
    ['no lookup', {}, /^lookup must be a function/],
    ['a fault that is no function', { lookup: Object.assign(() => undefined, { fault: 1 }) }, /^lookup\.fault must be/],
    ['a misspelt option', { lookup, headers: 'a' }, /unknown option headers/],
    ['an empty issuer', { lookup, issuer: '' }, /^issuer must be a non-empty string/],
    ['an empty field', { lookup, header: '' }, /^header must be the name/],
    ['a field with a space', { lookup, header: 'x key' }, /^header must be the name/],
    ['a field with a colon', { lookup, header: 'x-key:' }, /^header must be the name/],
    ['the field Authorization', { lookup, header: 'Authorization' }, /^header must be the name/],
    ['the field Cookie', { lookup, header: 'cookie' }, /^header must be the name/],
    ['a realm with a line break', { lookup, realm: 'a\nb' }, /^realm must be/],
    [
      'a cache of five minutes and more',
      { lookup, cacheSeconds: 301 },
      /^cacheSeconds must be an integer from 0 to 300/,
    ],
    ['room for none', { lookup, maxCached: 0 }, /^maxCached must be an integer from 1/],
    ['a listener that is none', { lookup, onUsed: true }, /^onUsed must be a function/],
  ])('%s', (_name, options, message) => {
    const make = () => apiKey(options as ApiKeyOptions)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })
})
