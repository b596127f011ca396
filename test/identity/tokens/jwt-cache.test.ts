import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  ask,
  askWith,
  encoded,
  FakeIssuer,
  headerOf,
  JWKS_URL,
  type JwtGuard,
  NOW,
  NOW_MS,
} from '../../support/fake-issuer.js'

const HOUR_MS = 3_600_000
const refused = (code: string) => ({ allowed: false, kind: 'unauthenticated', code })

type Answer = Awaited<ReturnType<typeof ask>>

async function verified(guard: JwtGuard, token: string): Promise<Answer> {
  const answer = await ask(guard, token)
  expect(answer).toMatchObject({ allowed: true })
  return answer
}

/** Whether the very answer of before comes back: what is verified anew is a new one. */
const isRemembered = (guard: JwtGuard, token: string, before: Answer, nowMs = NOW_MS): boolean =>
  ask(guard, token, nowMs) === before

test('a verified token has the same answer the second time, at once', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard()
  const token = idp.token()
  const answer = await verified(guard, token)
  expect(ask(guard, token)).toBe(answer)
  expect(ask(idp.guard({ cachedTokens: 0 }), token)).not.toBe(answer)
})

test('a refused token is looked at each time', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard()
  const early = idp.token({ nbf: NOW + 60 })
  expect(await ask(guard, early)).toMatchObject(refused('token_not_yet_valid'))
  expect(await ask(guard, early, NOW_MS + 60_000)).toMatchObject({ allowed: true })
})

test('an entry dies with exp and the tolerance', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard({ clockToleranceSeconds: 10 })
  const token = idp.token({ exp: NOW + 60.5 })
  const answer = await verified(guard, token)
  expect(isRemembered(guard, token, answer, NOW_MS + 70_499)).toBe(true)
  expect(await ask(guard, token, NOW_MS + 70_500)).toMatchObject(refused('token_expired'))
})

test('an entry does not hold for a clock that stepped back behind its making', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard()
  const token = idp.token({ nbf: NOW - 10 })
  const answer = await verified(guard, token)
  expect(isRemembered(guard, token, answer, NOW_MS + 1)).toBe(true)
  expect(await ask(guard, token, NOW_MS - HOUR_MS)).toMatchObject(refused('token_not_yet_valid'))
})

test('an entry dies with its key, as soon as the issuer is seen without it', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard()
  const old = idp.token()
  const answer = await verified(guard, old)
  idp.rotate()
  expect(isRemembered(guard, old, answer)).toBe(true)
  expect(await ask(guard, idp.token())).toMatchObject({ allowed: true })
  expect(await ask(guard, old)).toMatchObject(refused('token_key_unknown'))
})

test('an entry lives on through a refresh that brings its key again', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard({ refreshMs: 60_000 })
  const token = idp.token({ exp: NOW + 7200 })
  const answer = await verified(guard, token)
  await ask(guard, idp.token({ exp: NOW + 7200 }), NOW_MS + 120_000)
  await wait(20)
  expect(idp.requests.filter((url) => url === JWKS_URL)).toHaveLength(2)
  expect(isRemembered(guard, token, answer, NOW_MS + 120_001)).toBe(true)
})

test('an entry dies when its kid comes back as another key', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard()
  const token = idp.token()
  await ask(guard, token)
  const { kid } = idp.keys[0]!.jwk
  idp.rotate()
  idp.keys = idp.keys.map((key) => ({ ...key, jwk: { ...key.jwk, kid } }))
  await ask(guard, idp.token({}, { kid: 'unknown' }))
  expect(await ask(guard, token)).toMatchObject(refused('token_signature_invalid'))
})

test('remembered tokens alone keep the keys fresh', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard({ refreshMs: 60_000 })
  const token = idp.token({ exp: NOW + 7200 })
  const answer = await verified(guard, token)
  idp.rotate()
  expect(isRemembered(guard, token, answer, NOW_MS + 59_000)).toBe(true)
  expect(idp.requests).toHaveLength(2)
  expect(isRemembered(guard, token, answer, NOW_MS + 70_000)).toBe(true)
  await expect.poll(() => isRemembered(guard, token, answer, NOW_MS + 70_001)).toBe(false)
  expect(await ask(guard, token, NOW_MS + 70_002)).toMatchObject(refused('token_key_unknown'))
})

test('an entry does not outlive the bound on stale keys', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard({ maxStaleMs: HOUR_MS })
  const token = idp.token({ exp: NOW + 7200 })
  const answer = await verified(guard, token)
  idp.fault = () => Response.error()
  expect(isRemembered(guard, token, answer, NOW_MS + HOUR_MS - 1000)).toBe(true)
  expect(await ask(guard, token, NOW_MS + HOUR_MS + 1000)).toMatchObject({ allowed: false, code: 'keys_unavailable' })
})

test('two guards share nothing (CVE-2026-35039, GHSA-4mq7-pvjg-xp2r)', async () => {
  const idp = new FakeIssuer()
  const [orders, billing, otherIssuer] = [
    idp.guard(),
    idp.guard({ audience: 'billing-api' }),
    idp.guard({ issuer: 'https://other.test', jwksUri: JWKS_URL }),
  ]
  const token = idp.token()
  const answer = await verified(orders, token)
  expect(await ask(billing, token)).toMatchObject(refused('token_audience_mismatch'))
  expect(await ask(otherIssuer, token)).toMatchObject(refused('token_issuer_mismatch'))
  expect(isRemembered(orders, token, answer)).toBe(true)
  expect(await ask(billing, token)).toMatchObject(refused('token_audience_mismatch'))
})

describe('the entry belongs to the whole token', () => {
  const idp = new FakeIssuer()
  const guard = idp.guard()
  const [one, two] = [idp.token(), idp.token({ sub: 'bob' })]
  const [header, payload, signature] = one.split('.') as [string, string, string]
  const [, otherPayload, otherSignature] = two.split('.') as [string, string, string]
  const otherHeader = encoded({ ...headerOf(idp.keys[0]!), x: 1 })
  beforeAll(async () => {
    await verified(guard, one)
    await verified(guard, two)
  })

  test.each([
    ['another signature', `${header}.${payload}.${otherSignature}`, 'token_signature_invalid'],
    ['another payload', `${header}.${otherPayload}.${signature}`, 'token_signature_invalid'],
    ['another header', `${otherHeader}.${payload}.${signature}`, 'token_signature_invalid'],
    [
      'a signature with the same end',
      `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
      'token_signature_invalid',
    ],
    ['the end alone', signature.slice(-32), 'token_malformed'],
    ['the signature alone', signature, 'token_malformed'],
    ['the beginning cut off', one.slice(1), 'token_malformed'],
    ['a part ahead', `${header}.${one}`, 'token_malformed'],
    ['no payload', `${header}..${signature}`, 'token_malformed'],
  ])('%s is another token', async (_name, token, code) => {
    expect([one, two].some((known) => known.endsWith(token.slice(-32)))).toBe(true)
    expect(await ask(guard, token)).toMatchObject(refused(code))
  })
})

test('cachedTokens bounds the count: the longest unused goes first', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard({ cachedTokens: 2 })
  const [a, b, c] = [idp.token(), idp.token(), idp.token()]
  const [answerToA, answerToB] = [await verified(guard, a), await verified(guard, b)]
  expect(isRemembered(guard, a, answerToA)).toBe(true)
  const answerToC = await verified(guard, c)
  expect(isRemembered(guard, a, answerToA)).toBe(true)
  expect(isRemembered(guard, c, answerToC)).toBe(true)
  expect(isRemembered(guard, b, answerToB)).toBe(false)
})

test('cachedTokens 0 remembers nothing', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard({ cachedTokens: 0 })
  const token = idp.token()
  const answer = await verified(guard, token)
  expect(isRemembered(guard, token, answer)).toBe(false)
  expect(await verified(guard, token)).toEqual(answer)
})

test('the token is remembered, not the field it came in: spaces ahead of it take no memory', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heapUsed = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const idp = new FakeIssuer()
  const guard = idp.guard()
  const tokens = Array.from({ length: 200 }, () => idp.token())
  await verified(guard, idp.token())
  const before = heapUsed()
  for (const token of tokens) {
    expect(await askWith(guard, `Bearer ${' '.repeat(200_000)}${token}`)).toMatchObject({ allowed: true })
  }
  expect(heapUsed() - before).toBeLessThan(20_000_000) // 40 MB of spaces passed by
  expect(ask(guard, tokens[0]!)).toBe(ask(guard, tokens[0]!))
})

test('all entries together are bounded in bytes', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard({ maxTokenLength: 65_536 })
  const long = 'x'.repeat(45_000)
  const tokens = Array.from({ length: 90 }, () => idp.token({ long }))
  expect(tokens[0]!.length).toBeGreaterThan(60_000)
  const answers = new Map<string, Answer>()
  for (const token of tokens) answers.set(token, await verified(guard, token))
  // the newest first: asking for one that is gone brings it back, in the place of another
  const remembered = tokens.toReversed().filter((token) => isRemembered(guard, token, answers.get(token)!))
  // 16 MiB at four bytes a character
  expect(remembered.length).toBe(Math.floor((16 * 1024 * 1024) / (4 * tokens[0]!.length)))
  expect(remembered).toContain(tokens.at(-1))
})
