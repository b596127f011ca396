import { describe, expect, test } from 'vitest'
import { auditEvent } from '../../../src/audit/event.js'
import { auditLine } from '../../../src/audit/line.js'
import { evaluate, jwt, type Principal } from '../../../src/index.js'
import { contextFor } from '../../support/context.js'
import { ask, NOW, NOW_MS } from '../../support/fake-issuer.js'
import { party } from '../../support/party.js'

const own = party('https://idp.test')
const guard = jwt(own.options())
type Members = Readonly<Record<string, unknown>>

async function principalOf(claims: Members, by = guard): Promise<Principal> {
  const answer = await ask(by, own.token(claims))
  if (!answer.allowed) throw new Error(`refused: ${answer.code}`)
  return answer.facts.principal
}

const nested = (depth: number): unknown => (depth === 0 ? undefined : { sub: `actor-${depth}`, act: nested(depth - 1) })

describe('who acts for the principal (RFC 8693 section 4.1)', () => {
  test.each<[string, unknown, readonly object[]]>([
    ['nobody', undefined, []],
    ['one', { sub: 'bot' }, [{ id: 'bot', issuer: undefined }]],
    ['one of another issuer', { sub: 'bot', iss: 'https://b.test' }, [{ id: 'bot', issuer: 'https://b.test' }]],
    ['a client', { client_id: 'shop' }, [{ id: 'shop', issuer: undefined }]],
    ['a subject and its client', { sub: 'bot', client_id: 'shop' }, [{ id: 'bot', issuer: undefined }]],
    [
      'a chain, the latest first',
      { sub: 'gateway', act: { sub: 'web', iss: 'https://b.test', act: { sub: 'kiosk' } } },
      [
        { id: 'gateway', issuer: undefined },
        { id: 'web', issuer: 'https://b.test' },
        { id: 'kiosk', issuer: undefined },
      ],
    ],
    ['one with other claims', { sub: 'bot', roles: ['admin'], scope: 'all' }, [{ id: 'bot', issuer: undefined }]],
  ])('%s', async (_name, act, actors) => {
    const principal = await principalOf({ act })
    expect(principal.actors).toEqual(actors)
    expect([principal.actors, ...principal.actors].every(Object.isFrozen)).toBe(true)
  })

  test('eight are taken, nine refused', async () => {
    expect((await principalOf({ act: nested(8) })).actors).toHaveLength(8)
    expect(await ask(guard, own.token({ act: nested(9) }))).toMatchObject({ code: 'token_claim_invalid' })
  })

  test.each<[string, unknown]>([
    ['null', null],
    ['a text', 'bot'],
    ['a number', 1],
    ['true', true],
    ['a list', [{ sub: 'bot' }]],
    ['an empty object', {}],
    ['an empty name', { sub: '' }],
    ['an empty name and a client', { sub: '', client_id: 'shop' }],
    ['a name that is a number', { sub: 1 }],
    ['a name in a list', { sub: ['bot'] }],
    ['an issuer that is a list', { sub: 'bot', iss: ['https://b.test'] }],
    ['an empty issuer', { sub: 'bot', iss: '' }],
    ['a broken link', { sub: 'bot', act: { act: { sub: 'kiosk' } } }],
    ['a link that is null', { sub: 'bot', act: null }],
  ])('%s: the token is refused', async (_name, act) => {
    expect(await ask(guard, own.token({ act }))).toMatchObject({
      allowed: false,
      kind: 'unauthenticated',
      code: 'token_claim_invalid',
    })
  })

  test("gives nothing to access: roles, scopes and tenant are the subject's", async () => {
    const act = { sub: 'bot', roles: ['admin'], scope: 'all', tenant: 'other' }
    const { roles, scopes, tenant, id } = await principalOf({ act, roles: ['clerk'], scope: 'read' })
    expect([id, [...roles], [...scopes], tenant]).toEqual(['alice', ['clerk'], ['read'], undefined])
  })

  test('may_act is no actor', async () => {
    expect((await principalOf({ may_act: { sub: 'bot' } })).actors).toEqual([])
  })
})

describe('the audit event', () => {
  async function eventOf(claims: Members) {
    const ctx = contextFor({ headers: [['authorization', `Bearer ${own.token(claims)}`]] })
    const decision = await evaluate(guard, ctx, {})
    return auditEvent({
      ctx,
      decision,
      policy: 'jwt',
      status: 200,
      traceId: '0',
      arrivedMs: NOW_MS,
      endedMs: NOW_MS,
      notices: undefined,
    })
  }

  test('names at most four actors, the latest first; the line reads the same', async () => {
    const event = await eventOf({ act: nested(8) })
    expect(event.principal?.actors).toEqual([8, 7, 6, 5].map((n) => ({ id: `actor-${n}` })))
    expect(JSON.parse(auditLine(event)).principal).toEqual(JSON.parse(JSON.stringify(event.principal)))
  })

  test('without an actor it has no member for them', async () => {
    const event = await eventOf({})
    expect(event.principal?.actors).toBeUndefined()
    expect(auditLine(event)).not.toContain('actors')
  })

  test.each([
    ['line ends', 'bot\r\n{"decision":"allow"}'],
    ['controls', 'bot\u001b[2J\u0000\u009f'],
    ['bidirectional marks', 'bot\u202egnp.exe\u2066'],
    ['quotes', '","id":"root'],
  ])('an actor with %s is one member of one line', async (_name, sub) => {
    const line = auditLine(await eventOf({ act: { sub, iss: sub } }))
    expect(line.trimEnd()).toMatch(/^[\x20-\x7e\u00a0-\u061b]*$/)
    expect(JSON.parse(line).principal.actors).toEqual([{ id: sub, issuer: sub }])
  })

  test('actors as long as they can be do not make the line longer than any', async () => {
    const long = '\ud800'.repeat(700)
    const chain = { sub: long, iss: long, act: { sub: long, iss: long, act: { sub: long, act: { sub: long } } } }
    const token = { sub: long, act: chain, client_id: long }
    const answer = await ask(jwt({ ...own.options(), maxTokenLength: 65_536 }), own.token(token))
    expect(answer.allowed).toBe(true)
    const ctx = contextFor({ path: `/${'%'.repeat(900)}` })
    const event = auditEvent({
      ctx,
      decision: answer,
      policy: 'x',
      status: 200,
      traceId: '0',
      arrivedMs: NOW_MS,
      endedMs: NOW_MS,
      notices: undefined,
    })
    const line = auditLine(event)
    expect(line.length).toBeLessThanOrEqual(8192)
    expect(JSON.parse(line).principal.actors).toHaveLength(4)
  })
})

describe('kind', () => {
  test.each<[string, Members, 'user' | 'service']>([
    ['a person', {}, 'user'],
    ['the client itself', { sub: 'shop' }, 'service'],
    ['a client of another name', { sub: 'shop2' }, 'user'],
    ['a client in other letters', { sub: 'Shop' }, 'user'],
    ['a workload', { sub: 'spiffe://example.org/billing' }, 'service'],
    ['something like a workload', { sub: 'xspiffe://example.org/billing' }, 'user'],
  ])('%s: %j', async (_name, claims, kind) => {
    expect((await principalOf(claims)).kind).toBe(kind)
  })

  test("is the mapping's to say", async () => {
    const mapped = jwt(own.options({ mapping: { kind: (claims) => (claims.bot === true ? 'service' : 'user') } }))
    expect((await principalOf({ bot: true }, mapped)).kind).toBe('service')
    expect((await principalOf({ sub: 'shop' }, mapped)).kind).toBe('user')
  })
})

describe('authentication', () => {
  test.each<[string, Members, object]>([
    ['nothing', {}, { acr: undefined, amr: [], authTime: undefined }],
    [
      'all',
      { acr: 'mfa', amr: ['pwd', 'otp'], auth_time: NOW - 60 },
      { acr: 'mfa', amr: ['pwd', 'otp'], authTime: NOW - 60 },
    ],
    ['an acr that is a list', { acr: ['mfa'] }, { acr: undefined, amr: [], authTime: undefined }],
    ['an empty acr', { acr: '' }, { acr: undefined, amr: [], authTime: undefined }],
    ['amr as a text', { amr: 'pwd otp' }, { acr: undefined, amr: [], authTime: undefined }],
    ['amr with other types', { amr: ['pwd', 1, null, ''] }, { acr: undefined, amr: ['pwd'], authTime: undefined }],
    ['auth_time as a text', { auth_time: String(NOW) }, { acr: undefined, amr: [], authTime: undefined }],
    ['auth_time null', { auth_time: null }, { acr: undefined, amr: [], authTime: undefined }],
  ])('%s', async (_name, claims, expected) => {
    const { authentication } = await principalOf(claims)
    expect(authentication).toEqual(expected)
    expect([Object.isFrozen(authentication), Object.isFrozen(authentication.amr)]).toEqual([true, true])
  })
})

describe('mapping', () => {
  const claims = {
    'https://example.com/roles': ['admin'],
    realm: { roles: ['clerk', 1], deep: { er: 'x y' } },
    org: 'acme',
    oid: 'object-7',
    scp: 'read write',
  }
  const mapping = {
    id: ['oid'],
    client: [['azp'], ['client_id']],
    scopes: [['scp'], ['realm', 'deep', 'er']],
    roles: [['https://example.com/roles'], ['realm', 'roles']],
    tenant: [['tenant_id'], ['org']],
  } as const

  test('takes each member from where it is said to be', async () => {
    const { id, client, scopes, roles, tenant } = await principalOf(claims, jwt(own.options({ mapping })))
    expect({ id, client, tenant, scopes: [...scopes], roles: [...roles] }).toEqual({
      id: 'object-7',
      client: 'shop',
      tenant: 'acme',
      scopes: ['read', 'write', 'x', 'y'],
      roles: ['admin', 'clerk'],
    })
  })

  test.each<[string, Members, string]>([
    ['no text at id', { ...claims, oid: undefined }, 'token_claim_invalid'],
    ['a number at id', { ...claims, oid: 7 }, 'token_claim_invalid'],
    ['an empty id', { ...claims, oid: '' }, 'token_claim_invalid'],
  ])('%s: refused', async (_name, given, code) => {
    expect(await ask(jwt(own.options({ mapping })), own.token(given))).toMatchObject({ allowed: false, code })
  })

  test('a dotted name is one name; members of a prototype are none', async () => {
    const dotted = jwt(own.options({ mapping: { roles: [['a.b'], ['constructor', 'name'], ['__proto__', 'x']] } }))
    expect([...(await principalOf({ a: { b: ['no'] }, 'a.b': ['yes'] }, dotted)).roles]).toEqual(['yes'])
  })

  test('the audience may stand elsewhere, and is then not looked for in aud', async () => {
    const elsewhere = jwt(own.options({ mapping: { audience: ['client_id'] }, audience: 'shop' }))
    expect(await ask(elsewhere, own.token({ aud: undefined }))).toMatchObject({ allowed: true })
    expect(await ask(elsewhere, own.token({ aud: 'shop', client_id: 'other' }))).toMatchObject({
      code: 'token_audience_mismatch',
    })
  })
})

describe('requiredClaims and check', () => {
  const wanted = { acr: ['mfa', 'hwk'], azp: 'shop', exp: true, auth_time: true } as const
  const strict = jwt(own.options({ requiredClaims: wanted }))
  const good = { acr: 'mfa', azp: 'shop', auth_time: NOW }

  test.each<[string, Members, boolean]>([
    ['all of them', good, true],
    ['the other of two', { ...good, acr: 'hwk' }, true],
    ['none of two', { ...good, acr: 'pwd' }, false],
    ['a list of both', { ...good, acr: ['mfa', 'hwk'] }, false],
    ['another text', { ...good, azp: 'shop2' }, false],
    ['a missing one', { ...good, azp: undefined }, false],
    ['a time as text', { ...good, auth_time: String(NOW) }, false],
    ['what RFC 9068 asks for', { ...good, jti: undefined }, false],
  ])('%s: %j: %s', async (_name, claims, allowed) => {
    expect((await ask(strict, own.token(claims))).allowed).toBe(allowed)
  })

  test.each([
    ['true', true, true],
    ['false', false, false],
    ['undefined', undefined, false],
    ['1', 1, false],
    ['a promise', Promise.resolve(true), false],
  ])('a check that gives %s: %s', async (_name, answer, allowed) => {
    const by = jwt(own.options({ profile: { check: () => answer as boolean } }))
    expect((await ask(by, own.token())).allowed).toBe(allowed)
  })

  test('options are not changed by changing what they were made of', async () => {
    const acr = ['mfa']
    const by = jwt(own.options({ requiredClaims: { acr } }))
    acr.push('pwd')
    expect(await ask(by, own.token({ acr: 'pwd' }))).toMatchObject({ code: 'token_claim_invalid' })
  })
})
