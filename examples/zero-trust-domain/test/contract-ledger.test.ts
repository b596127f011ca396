import {
  type AuditedAnswer,
  type CertificateOptions,
  createTestCa,
  freshSub,
  LOOPBACK,
  seesIntermediates,
  selfSigned,
  startIdp,
  type TestCa,
  tokenFor,
} from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { challengesOf } from './support/challenges.js'
import { type Claims, DpopCaller } from './support/dpop-caller.js'
import { boundToken, certificateToken } from './support/tokens.js'
import { AUDIENCE, startWorld, type World } from './support/world.js'
import { type Identity, SERVICES, type ZeroTrustService } from './support/zero-trust-service.js'

const TARGET = '/internal/ledger'

/** How the code of a certificate that is not the token's begins. */
const CERTIFICATE = '(token_|certificate_)'

type Certificate = Awaited<ReturnType<World['identity']>>

let world: World
let good: Certificate
let another: Certificate
let stranger: TestCa
beforeAll(async () => {
  world = await startWorld()
  ;[good, another, stranger] = await Promise.all([
    world.identity(),
    world.identity(),
    createTestCa({ name: 'Test CA' }),
  ])
})
afterAll(() => world.close())

describe.each(SERVICES)('%s', { concurrent: true }, (_name, script) => {
  let service: ZeroTrustService
  beforeAll(async () => {
    service = await world.start(script)
  })
  afterAll(() => service.close())

  const ask = async (identity: Identity & { readonly thumbprint: string }, claims: Claims = {}) =>
    service.send({
      target: TARGET,
      identity,
      token: await certificateToken(world.machines, identity.thumbprint, claims),
    })

  /** A failed handshake, or 401 or 403 and nothing of a principal in the log. */
  async function expectRefused(asked: Promise<AuditedAnswer>): Promise<unknown> {
    const answer = await asked.catch((error: Error) => error)
    if (answer instanceof Error) return 'handshake'
    expect([401, 403]).toContain(answer.status)
    const line = await service.audit(answer)
    expect(line.decision).toBe('deny')
    return line.code
  }

  describe('an X509-SVID of the trust domain under /service/, and a JWT bound to it', () => {
    test('is told how it was recognised', async () => {
      const sub = freshSub()
      const answer = await ask(good, { sub, client_id: sub })
      expect(answer.status).toBe(200)
      expect(answer.json.principal).toMatchObject({ proof: 'mtls', kind: 'service' })
      expect([
        [world.machines.issuer, sub],
        ['spiffe://example.org', expect.stringMatching(/^spiffe:\/\/example\.org\/service\//)],
      ]).toContainEqual([(answer.json.principal as Claims).issuer, (answer.json.principal as Claims).id])
    })

    test.each<[what: string, options: CertificateOptions]>([
      ['with a longer path', { uris: ['spiffe://example.org/service/billing/eu/1'] }],
      ['with an RSA key', { algorithm: 'RS256' }],
      ['with an Ed25519 key', { algorithm: 'Ed25519' }],
      ['with a DNS name beside it', { dns: ['billing.test'] }],
      ['without an extended key usage', { extendedKeyUsage: [] }],
      ['with key encipherment too', { keyUsage: ['digitalSignature', 'keyEncipherment'] }],
    ])('a certificate %s', async (_what, options) => {
      expect((await ask(await world.identity(options))).status).toBe(200)
    })

    test('a certificate of an authority in between', async () => {
      const between = await world.ca.intermediate()
      // unseen, it is refused
      expect((await ask(await world.identity({}, between))).status).toBe((await seesIntermediates()) ? 200 : 401)
    })

    test.each([['bearer'], ['BEARER']])('it takes the Bearer scheme, also as %s', async (scheme) => {
      const token = await certificateToken(world.machines, good.thumbprint)
      expect((await service.send({ target: TARGET, identity: good, token, scheme })).status).toBe(200)
    })

    test.each([[''], ['ledger'], ['ledger:readers'], ['accounts:read']])('scope %j is a 403', async (scope) => {
      const answer = await ask(good, { scope })
      expect([answer.status, (await service.audit(answer)).code]).toEqual([403, 'scope_missing'])
      expect(challengesOf(answer)).toMatchObject([
        { scheme: 'Bearer', params: { error: 'insufficient_scope', scope: 'ledger:read' } },
      ])
    })
  })

  test('a token as a provider itself binds it to the certificate of its client', async () => {
    const [uri, tls] = ['spiffe://example.org/service/ledger-reader', await world.ca.issue(LOOPBACK)]
    const identity = await world.identity({ uris: [uri] })
    const idp = await startIdp({
      audience: AUDIENCE,
      clients: [
        { id: 'reader', scope: 'ledger:read', authentication: 'tls_client_auth', certUri: uri, certificateBound: true },
      ],
      tls: { cert: tls.certPem, key: tls.keyPem, clientCa: world.ca.certPem },
    })
    const own = await world.start(script, {
      ISSUERS: JSON.stringify([{ issuer: idp.issuer, audience: AUDIENCE, mode: 'jwt' }]),
      NODE_EXTRA_CA_CERTS: world.path('client-ca.pem'),
    })
    const { cert, key } = identity
    const token = await idp.token('reader', { tls: { ca: world.ca.certPem, cert, key } })
    const answer = await own.send({ target: TARGET, identity, token })
    expect(answer.status).toBe(200)
    expect(answer.json.principal).toMatchObject({ kind: 'service', proof: 'mtls' })
    expect((await own.send({ target: TARGET, identity: good, token })).status).toBe(401)
    await Promise.all([own.close(), idp.close()])
  })

  describe('a certificate that is no such SVID', () => {
    const id = (path: string) => ({ uris: [`spiffe://example.org${path}`] })

    test.each<[what: string, options: CertificateOptions]>([
      ['of another trust domain', { uris: ['spiffe://example.com/service/a'] }],
      ['of a trust domain below', { uris: ['spiffe://a.example.org/service/a'] }],
      ['of a trust domain that begins alike', { uris: ['spiffe://example.org.evil.test/service/a'] }],
      ['of the trust domain in capitals', { uris: ['spiffe://EXAMPLE.ORG/service/a'] }],
      ['of the trust domain with a port', { uris: ['spiffe://example.org:443/service/a'] }],
      ['with userinfo', { uris: ['spiffe://a@example.org/service/a'] }],
      ['of another scheme', { uris: ['https://example.org/service/a'] }],
      ['of a person', id('/person/alice')],
      ['of the trust domain alone', id('')],
      ['of /service', id('/service')],
      ['of /service/', id('/service/')],
      ['of /services/a', id('/services/a')],
      ['of /Service/a', id('/Service/a')],
      ['of /x/service/a', id('/x/service/a')],
      ['with a slash at its end', id('/service/a/')],
      ['with an empty segment', id('/service//a')],
      ['with a dot segment', id('/service/./a')],
      ['that climbs out', id('/service/../person/alice')],
      ['that climbs in', id('/person/../service/a')],
      ['with percent-encoding', id('/service/%61')],
      ['with a query', id('/service/a?b')],
      ['with a fragment', id('/service/a#b')],
      ['with a letter outside ASCII', id('/service/\u00e4')],
      ['of 2 100 bytes', id(`/service/${'a'.repeat(2_100)}`)],
      ['with two URIs', { uris: ['spiffe://example.org/service/a', 'spiffe://example.org/service/b'] }],
      ['with another URI behind it', { uris: ['spiffe://example.org/service/a', 'https://example.org'] }],
      ['with no URI', { uris: [], dns: ['example.org'] }],
      ['with the ID in a DNS name', { uris: [], dns: ['URI:spiffe://example.org/service/a'] }],
      ['with the ID in its subject', { uris: [], name: 'spiffe://example.org/service/a' }],
      ['of a CA', { ca: true }],
      ['of a CA that says digitalSignature only', { ca: true, keyUsage: ['digitalSignature'] }],
      ['of a CA without key usage', { ca: true, keyUsage: [] }],
      ['of a CA with the usages of one', { ca: true, keyUsage: ['digitalSignature', 'keyCertSign', 'cRLSign'] }],
      ['that may sign certificates', { keyUsage: ['digitalSignature', 'keyCertSign'] }],
      ['that may sign revocation lists', { keyUsage: ['digitalSignature', 'cRLSign'] }],
      ['that may not sign', { keyUsage: ['keyEncipherment'] }],
      ['without key usage', { keyUsage: [] }],
      ['for servers only', { extendedKeyUsage: ['serverAuth'] }],
      ['for clients only', { extendedKeyUsage: ['clientAuth'] }],
      ['for signing code', { extendedKeyUsage: ['codeSigning'] }],
      ['that expired a minute ago', { notAfter: new Date(Date.now() - 60_000) }],
      [
        'that is valid from tomorrow on',
        { notBefore: new Date(Date.now() + 86_400_000), notAfter: new Date(Date.now() + 2 * 86_400_000) },
      ],
    ])('%s', async (_what, options) => {
      const identity = await world.identity(options)
      expect(await expectRefused(ask(identity))).not.toMatch(/^token_/)
    })

    test('of another authority with the same name', async () => {
      expect(await expectRefused(ask(await world.identity({}, stranger)))).toBeDefined()
    })

    test('that vouches for itself', async () => {
      const uris = ['spiffe://example.org/service/a']
      const { certPem, keyPem, thumbprint } = await selfSigned({ uris })
      expect(await expectRefused(ask({ cert: certPem, key: keyPem, thumbprint }))).toBeDefined()
    })

    test('that a leaf has signed', async () => {
      // as an authority it is none, but the library that makes it does not care
      const leaf = await world.ca.intermediate({ ca: false, keyUsage: ['digitalSignature'], name: 'leaf' })
      expect(await expectRefused(ask(await world.identity({}, leaf)))).toBeDefined()
    })

    test('of an authority that has expired', async () => {
      const between = await world.ca.intermediate({ notAfter: new Date(Date.now() - 60_000) })
      expect(await expectRefused(ask(await world.identity({}, between)))).toBeDefined()
    })

    test('below more authorities than the one above allows', async () => {
      const upper = await world.ca.intermediate({ pathLength: 0 })
      const lower = await upper.intermediate({ name: 'Test Lower CA' })
      expect(await expectRefused(ask(await world.identity({}, lower)))).toBeDefined()
    })
  })

  describe('a token that is not bound to the certificate', () => {
    test.each<[what: string, code: string, token: () => Promise<string>, identity: () => Identity | undefined]>([
      ['bound to nothing', 'token_proof_missing', () => tokenFor(world.machines, { scope: 'ledger:read' }), () => good],
      ['bound to another', CERTIFICATE, () => certificateToken(world.machines, another.thumbprint), () => good],
      ['bound to it in hex', CERTIFICATE, () => certificateToken(world.machines, hex(good.thumbprint)), () => good],
      ['bound to it, padded', CERTIFICATE, () => certificateToken(world.machines, `${good.thumbprint}=`), () => good],
      ['bound to a number', 'token_', () => certificateToken(world.machines, 1 as never), () => good],
      [
        'bound to it, without the certificate',
        'certificate_',
        () => certificateToken(world.machines, good.thumbprint),
        () => undefined,
      ],
      ['expired', 'token_expired', () => certificateToken(world.machines, good.thumbprint, { exp: 1 }), () => good],
      [
        'for another service',
        'token_audience_mismatch',
        () => certificateToken(world.machines, good.thumbprint, { aud: 'x' }),
        () => good,
      ],
      ['that is opaque', 'token_', () => world.opaqueToken(), () => good],
    ])('%s', async (_what, code, make, identity) => {
      const own = identity()
      const answer = await service.send({ target: TARGET, token: await make(), ...(own && { identity: own }) })
      expect(answer.status).toBe(401)
      expect((await service.audit(answer)).code).toMatch(new RegExp(`^${code}`))
      expect(challengesOf(answer)).toMatchObject([{ scheme: 'Bearer' }])
    })

    test('bound to a DPoP key, with its proof', async () => {
      const caller = await DpopCaller.create()
      const token = await boundToken(world.machines, caller, { scope: 'ledger:read' })
      const proof = await caller.proof({ target: TARGET, token })
      const answer = await service.send({ target: TARGET, identity: good, token, proof })
      expect(answer.status).toBe(401)
    })

    test('a good one sent as DPoP', async () => {
      const token = await certificateToken(world.machines, good.thumbprint)
      const answer = await service.send({ target: TARGET, identity: good, token, scheme: 'DPoP' })
      expect(answer.status).toBe(401)
    })

    test('no token, with and without a certificate', async () => {
      for (const identity of [{ identity: good }, {}]) {
        const answer = await service.send({ target: TARGET, ...identity })
        expect(answer.status).toBe(401)
        expect(challengesOf(answer)).toMatchObject([{ scheme: 'Bearer' }])
        expect(challengesOf(answer)[0]!.params).not.toHaveProperty('error')
      }
    })

    test('a certificate opens no other route', async () => {
      for (const target of ['/accounts/me', '/reports', '/partner']) {
        expect((await service.send({ target, identity: good })).status).toBe(401)
      }
    })
  })
})

const hex = (thumbprint: string): string => Buffer.from(thumbprint, 'base64url').toString('hex')
