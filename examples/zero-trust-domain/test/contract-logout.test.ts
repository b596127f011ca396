import { type AuditedAnswer, freshSub, type Idp, tokenFor } from '@wardline/test-kit'
import { generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Claims, DpopCaller } from './support/dpop-caller.js'
import { eventually } from './support/eventually.js'
import { boundToken, certificateToken, nowSeconds } from './support/tokens.js'
import { startWorld, type World } from './support/world.js'
import { SERVICES, type ServiceRequest, type ZeroTrustService } from './support/zero-trust-service.js'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const FORM = ['content-type', 'application/x-www-form-urlencoded'] as const

let world: World
let caller: DpopCaller
beforeAll(async () => {
  ;[world, caller] = await Promise.all([startWorld(), DpopCaller.create()])
})
afterAll(() => world.close())

const freshSid = (): string => `session-${crypto.randomUUID()}`

describe.each(SERVICES)('%s', { concurrent: true }, (_name, script) => {
  let service: ZeroTrustService
  beforeAll(async () => {
    service = await world.start(script)
  })
  afterAll(() => service.close())

  const post = (body: string, rest: Partial<ServiceRequest> = {}, to = service) =>
    to.send({ method: 'POST', target: '/backchannel-logout', headers: [FORM], body, ...rest })
  const logout = (token: string) => {
    service.keepSecret(token)
    return post(new URLSearchParams({ logout_token: token }).toString())
  }
  const codeOf = async (answer: AuditedAnswer) => (await service.audit(answer)).code
  const report = (token: string) => service.send({ target: '/reports', token })
  const bearer = (idp: Idp, claims: Claims) => tokenFor(idp, { scope: 'reports:read partner:read', ...claims })

  /** 200, no-store, nothing else, and one line in the log. */
  async function expectDone(answer: AuditedAnswer): Promise<void> {
    expect([answer.status, answer.body, answer.headers['cache-control']]).toEqual([200, '', 'no-store'])
    const lines = await service.auditLines(answer)
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0]!)).toMatchObject({ decision: 'allow', path: '/backchannel-logout', status: 200 })
  }

  const expectRevoked = async (answer: AuditedAnswer) => {
    expect([answer.status, await codeOf(answer)]).toEqual([401, 'token_revoked'])
    expect(await service.audit(answer)).toMatchObject({ event: 'authn_token_revoked' })
  }

  describe('a session', () => {
    test.each([['people'], ['machines']] as const)('of the %s ends, and no other', async (name) => {
      const [idp, sub, sid] = [world[name], freshSub(), freshSid()]
      const [token, same, other, without] = await Promise.all([
        bearer(idp, { sub, sid }),
        bearer(idp, { sub, sid }),
        bearer(idp, { sub, sid: freshSid() }),
        bearer(idp, { sub }),
      ])
      expect((await report(token)).status).toBe(200) // and is remembered from then on
      await expectDone(await logout(await idp.logoutToken({ sid })))
      await expectRevoked(await report(token))
      await expectRevoked(await report(same))
      for (const alive of [other, without]) expect((await report(alive)).status).toBe(200)
    })

    test('ends for good: tokens that are issued for it later are dead, too', async () => {
      const sid = freshSid()
      await expectDone(await logout(await world.people.logoutToken({ sid })))
      await expectRevoked(await report(await bearer(world.people, { sid, iat: nowSeconds() + 3 })))
    })

    test('with sub and sid: that session ends, and no other of that sub', async () => {
      const [sub, sid] = [freshSub(), freshSid()]
      const [token, other] = await Promise.all([
        bearer(world.people, { sub, sid }),
        bearer(world.people, { sub, sid: freshSid() }),
      ])
      await expectDone(await logout(await world.people.logoutToken({ sub, sid })))
      await expectRevoked(await report(token))
      expect((await report(other)).status).toBe(200)
    })

    test('of the same name at another issuer goes on', async () => {
      const sid = freshSid()
      const token = await bearer(world.machines, { sid })
      await expectDone(await logout(await world.people.logoutToken({ sid })))
      expect((await report(token)).status).toBe(200)
    })
  })

  describe('a subject', () => {
    test('tokens issued before are dead, later ones are not', async () => {
      const sub = freshSub()
      const [token, inSession] = await Promise.all([
        bearer(world.people, { sub }),
        bearer(world.people, { sub, sid: freshSid() }),
      ])
      expect((await report(token)).status).toBe(200)
      await expectDone(await logout(await world.people.logoutToken({ sub })))
      await expectRevoked(await report(token))
      await expectRevoked(await report(inSession))
      expect((await report(await bearer(world.people, { sub, iat: nowSeconds() + 3 }))).status).toBe(200)
    })

    test('also tokens issued between the logout and its arrival', async () => {
      const sub = freshSub()
      const token = await bearer(world.people, { sub, iat: nowSeconds() - 2 })
      await expectDone(await logout(await world.people.logoutToken({ sub, iat: nowSeconds() - 20 })))
      await expectRevoked(await report(token))
    })

    test('of the same name at another issuer, or one that begins alike, goes on', async () => {
      const sub = freshSub()
      const tokens = await Promise.all([bearer(world.machines, { sub }), bearer(world.people, { sub: `${sub}2` })])
      await expectDone(await logout(await world.people.logoutToken({ sub })))
      for (const token of tokens) expect((await report(token)).status).toBe(200)
    })
  })

  describe('everywhere', () => {
    test('at /accounts/me and /payments', async () => {
      const sid = freshSid()
      const token = await boundToken(world.people, caller, { sid })
      const target = '/accounts/me'
      const read = async () => service.send({ target, token, proof: await caller.proof({ target, token }) })
      expect((await read()).status).toBe(200)
      await expectDone(await logout(await world.people.logoutToken({ sid })))
      await expectRevoked(await read())
      const paid = { method: 'POST', target: '/payments', token } as const
      const asked = await service.send({ ...paid, proof: await caller.proof(paid), json: {} })
      const proof = await caller.proof({ ...paid, nonce: asked.headers['dpop-nonce']! })
      await expectRevoked(await service.send({ ...paid, proof, json: { amount: 1, to: 'x' } }))
    })

    test('at /internal/ledger', async () => {
      const [sid, identity] = [freshSid(), await world.identity()]
      const token = await certificateToken(world.machines, identity.thumbprint, { sid })
      const read = () => service.send({ target: '/internal/ledger', token, identity })
      expect((await read()).status).toBe(200)
      await expectDone(await logout(await world.machines.logoutToken({ sid })))
      await expectRevoked(await read())
    })

    test('at /partner, an opaque token that is remembered included', async () => {
      const token = await world.opaqueToken()
      const read = () => service.send({ target: '/partner', token })
      expect((await read()).status).toBe(200)
      await expectDone(await logout(await world.partners.logoutToken({ sub: 'partner' })))
      await expectRevoked(await read())
    })
  })

  describe('what a logout token may look like', () => {
    test.each<[what: string, claims: () => Claims, header?: Claims]>([
      ['typ logout+jwt', () => ({})],
      ['typ JWT', () => ({}), { typ: 'JWT' }],
      ['no typ', () => ({}), { typ: undefined }],
      ['aud in a list', () => ({ aud: ['x', world.people.audience] })],
      ['more events', () => ({ events: { [EVENT]: {}, 'urn:x': {} } })],
      ['members that nobody knows', () => ({ more: 1 })],
    ])('%s', async (_what, claims, header = {}) => {
      await expectDone(await logout(await world.people.logoutToken({ sid: freshSid(), ...claims() }, header)))
    })

    test('a form with more in it', async () => {
      const token = await world.people.logoutToken({ sid: freshSid() })
      await expectDone(await post(`a=b&logout_token=${token}&c=`))
    })
  })

  describe('a bad logout token is a 400, and nothing ends', () => {
    const other = generateKeyPair('ES256')
    const forged = async (claims: Claims) =>
      new SignJWT({
        iss: world.people.issuer,
        aud: world.people.audience,
        jti: crypto.randomUUID(),
        events: { [EVENT]: {} },
        ...claims,
      })
        .setProtectedHeader({ alg: 'ES256', typ: 'logout+jwt' })
        .setIssuedAt()
        .setExpirationTime('2m')
        .sign((await other).privateKey)

    test.each<[what: string, make: (sid: string) => Promise<string>]>([
      ['for another service', (sid) => world.people.logoutToken({ sid, aud: 'another' })],
      ['for nobody', (sid) => world.people.logoutToken({ sid, aud: undefined })],
      ['of an issuer that nobody knows', (sid) => world.people.logoutToken({ sid, iss: 'https://evil.test' })],
      ['in the name of another issuer', (sid) => world.machines.logoutToken({ sid, iss: world.people.issuer })],
      ['of no issuer', (sid) => world.people.logoutToken({ sid, iss: undefined })],
      ['signed by somebody else', (sid) => forged({ sid })],
      ['typ at+jwt', (sid) => world.people.logoutToken({ sid }, { typ: 'at+jwt' })],
      ['typ dpop+jwt', (sid) => world.people.logoutToken({ sid }, { typ: 'dpop+jwt' })],
      ['no iat', (sid) => world.people.logoutToken({ sid, iat: undefined })],
      ['iat of tomorrow', (sid) => world.people.logoutToken({ sid, iat: nowSeconds() + 86_400 })],
      ['no exp', (sid) => world.people.logoutToken({ sid, exp: undefined })],
      ['expired', (sid) => world.people.logoutToken({ sid, exp: nowSeconds() - 400 })],
      ['exp as text', (sid) => world.people.logoutToken({ sid, exp: String(nowSeconds() + 100) })],
      ['no jti', (sid) => world.people.logoutToken({ sid, jti: undefined })],
      ['jti as a number', (sid) => world.people.logoutToken({ sid, jti: 1 })],
      ['no events', (sid) => world.people.logoutToken({ sid, events: undefined })],
      ['another event', (sid) => world.people.logoutToken({ sid, events: { 'urn:x': {} } })],
      ['the event as text', (sid) => world.people.logoutToken({ sid, events: EVENT })],
      ['events in a list', (sid) => world.people.logoutToken({ sid, events: [EVENT] })],
      ['an event that says true', (sid) => world.people.logoutToken({ sid, events: { [EVENT]: true } })],
      ['with a nonce', (sid) => world.people.logoutToken({ sid, nonce: 'x' })],
      ['sid in a list', (sid) => world.people.logoutToken({ sid: [sid] })],
      ['sub as a number', (sid) => world.people.logoutToken({ sid, sub: 1 })],
      ['neither sub nor sid', () => world.people.logoutToken({})],
      ['an access token', (sid) => world.people.sign({ sid, events: { [EVENT]: {} } })],
      ['an ID token', (sid) => world.people.sign({ sid, nonce: 'x' }, { typ: 'JWT' })],
      [
        'without a signature',
        async (sid) => `${(await world.people.logoutToken({ sid })).split('.').slice(0, 2).join('.')}.`,
      ],
      ['alg none', async (sid) => none(await world.people.logoutToken({ sid }))],
      ['nonsense', async () => 'nonsense'],
      ['nothing', async () => ''],
    ])('%s', async (_what, make) => {
      const sid = freshSid()
      const token = await bearer(world.people, { sid })
      const answer = await logout(await make(sid))
      expect(answer.status).toBe(400)
      expect(await codeOf(answer)).toMatch(/^logout_/)
      expect(await service.audit(answer)).not.toHaveProperty('principal')
      expect((await report(token)).status).toBe(200)
    })

    test('a jti twice, also at once', async () => {
      const token = await world.people.logoutToken({ sid: freshSid() })
      const answers = await Promise.all(Array.from({ length: 5 }, () => logout(token)))
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400])
      const again = await logout(token)
      expect([again.status, await codeOf(again)]).toEqual([400, 'logout_replayed'])
    })

    test('a replayed one does not end what has begun since', async () => {
      const sub = freshSub()
      const token = await world.people.logoutToken({ sub, iat: nowSeconds() - 5 })
      await expectDone(await logout(token))
      const since = await bearer(world.people, { sub, iat: nowSeconds() + 3 })
      expect((await logout(token)).status).toBe(400)
      expect((await report(since)).status).toBe(200)
    })
  })

  describe('a request that is no form with one logout token', () => {
    test.each<
      [what: string, status: number, body: (token: string) => string, rest?: (token: string) => Partial<ServiceRequest>]
    >([
      ['without it', 400, () => 'token=x'],
      ['with it twice', 400, (token) => `logout_token=${token}&logout_token=${token}`],
      ['with it in the query', 400, () => '', (token) => ({ target: `/backchannel-logout?logout_token=${token}` })],
      [
        'with it as Authorization',
        400,
        () => '',
        (token) => ({ headers: [FORM, ['authorization', `Bearer ${token}`]] }),
      ],
      [
        'as JSON',
        415,
        (token) => JSON.stringify({ logout_token: token }),
        () => ({ headers: [['content-type', 'application/json']] }),
      ],
      ['as text', 415, (token) => `logout_token=${token}`, () => ({ headers: [['content-type', 'text/plain']] })],
      ['of no type', 415, (token) => `logout_token=${token}`, () => ({ headers: [] })],
      ['of 100 KiB', 413, (token) => `logout_token=${token}&x=${'x'.repeat(100_000)}`],
    ])('%s', async (_what, status, body, rest) => {
      const sid = freshSid()
      const logoutToken = await world.people.logoutToken({ sid })
      const token = await bearer(world.people, { sid })
      service.keepSecret(logoutToken)
      expect((await post(body(logoutToken), rest?.(logoutToken))).status).toBe(status)
      expect((await report(token)).status).toBe(200)
    })

    test('by GET: a stranger is refused, a caller is told how', async () => {
      const target = '/backchannel-logout'
      expect((await service.send({ target })).status).toBe(401)
      const answer = await service.send({ target, token: await bearer(world.people, {}) })
      expect([answer.status, answer.headers.allow]).toEqual([405, 'POST'])
    })
  })

  test('no keys had yet is 503, never 200; the same token may come again', { timeout: 60_000 }, async () => {
    const away = await startWorld({ pausable: true })
    try {
      const sid = freshSid()
      const token = await away.people.logoutToken({ sid })
      await away.people.pause()
      const cold = await away.start(script)
      cold.expectComplaint(/keys_(unavailable|recovered)/)
      const body = `logout_token=${token}`
      const refused = await post(body, {}, cold)
      expect([refused.status, (await cold.audit(refused)).code]).toEqual([503, 'keys_unavailable'])
      await away.people.resume()
      await eventually(async () => (await post(body, {}, cold)).status, 200, 40_000)
      await cold.close()
    } finally {
      await away.close()
    }
  })
})

const none = (token: string): string => {
  const head = Buffer.from(JSON.stringify({ alg: 'none', typ: 'logout+jwt' })).toString('base64url')
  return `${head}.${token.split('.')[1]}.`
}
