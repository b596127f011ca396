import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { isPromiseLike } from '../../src/lib/maybe-promise.js'
import { ask, FakeIssuer, JWKS_URL, type JwtGuard, NOW, NOW_MS } from '../support/fake-issuer.js'

const HOUR_MS = 3_600_000
const refused = (code: string) => ({ allowed: false, kind: 'unauthenticated', code })

/** Whether the answer was there at once: nothing was verified, nobody was asked. */
function isRemembered(guard: JwtGuard, token: string, nowMs = NOW_MS): boolean {
  const answer = ask(guard, token, nowMs)
  return !isPromiseLike(answer) && answer.allowed
}

test('a verified token is answered at once the second time', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard()
  const token = idp.token()
  const first = ask(guard, token)
  expect(isPromiseLike(first)).toBe(true)
  expect(await first).toMatchObject({ allowed: true })
  expect(ask(guard, token)).toBe(await first)
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
  await ask(guard, token)
  expect(isRemembered(guard, token, NOW_MS + 70_499)).toBe(true)
  expect(isRemembered(guard, token, NOW_MS + 70_500)).toBe(false)
  expect(await ask(guard, token, NOW_MS + 70_500)).toMatchObject(refused('token_expired'))
})

test('an entry dies with its key, as soon as the issuer is seen without it', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard()
  const old = idp.token()
  await ask(guard, old)
  idp.rotate()
  expect(isRemembered(guard, old)).toBe(true)
  expect(await ask(guard, idp.token())).toMatchObject({ allowed: true })
  expect(isRemembered(guard, old)).toBe(false)
  expect(await ask(guard, old)).toMatchObject(refused('token_key_unknown'))
})

test('an entry lives on through a refresh that brings its key again', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard({ refreshMs: 60_000 })
  const token = idp.token({ exp: NOW + 7200 })
  await ask(guard, token)
  await ask(guard, idp.token({ exp: NOW + 7200 }), NOW_MS + 120_000)
  await wait(20)
  expect(idp.requests.filter((url) => url === JWKS_URL)).toHaveLength(2)
  expect(isRemembered(guard, token, NOW_MS + 120_001)).toBe(true)
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
  expect(isRemembered(guard, token)).toBe(false)
  expect(await ask(guard, token)).toMatchObject(refused('token_signature_invalid'))
})

test('remembered tokens alone keep the keys fresh', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard({ refreshMs: 60_000 })
  const token = idp.token({ exp: NOW + 7200 })
  await ask(guard, token)
  idp.rotate()
  expect(isRemembered(guard, token, NOW_MS + 59_000)).toBe(true)
  expect(idp.requests).toHaveLength(2)
  expect(isRemembered(guard, token, NOW_MS + 70_000)).toBe(true)
  await expect.poll(() => isRemembered(guard, token, NOW_MS + 70_001)).toBe(false)
  expect(await ask(guard, token, NOW_MS + 70_002)).toMatchObject(refused('token_key_unknown'))
})

test('an entry does not outlive the bound on stale keys', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard({ maxStaleMs: HOUR_MS })
  const token = idp.token({ exp: NOW + 7200 })
  await ask(guard, token)
  idp.fault = () => Response.error()
  expect(isRemembered(guard, token, NOW_MS + HOUR_MS - 1000)).toBe(true)
  expect(isRemembered(guard, token, NOW_MS + HOUR_MS + 1000)).toBe(false)
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
  expect(await ask(orders, token)).toMatchObject({ allowed: true })
  expect(await ask(billing, token)).toMatchObject(refused('token_audience_mismatch'))
  expect(await ask(otherIssuer, token)).toMatchObject(refused('token_issuer_mismatch'))
  expect(isRemembered(orders, token)).toBe(true)
  expect(isRemembered(billing, token)).toBe(false)
  expect(isRemembered(otherIssuer, token)).toBe(false)
})

test('the entry belongs to the whole token: another signature, payload or header is another token', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard()
  const [one, two] = [idp.token(), idp.token({ sub: 'bob' })]
  await ask(guard, one)
  await ask(guard, two)
  const [header, payload, signature] = one.split('.')
  const [, otherPayload, otherSignature] = two.split('.')
  for (const [a, b, c] of [
    [header, payload, otherSignature],
    [header, otherPayload, signature],
  ]) {
    expect(await ask(guard, `${a}.${b}.${c}`)).toMatchObject(refused('token_signature_invalid'))
  }
})

test('cachedTokens bounds the count: the longest unused goes first', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard({ cachedTokens: 2 })
  const [a, b, c] = [idp.token(), idp.token(), idp.token()]
  await ask(guard, a)
  await ask(guard, b)
  expect(isRemembered(guard, a)).toBe(true)
  await ask(guard, c)
  expect([a, b, c].map((token) => isRemembered(guard, token))).toEqual([true, false, true])
})

test('cachedTokens 0 remembers nothing', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard({ cachedTokens: 0 })
  const token = idp.token()
  expect(await ask(guard, token)).toMatchObject({ allowed: true })
  expect(isRemembered(guard, token)).toBe(false)
  expect(await ask(guard, token)).toMatchObject({ allowed: true })
})

test('all entries together are bounded in bytes', async () => {
  const idp = new FakeIssuer()
  const guard = idp.guard({ maxTokenLength: 65_536 })
  const long = 'x'.repeat(45_000)
  const tokens = Array.from({ length: 90 }, () => idp.token({ long }))
  expect(tokens[0]!.length).toBeGreaterThan(60_000)
  for (const token of tokens) await ask(guard, token)
  const remembered = tokens.filter((token) => isRemembered(guard, token))
  // 16 MiB at four bytes a character
  expect(remembered.length).toBe(Math.floor((16 * 1024 * 1024) / (4 * tokens[0]!.length)))
  expect(remembered).toContain(tokens.at(-1))
})
