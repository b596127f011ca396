import { readFileSync, statSync } from 'node:fs'
import { rawRequest, tokenFor } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AUDIENCE, INTROSPECTOR, run, startWorld, type Variables, type World } from './support/world.js'
import { SERVICES } from './support/zero-trust-service.js'

let world: World
beforeAll(async () => {
  world = await startWorld()
  const stranger = await world.ca.issue()
  world.write('garbage.pem', 'garbage')
  world.write('other-key.pem', stranger.keyPem)
  world.write('broken.json', '[{')
})
afterAll(() => world.close())

const issuersWith =
  (more: Readonly<Record<string, unknown>>, at = 0) =>
  () => ({
    ISSUERS: JSON.stringify(world.issuers.map((issuer, index) => (index === at ? { ...issuer, ...more } : issuer))),
  })

/** Variables that are wrong, and which of them is to be named. */
const WRONG: readonly (readonly [what: string, named: string, change: () => Variables])[] = [
  ...['TLS_CERT', 'TLS_KEY', 'TLS_CLIENT_CA', 'PUBLIC_ORIGIN', 'ISSUERS', 'TRUST_DOMAIN', 'API_KEYS'].flatMap(
    (name) => [[`${name} missing`, name, () => ({ [name]: '' })] as const],
  ),
  ['a certificate that is not there', 'TLS_CERT', () => ({ TLS_CERT: world.path('nowhere.pem') })],
  ['a certificate that is garbage', 'TLS_CERT', () => ({ TLS_CERT: world.path('garbage.pem') })],
  ['a key that is not there', 'TLS_KEY', () => ({ TLS_KEY: world.path('nowhere.pem') })],
  ['a key in place of its path', 'TLS_KEY', () => ({ TLS_KEY: world.server.keyPem })],
  ["another certificate's key", 'TLS_', () => ({ TLS_KEY: world.path('other-key.pem') })],
  ['client authorities that are garbage', 'TLS_CLIENT_CA', () => ({ TLS_CLIENT_CA: world.path('garbage.pem') })],
  ['an origin over http', 'PUBLIC_ORIGIN', () => ({ PUBLIC_ORIGIN: 'http://api.example.com' })],
  ['an origin with a path', 'PUBLIC_ORIGIN', () => ({ PUBLIC_ORIGIN: 'https://api.example.com/x' })],
  ['an origin that is none', 'PUBLIC_ORIGIN', () => ({ PUBLIC_ORIGIN: 'api.example.com' })],
  ['issuers that are no JSON', 'ISSUERS', () => ({ ISSUERS: '[' })],
  ['issuers that are no list', 'ISSUERS', () => ({ ISSUERS: '{}' })],
  ['no issuers', 'ISSUERS', () => ({ ISSUERS: '[]' })],
  ['an issuer over http that is not on loopback', 'ISSUERS', issuersWith({ issuer: 'http://idp.example.com' })],
  [
    'an issuer whose host begins with that of loopback',
    'ISSUERS',
    issuersWith({ issuer: 'http://127.0.0.1.evil.test' }),
  ],
  ['an issuer that is no URL', 'ISSUERS', issuersWith({ issuer: 'idp' }, 1)],
  ['an issuer with a query', 'ISSUERS', issuersWith({ issuer: 'https://idp.example.com/?a=b' }, 1)],
  ['an issuer twice', 'ISSUERS', () => ({ ISSUERS: JSON.stringify([world.issuers[0], world.issuers[0]]) })],
  ['an issuer without an audience', 'ISSUERS', issuersWith({ audience: undefined })],
  ['another mode', 'ISSUERS', issuersWith({ mode: 'trust' })],
  ['introspection without a secret', 'ISSUERS', issuersWith({ clientSecret: undefined }, 2)],
  ['introspection without a client', 'ISSUERS', issuersWith({ clientId: undefined }, 2)],
  ['a trust domain that is a URI', 'TRUST_DOMAIN', () => ({ TRUST_DOMAIN: 'spiffe://example.org' })],
  ['a trust domain in capitals', 'TRUST_DOMAIN', () => ({ TRUST_DOMAIN: 'Example.org' })],
  ['a key file that is not there', 'API_KEYS', () => ({ API_KEYS: world.path('nowhere.json') })],
  ['a key file that is broken', 'API_KEYS', () => ({ API_KEYS: world.path('broken.json') })],
  ['a proxy that is no range', 'TRUST_PROXY', () => ({ TRUST_PROXY: 'everybody' })],
  ['a range that is none', 'TRUST_PROXY', () => ({ TRUST_PROXY: '10.0.0.0/33' })],
  ['another certificate field', 'PROXY_CERT_HEADER', () => ({ PROXY_CERT_HEADER: 'x-cert', TRUST_PROXY: '127.0.0.2' })],
  ['a certificate field that nobody may send', 'PROXY_CERT_HEADER', () => ({ PROXY_CERT_HEADER: 'client-cert' })],
  ['an audit log that cannot be written', 'AUDIT_LOG', () => ({ AUDIT_LOG: world.path('nowhere/audit.log') })],
  ['a port that is none', 'PORT', () => ({ PORT: 'https' })],
]

describe.each(SERVICES)('%s', { concurrent: true }, (name, script) => {
  describe('configured by the environment', { concurrent: false }, () => {
    // Both have the same code for that: each is given every other one. Two at a time, since each is a process.
    const OWN = WRONG.filter((_row, index) => SERVICES[index % SERVICES.length]![0] === name)
    const ENDED = new Map<string, ReturnType<typeof run>>()
    beforeAll(async () => {
      for (let i = 0; i < OWN.length; i += 2) {
        const batch = OWN.slice(i, i + 2).map(([what, , change]) => {
          const ended = run(script, { ...world.variables, PORT: '0', ...change() })
          ENDED.set(what, ended)
          return ended
        })
        await Promise.all(batch)
      }
    }, 60_000)

    test.each(OWN)('%s ends it with one line that names %s', async (what, named) => {
      const { code, stdout, stderr } = await ENDED.get(what)!
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(new RegExp(`^${name}: [^\\n]*${named}[^\\n]*\\n$`))
      expect(stderr).not.toContain(INTROSPECTOR.clientSecret)
    })
  })

  test('HOST: where it listens', async () => {
    const service = await world.start(script, { HOST: '127.0.0.3' })
    expect(service.process.origin).toBe(`https://127.0.0.3:${service.port}`)
    await service.close()
  })

  test('AUDIT_LOG: a file, appended, mode 0640', async () => {
    const log = world.path(`${name}-audit.log`)
    for (const lines of [1, 2]) {
      const service = await world.start(script, { AUDIT_LOG: log })
      await service.send({ target: '/partner' })
      await service.process.stop()
      expect(readFileSync(log, 'utf8').split('\n')).toHaveLength(lines + 1)
    }
    expect(statSync(log).mode & 0o777).toBe(0o640)
  })

  test('TRUST_PROXY: off by default, ranges where set', async () => {
    const headers = [['x-forwarded-for', '192.0.2.77']] as const
    for (const [range, clients] of [
      ['', { '127.0.0.2': '127.0.0.2' }],
      ['127.0.0.0/30, 10.0.0.0/8', { '127.0.0.2': '192.0.2.77', '127.0.0.9': '127.0.0.9' }],
    ] as const) {
      const service = await world.start(script, { TRUST_PROXY: range })
      for (const [from, client] of Object.entries(clients)) {
        expect((await service.audit(await service.send({ target: '/partner', headers, from }))).client).toBe(client)
      }
      await service.close()
    }
  })

  test('GET /healthz turns 200 by itself within 10 s of the start, without token traffic', async () => {
    const service = await world.start(script)
    const until = Date.now() + 10_000
    const seen = new Set<number>()
    let answer = await service.send({ target: '/healthz' })
    while (answer.status !== 200 && Date.now() < until) {
      seen.add(answer.status)
      answer = await service.send({ target: '/healthz' })
    }
    expect(answer.status).toBe(200)
    expect([...seen].every((status) => status === 503)).toBe(true)
    expect(answer.json).toMatchObject({ status: expect.any(String), keys: expect.anything() })
    await service.close()
  })

  test('tokens for another audience are for another service', async () => {
    const mine = { ISSUERS: JSON.stringify([{ ...world.issuers[0], audience: 'mine' }]) }
    const service = await world.start(script, mine)
    const statusOf = async (aud: unknown) =>
      (await service.send({ target: '/reports', token: await tokenFor(world.people, { aud, scope: 'reports:read' }) }))
        .status
    expect(await Promise.all(['mine', ['x', 'mine'], AUDIENCE, 'min', 'mine2'].map(statusOf))).toEqual([
      200, 200, 401, 401, 401,
    ])
    await service.close()
  })

  test('two services do not take one port', async () => {
    const service = await world.start(script)
    const { code, stderr } = await run(script, { ...world.variables, PORT: String(service.port) })
    expect(code).toBe(1)
    expect(stderr).toContain('EADDRINUSE')
    expect(await rawRequest(service.port, { target: '/healthz', tls: { ca: world.ca.certPem } })).toMatchObject({
      status: expect.any(Number),
    })
    await service.close()
  })
})
