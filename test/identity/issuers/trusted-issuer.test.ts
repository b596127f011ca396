import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type IssuerEvent, type IssuerOptions, jwt, trustedIssuer } from '../../../src/index.js'
import { AUDIENCE, ask, FakeIssuer, ISSUER, JWKS_URL, NOW, NOW_MS, testKey } from '../../support/fake-issuer.js'
import { unhandledRejections } from '../../support/unhandled-rejections.js'

const HOUR_MS = 3_600_000

beforeEach(() => void vi.useFakeTimers({ now: NOW_MS, toFake: ['Date', 'setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** A trusted issuer on a network of its own, and what it has told. */
function issuerOf(rest: Partial<IssuerOptions> = {}, ...keys: Parameters<typeof testKey>[0][]) {
  const idp = new FakeIssuer(...(keys.length === 0 ? [testKey()] : keys.map((algorithm) => testKey(algorithm))))
  const events: IssuerEvent[] = []
  const onEvent = (event: IssuerEvent): void => void events.push(event)
  const issuer = trustedIssuer({ issuer: ISSUER, audience: AUDIENCE, fetch: idp.fetch, onEvent, ...rest })
  const kids = () => idp.keys.map(({ jwk }) => jwk.kid)
  const keySetsAsked = () => idp.requests.filter((url) => url === JWKS_URL).length
  return { idp, issuer, events, kids, keySetsAsked, guard: jwt({ issuers: [issuer] }) }
}

const down = () => Response.error()
const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const cold = { keys: 'cold', usable: false, kids: [], fetchedAtMs: undefined, failures: 0 }

describe('warm()', () => {
  test('gets the keys ahead of the first request, which then waits for nothing', async () => {
    const { idp, issuer, guard } = issuerOf()
    expect(await issuer.warm()).toBe(true)
    const asked = idp.requests.length
    const answer = ask(guard, idp.token())
    expect(answer).toMatchObject({ allowed: true })
    expect(idp.requests).toHaveLength(asked)
  })

  test.each([
    ['an outage', down],
    ['garbage', () => new Response('<html>')],
    ['a document that is null', () => new Response('null')],
    ['no usable key', () => Response.json({ issuer: ISSUER, jwks_uri: JWKS_URL, keys: [] })],
    ['the document of another issuer', () => Response.json({ issuer: `${ISSUER}/`, jwks_uri: JWKS_URL })],
    ['a key set over plain http', () => Response.json({ issuer: ISSUER, jwks_uri: 'http://idp.test/jwks' })],
    [
      'a network that throws',
      () => {
        throw new Error('EAI_AGAIN')
      },
    ],
  ])('%s: false, never a rejection', async (_name, fault) => {
    const { idp, issuer } = issuerOf()
    idp.fault = fault
    expect(await issuer.warm()).toBe(false)
    expect(issuer.state()).toMatchObject({ ...cold, failures: 1 })
  })

  test('makes one fetch, however many ask; and none while the last failure is recent', async () => {
    const { idp, issuer, keySetsAsked } = issuerOf()
    expect(await Promise.all(Array.from({ length: 50 }, issuer.warm))).toEqual(Array(50).fill(true))
    expect(keySetsAsked()).toBe(1)
    idp.fault = down
    for (let i = 0; i < 50; i++) expect(await issuer.warm()).toBe(true)
    expect(keySetsAsked()).toBe(2)
    expect(issuer.state()).toMatchObject({ keys: 'stale', usable: true, failures: 1 })
  })

  test('with keys that were given there is nothing to fetch', async () => {
    const key = testKey()
    const { idp, issuer } = issuerOf({ jwks: { keys: [key.jwk] } })
    expect(await issuer.warm()).toBe(true)
    issuer.keepWarm()()
    expect(idp.requests).toEqual([])
    expect(issuer.state()).toEqual({ ...cold, keys: 'ready', usable: true, kids: [key.jwk.kid] })
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('keepWarm()', () => {
  test('keeps keys fresh without a request', async () => {
    const { issuer, keySetsAsked } = issuerOf({ refreshMs: 60_000 })
    const stop = issuer.keepWarm()
    await passes(10)
    expect(issuer.state()).toMatchObject({ keys: 'ready', usable: true })
    await passes(5 * 60_000)
    expect(keySetsAsked()).toBe(6)
    expect(Date.now() - issuer.state().fetchedAtMs!).toBeLessThanOrEqual(60_000)
    stop()
    await passes(HOUR_MS)
    expect(keySetsAsked()).toBe(6)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('has keys soon after the issuer is there, at a cold start and after every outage', async () => {
    const { idp, issuer } = issuerOf({ refreshMs: 60_000, maxStaleMs: 120_000 })
    idp.fault = down
    const stop = issuer.keepWarm()
    await passes(30_000)
    expect(issuer.state().keys).toBe('cold')
    expect(idp.requests.length).toBeLessThanOrEqual(9)
    idp.fault = undefined
    await passes(5_010)
    expect(issuer.state()).toMatchObject({ keys: 'ready', failures: 0 })
    idp.fault = down
    await passes(200_000)
    expect(issuer.state()).toMatchObject({ keys: 'expired', usable: false })
    idp.fault = undefined
    await passes(5_010)
    expect(issuer.state()).toMatchObject({ keys: 'ready', usable: true })
    stop()
  })

  test('a clock that steps back an hour delays the next try by no more than any other', async () => {
    const { idp, issuer } = issuerOf()
    idp.fault = down
    const stop = issuer.keepWarm()
    await passes(20_000)
    vi.setSystemTime(NOW_MS - HOUR_MS)
    idp.fault = undefined
    await passes(5_010)
    expect(issuer.state().keys).toBe('ready')
    stop()
  })

  test('stopped while a fetch is under way, it stays so', async () => {
    const { issuer } = issuerOf()
    issuer.keepWarm()()
    await passes(10)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('keeps no process alive: its timer is not waited for', async () => {
    vi.useRealTimers()
    const timers: NodeJS.Timeout[] = []
    const made = globalThis.setTimeout
    vi.stubGlobal('setTimeout', (run: () => void, ms: number) => {
      const timer = made(run, ms)
      if (ms === 7_777_000) timers.push(timer)
      return timer
    })
    const stop = issuerOf({ refreshMs: 7_777_000 }).issuer.keepWarm()
    await vi.waitFor(() => expect(timers).toHaveLength(1))
    vi.unstubAllGlobals()
    expect(timers[0]!.hasRef()).toBe(false)
    stop()
  })
})

describe('state()', () => {
  test('goes through cold, ready, stale, expired, ready', async () => {
    const { idp, issuer, kids } = issuerOf({ maxStaleMs: HOUR_MS }, 'ES256', 'EdDSA')
    expect(issuer.state()).toEqual(cold)
    await issuer.warm()
    const fetchedAtMs = expect.closeTo(NOW_MS, -3)
    expect(issuer.state()).toEqual({ keys: 'ready', usable: true, kids: kids(), fetchedAtMs, failures: 0 })
    idp.fault = down
    await passes(1_000)
    await issuer.warm()
    expect(issuer.state()).toEqual({ keys: 'stale', usable: true, kids: kids(), fetchedAtMs, failures: 1 })
    await passes(HOUR_MS + 1_000)
    expect(issuer.state()).toEqual({ keys: 'expired', usable: false, kids: kids(), fetchedAtMs, failures: 1 })
    idp.fault = undefined
    await issuer.warm()
    expect(issuer.state()).toMatchObject({ keys: 'ready', usable: true, failures: 0 })
  })

  test('is data that nobody can change', async () => {
    const { issuer } = issuerOf()
    await issuer.warm()
    const state = issuer.state()
    expect([Object.isFrozen(state), Object.isFrozen(state.kids)]).toEqual([true, true])
    expect(JSON.parse(JSON.stringify(state))).toEqual(state)
  })
})

describe('events', () => {
  test('a rotation: which keys came, which went; the first set is none, nor is the same set again', async () => {
    const { idp, issuer, events, kids } = issuerOf()
    await issuer.warm()
    await issuer.warm()
    expect(events).toEqual([])
    const removed = kids()
    idp.rotate()
    await issuer.warm()
    expect(events).toEqual([{ event: 'keys_rotated', issuer: ISSUER, added: kids(), removed }])
  })

  test('an overlap: one comes, none goes', async () => {
    const { idp, issuer, events } = issuerOf()
    await issuer.warm()
    const next = testKey('ES256', { kid: undefined })
    idp.keys = [...idp.keys, next]
    await issuer.warm()
    expect(events).toEqual([{ event: 'keys_rotated', issuer: ISSUER, added: ['-'], removed: [] }])
  })

  test('an outage once, however long; then the recovery, and how long it took', async () => {
    const { idp, issuer, events } = issuerOf()
    await issuer.warm()
    idp.fault = down
    for (let i = 0; i < 5; i++) {
      await issuer.warm()
      await passes(6_000)
    }
    idp.fault = undefined
    await issuer.warm()
    expect(events).toEqual([
      { event: 'keys_unavailable', issuer: ISSUER, cause: expect.any(Error) },
      { event: 'keys_recovered', issuer: ISSUER, afterMs: expect.closeTo(30_000, -3) },
    ])
    expect(events.every(Object.isFrozen)).toBe(true)
  })

  test.each<[string, () => void]>([
    [
      'throws',
      () => {
        throw new Error('listener')
      },
    ],
    ['rejects', () => Promise.reject(new Error('listener')) as never],
    [
      'gives a thenable that throws',
      () =>
        ({
          then: () => {
            throw new Error('listener')
          },
        }) as never,
    ],
  ])('a listener that %s changes nothing', async (_name, onEvent) => {
    const rejections = await unhandledRejections(async () => {
      const { idp, issuer, guard } = issuerOf({ onEvent })
      idp.fault = down
      expect(await issuer.warm()).toBe(false)
      idp.fault = undefined
      await passes(2_000)
      expect(await issuer.warm()).toBe(true)
      idp.rotate()
      expect(await issuer.warm()).toBe(true)
      expect(await ask(guard, idp.token({ exp: NOW + 9_999 }))).toMatchObject({ allowed: true })
      vi.useRealTimers()
    })
    expect(rejections).toEqual([])
  })
})

describe('key ids that the issuer does not have', () => {
  const kid = (name: string) => ({ kid: name })
  const long = { exp: NOW + 86_400 }

  test('are not asked for again for three cooldowns, though another unknown one is', async () => {
    const { idp, guard, keySetsAsked } = issuerOf()
    const at = (name: string, atMs: number) => ask(guard, idp.token(long, kid(name)), NOW_MS + atMs)
    await ask(guard, idp.token(long))
    await at('x', 0)
    expect(keySetsAsked()).toBe(2)
    await at('x', 10_000)
    await at('x', 29_999)
    expect(keySetsAsked()).toBe(2)
    await at('y', 29_999)
    expect(keySetsAsked()).toBe(3)
    await at('x', 40_000)
    expect(keySetsAsked()).toBe(4)
  })

  test('one that appears is found by any refresh, whoever caused it', async () => {
    const { idp, guard } = issuerOf()
    await ask(guard, idp.token(long))
    const next = testKey('ES256', { kid: 'next' })
    const early = idp.token(long, kid('next'))
    expect(await ask(guard, early)).toMatchObject({ code: 'token_key_unknown' })
    idp.keys = [...idp.keys, next]
    expect(await ask(guard, idp.token(long), NOW_MS + 9_999)).toMatchObject({ code: 'token_key_unknown' })
    await ask(guard, idp.token(long, kid('another')), NOW_MS + 10_000)
    expect(await ask(guard, idp.token(long), NOW_MS + 10_001)).toMatchObject({ allowed: true })
  })

  test('an empty one is not the one of a token without', async () => {
    const { idp, guard, keySetsAsked } = issuerOf({ cooldownMs: 1_000 })
    idp.keys = [testKey('ES256', { kid: undefined }), testKey('ES256', { kid: undefined })]
    await ask(guard, idp.token(long, kid('')))
    await ask(guard, idp.token(long, kid('')), NOW_MS + 1)
    const asked = keySetsAsked()
    await ask(guard, idp.token(long), NOW_MS + 2_000)
    expect(keySetsAsked()).toBe(asked + 1)
  })
})
