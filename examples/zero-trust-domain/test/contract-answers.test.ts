import { freshSub, tokenFor } from '@wardline/test-kit'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { challengesOf } from './support/challenges.js'
import { type Claims, DpopCaller } from './support/dpop-caller.js'
import { boundToken, certificateToken } from './support/tokens.js'
import { startWorld, type World } from './support/world.js'
import {
  METADATA_URL,
  ORIGIN,
  SERVICES,
  type ServiceRequest,
  type ZeroTrustService,
} from './support/zero-trust-service.js'

const SCOPES = ['accounts:read', 'ledger:read', 'partner:read', 'payments:write', 'reports:read']
const METADATA = '/.well-known/oauth-protected-resource'
const ACCOUNTS = '/accounts/me'

let world: World
let caller: DpopCaller
let key: string
beforeAll(async () => {
  ;[world, caller] = await Promise.all([startWorld(), DpopCaller.create()])
  key = await world.issueKey('--client', 'x', '--scope', 'x')
})
afterAll(() => world.close())

const bearer = (claims: Claims = {}) => tokenFor(world.people, claims)
const bound = async (request: { readonly method?: string; readonly target: string }, claims: Claims = {}) => {
  const token = await boundToken(world.people, caller, claims)
  return { ...request, token, proof: await caller.proof({ ...request, token }) }
}
const REPEATED = {
  headers: [
    ['authorization', 'Bearer a.b.c'],
    ['authorization', 'Bearer a.b.c'],
  ],
} as const

async function certified(target: string): Promise<ServiceRequest> {
  const identity = await world.identity()
  return { target, identity, token: await certificateToken(world.people, identity.thumbprint) }
}

type Row = readonly [status: number, what: string, request: () => Promise<ServiceRequest>]

const DENIED: readonly Row[] = [
  [400, 'two Authorization fields', async () => ({ target: ACCOUNTS, ...REPEATED })],
  [400, 'two DPoP fields', async () => ({ ...(await bound({ target: ACCOUNTS })), headers: [['dpop', 'x']] })],
  [400, 'a certificate field', async () => ({ target: '/partner', headers: [['client-cert', ':AA==:']] })],
  [
    400,
    'two API keys',
    async () => ({
      target: '/reports',
      headers: [
        ['x-api-key', 'a'],
        ['x-api-key', 'b'],
      ],
    }),
  ],
  [400, 'a bad logout token', async () => logout('logout_token=x')],
  [400, 'an ambiguous path', async () => ({ target: '/a/../reports', token: await bearer() })],
  [401, 'a stranger at /accounts/me', async () => ({ target: ACCOUNTS })],
  [401, 'a stranger at /payments', async () => ({ method: 'POST', target: '/payments' })],
  [401, 'a stranger at /internal/ledger', async () => ({ target: '/internal/ledger' })],
  [401, 'a stranger at /reports', async () => ({ target: '/reports' })],
  [401, 'a stranger at /partner', async () => ({ target: '/partner' })],
  [401, 'a stranger anywhere', async () => ({ target: '/nowhere' })],
  [401, 'a bad token', async () => ({ target: '/partner', token: 'a.b.c' })],
  [401, 'an unknown opaque token', async () => ({ target: '/partner', token: crypto.randomUUID() })],
  [401, 'a bad key', async () => ({ target: '/reports', token: 'x', scheme: 'ApiKey' })],
  [
    401,
    'a missing proof',
    async () => ({ target: ACCOUNTS, token: await boundToken(world.people, caller), scheme: 'DPoP' }),
  ],
  [401, 'a bad proof', async () => ({ ...(await bound({ target: ACCOUNTS })), proof: 'x' })],
  [401, 'a missing nonce', async () => ({ ...(await bound({ method: 'POST', target: '/payments' })), json: {} })],
  [403, 'a missing scope at /accounts/me', async () => bound({ target: ACCOUNTS }, { scope: '' })],
  [403, 'a missing scope at /reports', async () => ({ target: '/reports', token: await bearer() })],
  [403, 'a missing scope at /partner', async () => ({ target: '/partner', token: await bearer() })],
  [404, 'a path that is not there', async () => ({ target: '/nowhere', token: await bearer() })],
  [404, 'another spelling of a path', async () => ({ target: '/Reports', token: await bearer() })],
  [404, 'a slash more', async () => ({ target: '/reports/', token: await bearer() })],
  [405, 'a method that is not there', async () => ({ method: 'PUT', target: '/reports', token: await bearer() })],
  [405, 'POST to the metadata', async () => ({ method: 'POST', target: METADATA, token: await bearer() })],
  [405, 'POST to the health', async () => ({ method: 'POST', target: '/healthz', token: await bearer() })],
  [405, 'GET of the logout', async () => ({ target: '/backchannel-logout', token: await bearer() })],
  [415, 'a logout that is JSON', async () => ({ ...logout('{}'), headers: [['content-type', 'application/json']] })],
]

function logout(body: string): ServiceRequest {
  const headers = [['content-type', 'application/x-www-form-urlencoded']] as const
  return { method: 'POST', target: '/backchannel-logout', headers, body }
}

describe.each(SERVICES)('%s', { concurrent: true }, (_name, script) => {
  let service: ZeroTrustService
  beforeAll(async () => {
    service = await world.start(script)
    await service.healthy()
  })
  afterAll(() => service.close())

  test.each(DENIED)(
    '%i for %s is problem details, never cached, says where to read on',
    async (status, _what, request) => {
      const { headers, json, ...answer } = await service.send(await request())
      expect(answer.status).toBe(status)
      expect(headers['content-type']).toBe('application/problem+json')
      expect(headers['cache-control']).toBe('no-store')
      expect(json).toMatchObject({ title: expect.stringMatching(/^[A-Z]/), status })
      expect(headers['ratelimit-policy']).toMatch(/^"address";q=300;w=60(, "principal";q=100;w=60)?$/)
      expect(headers.ratelimit).toMatch(/^"address";r=\d+;t=\d+(, "principal";r=\d+;t=\d+)?$/)
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' })
      if (status === 405) expect(headers.allow).toMatch(/^[A-Z]+(, [A-Z]+)*$/)
      const challenges = challengesOf({ headers })
      if (status === 401) expect(challenges).not.toEqual([])
      for (const { scheme, params } of challenges) {
        expect(['Bearer', 'DPoP', 'ApiKey']).toContain(scheme)
        expect(params.resource_metadata).toBe(scheme === 'ApiKey' ? undefined : METADATA_URL)
      }
    },
  )

  test.each(DENIED)('%i for %s names no software and no place', async (_status, _what, request) => {
    const { headers, body } = await service.send(await request())
    const { 'www-authenticate': challenges, ...rest } = headers
    expect(rest).not.toHaveProperty('x-powered-by')
    expect(rest).not.toHaveProperty('server')
    expect(`${JSON.stringify(rest)}${body}`).not.toMatch(
      /express|koa|node|wardline|\.js\b|\bat \S+ \(|stack|127\.0\.0\.1|jwks|introspect|spiffe/i,
    )
  })

  test('two faults of one kind look alike to the caller', async () => {
    const good = await bearer()
    const tokens = [
      'a.b.c',
      `${good.slice(0, -8)}AAAAAAAA`,
      await bearer({ exp: 1 }),
      await bearer({ aud: 'x' }),
      await bearer({ iss: 'https://evil.test' }),
      await bearer({ cnf: { jkt: 'x' } }),
      await tokenFor(world.machines, { iss: world.people.issuer }),
      crypto.randomUUID(),
    ]
    const shapes = []
    for (const token of tokens) {
      const { status, json, headers } = await service.send({ target: '/partner', token })
      const { date, ...rest } = headers
      shapes.push(JSON.stringify([status, { ...json, instance: '' }, rest]))
    }
    expect(new Set(shapes)).toHaveLength(1)
  })

  describe('200', () => {
    test('is JSON, never cached, carries limits', async () => {
      const { status, headers, json } = await service.send(await bound({ target: ACCOUNTS }))
      expect(status).toBe(200)
      expect(headers['content-type']).toMatch(/^application\/json(; charset=utf-8)?$/)
      expect(headers['cache-control']).toBe('no-store')
      expect(headers['ratelimit-policy']).toBe('"address";q=300;w=60, "principal";q=100;w=60')
      expect(Object.keys(json)).toEqual(['principal'])
      expect(Object.keys(json.principal as object).sort()).toEqual(['client', 'id', 'issuer', 'kind', 'proof'])
    })

    test('HEAD is GET without a body', async () => {
      const token = await bearer({ scope: 'reports:read' })
      for (const request of [{ target: '/reports', token }, { target: METADATA }, { target: '/healthz' }]) {
        const get = await service.send(request)
        const head = await service.send({ method: 'HEAD', ...request })
        expect([head.status, head.body]).toEqual([200, ''])
        expect(head.headers['content-type']).toBe(get.headers['content-type'])
      }
    })

    test('GET /healthz says how it is, to everybody', async () => {
      const { status, json, headers } = await service.send({ target: '/healthz' })
      expect(status).toBe(200)
      expect(Object.keys(json).sort()).toEqual(['keys', 'status'])
      expect(headers).not.toHaveProperty('ratelimit')
    })
  })

  describe('the metadata document (RFC 9728)', () => {
    test('says what it should, to everybody', async () => {
      const { status, headers, json } = await service.send({ target: METADATA })
      expect(status).toBe(200)
      expect(headers['content-type']).toMatch(/^application\/json/)
      const {
        scopes_supported,
        dpop_signing_alg_values_supported: algorithms,
        ...rest
      } = json as Record<string, string[]>
      expect([...scopes_supported!].sort()).toEqual(SCOPES)
      expect(algorithms!.filter((name) => name !== 'Ed25519').sort()).toEqual(['ES256', 'EdDSA', 'RS256'])
      expect(rest).toEqual({
        resource: ORIGIN,
        authorization_servers: [world.people.issuer, world.machines.issuer, world.partners.issuer],
        bearer_methods_supported: ['header'],
        tls_client_certificate_bound_access_tokens: true,
      })
    })

    test('as an independent client reads it', async () => {
      const { body, status } = await service.send({ target: METADATA })
      const response = new Response(body, { status, headers: { 'content-type': 'application/json' } })
      Object.defineProperty(response, 'url', { value: METADATA_URL })
      const read = await oauth.processResourceDiscoveryResponse(new URL(ORIGIN), response)
      expect(read.resource).toBe(ORIGIN)
    })

    test('holds nothing secret', async () => {
      const { body } = await service.send({ target: METADATA })
      expect(body).not.toMatch(/secret|the-service|introspect/)
    })

    test.each([
      ['/.well-known/oauth-protected-resource/'],
      ['/.well-known/oauth-protected-resource/accounts/me'],
      ['/.well-known/'],
    ])('%s is no such document', async (target) => expect((await service.send({ target })).status).toBe(401))
  })

  describe('Host and X-Forwarded-Host change nothing, or the request is refused', () => {
    const TRICKS: readonly (readonly [what: string, headers: NonNullable<ServiceRequest['headers']>])[] = [
      ['Host', [['host', 'evil.test']]],
      ['Host with a port', [['host', 'evil.test:8443']]],
      ['Host with a path', [['host', 'evil.test/accounts']]],
      ['Host with userinfo', [['host', 'zero-trust.test@evil.test']]],
      ['an empty Host', [['host', '']]],
      ['Host of nonsense', [['host', '"><script>']]],
      ['X-Forwarded-Host', [['x-forwarded-host', 'evil.test']]],
      ['Forwarded', [['forwarded', 'host=evil.test;proto=http']]],
      [
        'X-Forwarded-Proto and -Port',
        [
          ['x-forwarded-proto', 'http'],
          ['x-forwarded-port', '80'],
        ],
      ],
      [
        'X-Original-URL',
        [
          ['x-original-url', '/healthz'],
          ['x-rewrite-url', '/healthz'],
        ],
      ],
    ]

    test.each(TRICKS)('%s: the metadata', async (_what, headers) => {
      const answer = await service.send({ target: METADATA, headers })
      expect([200, 400]).toContain(answer.status)
      expect(JSON.stringify([answer.body, answer.headers])).not.toContain('evil')
      if (answer.status === 200) expect(answer.json.resource).toBe(ORIGIN)
    })

    test.each(TRICKS)('%s: the challenge', async (_what, headers) => {
      const answer = await service.send({ target: '/partner', headers })
      expect([400, 401]).toContain(answer.status)
      expect(JSON.stringify([answer.body, answer.headers])).not.toContain('evil')
    })

    test.each(TRICKS)('%s: the proof', async (_what, headers) => {
      const good = await service.send({ ...(await bound({ target: ACCOUNTS })), headers })
      expect([200, 400]).toContain(good.status)
      const token = await boundToken(world.people, caller)
      for (const htu of [
        `https://evil.test${ACCOUNTS}`,
        `https://evil.test:8443${ACCOUNTS}`,
        `http://evil.test${ACCOUNTS}`,
      ]) {
        const proof = caller.handmade({ target: ACCOUNTS, token }, ({ claims }) => ({ claims: { ...claims, htu } }))
        expect([400, 401]).toContain((await service.send({ target: ACCOUNTS, token, proof, headers })).status)
      }
    })

    test('a target with a host of its own', async () => {
      const target = `https://evil.test${METADATA}`
      const answer = await service.send({ target })
      expect([200, 400, 401, 404]).toContain(answer.status)
      expect(JSON.stringify([answer.body, answer.headers])).not.toContain('evil')
    })

    test('two Host fields, or none, are refused before all else', async () => {
      const headers = [
        ['host', 'a.test'],
        ['host', 'b.test'],
      ] as const
      const answer = await service.send({ target: METADATA, headers }).catch(() => undefined)
      expect(answer === undefined || answer.status === 400 || answer.json.resource === ORIGIN).toBe(true)
    })
  })

  describe('anything else is a 404 to whoever proves itself, and a 401 to a stranger', () => {
    const target = '/nowhere'
    test.each<[how: string, status: number, request: () => Promise<ServiceRequest>]>([
      ['a bearer token', 404, async () => ({ target, token: await bearer() })],
      ['an opaque token', 404, async () => ({ target, token: await world.opaqueToken() })],
      ['a DPoP token', 404, () => bound({ target })],
      ['a certificate and its token', 404, async () => certified(target)],
      ['a key', 404, async () => ({ target, token: key, scheme: 'ApiKey' })],
      ['a certificate alone', 401, async () => ({ target, identity: await world.identity() })],
      ['a DPoP token without its proof', 401, async () => ({ target, token: await boundToken(world.people, caller) })],
      ['a proof of another path', 401, async () => ({ ...(await bound({ target: '/else' })), target })],
      [
        'a token of another certificate',
        401,
        async () => ({ ...(await certified(target)), identity: await world.identity() }),
      ],
      ['nothing', 401, async () => ({ target })],
    ])('%s: %i', async (_how, status, request) => {
      expect((await service.send(await request())).status).toBe(status)
    })
  })

  describe('every way in is a way in of its own', () => {
    test.each([['X-HTTP-Method-Override'], ['X-Method-Override'], ['X-HTTP-Method']])(
      '%s does nothing',
      async (name) => {
        const answer = await service.send({
          method: 'GET',
          target: '/payments',
          headers: [[name, 'POST']],
          token: await bearer(),
        })
        expect(answer.status).toBe(405)
      },
    )

    test.each([['TRACE'], ['OPTIONS'], ['CONNECT-X'], ['PATCH']])('%s is no way in', async (method) => {
      const answer = await service.send({ method, target: '/reports' })
      expect([400, 401, 405, 501]).toContain(answer.status)
    })

    test.each([
      ['/accounts/me/'],
      ['/accounts//me'],
      ['/accounts/%6de'],
      ['/accounts/me%00'],
      ['/accounts;a=b/me'],
      ['/accounts\\me'],
      ['//accounts/me'],
      ['/./accounts/me'],
      ['/healthz/../accounts/me'],
      ['/.well-known/oauth-protected-resource/../../accounts/me'],
      ['/accounts%2fme'],
      ['/%'],
      ['/%ff'],
      ['/%c0%af'],
    ])('%s is another path', async (target) => {
      expect([400, 401]).toContain((await service.send({ target })).status)
      expect([400, 404]).toContain((await service.send({ target, token: await bearer({ sub: freshSub() }) })).status)
    })
  })
})
