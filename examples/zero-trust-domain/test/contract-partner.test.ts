import { setTimeout as sleep } from 'node:timers/promises'
import { type AuditedAnswer, freshSub, tokenFor } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { challengesOf } from './support/challenges.js'
import type { Claims } from './support/dpop-caller.js'
import { type FakeIssuer, json, startFakeIssuer, text } from './support/fake-issuer.js'
import { nowSeconds } from './support/tokens.js'
import { AUDIENCE, startWorld, type World } from './support/world.js'
import { SERVICES, type ZeroTrustService } from './support/zero-trust-service.js'

const TARGET = '/partner'

/** Characters that need care in a form and in a header. */
const CLIENT = { clientId: 'the service', clientSecret: 'a:secret%of+the&service' } as const

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

const opaque = (): string => `opaque-${crypto.randomUUID()}`
const active = (more: Claims = {}): Claims => ({
  active: true,
  sub: freshSub(),
  client_id: 'x',
  scope: 'partner:read',
  aud: AUDIENCE,
  exp: nowSeconds() + 300,
  ...more,
})

describe.each(SERVICES)('%s', { concurrent: true }, (_name, script) => {
  let service: ZeroTrustService
  let fake: FakeIssuer
  const start = (issuer: FakeIssuer) => {
    const own = { issuer: issuer.issuer, audience: AUDIENCE, mode: 'introspection', ...CLIENT }
    return world.start(script, { ISSUERS: JSON.stringify([...world.issuers, own]) })
  }
  beforeAll(async () => {
    fake = await startFakeIssuer()
    service = await start(fake)
  })
  afterAll(() => Promise.all([service.close(), fake.close()]))

  const ask = (token: string) => service.send({ target: TARGET, token })
  const codeOf = async (answer: AuditedAnswer) => (await service.audit(answer)).code
  const askedAbout = (token: string) => fake.asked.filter(({ form }) => form.get('token') === token)

  describe('a bearer token of any configured issuer, scope partner:read', () => {
    test.each<[what: string, token: () => Promise<string>, issuer: () => string]>([
      ["a JWT of the people's", () => tokenFor(world.people, { scope: 'partner:read' }), () => world.people.issuer],
      ['a JWT of the second', () => tokenFor(world.machines, { scope: 'partner:read' }), () => world.machines.issuer],
      ['an opaque token', () => world.opaqueToken(), () => world.partners.issuer],
      ['a JWT of the issuer that is asked', () => world.partners.token('partner-jwt'), () => world.partners.issuer],
    ])('%s', async (_what, token, issuer) => {
      const answer = await ask(await token())
      expect(answer.status).toBe(200)
      expect(answer.json.principal).toMatchObject({ issuer: issuer(), proof: 'bearer' })
    })

    test('an opaque token is told apart by what its issuer says of it', async () => {
      const [token, sub] = [opaque(), freshSub()]
      fake.answer(token, json(active({ sub, client_id: 'acme' })))
      const answer = await ask(token)
      expect(answer.json).toEqual({
        principal: { id: sub, issuer: fake.issuer, client: 'acme', kind: 'user', proof: 'bearer' },
      })
      expect(await service.audit(answer)).toMatchObject({ principal: { issuer: fake.issuer, id: sub, client: 'acme' } })
    })

    test.each<[what: string, members: () => Claims]>([
      ['an audience in a list', () => ({ aud: ['x', AUDIENCE] })],
      ['its own name', () => ({ iss: fake.issuer })],
      ['more than anybody knows', () => ({ more: { a: [1] } })],
      ['more scopes', () => ({ scope: 'x partner:read y' })],
    ])('with %s', async (_what, members) => {
      const token = opaque()
      fake.answer(token, json(active(members())))
      expect((await ask(token)).status).toBe(200)
    })

    test.each<[scope: unknown]>([[''], ['partner'], ['partner:reads'], [undefined]])(
      'scope %j is a 403',
      async (scope) => {
        const token = opaque()
        fake.answer(token, json(active({ scope })))
        const answer = await ask(token)
        expect([answer.status, await codeOf(answer)]).toEqual([403, 'scope_missing'])
        expect(challengesOf(answer)).toMatchObject([{ scheme: 'Bearer', params: { error: 'insufficient_scope' } }])
      },
    )

    test('a stranger', async () => {
      const answer = await service.send({ target: TARGET })
      expect([answer.status, await codeOf(answer)]).toEqual([401, 'token_missing'])
      expect(challengesOf(answer).map(({ scheme }) => scheme)).toEqual(['Bearer'])
    })
  })

  describe('the issuer is asked', () => {
    test('with the credentials of the service, and for the token alone', async () => {
      const token = opaque()
      fake.answer(token, json(active()))
      await ask(token)
      const [{ authorization, form }, ...more] = askedAbout(token) as [ReturnType<typeof askedAbout>[0]]
      expect(more).toEqual([])
      const [id, secret] = atob(authorization!.slice('Basic '.length))
        .split(':')
        .map((part) => new URLSearchParams(`x=${part}`).get('x'))
      expect([id, secret]).toEqual([CLIENT.clientId, CLIENT.clientSecret])
      expect([...form.keys()].filter((name) => name !== 'token_type_hint')).toEqual(['token'])
    })

    test('once for thirty requests at once', async () => {
      const token = opaque()
      fake.answer(token, (response) => void setTimeout(() => json(active())(response), 200))
      const answers = await Promise.all(Array.from({ length: 30 }, () => ask(token)))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
      expect(askedAbout(token)).toHaveLength(1)
    })

    test('once for a token that is refused again and again', async () => {
      const token = opaque()
      for (let i = 0; i < 5; i++) expect((await ask(token)).status).toBe(401)
      expect(askedAbout(token)).toHaveLength(1)
    })

    test('not beyond what a token can be', async () => {
      const long = 'x'.repeat(10_000)
      expect((await ask(long)).status).toBe(401)
      for (const token of ['a b', 'a"b', 'a,b', '', '=']) await ask(token)
      expect(
        fake.asked.filter(({ form }) => form.get('token')!.length > 8_192 || /[^\w.~+/=-]/.test(form.get('token')!)),
      ).toEqual([])
    })
  })

  describe('a JWT is never posted to an issuer that its iss does not name', () => {
    test.each<[what: string, token: () => Promise<string>]>([
      ["of the people's issuer", () => tokenFor(world.people, { scope: 'partner:read' })],
      ["of the people's issuer, expired", () => tokenFor(world.people, { exp: 1 })],
      ["of the people's issuer, for another service", () => tokenFor(world.people, { aud: 'x' })],
      ['of another issuer that is asked', () => world.partners.token('partner-jwt')],
      ['of nobody', () => tokenFor(world.people, { iss: 'https://evil.test' })],
      ['of a look-alike', () => tokenFor(world.people, { iss: `${fake.issuer}/` })],
      ['of a list of issuers', () => tokenFor(world.people, { iss: [fake.issuer] as never })],
      ['without an issuer', () => tokenFor(world.people, { iss: undefined })],
      ['cut off', async () => (await tokenFor(world.people)).split('.').slice(0, 2).join('.')],
      ['with a part more', async () => `${await tokenFor(world.people)}.x`],
      ['encrypted', async () => `${(await tokenFor(world.people)).split('.')[0]}.a.b.c.d`],
    ])('%s', async (_what, make) => {
      const token = await make()
      await ask(token)
      expect(askedAbout(token)).toEqual([])
    })

    test('one that names it and is none of its: what it says by itself counts for nothing', async () => {
      const token = await tokenFor(world.people, { iss: fake.issuer, scope: 'partner:read' })
      expect((await ask(token)).status).toBe(401)
    })
  })

  describe('an answer that is refused', () => {
    test.each<[what: string, members: () => unknown]>([
      ['inactive', () => ({ active: false })],
      ['inactive, whatever else it says', () => active({ active: false })],
      ['active as text', () => active({ active: 'true' })],
      ['active as a number', () => active({ active: 1 })],
      ['no active', () => active({ active: undefined })],
      ['another iss', () => active({ iss: world.people.issuer })],
      ['iss in a list', () => active({ iss: [fake.issuer] })],
      ['another aud', () => active({ aud: 'another' })],
      ['an aud that begins alike', () => active({ aud: `${AUDIENCE}2` })],
      ['aud as a number', () => active({ aud: 1 })],
      ['other auds', () => active({ aud: ['x', 'y'] })],
      ['no aud', () => active({ aud: undefined })],
      ['expired', () => active({ exp: nowSeconds() - 400 })],
      ['exp as text', () => active({ exp: String(nowSeconds() + 300) })],
      ['exp null', () => active({ exp: null })],
      ['valid from tomorrow on', () => active({ nbf: nowSeconds() + 86_400 })],
      ['nbf as text', () => active({ nbf: '0' })],
      ['iat as text', () => active({ iat: '0' })],
      ['sub as a number', () => active({ sub: 1 })],
      ['sub in a list', () => active({ sub: ['alice'] })],
      ['an empty sub', () => active({ sub: '' })],
      ['client_id as a number', () => active({ client_id: 1 })],
      ['nobody', () => active({ sub: undefined, client_id: undefined })],
      ['scope in a list', () => active({ scope: ['partner:read'] })],
      ['scope as a number', () => active({ scope: 1 })],
      ['token_type as a number', () => active({ token_type: 1 })],
      ['a refresh token', () => active({ token_type: 'refresh_token' })],
      ['a token of DPoP', () => active({ token_type: 'DPoP' })],
      ['bound to a key', () => active({ cnf: { jkt: 'x'.repeat(43) } })],
      ['bound to a certificate', () => active({ cnf: { 'x5t#S256': 'x'.repeat(43) } })],
      ['bound to both', () => active({ cnf: { jkt: 'x'.repeat(43), 'x5t#S256': 'x'.repeat(43) } })],
      ['bound to what nobody knows', () => active({ cnf: { kid: 'x' } })],
      ['cnf as text', () => active({ cnf: 'x' })],
      ['cnf in a list', () => active({ cnf: [] })],
      ['cnf null', () => active({ cnf: null })],
    ])('%s is a 401', async (_what, members) => {
      const token = opaque()
      fake.answer(token, json(members()))
      const answer = await ask(token)
      expect(answer.status).toBe(401)
      expect(await codeOf(answer)).toMatch(/^token_/)
      expect(challengesOf(answer)).toMatchObject([{ scheme: 'Bearer', params: { error: 'invalid_token' } }])
      expect(await service.audit(answer)).not.toHaveProperty('principal')
    })

    test('all of them look alike to the caller', async () => {
      const answers = []
      for (const members of [
        { active: false },
        active({ aud: 'x' }),
        active({ exp: 1 }),
        active({ cnf: { jkt: 'x' } }),
      ]) {
        const token = opaque()
        fake.answer(token, json(members))
        answers.push(await ask(token))
      }
      const shapes = answers.map(({ status, json: body, headers: { date, ...rest } }) =>
        JSON.stringify([status, { ...body, instance: '' }, rest]),
      )
      expect(new Set(shapes)).toHaveLength(1)
    })
  })

  describe('an issuer that cannot be asked', () => {
    let own: FakeIssuer
    let other: ZeroTrustService
    beforeAll(async () => {
      own = await startFakeIssuer()
      other = await start(own)
    })
    afterAll(() => Promise.all([other.close(), own.close()]))

    test.each<[what: string, answer: Parameters<FakeIssuer['answer']>[1]]>([
      ['500', json({ error: 'server_error' }, 500)],
      ['401 to the service', json({ error: 'invalid_client' }, 401)],
      ['204', text('', 204)],
      ['no JSON', text('active')],
      ['half of it', text('{"active":true')],
      ['a list', json([active()])],
      ['null', json(null)],
      ['HTML', text('<html></html>', 200, { 'content-type': 'text/html' })],
      ['a redirect', text('', 302, { location: '/jwks' })],
      ['300 KiB', (response) => json(active({ more: 'x'.repeat(300_000) }))(response)],
      ['nothing for ever', () => {}],
      ['an end', (response) => void response.destroy()],
    ])('%s is a 503 with Retry-After, said as such in the log', async (_what, respond) => {
      const token = opaque()
      own.answer(token, respond)
      const startedAt = performance.now()
      const answer = await other.send({ target: TARGET, token })
      expect(performance.now() - startedAt).toBeLessThan(8_000)
      expect(answer.status).toBe(503)
      expect(answer.headers['retry-after']).toMatch(/^\d+$/)
      expect(answer.body).not.toContain(own.issuer)
      expect(await other.audit(answer)).toMatchObject({ code: 'introspection_unavailable', kind: 'unavailable' })
    })

    test('JWTs go on meanwhile, and so does it as soon as it can be asked', async () => {
      const jwt = await tokenFor(world.people, { scope: 'partner:read' })
      expect((await other.send({ target: TARGET, token: jwt })).status).toBe(200)
      const until = Date.now() + 15_000
      let status = 0
      while (status !== 200 && Date.now() < until) {
        const token = opaque()
        own.answer(token, json(active()))
        status = (await other.send({ target: TARGET, token })).status
        if (status !== 200) await sleep(500)
      }
      expect(status).toBe(200)
    })
  })
})
