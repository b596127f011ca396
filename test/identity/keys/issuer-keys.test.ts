import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { toHttp } from '../../../src/http/index.js'
import { evaluate } from '../../../src/index.js'
import { isPromiseLike } from '../../../src/lib/maybe-promise.js'
import { contextFor } from '../../support/context.js'
import {
  ask,
  askWith,
  DISCOVERY_URL,
  FakeIssuer,
  JWKS_URL,
  type JwtGuard,
  NOW,
  NOW_MS,
  testKey,
} from '../../support/fake-issuer.js'

const HOUR_MS = 3_600_000
const allowed = { allowed: true }
const unknown = { allowed: false, kind: 'unauthenticated', code: 'token_key_unknown' }
const unavailable = { allowed: false, kind: 'unavailable', code: 'keys_unavailable' }
const down = () => Response.error()

/** Lives for a day. */
const longToken = (idp: FakeIssuer, header = {}) => idp.token({ exp: NOW + 86_400 }, header)
const withRandomKid = (idp: FakeIssuer) => longToken(idp, { kid: randomUUID() })
const keySetsAsked = ({ requests }: FakeIssuer) => requests.filter((url) => url === JWKS_URL).length
/** The refresh beside the requests, which nobody waits for. */
const settled = () => wait(20)

/** Holds the network until `release` is called. */
function held(idp: FakeIssuer): { readonly release: () => void } {
  let release = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  idp.fault = async () => {
    await gate
    return Response.json({ keys: idp.keys.map(({ jwk }) => jwk) })
  }
  return { release: () => release() }
}

async function warm(idp: FakeIssuer, options: Parameters<FakeIssuer['guard']>[0] = {}): Promise<JwtGuard> {
  const guard = idp.guard(options)
  expect(await ask(guard, idp.token())).toMatchObject(allowed)
  return guard
}

describe('keys are fetched when they are first needed', () => {
  test.each([
    ['no token', []],
    ['another scheme', ['Basic dXNlcjpwYXNz']],
    ['a malformed field', ['Bearer a b']],
    ['two fields', ['Bearer a.b.c', 'Bearer a.b.c']],
    ['an opaque token', ['Bearer opaque']],
    ['alg none', [`Bearer ${new FakeIssuer().token({}, { alg: 'none' })}`]],
    ['an ID token', [`Bearer ${new FakeIssuer().token({}, { typ: 'JWT' })}`]],
    ['a token with an embedded key', [`Bearer ${new FakeIssuer().token({}, { jwk: {} })}`]],
  ])('not at construction, not for %s', async (_name, fields) => {
    const idp = new FakeIssuer()
    const headers = fields.map((field) => ['authorization', field] as const)
    expect(await evaluate(idp.guard(), contextFor({ headers }), {})).toMatchObject({ allowed: false })
    expect(idp.requests).toEqual([])
  })

  test('by discovery, once', async () => {
    const idp = new FakeIssuer()
    const guard = await warm(idp)
    expect(await ask(guard, idp.token())).toMatchObject(allowed)
    expect(idp.requests).toEqual([DISCOVERY_URL, JWKS_URL])
  })

  test('from jwksUri, without discovery', async () => {
    const idp = new FakeIssuer()
    await warm(idp, { jwksUri: JWKS_URL })
    expect(idp.requests).toEqual([JWKS_URL])
  })

  test.each([
    ['https://idp.test/', [DISCOVERY_URL]],
    [
      'https://idp.test/realms/shop/',
      [
        'https://idp.test/realms/shop/.well-known/openid-configuration',
        'https://idp.test/.well-known/oauth-authorization-server/realms/shop',
      ],
    ],
  ])('issuer %s: from %j', async (issuer, urls) => {
    const idp = new FakeIssuer()
    expect(await ask(idp.guard({ issuer }), idp.token())).toMatchObject(unavailable)
    expect(idp.requests).toEqual(urls)
  })

  test('by one fetch for a hundred requests at once', async () => {
    const idp = new FakeIssuer()
    const guard = idp.guard()
    const tokens = Array.from({ length: 100 }, () => idp.token())
    const answers = await Promise.all(tokens.map((token) => ask(guard, token)))
    expect(answers.every((answer) => answer.allowed)).toBe(true)
    expect(idp.requests).toEqual([DISCOVERY_URL, JWKS_URL])
  })
})

describe('refresh', () => {
  test('goes on beside the requests, which never wait for it', async () => {
    const idp = new FakeIssuer()
    const guard = await warm(idp)
    const { release } = held(idp)
    const later = NOW_MS + 600_500
    for (let i = 0; i < 10; i++) expect(await ask(guard, longToken(idp), later + i)).toMatchObject(allowed)
    expect(keySetsAsked(idp)).toBe(2)
    release()
    await settled()
    expect(await ask(guard, longToken(idp), later + 1000)).toMatchObject(allowed)
    expect(keySetsAsked(idp)).toBe(2)
  })

  test('is not due before refreshMs', async () => {
    const idp = new FakeIssuer()
    const guard = await warm(idp)
    expect(await ask(guard, longToken(idp), NOW_MS + 599_000)).toMatchObject(allowed)
    await settled()
    expect(keySetsAsked(idp)).toBe(1)
  })

  test('drops a key that the issuer no longer lists', async () => {
    const idp = new FakeIssuer(testKey(), testKey())
    const guard = await warm(idp)
    const leaked = longToken(idp)
    idp.keys = idp.keys.slice(0, 1)
    expect(await ask(guard, longToken(idp), NOW_MS + 600_500)).toMatchObject(allowed)
    await settled()
    expect(await ask(guard, leaked, NOW_MS + 600_600)).toMatchObject(unknown)
  })
})

describe('unknown key ids', () => {
  test('a thousand at once make one fetch, and none while the cooldown lasts', async () => {
    const idp = new FakeIssuer()
    const guard = await warm(idp)
    const flood = () => Promise.all(Array.from({ length: 1000 }, () => ask(guard, withRandomKid(idp), NOW_MS + 9_999)))
    for (const answer of await flood()) expect(answer).toMatchObject(unknown)
    expect(keySetsAsked(idp)).toBe(2)
    for (const answer of await flood()) expect(answer).toMatchObject(unknown)
    expect(keySetsAsked(idp)).toBe(2)
  })

  test('a thousand over a minute make at most one fetch per cooldown', async () => {
    const idp = new FakeIssuer()
    const guard = await warm(idp)
    for (let i = 0; i < 1000; i++) expect(await ask(guard, withRandomKid(idp), NOW_MS + i * 60)).toMatchObject(unknown)
    expect(keySetsAsked(idp)).toBe(1 + 6)
  })

  test('cooldownMs is the cooldown', async () => {
    const idp = new FakeIssuer()
    const guard = await warm(idp, { cooldownMs: 2_000 })
    for (const atMs of [0, 1_999, 2_000, 3_999, 4_000]) await ask(guard, withRandomKid(idp), NOW_MS + atMs)
    expect(keySetsAsked(idp)).toBe(1 + 3)
  })

  test('known ones are answered meanwhile, from the cache at once and without it', async () => {
    const idp = new FakeIssuer()
    const guard = idp.guard()
    const known = idp.token()
    await ask(guard, known)
    const { release } = held(idp)
    const waiting = Promise.all(Array.from({ length: 100 }, () => ask(guard, withRandomKid(idp))))
    const atOnce = ask(guard, known)
    expect(isPromiseLike(atOnce)).toBe(false)
    expect(atOnce).toMatchObject(allowed)
    expect(await ask(guard, idp.token())).toMatchObject(allowed)
    release()
    for (const answer of await waiting) expect(answer).toMatchObject(unknown)
    expect(keySetsAsked(idp)).toBe(2)
  })

  test('a real rotation in the middle of a flood is seen within a cooldown', async () => {
    const idp = new FakeIssuer()
    const guard = await warm(idp)
    let acceptedAtMs: number | undefined
    for (let atMs = 0; atMs <= 20_000 && acceptedAtMs === undefined; atMs += 100) {
      if (atMs === 3_000) idp.rotate()
      for (let i = 0; i < 10; i++) void ask(guard, withRandomKid(idp), NOW_MS + atMs)
      const answer = await ask(guard, longToken(idp), NOW_MS + atMs)
      if (atMs >= 3_000 && answer.allowed) acceptedAtMs = atMs
    }
    expect(acceptedAtMs).toBe(10_000)
    expect(keySetsAsked(idp)).toBe(3)
  })

  test('a rotation without a flood is seen at once', async () => {
    const idp = new FakeIssuer()
    const guard = await warm(idp)
    idp.rotate()
    expect(await ask(guard, idp.token(), NOW_MS + 1)).toMatchObject(allowed)
  })

  test('a known key id with an algorithm that is not its own asks nobody', async () => {
    const idp = new FakeIssuer()
    const guard = await warm(idp)
    expect(await ask(guard, idp.token({}, { alg: 'RS256' }))).toMatchObject(unknown)
    expect(keySetsAsked(idp)).toBe(1)
  })
})

describe('an issuer that is away', () => {
  test('at a cold start: 503 with Retry-After and without the reason; recovery by itself', async () => {
    const idp = new FakeIssuer()
    const guard = idp.guard()
    const token = longToken(idp)
    idp.fault = down
    const answer = await ask(guard, token)
    expect(answer).toMatchObject({ ...unavailable, guard: 'jwt', cause: expect.any(Error) })
    if (answer.allowed) throw new Error('allowed')
    const { status, headers, body } = toHttp(answer)
    expect({ status, headers: Object.fromEntries(headers), body: JSON.parse(body) }).toEqual({
      status: 503,
      headers: {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        'retry-after': expect.stringMatching(/^[1-9]$/),
      },
      body: { type: 'about:blank', title: 'Service Unavailable', status: 503 },
    })
    expect(await ask(guard, token, NOW_MS + 900)).toMatchObject(unavailable)
    expect(idp.requests).toHaveLength(1)

    idp.fault = undefined
    expect(await ask(guard, token, NOW_MS + 3_000)).toMatchObject(allowed)
  })

  test('a request without credentials is still a 401', async () => {
    const idp = new FakeIssuer()
    idp.fault = down
    expect(await askWith(idp.guard(), 'Basic x')).toMatchObject({ kind: 'unauthenticated', code: 'token_missing' })
  })

  test('is asked again after 1, 2, 4, 5, 5 ... seconds, however many requests come', async () => {
    const idp = new FakeIssuer()
    const guard = idp.guard()
    const token = longToken(idp)
    idp.fault = down
    const askedAtMs: number[] = []
    for (let atMs = 0; atMs < 60_000; atMs += 250) {
      const before = idp.requests.length
      const answers = await Promise.all([token, token, withRandomKid(idp)].map((one) => ask(guard, one, NOW_MS + atMs)))
      for (const answer of answers) expect(answer).toMatchObject(unavailable)
      if (idp.requests.length > before) askedAtMs.push(atMs)
    }
    expect(idp.requests.length).toBe(askedAtMs.length)
    const pauses = askedAtMs.slice(1).map((atMs, i) => atMs - askedAtMs[i]!)
    // the clock's steps, and what the fetch itself takes
    for (const [i, pause] of pauses.entries()) expect(pause).toBeGreaterThanOrEqual([1_000, 2_000, 4_000][i] ?? 5_000)
    expect(askedAtMs.length).toBeGreaterThan(10)
    expect(askedAtMs.length).toBeLessThanOrEqual(14)
  })

  test('keys go on being used for maxStaleMs, then 503; and again when it is back', async () => {
    const idp = new FakeIssuer()
    const guard = await warm(idp, { maxStaleMs: 2 * HOUR_MS })
    const seen = longToken(idp)
    idp.fault = down
    for (const atMs of [600_500, HOUR_MS, 2 * HOUR_MS - 1_000]) {
      expect(await ask(guard, seen, NOW_MS + atMs)).toMatchObject(allowed)
      expect(await ask(guard, longToken(idp), NOW_MS + atMs)).toMatchObject(allowed)
      await settled()
    }
    for (const token of [seen, longToken(idp)]) {
      const answer = await ask(guard, token, NOW_MS + 2 * HOUR_MS + 1_000)
      expect(answer).toMatchObject(unavailable)
      expect((answer as { readonly retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(0)
    }
    idp.fault = undefined
    expect(await ask(guard, seen, NOW_MS + 2 * HOUR_MS + 10_000)).toMatchObject(allowed)
  })

  test('an unknown key id is 503 while nobody can tell, 401 again afterwards', async () => {
    const idp = new FakeIssuer()
    const guard = await warm(idp)
    idp.fault = down
    expect(await ask(guard, withRandomKid(idp))).toMatchObject(unavailable)
    idp.fault = undefined
    expect(await ask(guard, withRandomKid(idp), NOW_MS + 12_000)).toMatchObject(unknown)
  })

  test('a rotation while it was away is seen when it is back', async () => {
    const idp = new FakeIssuer()
    const guard = await warm(idp)
    idp.fault = down
    idp.rotate()
    expect(await ask(guard, longToken(idp))).toMatchObject(unavailable)
    idp.fault = undefined
    expect(await ask(guard, longToken(idp), NOW_MS + 12_000)).toMatchObject(allowed)
  })

  test('after a failure the key set is looked for anew: it may have moved', async () => {
    const idp = new FakeIssuer()
    const guard = await warm(idp)
    idp.fault = down
    await ask(guard, withRandomKid(idp))
    idp.fault = undefined
    await ask(guard, withRandomKid(idp), NOW_MS + 12_000)
    expect(idp.requests).toEqual([DISCOVERY_URL, JWKS_URL, JWKS_URL, DISCOVERY_URL, JWKS_URL])
  })
})

describe('a clock that is put back', () => {
  test('by more than refreshMs: keys are refreshed, and a key that is gone is gone', async () => {
    const idp = new FakeIssuer()
    const guard = await warm(idp)
    const old = idp.token({ iat: NOW - 3_600 })
    idp.rotate()
    expect(await ask(guard, old, NOW_MS - 601_000)).toMatchObject(allowed)
    await settled()
    expect(await ask(guard, old, NOW_MS - 601_000)).toMatchObject(unknown)
  })

  test('by more than the cooldown: an unknown key id is asked for again, by less it is not', async () => {
    const idp = new FakeIssuer()
    const guard = await warm(idp)
    for (const atMs of [0, -9_000, -11_000, -12_000]) {
      expect(await ask(guard, withRandomKid(idp), NOW_MS + atMs)).toMatchObject(unknown)
    }
    expect(keySetsAsked(idp)).toBe(3)
  })
})

test('a network that neither answers nor honours the signal is given up after five seconds', async () => {
  const idp = new FakeIssuer()
  idp.fault = () => new Promise(() => {})
  expect(await ask(idp.guard(), longToken(idp))).toMatchObject(unavailable)
}, 15_000)
