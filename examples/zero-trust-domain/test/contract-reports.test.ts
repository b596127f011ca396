import { readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AuditedAnswer, freshSub, tokenFor } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { challengeOf, challengesOf } from './support/challenges.js'
import { DpopCaller } from './support/dpop-caller.js'
import { boundToken, certificateToken } from './support/tokens.js'
import { issueKey, startWorld, type World } from './support/world.js'
import { SERVICES, type ServiceRequest, type ZeroTrustService } from './support/zero-trust-service.js'

const TARGET = '/reports'
const READER = ['--client', 'acme', '--scope', 'reports:read'] as const

/** Within this a change of the key file acts, by the contract. */
const REREAD_MS = 5_000

let world: World
/** Keys by what is special about them, issued before any service has started. */
const keys = {} as Record<
  'good' | 'second' | 'scopeless' | 'wide' | 'revoked' | 'expired' | 'lasting' | 'here' | 'elsewhere',
  string
>
const idOf = (key: string): string => key.split('_')[1]!

beforeAll(async () => {
  world = await startWorld()
  keys.good = await world.issueKey(...READER)
  keys.second = await world.issueKey(...READER)
  keys.scopeless = await world.issueKey('--client', 'acme', '--scope', 'accounts:read')
  keys.wide = await world.issueKey('--client', 'wide', '--scope', 'accounts:read reports:read')
  keys.revoked = await world.issueKey(...READER)
  await world.issueKey('--revoke', idOf(keys.revoked))
  keys.expired = await world.issueKey(...READER, '--expires', '1')
  keys.lasting = await world.issueKey(...READER, '--expires', '600')
  keys.here = await world.issueKey(...READER, '--addresses', '127.0.0.7, 192.0.2.0/24')
  keys.elsewhere = await world.issueKey(...READER, '--addresses', '192.0.2.0/24,2001:db8::/32')
  await sleep(1_100)
})
afterAll(() => world.close())

describe.each(SERVICES)('%s', { concurrent: true }, (_name, script) => {
  let service: ZeroTrustService
  beforeAll(async () => {
    service = await world.start(script)
    for (const key of Object.values(keys)) service.keepSecret(key)
  })
  afterAll(() => service.close())

  const codeOf = async (answer: AuditedAnswer) => (await service.audit(answer)).code
  const withKey = (key: string, rest: Partial<ServiceRequest> = {}) =>
    service.send({ target: TARGET, token: key, scheme: 'ApiKey', ...rest })

  describe('an API key', () => {
    test.each<[how: string, request: (key: string) => Partial<ServiceRequest>]>([
      ['Authorization: ApiKey', (key) => ({ headers: [['authorization', `ApiKey ${key}`]] })],
      ['authorization: apikey', (key) => ({ headers: [['authorization', `apikey ${key}`]] })],
      ['X-API-Key', (key) => ({ headers: [['X-API-Key', key]] })],
      ['x-api-key', (key) => ({ headers: [['x-api-key', key]] })],
    ])('by %s', async (_how, request) => {
      const answer = await service.send({ target: TARGET, ...request(keys.good) })
      expect(answer.status).toBe(200)
      expect(answer.json.principal).toMatchObject({ client: 'acme', kind: 'service', proof: 'key' })
    })

    test('each is a principal of its own, whose client is named', async () => {
      const [first, again, second] = await Promise.all([withKey(keys.good), withKey(keys.good), withKey(keys.second)])
      const idIn = ({ json }: AuditedAnswer) => (json.principal as { readonly id: string }).id
      expect(idIn(first)).toBe(idIn(again))
      expect(idIn(first)).not.toBe(idIn(second))
      expect(JSON.stringify([first.json, second.json])).not.toContain(keys.good.split('_')[2])
      expect(await service.audit(first)).toMatchObject({ principal: { id: idIn(first), client: 'acme' } })
    })

    test('with several scopes', async () => expect((await withKey(keys.wide)).status).toBe(200))

    test('until it expires', async () => expect((await withKey(keys.lasting)).status).toBe(200))

    test('with other scopes only', async () => {
      const answer = await withKey(keys.scopeless)
      expect([answer.status, await codeOf(answer)]).toEqual([403, 'scope_missing'])
    })

    test('from the addresses that it is for', async () => {
      expect((await withKey(keys.here, { from: '127.0.0.7' })).status).toBe(200)
    })

    test('opens no other route', async () => {
      for (const target of ['/accounts/me', '/partner', '/internal/ledger']) {
        expect((await withKey(keys.wide, { target })).status).toBe(401)
      }
      expect((await withKey(keys.wide, { method: 'POST', target: '/payments', json: {} })).status).toBe(401)
    })
  })

  describe('a key that is refused', () => {
    const changed = (key: string, at: number) => `${key.slice(0, at)}${key[at] === 'A' ? 'B' : 'A'}${key.slice(at + 1)}`
    const ROWS: readonly (readonly [what: string, code: string, key: () => string])[] = [
      ['that nobody has issued', 'key_unknown', () => keys.good.replace(idOf(keys.good), 'A'.repeat(16))],
      ['with another secret', 'key_secret_mismatch', () => changed(keys.good, keys.good.length - 1)],
      [
        'with the secret of another key',
        'key_secret_mismatch',
        () => keys.good.replace(/[^_]+$/, keys.second.split('_')[2]!),
      ],
      ['that was revoked', 'key_revoked', () => keys.revoked],
      ['that has expired', 'key_expired', () => keys.expired],
      ['from another address', 'key_address_refused', () => keys.elsewhere],
      ['from no address of its own', 'key_address_refused', () => keys.here],
    ]

    test.each(ROWS)('%s', async (_what, code, key) => {
      service.keepSecret(key())
      const answer = await withKey(key())
      expect([answer.status, await codeOf(answer)]).toEqual([401, code])
      expect(await service.audit(answer)).not.toHaveProperty('principal')
    })

    test('all of them get the same answer, apart from its instance', async () => {
      const answers = await Promise.all(ROWS.map(([, , key]) => withKey(key())))
      const shapes = answers.map(({ status, json, headers }) => {
        const { date, ratelimit, ...rest } = headers
        return JSON.stringify([status, { ...json, instance: '' }, rest])
      })
      expect(new Set(shapes)).toHaveLength(1)
    })

    test('an address in a header is not the address', async () => {
      for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'true-client-ip']) {
        const value = name === 'forwarded' ? 'for=192.0.2.1' : '192.0.2.1'
        expect((await withKey(keys.elsewhere, { headers: [[name, value]] })).status).toBe(401)
      }
    })

    test.each<[what: string, key: () => string]>([
      ['without its prefix', () => keys.good.slice(keys.good.indexOf('_') + 1)],
      ['without its secret', () => keys.good.slice(0, keys.good.lastIndexOf('_'))],
      ['with one character more', () => `${keys.good}A`],
      ['with one character less', () => keys.good.slice(0, -1)],
      ['in capitals', () => keys.good.toUpperCase()],
      ['with a part more', () => `${keys.good}_x`],
      ['encoded', () => Buffer.from(keys.good).toString('base64')],
      ['of 5 000 characters', () => 'x'.repeat(5_000)],
      ['of which there is nothing', () => ''],
    ])('%s is malformed', async (_what, key) => {
      const headers = [['x-api-key', key()]] as const
      const answer = await service.send({ target: TARGET, headers })
      expect([answer.status, await codeOf(answer)]).toEqual([401, expect.stringMatching(/^key_(malformed|missing)$/)])
    })

    test.each<[what: string, headers: () => ServiceRequest['headers']]>([
      [
        'twice',
        () => [
          ['x-api-key', keys.good],
          ['x-api-key', keys.good],
        ],
      ],
      [
        'in both fields',
        () => [
          ['x-api-key', keys.good],
          ['authorization', `ApiKey ${keys.good}`],
        ],
      ],
      [
        'in two Authorization fields',
        () => [
          ['authorization', `ApiKey ${keys.good}`],
          ['authorization', `ApiKey ${keys.good}`],
        ],
      ],
      [
        'beside a bearer token in the same field name',
        () => [
          ['authorization', `ApiKey ${keys.good}`],
          ['authorization', 'Bearer a.b.c'],
        ],
      ],
    ])('%s: 400 or 401, never a 200', async (_what, headers) => {
      expect([400, 401]).toContain((await service.send({ target: TARGET, headers: headers()! })).status)
    })

    test.each<[where: string, request: () => Partial<ServiceRequest>]>([
      ['a query', () => ({ target: `${TARGET}?api_key=${keys.good}&x-api-key=${keys.good}` })],
      ['a cookie', () => ({ headers: [['cookie', `x-api-key=${keys.good}`]] })],
      ['Bearer', () => ({ headers: [['authorization', `Bearer ${keys.good}`]] })],
      ['Basic', () => ({ headers: [['authorization', `Basic ${btoa(`${keys.good}:`)}`]] })],
      ['X_API_Key', () => ({ headers: [['X_API_Key', keys.good]] })],
      ['X-Api-Key-Id', () => ({ headers: [['X-Api-Key-Id', keys.good]] })],
    ])('in %s it is none', async (_where, request) => {
      expect((await service.send({ target: TARGET, ...request() })).status).toBe(401)
    })
  })

  describe('a bearer JWT of any configured jwt issuer with that scope', () => {
    test.each([['people'], ['machines']] as const)('of the %s', async (issuer) => {
      const sub = freshSub()
      const answer = await service.send({
        target: TARGET,
        token: await tokenFor(world[issuer], { sub, scope: 'reports:read' }),
      })
      expect(answer.status).toBe(200)
      expect(answer.json.principal).toMatchObject({ id: sub, issuer: world[issuer].issuer, proof: 'bearer' })
    })

    test.each<[what: string, status: number, code: string, token: () => Promise<string>]>([
      ['without the scope', 403, 'scope_missing', () => tokenFor(world.people, { scope: 'report:read' })],
      [
        'of the issuer that is asked about its tokens',
        401,
        'token_issuer_unknown',
        () => tokenFor(world.partners, { scope: 'reports:read' }),
      ],
      ['that is opaque', 401, 'token_malformed', () => world.opaqueToken()],
      [
        'bound to a key',
        401,
        'token_proof_missing',
        async () => boundToken(world.people, await DpopCaller.create(), { scope: 'reports:read' }),
      ],
      [
        'bound to a certificate',
        401,
        'token_proof_missing',
        () => certificateToken(world.people, 'x'.repeat(43), { scope: 'reports:read' }),
      ],
      [
        'signed by the other issuer',
        401,
        'token_',
        () => tokenFor(world.machines, { iss: world.people.issuer, scope: 'reports:read' }),
      ],
      [
        'for another service',
        401,
        'token_audience_mismatch',
        () => tokenFor(world.people, { aud: 'x', scope: 'reports:read' }),
      ],
      [
        'that is an ID token',
        401,
        'token_type_refused',
        () => world.people.sign({ scope: 'reports:read' }, { typ: 'JWT' }),
      ],
    ])('%s', async (_what, status, code, token) => {
      const answer = await service.send({ target: TARGET, token: await token() })
      expect(answer.status).toBe(status)
      expect(await codeOf(answer)).toMatch(new RegExp(`^${code}`))
    })
  })

  test("a stranger's 401 lists both challenges, and no error", async () => {
    const answer = await service.send({ target: TARGET })
    expect(answer.status).toBe(401)
    expect(
      challengesOf(answer)
        .map(({ scheme }) => scheme)
        .sort(),
    ).toEqual(['ApiKey', 'Bearer'])
    expect(challengeOf(answer, 'Bearer')).not.toHaveProperty('error')
  })

  test('two credentials of two kinds: neither hides a fault of the other', async () => {
    const headers = [['x-api-key', keys.revoked]] as const
    const token = await tokenFor(world.people, { scope: 'accounts:read' })
    expect((await service.send({ target: TARGET, token, headers })).status).not.toBe(200)
    expect((await service.send({ target: TARGET, token: 'a.b.c', headers })).status).toBe(401)
  })

  describe('the key file is read again within 5 s of a change', () => {
    const becomes = async (key: string, status: number) => {
      const until = Date.now() + REREAD_MS
      let answer = await withKey(key)
      while (answer.status !== status && Date.now() < until) {
        await sleep(100)
        answer = await withKey(key)
      }
      expect(answer.status).toBe(status)
      return answer
    }

    test('a new key, and its end', async () => {
      const key = await world.issueKey('--client', 'late', '--scope', 'reports:read')
      service.keepSecret(key)
      await becomes(key, 200)
      await world.issueKey('--revoke', idOf(key))
      expect(await codeOf(await becomes(key, 401))).toBe('key_revoked')
      expect((await withKey(keys.good)).status).toBe(200)
    })
  })
})

describe('issue-key', () => {
  const file = () => world.path('other-keys.json')
  const issue = (...args: readonly string[]) => issueKey('--file', file(), ...args)

  test('prints one key, and keeps no secret', async () => {
    const { code, stdout, stderr } = await issue(...READER)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^[a-z][a-z0-9]+_[0-9A-Za-z]+_[0-9A-Za-z]{43}\n$/)
    const stored = readFileSync(file(), 'utf8')
    const [, id, secret] = stdout.trimEnd().split('_')
    expect(stored).toContain(id)
    for (const part of [secret!, Buffer.from(secret!).toString('base64').slice(0, 40)])
      expect(stored).not.toContain(part)
    expect(statSync(file()).mode & 0o077).toBe(0)
  })

  test('appends to the file', async () => {
    const before = JSON.parse(readFileSync(file(), 'utf8'))
    const [one, two] = [await issue(...READER), await issue('--client', 'x', '--scope', 'a b', '--expires', '60')]
    expect([one.code, two.code]).toEqual([0, 0])
    const after = JSON.parse(readFileSync(file(), 'utf8'))
    const listOf = (value: unknown) => (Array.isArray(value) ? value : (value as { keys: unknown[] }).keys)
    expect(listOf(after)).toHaveLength(listOf(before).length + 2)
    expect(listOf(after).at(-1)).toMatchObject({ client: 'x', scopes: ['a', 'b'], expiresAt: expect.any(Number) })
  })

  test('run several times at once, forgets none', async () => {
    const issued = await Promise.all(Array.from({ length: 6 }, () => issue(...READER)))
    const stored = readFileSync(file(), 'utf8')
    for (const { code, stdout } of issued) {
      expect(code).toBe(0)
      expect(stored).toContain(idOf(stdout))
    }
  })

  test.each<[what: string, args: readonly string[]]>([
    ['nothing', []],
    ['no client', ['--scope', 'reports:read']],
    ['no scope', ['--client', 'x']],
    ['a lifetime that is no number', [...READER, '--expires', 'soon']],
    ['a lifetime of nothing', [...READER, '--expires', '0']],
    ['an address that is none', [...READER, '--addresses', 'here']],
    ['an option that there is not', [...READER, '--admin']],
    ['a key to revoke that there is not', ['--revoke', 'A'.repeat(16)]],
    ['both at once', [...READER, '--revoke', 'A'.repeat(16)]],
  ])('refuses %s, and changes nothing', async (_what, args) => {
    const before = readFileSync(file(), 'utf8')
    const { code, stdout, stderr } = await issue(...args)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^issue-key: \S/)
    expect(readFileSync(file(), 'utf8')).toBe(before)
  })

  test('does not touch a file that is no key file', async () => {
    world.write('broken.json', '{')
    const { code, stdout } = await issueKey('--file', world.path('broken.json'), ...READER)
    expect([code, stdout]).toEqual([1, ''])
    expect(readFileSync(world.path('broken.json'), 'utf8')).toBe('{')
  })
})
