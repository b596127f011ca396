import { describe, expect, test } from 'vitest'
import {
  type AuditEvent,
  type Denial,
  evaluate,
  jwt,
  memoryRevocationStore,
  type ReplayStore,
  type RevocationStore,
} from '../../../src/index.js'
import { contextFor } from '../../support/context.js'
import { encoded, FakeIssuer, headerOf, signed, testKey } from '../../support/fake-issuer.js'
import {
  DONE,
  IDP,
  KEY,
  logoutToken,
  type Members,
  NOW_MS,
  notingStore,
  posting,
  refused,
  service,
  unavailable,
} from '../../support/logout.js'
import { party } from '../../support/party.js'
import {
  ACCEPTED_LOGOUTS,
  LOGOUT_AUDIENCE,
  LOGOUT_CLAIMS,
  LOGOUT_ISSUER,
  LOGOUT_NOW,
  REFUSED_LOGOUTS,
} from '../../vectors/logout.js'

describe('a logout token', () => {
  test.each(REFUSED_LOGOUTS)('$input: logout_$code ($section)', async ({ claims, header, code }) => {
    const { logout, isRevoked } = service()
    const answer = await logout(logoutToken(claims, header))
    expect(answer).toMatchObject(refused(`logout_${code}`))
    expect((answer as Denial).detail).toBe('The logout token is refused.')
    expect(isRevoked()).toBe(false)
  })

  test.each(ACCEPTED_LOGOUTS)('$input: its session ends ($section)', async ({ claims, header }) => {
    const { logout, isRevoked } = service()
    const token = logoutToken(claims, header)
    expect(isRevoked()).toBe(false)
    expect(await logout(token)).toEqual(expect.objectContaining(DONE))
    expect(isRevoked()).toBe(true)
    expect(await logout(token)).toMatchObject({ ...refused('logout_replayed'), event: 'authn_token_reuse' })
  })

  test.each<[what: string, spoil: (token: string) => string, code: string]>([
    ['empty', () => '', 'malformed'],
    ['without a signature', (token) => token.replace(/[^.]*$/, ''), 'malformed'],
    ['in two parts', (token) => token.split('.').slice(0, 2).join('.'), 'malformed'],
    ['in five parts', (token) => `${token}.a.b`, 'malformed'],
    ['in JSON', (token) => JSON.stringify({ payload: token }), 'malformed'],
    ['with a space behind', (token) => `${token} `, 'malformed'],
    ['with claims that are a list', () => signed(KEY, headerOf(KEY), [LOGOUT_CLAIMS]), 'malformed'],
    ['with claims that are no JSON', () => signed(KEY, headerOf(KEY), '{'), 'malformed'],
    ['with a signature cut short', shortened, 'signature_invalid'],
    ['of a key of that name', () => logoutToken({}, {}, { ...testKey(), jwk: KEY.jwk }), 'signature_invalid'],
    ['with other claims', otherClaims, 'signature_invalid'],
  ])('%s is refused', async (_what, spoil, code) => {
    const { logout, isRevoked } = service()
    expect(await logout(spoil(logoutToken()))).toMatchObject(refused(`logout_${code}`))
    expect(isRevoked()).toBe(false)
  })

  test('names the issuer whose key must have signed it: one issuer does not end sessions of another', async () => {
    const other = party('https://other.test', testKey(), LOGOUT_AUDIENCE)
    const { logout, isRevoked } = service({ issuers: [IDP, other.options()] })
    const forged = logoutToken({}, { kid: other.key.jwk.kid }, other.key)
    expect(await logout(forged)).toMatchObject(refused('logout_key_unknown'))
    expect(isRevoked()).toBe(false)
    expect(await logout(logoutToken({ iss: other.issuer }, {}, other.key))).toMatchObject(DONE)
    expect([isRevoked(), isRevoked({ iss: other.issuer })]).toEqual([false, true])
  })

  test('the same jti of two issuers is two tokens', async () => {
    const other = party('https://other.test', testKey(), LOGOUT_AUDIENCE)
    const { logout } = service({ issuers: [IDP, other.options()] })
    expect(await logout(logoutToken({ jti: 'one' }))).toMatchObject(DONE)
    expect(await logout(logoutToken({ jti: 'one', iss: other.issuer }, {}, other.key))).toMatchObject(DONE)
    expect(await logout(logoutToken({ jti: 'one' }))).toMatchObject(refused('logout_replayed'))
  })

  test.each([
    ['an access token', { ...LOGOUT_CLAIMS, client_id: 'shop', scope: 'a' }, { typ: 'at+jwt' }, 'type_refused'],
    ['an ID token', { ...LOGOUT_CLAIMS, events: undefined }, { typ: 'JWT' }, 'event_missing'],
    ['an ID token with a nonce', { ...LOGOUT_CLAIMS, nonce: 'n' }, { typ: 'JWT' }, 'nonce_present'],
  ])('%s is none', async (_what, claims, header, code) => {
    expect(await service().logout(logoutToken(claims, header))).toMatchObject(refused(`logout_${code}`))
  })
})

const shortened = (token: string): string =>
  token.replace(/[^.]*$/, (signature) => Buffer.from(signature, 'base64url').subarray(4).toString('base64url'))

function otherClaims(token: string): string {
  const [header, , signature] = token.split('.')
  return `${header}.${encoded({ ...LOGOUT_CLAIMS, jti: 'x', sub: 'bob', sid: 'session-2' })}.${signature}`
}

describe('what ends', () => {
  test.each<[what: string, claims: Members, token: Members, expected: boolean]>([
    ['the session', {}, {}, true],
    ['no other session of the subject', {}, { sid: 'session-2' }, false],
    ['the session, whoever is in it', {}, { sub: 'bob' }, true],
    ['the session, also what is issued later', {}, { iat: LOGOUT_NOW + 60 }, true],
    ['the session where no subject is named', { sub: undefined }, {}, true],
    ['all of the subject where no session is named', { sid: undefined }, { sid: 'session-2' }, true],
    ['tokens without a session then', { sid: undefined }, { sid: undefined }, true],
    ['nobody else then', { sid: undefined }, { sub: 'bob' }, false],
    ['no client of that name then', { sid: undefined, sub: 'shop' }, { sub: 'bob' }, false],
    ['what is issued in the second of arrival then', { sid: undefined }, { iat: LOGOUT_NOW }, true],
    ['nothing that is issued later then', { sid: undefined }, { iat: LOGOUT_NOW + 1 }, false],
    ['what the issuer, its clock ahead, issued before', { sid: undefined, iat: LOGOUT_NOW + 20 }, ahead(20), true],
    ['and not what it issued after', { sid: undefined, iat: LOGOUT_NOW + 20 }, ahead(21), false],
  ])('%s', async (_what, claims, token, expected) => {
    const { logout, isRevoked } = service()
    expect(await logout(logoutToken(claims))).toMatchObject(DONE)
    expect(isRevoked(token)).toBe(expected)
  })

  test('by one revocation, where the token was issued at its arrival or later', async () => {
    const revocation = notingStore()
    await service({ revocation }).logout(logoutToken({ sid: undefined, iat: LOGOUT_NOW }))
    await service({ revocation }).logout(logoutToken({ sid: undefined, iat: LOGOUT_NOW + 20 }))
    expect(revocation.calls).toMatchObject([{ beforeMs: NOW_MS }, { beforeMs: NOW_MS + 20_000 }])
  })

  test('for a day, or as long as configured', async () => {
    const calls: number[] = []
    const revocation: RevocationStore = { revoke: (_what, untilMs) => void calls.push(untilMs), isRevoked: () => false }
    await service({ revocation }).logout(logoutToken())
    await service({ revocation, revokedForSeconds: 600 }).logout(logoutToken())
    expect(calls).toEqual([NOW_MS + 86_400_000, NOW_MS + 600_000])
  })

  test('tokens that are remembered, at once', async () => {
    const idp = new FakeIssuer(KEY)
    const { revocation, logout } = service()
    const guard = jwt({ issuer: LOGOUT_ISSUER, audience: 'orders-api', jwks: IDP.jwks, revocation })
    const token = idp.token({ sid: 'session-1' })
    const now = () =>
      evaluate(guard, contextFor({ headers: [['authorization', `Bearer ${token}`]], nowMs: NOW_MS }), {})
    expect(await now()).toMatchObject({ allowed: true })
    await logout(logoutToken())
    expect(await now()).toMatchObject({ code: 'token_revoked', event: 'authn_token_revoked' })
  })

  test.each([
    [{}, 'logout_session'],
    [{ sid: undefined }, 'logout_subject'],
  ])('is told to the audit trail: %j is %s', async (claims, code) => {
    const ctx = posting(`logout_token=${logoutToken(claims)}`)
    await service().ask(ctx)
    expect(ctx.events satisfies AuditEvent['notices']).toEqual([
      { event: 'authn_token_revoked', code, guard: 'backChannelLogout' },
    ])
  })
})

function ahead(seconds: number): Members {
  return { iat: LOGOUT_NOW + seconds }
}

describe('sent twice', () => {
  test('a token ends nothing that has begun since', async () => {
    const { logout, isRevoked } = service()
    const token = logoutToken({ sid: undefined })
    expect(await logout(token)).toMatchObject(DONE)
    expect(await logout(token, NOW_MS + 60_000)).toMatchObject(refused('logout_replayed'))
    expect(isRevoked({ iat: LOGOUT_NOW + 30 }, NOW_MS + 60_000)).toBe(false)
  })

  test('at once, it is believed once', async () => {
    const { logout } = service()
    const token = logoutToken()
    const answers = await Promise.all(Array.from({ length: 20 }, () => logout(token)))
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(1)
  })

  test('the token is known until it is dead, and dead after that', async () => {
    const { logout } = service()
    const token = logoutToken({ iat: LOGOUT_NOW, exp: LOGOUT_NOW + 86_400 })
    expect(await logout(token)).toMatchObject(DONE)
    for (let s = 1; s < 330; s += 47) {
      expect(await logout(token, NOW_MS + s * 1000)).toMatchObject(refused('logout_replayed'))
    }
    expect(await logout(token, NOW_MS + 329_999)).toMatchObject(refused('logout_replayed'))
    expect(await logout(token, NOW_MS + 330_000)).toMatchObject(refused('logout_too_old'))
  })
})

describe('what cannot be done is not said to be done', () => {
  test.each<[what: string, fault: () => void]>([
    ['throws', fail],
    ['is full', overfill],
  ])('a store that %s is a 503, and the token may come again', async (_what, fault) => {
    let isDown = true
    const revocation = notingStore(() => isDown && fault())
    const { logout } = service({ revocation })
    const token = logoutToken()
    expect(await logout(token)).toMatchObject(unavailable('revocation_unavailable'))
    expect(await logout(token)).toMatchObject(unavailable('revocation_unavailable'))
    isDown = false
    expect(await logout(token)).toMatchObject(DONE)
    expect(await logout(token)).toMatchObject(refused('logout_replayed'))
  })

  test('nor where the store fails at the second of two things to do', async () => {
    const revocation = notingStore((calls) => calls === 2 && fail())
    const { logout } = service({ revocation })
    const answer = await logout(logoutToken({ sid: undefined }))
    expect(answer).toMatchObject(unavailable('revocation_unavailable'))
    expect(revocation.calls).toMatchObject([{ beforeMs: (LOGOUT_NOW - 5) * 1000 }, { beforeMs: NOW_MS }])
  })

  test.each<[what: string, claim: ReplayStore['claim'], code: string]>([
    ['throws', fail, 'replay_unavailable'],
    ['rejects', async () => fail(), 'replay_unavailable'],
    ['is full', () => 'full', 'replay_store_full'],
    ['says nothing', () => undefined as never, 'replay_unavailable'],
  ])('a replay store that %s is a 503', async (_what, claim, code) => {
    const ctx = posting(`logout_token=${logoutToken()}`)
    expect(await service({ replay: { claim } }).ask(ctx)).toMatchObject(unavailable(code))
    expect(ctx.events).toEqual([])
  })

  test('no keys yet: 503, then they come', async () => {
    const idp = new FakeIssuer(KEY)
    idp.fault = () => new Response(null, { status: 500 })
    const { issuer, audience } = IDP
    const { logout, isRevoked } = service({ issuers: [{ issuer, audience, fetch: idp.fetch }] })
    const token = logoutToken()
    expect(await logout(token)).toMatchObject(unavailable('keys_unavailable'))
    expect(isRevoked()).toBe(false)
    idp.fault = undefined
    expect(await logout(token, NOW_MS + 10_000)).toMatchObject(DONE)
    expect(isRevoked()).toBe(true)
  })
})

function fail(): never {
  throw new Error('connect ECONNREFUSED')
}

function overfill(): void {
  const store = memoryRevocationStore({ maxEntries: 1 })
  for (const sessionId of ['a', 'b']) {
    store.revoke({ by: 'session', issuer: LOGOUT_ISSUER, sessionId }, NOW_MS + 1_000, NOW_MS)
  }
}
