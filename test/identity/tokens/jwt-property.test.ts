import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  ask,
  askWith,
  encoded,
  FakeIssuer,
  headerOf,
  type JwtGuard,
  signed,
  standardClaims,
} from '../../support/fake-issuer.js'

const RUNS = { numRuns: 500 }

const idp = new FakeIssuer()
const key = idp.keys[0]!
const tokens = [idp.token(), idp.token({ sub: 'bob' }), idp.token({ scope: 'admin', roles: ['admin'] })]
const TOKEN_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/='

const token = fc.constantFrom(...tokens)
const character = fc.constantFrom(...TOKEN_CHARACTERS)
const parts = token.map((text) => text.split('.'))

/** A good token with one bit turned over, in a part as it is decoded. */
const bitFlipped = fc.tuple(parts, fc.nat(2), fc.nat(), fc.nat(7)).map(([list, index, position, bit]) => {
  const bytes = Buffer.from(list[index]!, 'base64url')
  bytes[position % bytes.length]! ^= 1 << bit
  return list.with(index, encoded(bytes)).join('.')
})

/** A good token with one character exchanged, left out or put in. */
const mistyped = fc
  .tuple(token, fc.nat(), fc.constantFrom(0, 1), fc.oneof(fc.constant(''), character))
  .map(([text, position, removed, added]) => {
    const at = position % text.length
    return text.slice(0, at) + added + text.slice(at + removed)
  })

/** Parts of several good tokens, in any order and number. */
const shuffled = fc
  .array(fc.tuple(parts, fc.nat(2)), { minLength: 1, maxLength: 6 })
  .map((list) => list.map(([from, index]) => from[index]).join('.'))

const truncated = fc.tuple(token, fc.nat()).map(([text, length]) => text.slice(0, length % text.length))

/** Anything at all where the header, the payload and the signature belong. */
const anyJson = fc.oneof(fc.json(), fc.string({ unit: 'binary' }))
const invented = fc.tuple(anyJson, anyJson, fc.uint8Array({ maxLength: 80 })).map((list) => list.map(encoded).join('.'))

/** Looks right, but for a signature that anyone can make up. */
const forged = fc
  .tuple(fc.dictionary(fc.constantFrom('alg', 'kid', 'typ', 'jwk', 'crit', 'x'), fc.jsonValue()), fc.uint8Array())
  .map(([header, mac]) => [{ ...headerOf(key), ...header }, standardClaims(), mac].map(encoded).join('.'))

const hostile = fc
  .oneof(bitFlipped, mistyped, shuffled, truncated, invented, forged)
  .filter((text) => !tokens.includes(text))

/** At one moment of the clock: the cold start, and one refresh on account of unknown key ids. */
const MAX_REQUESTS = 3

async function refuses(issuer: FakeIssuer, guard: JwtGuard, authorization: string): Promise<void> {
  const answer = await askWith(guard, authorization)
  expect(answer.allowed ? 'allowed' : answer.kind).toMatch(/^(?:unauthenticated|invalid)$/)
  expect(issuer.requests.length).toBeLessThanOrEqual(MAX_REQUESTS)
}

/** Remembers good tokens, so that a mutated one also meets the cache. */
async function warmGuard(): Promise<JwtGuard> {
  const guard = idp.guard({ maxTokenLength: 2048 })
  idp.requests.length = 0
  for (const one of tokens) expect(await ask(guard, one)).toMatchObject({ allowed: true })
  return guard
}

test('mutated tokens are never allowed, never throw, and never cost more than the one refresh', async () => {
  const guard = await warmGuard()
  await fc.assert(
    fc.asyncProperty(hostile, (text) => refuses(idp, guard, `Bearer ${text}`)),
    { numRuns: 2_000 },
  )
  for (const one of tokens) expect(await ask(guard, one)).toMatchObject({ allowed: true })
})

test('nor is any other text where the Authorization field is', async () => {
  const guard = await warmGuard()
  const scheme = fc.constantFrom('', 'Bearer ', 'bearer  ', 'Bearer\t', 'Basic ', 'DPoP ', 'Bearer, ', ' Bearer ')
  const rest = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: character, maxLength: 3000 }),
    hostile,
  )
  await fc.assert(
    fc.asyncProperty(scheme, rest, (before, after) => refuses(idp, guard, before + after)),
    RUNS,
  )
})

test('claims of any kind, signed well, give a principal of texts or a 401, and never throw', async () => {
  const guard = idp.guard()
  const names = ['iss', 'aud', 'exp', 'nbf', 'iat', 'sub', 'client_id', 'jti', 'cnf']
  const value = fc.oneof(fc.jsonValue(), fc.double(), fc.string({ unit: 'binary' }))
  const wrong = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 2, noNullPrototype: true })
  const described = fc.record(
    { scope: value, roles: fc.oneof(value, fc.array(value)), tenant: value },
    { requiredKeys: [], noNullPrototype: true },
  )
  await fc.assert(
    fc.asyncProperty(fc.oneof(wrong, fc.constant({})), described, async (claims, rest) => {
      const answer = await ask(guard, idp.token({ ...rest, ...claims }))
      expect(answer.allowed ? 'unauthenticated' : answer.kind).toBe('unauthenticated')
      if (!answer.allowed) return
      const { id, client, scopes, roles, tenant } = answer.facts.principal
      for (const text of [id, client, ...scopes, ...roles, tenant ?? 'none']) {
        expect(text).toBeTypeOf('string')
        expect(text).not.toBe('')
      }
    }),
    RUNS,
  )
})

test('payloads of any bytes, signed well, are a 401', async () => {
  const guard = idp.guard()
  const payload = fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from), fc.string({ unit: 'binary' }).map(Buffer.from))
  await fc.assert(
    fc.asyncProperty(payload, async (bytes) => {
      expect(await ask(guard, signed(key, headerOf(key), bytes))).toMatchObject({ kind: 'unauthenticated' })
    }),
    RUNS,
  )
})

test('key sets of any kind are a 503 or a 401, and never throw', async () => {
  const member = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(key.jwk)))
  const jwk = fc.dictionary(fc.constantFrom(...Object.keys(key.jwk), 'd', 'n', 'e', 'k'), member, {
    noNullPrototype: true,
  })
  const document = fc.oneof(
    fc.jsonValue(),
    fc.record({ keys: fc.oneof(fc.jsonValue(), fc.array(fc.oneof(jwk, fc.jsonValue()))) }),
  )
  await fc.assert(
    fc.asyncProperty(document, async (keys) => {
      const issuer = new FakeIssuer(key)
      issuer.fault = () => Response.json(keys)
      const answer = await ask(issuer.guard({ jwksUri: 'https://idp.test/jwks' }), idp.token())
      expect(answer.allowed ? 'allowed' : answer.kind).toMatch(/^(?:unauthenticated|unavailable)$/)
    }),
    RUNS,
  )
})
