import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, exportJWK } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  CLIENT_SECRET,
  type ClientTls,
  createTestCa,
  type Idp,
  LOOPBACK,
  type SigningAlgorithm,
  selfSigned,
  startIdp,
  type TestCertificate,
  tlsFetch,
} from '../src/index.js'

const HTTP = { [oauth.allowInsecureRequests]: true } as const

const metadataOf = async ({ issuer }: Idp, options: object = HTTP) => {
  const url = new URL(issuer)
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, options))
}

describe('over http', () => {
  let idp: Idp
  beforeAll(async () => {
    idp = await startIdp({
      clients: [
        { id: 'basic', scope: 'a b', roles: ['clerk'], tenant: 'acme' },
        { id: 'post', authentication: 'client_secret_post' },
        { id: 'assertion', authentication: 'private_key_jwt' },
        { id: 'opaque', format: 'opaque', scope: 'a', claims: { acr: 'urn:example:mfa', sid: 's1' } },
        { id: 'user', claims: { sub: 'alice', acr: 'urn:example:mfa', auth_time: 5, amr: ['otp'], sid: 's1' } },
        { id: 'bound', dpopBound: true },
      ],
    })
  })
  afterAll(() => idp.close())

  const introspect = async (token: string, id = 'basic', asJwt = false) => {
    const as = await metadataOf(idp)
    const me: oauth.Client = { client_id: id, ...(asJwt && { introspection_signed_response_alg: 'RS256' }) }
    const options = { ...HTTP, requestJwtResponse: asJwt }
    const response = await oauth.introspectionRequest(as, me, oauth.ClientSecretBasic(CLIENT_SECRET), token, options)
    const type = response.headers.get('content-type')
    return { type, answer: await oauth.processIntrospectionResponse(as, me, response) }
  }

  test.each([['basic'], ['post'], ['assertion']])('a token by client authentication: %s', async (id) => {
    const token = await idp.token(id)
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'at+jwt', alg: 'RS256' })
    expect(decodeJwt(token)).toMatchObject({ iss: idp.issuer, aud: 'orders-api', client_id: id, sub: id })
  })

  test('what the client has, its tokens say', async () => {
    expect(decodeJwt(await idp.token('basic'))).toMatchObject({ scope: 'a b', roles: ['clerk'], tenant: 'acme' })
    const expected = { sub: 'alice', acr: 'urn:example:mfa', auth_time: 5, amr: ['otp'], sid: 's1' }
    expect(decodeJwt(await idp.token('user'))).toMatchObject(expected)
  })

  test('an opaque token is introspected, and inactive once it was revoked', async () => {
    const token = await idp.token('opaque')
    expect(token).not.toContain('.')
    const { answer } = await introspect(token)
    expect(answer).toMatchObject({
      active: true,
      iss: idp.issuer,
      aud: 'orders-api',
      client_id: 'opaque',
      sub: 'opaque',
    })
    expect(answer).toMatchObject({ scope: 'a', acr: 'urn:example:mfa', token_type: 'Bearer' })
    await idp.rotate()
    expect((await introspect(token)).answer.active).toBe(true)
    const as = await metadataOf(idp)
    const me = { client_id: 'opaque' }
    const revoked = await oauth.revocationRequest(as, me, oauth.ClientSecretBasic(CLIENT_SECRET), token, HTTP)
    await oauth.processRevocationResponse(revoked)
    expect((await introspect(token)).answer).toEqual({ active: false })
  })

  test('an introspection answer is a signed JWT for whoever asks for one', async () => {
    const { type, answer } = await introspect(await idp.token('opaque'), 'basic', true)
    expect(type).toMatch(/^application\/token-introspection\+jwt/)
    expect(answer).toMatchObject({ active: true, client_id: 'opaque' })
  })

  test("no other provider knows this one's tokens", async () => {
    const other = await startIdp({ clients: [{ id: 'opaque', format: 'opaque' }] })
    const token = await other.token('opaque')
    await other.close()
    expect((await introspect(token)).answer).toEqual({ active: false })
  })

  test.each([['basic'], ['opaque'], ['bound']])('a token that is bound to a key: %s', async (id) => {
    const pair = await oauth.generateKeyPair('ES256')
    const token = await idp.token(id, { dpop: pair })
    const jkt = await calculateJwkThumbprint(await exportJWK(pair.publicKey))
    const said = id === 'opaque' ? (await introspect(token)).answer : decodeJwt(token)
    expect(said.cnf).toEqual({ jkt })
  })

  test('a client whose tokens must be bound gets none without a proof', async () => {
    await expect(idp.token('bound')).rejects.toThrow('no token for bound')
  })

  test('signs any token, and logout tokens', async () => {
    expect(decodeJwt(await idp.sign({ aud: undefined, sub: 'bob' }))).not.toHaveProperty('aud')
    const logout = await idp.logoutToken({ sid: 's1' })
    expect(decodeProtectedHeader(logout).typ).toBe('logout+jwt')
    expect(decodeJwt(logout)).toMatchObject({
      iss: idp.issuer,
      sid: 's1',
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    })
    expect(decodeProtectedHeader(await idp.logoutToken({}, { typ: undefined }))).not.toHaveProperty('typ')
  })
})

test('a client that nobody knows', async () => {
  const idp = await startIdp({ clients: [] })
  expect(() => idp.token('nobody')).toThrow('the provider has no client nobody')
  await idp.close()
})

test.each<[SigningAlgorithm]>([['RS256'], ['ES256'], ['EdDSA'], ['Ed25519']])('signs with %s', async (algorithm) => {
  const idp = await startIdp({ clients: [{ id: 'a' }], algorithm })
  expect(decodeProtectedHeader(await idp.token('a')).alg).toBe(algorithm)
  await idp.close()
})

test('keys that rotate: alone, or beside the old ones', async () => {
  const idp = await startIdp({ clients: [{ id: 'a' }] })
  const kids = async () => {
    const { keys } = (await (await fetch(`${idp.issuer}/jwks`)).json()) as { keys: { kid: string }[] }
    return keys.map(({ kid }) => kid)
  }
  const [first] = await kids()
  await idp.rotate({ keepOld: true, algorithm: 'Ed25519' })
  const two = await kids()
  expect(two).toHaveLength(2)
  expect(two).toContain(first)
  expect(decodeProtectedHeader(await idp.token('a'))).toMatchObject({ alg: 'Ed25519', kid: two[0] })
  await idp.rotate()
  expect(await kids()).toHaveLength(1)
  expect(two).not.toContain((await kids())[0])
  await idp.close()
})

test('an outage: the port is closed, then open again', async () => {
  const idp = await startIdp({ clients: [{ id: 'a' }] })
  await idp.pause()
  await expect(fetch(`${idp.issuer}/jwks`)).rejects.toThrow()
  await idp.resume()
  expect((await fetch(`${idp.issuer}/jwks`)).status).toBe(200)
  await idp.close()
})

describe('over TLS', () => {
  let idp: Idp
  let tls: ClientTls
  let own: TestCertificate
  let service: TestCertificate
  const URI = 'spiffe://example.org/service/ledger'
  beforeAll(async () => {
    const ca = await createTestCa()
    const { chainPem, keyPem } = await ca.issue(LOOPBACK)
    own = await selfSigned()
    service = await ca.issue({ uris: [URI] })
    tls = { ca: ca.certPem }
    idp = await startIdp({
      tls: { cert: chainPem, key: keyPem, clientCa: ca.certPem },
      clients: [
        { id: 'pki', authentication: 'tls_client_auth', certUri: URI, certificateBound: true },
        { id: 'own', authentication: 'self_signed_tls_client_auth', certPem: own.certPem, certificateBound: true },
        { id: 'basic', certificateBound: true },
      ],
    })
  })
  afterAll(() => idp.close())

  const over = ({ chainPem, keyPem }: TestCertificate): ClientTls => ({ ...tls, cert: chainPem, key: keyPem })

  test('says so in its metadata', async () => {
    const as = await metadataOf(idp, { [oauth.customFetch]: tlsFetch(tls) })
    expect(as.issuer).toMatch(/^https:/)
    expect(as.tls_client_certificate_bound_access_tokens).toBe(true)
  })

  test.each([
    ['pki', () => service],
    ['own', () => own],
    ['basic', () => own],
  ] as const)('a token that is bound to the certificate of %s', async (id, certificate) => {
    const token = await idp.token(id, { tls: over(certificate()) })
    expect(decodeJwt(token).cnf).toEqual({ 'x5t#S256': certificate().thumbprint })
  })

  test.each([
    ['pki', 'with a certificate that nobody vouches for', () => over(own)],
    ['own', "with somebody else's certificate", () => over(service)],
    ['basic', 'without a certificate', () => tls],
  ] as const)('no token for %s %s', async (id, _how, connection) => {
    await expect(idp.token(id, { tls: connection() })).rejects.toThrow(`no token for ${id}`)
  })
})
