import { CLIENT_SECRET, createTestCa, type Idp, startIdp, type TestCertificate, tlsFetch } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ClientAuthentication,
  clientSecretBasic,
  clientSecretPost,
  type IntrospectOptions,
  introspect,
  introspection,
  jwt,
  mtlsFetch,
  privateKeyJwt,
  tlsClientAuth,
} from '../../../src/index.js'
import { ask } from '../../support/fake-issuer.js'
import { FakeServer } from '../../support/fake-server.js'

const URI = 'https://rs.example/orders'

let idp: Idp
let service: TestCertificate
let ca: string
let serverTls: { readonly cert: string; readonly key: string }
const auth: Record<string, ClientAuthentication> = {}

beforeAll(async () => {
  const authority = await createTestCa()
  const server = await authority.issue({ ips: ['127.0.0.1'] })
  service = await authority.issue({ name: 'service', uris: [URI] })
  ca = authority.certPem
  serverTls = { cert: server.certPem, key: server.keyPem }
  idp = await startIdp({
    algorithm: 'ES256',
    tls: { ...serverTls, clientCa: ca },
    clients: [
      { id: 'opaque', scope: 'orders:read', format: 'opaque', roles: ['clerk'], tenant: 'acme' },
      { id: 'user', format: 'opaque', claims: { sub: 'alice', sid: 's1' } },
      { id: 'jwt', scope: 'orders:read' },
      { id: 'rs-basic' },
      { id: 'rs-post', authentication: 'client_secret_post' },
      { id: 'rs-key', authentication: 'private_key_jwt' },
      { id: 'rs-tls', authentication: 'tls_client_auth', certUri: URI },
      { id: 'rs-self', authentication: 'self_signed_tls_client_auth', certPem: service.certPem },
    ],
  })
  const tls = { cert: service.certPem, key: service.keyPem, ca }
  Object.assign(auth, {
    basic: clientSecretBasic({ clientId: 'rs-basic', clientSecret: CLIENT_SECRET }),
    post: clientSecretPost({ clientId: 'rs-post', clientSecret: CLIENT_SECRET }),
    key: privateKeyJwt({ clientId: 'rs-key', key: await assertionKey(), algorithm: 'ES256' }),
    tls: tlsClientAuth({ clientId: 'rs-tls', ...tls }),
    self: tlsClientAuth({ clientId: 'rs-self', ...tls }),
    'wrong secret': clientSecretBasic({ clientId: 'rs-basic', clientSecret: 'wrong' }),
  })
})
afterAll(() => idp.close())

/** As the provider's own client keeps it. */
async function assertionKey() {
  const { KeyObject } = await import('node:crypto')
  return KeyObject.from(idp.assertionKey('rs-key') as never)
}

/** A network that believes the test's authority. */
const network = () => mtlsFetch({ cert: service.certPem, key: service.keyPem, ca })
const shared = () => ({ issuer: idp.issuer, audience: idp.audience, fetch: network() })
const guardOf = (options: Partial<IntrospectOptions> = {}) =>
  introspect({ ...shared(), clientAuth: auth.basic!, ...options })
const token = (client: string) => idp.token(client, { tls: { ca } })
const now = (guard: ReturnType<typeof introspect>, text: string, later = 0) => ask(guard, text, Date.now() + later)

describe('a certified provider', () => {
  test.each(['basic', 'post', 'key', 'tls', 'self'])('client authentication %s', async (method) => {
    const guard = guardOf({ clientAuth: auth[method]! })
    expect(await now(guard, await token('opaque'))).toMatchObject({
      facts: {
        principal: {
          id: 'opaque',
          client: 'opaque',
          issuer: idp.issuer,
          kind: 'service',
          scopes: new Set(['orders:read']),
          roles: new Set(['clerk']),
          tenant: 'acme',
          proof: 'bearer',
        },
      },
    })
    expect(await now(guard, 'made-up')).toMatchObject({ kind: 'unauthenticated', code: 'token_inactive' })
  })

  test.each([false, true])('signedAnswers %s', async (signedAnswers) => {
    const answer = await now(guardOf({ signedAnswers }), await token('user'))
    expect(answer).toMatchObject({ facts: { principal: { id: 'alice', client: 'user', kind: 'user' } } })
  })

  test('credentials that it does not know: 503, and why', async () => {
    expect(await now(guardOf({ clientAuth: auth['wrong secret']! }), await token('opaque'))).toMatchObject({
      code: 'introspection_unavailable',
      cause: { message: expect.stringMatching(/refuses the credentials/) },
    })
  })

  test('a token that is revoked there is refused within cacheSeconds', async () => {
    const guard = guardOf()
    const text = await token('opaque')
    expect(await now(guard, text)).toMatchObject({ allowed: true })
    const revoked = await tlsFetch({ ca })(`${idp.issuer}/token/revocation`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${Buffer.from(`opaque:${CLIENT_SECRET}`).toString('base64')}`,
      },
      body: new URLSearchParams({ token: text }).toString(),
    })
    expect(revoked.status).toBe(200)
    expect(await now(guard, text, 30_000)).toMatchObject({ code: 'token_inactive' })
  })

  test('opaque tokens and JWTs of one issuer, side by side', async () => {
    const lookUp = introspection({ clientAuth: auth.basic! })
    const guard = jwt({ issuers: [{ ...shared(), introspection: lookUp }] })
    const asked = () => idp.requests.get('/token/introspection') ?? 0
    const before = asked()
    expect(await now(guard, await token('jwt'))).toMatchObject({ facts: { principal: { id: 'jwt' } } })
    expect(asked()).toBe(before)
    expect(await now(guard, await token('opaque'))).toMatchObject({ facts: { principal: { id: 'opaque' } } })
    expect(asked()).toBe(before + 1)
  })

  test('away, and back: 503 until then, and no restart', async () => {
    const guard = guardOf({ timeoutMs: 500 })
    const text = await token('opaque')
    await idp.pause()
    expect(await now(guard, text)).toMatchObject({ code: 'introspection_unavailable' })
    await idp.resume()
    expect(await now(guard, text, 1_500)).toMatchObject({ allowed: true })
  })
})

describe('the network of a client certificate (RFC 8705)', () => {
  let server: FakeServer
  let alias: FakeServer
  beforeAll(async () => {
    const tls = { ...serverTls, requestCert: true, rejectUnauthorized: false }
    server = await new FakeServer(tls).listen()
    alias = await new FakeServer(tls).listen()
  })
  afterAll(() => Promise.all([server.close(), alias.close()]))

  const guard = () => server.guard({ clientAuth: auth.tls!, fetch: network() })

  test('asks at the alias that the server has for it (section 5), and shows its certificate', async () => {
    server.metadata = { mtls_endpoint_aliases: { introspection_endpoint: `${alias.issuer}/mtls` } }
    alias.tokens.set('opaque', server.answer({ exp: undefined, iat: undefined }))
    expect(await now(guard(), 'opaque')).toMatchObject({ allowed: true })
    expect(alias.asked).toMatchObject([{ path: '/mtls', certificate: 'service', form: { client_id: 'rs-tls' } }])
    expect(server.asked).toEqual([])
  })

  test('follows no redirect', async () => {
    server.metadata = {}
    alias.requests.length = 0
    server.fault = (response) => void response.writeHead(307, { location: `${alias.issuer}/other` }).end()
    expect(await now(guard(), 'opaque')).toMatchObject({ cause: { message: expect.stringMatching(/answered 307/) } })
    expect(alias.requests).toEqual([])
  })

  test('believes no stranger, and can be given up', async () => {
    const stranger = await createTestCa()
    const fetch = mtlsFetch({ cert: service.certPem, key: service.keyPem, ca: stranger.certPem })
    await expect(fetch(`${idp.issuer}/jwks`, {})).rejects.toThrow(/certificate/)
    const aborted = network()(`${idp.issuer}/jwks`, { signal: AbortSignal.abort() })
    await expect(aborted).rejects.toThrow(/abort/)
  })
})
