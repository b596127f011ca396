import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { inspect } from 'node:util'
import { jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import {
  clientSecretBasic,
  clientSecretPost,
  type JwtAlgorithm,
  mtlsFetch,
  privateKeyJwt,
  tlsClientAuth,
} from '../../../src/index.js'

const request = { issuer: 'https://idp.test', nowMs: Date.now() }

describe('client secrets (RFC 6749 section 2.3.1)', () => {
  test.each([
    ['plain', 's6BhdRkqt3', '7Fjfp0ZBr1KtDRbnfVdmIw', 's6BhdRkqt3:7Fjfp0ZBr1KtDRbnfVdmIw'],
    ['a colon in the id', 'a:b', 'c', 'a%3Ab:c'],
    ['a colon in the secret', 'a', 'b:c', 'a:b%3Ac'],
    ['space, plus, percent', 'a b', '+%', 'a+b:%2B%25'],
    ['beyond ASCII', 'caf\u00e9', '\u20ac', 'caf%C3%A9:%E2%82%AC'],
    ['URL', 'https://rs.example/x', '&=', 'https%3A%2F%2Frs.example%2Fx:%26%3D'],
  ])('basic, %s', async (_name, clientId, clientSecret, pair) => {
    const { headers } = await clientSecretBasic({ clientId, clientSecret }).authenticate(request)
    expect(headers).toEqual({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` })
  })

  test('post: in the form, as they are', async () => {
    const auth = clientSecretPost({ clientId: 'a b', clientSecret: '+%' })
    expect(await auth.authenticate(request)).toEqual({ form: { client_id: 'a b', client_secret: '+%' } })
  })

  test.each([
    ['clientId', { clientId: '', clientSecret: 'hidden' }, /^clientId must be a non-empty string/],
    ['clientSecret', { clientId: 'a', clientSecret: 7 }, /^clientSecret must be a non-empty string$/],
    ['a misspelt option', { clientId: 'a', clientSecret: 'hidden', secret: '' }, /unknown option secret/],
  ])('%s: TypeError, without the secret', (_name, options, message) => {
    for (const make of [clientSecretBasic, clientSecretPost]) {
      expect(() => make(options as never)).toThrow(message)
      expect(() => make(options as never)).not.toThrow(/hidden|7/)
    }
  })

  test('are shown by neither a log nor JSON', () => {
    const options = { clientId: 'a', clientSecret: 'hidden' }
    for (const auth of [clientSecretBasic(options), clientSecretPost(options)])
      expect(inspect(auth, { depth: 9, showHidden: true }) + JSON.stringify(auth)).not.toMatch(/hidden|YTpoaWRkZW4/)
  })
})

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed25519 = generateKeyPairSync('ed25519')
const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string

describe('privateKeyJwt() (RFC 7523 section 2.2)', () => {
  test.each<[JwtAlgorithm, { publicKey: KeyObject; privateKey: KeyObject }]>([
    ['RS256', rsa],
    ['PS256', rsa],
    ['PS512', rsa],
    ['ES256', p256],
    ['ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['ES512', generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ['EdDSA', ed25519],
    ['Ed25519', ed25519],
  ])('%s: jose verifies it', async (algorithm, { publicKey, privateKey }) => {
    const keys = [pem(privateKey), privateKey.export({ format: 'jwk' }) as Record<string, unknown>, privateKey]
    for (const key of keys) {
      const { form } = await privateKeyJwt({ clientId: 'me', key, kid: 'k1', algorithm }).authenticate(request)
      const { payload, protectedHeader } = await jwtVerify(form!.client_assertion!, publicKey)
      expect(protectedHeader).toEqual({ alg: algorithm, typ: 'client-authentication+jwt', kid: 'k1' })
      const iat = Math.floor(request.nowMs / 1000)
      const jti = expect.stringMatching(/^[0-9a-f-]{36}$/)
      expect(payload).toEqual({ iss: 'me', sub: 'me', aud: 'https://idp.test', jti, iat, exp: iat + 60 })
    }
  })

  test('each assertion is used once; audience and type may be others', async () => {
    const auth = privateKeyJwt({
      clientId: 'me',
      key: pem(p256.privateKey),
      algorithm: 'ES256',
      audience: 'a',
      typ: 'JWT',
    })
    const [one, two] = await Promise.all([auth.authenticate(request), auth.authenticate(request)])
    const verified = await jwtVerify(one.form!.client_assertion!, p256.publicKey)
    expect(verified).toMatchObject({ payload: { aud: 'a' }, protectedHeader: { alg: 'ES256', typ: 'JWT' } })
    const other = await jwtVerify(two.form!.client_assertion!, p256.publicKey)
    expect(other.payload.jti).not.toBe(verified.payload.jti)
  })

  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  test.each<[string, object, RegExp]>([
    ['a key of another kind', { key: pem(rsa.privateKey) }, /^key must fit ES256, got RSA/],
    ['another curve', { algorithm: 'ES384' }, /^key must fit ES384, got EC/],
    ['a weak key', { key: weak, algorithm: 'RS256' }, /^key must fit RS256, got fewer than 2048 bits/],
    ['a public key', { key: p256.publicKey }, /^key must be a private key/],
    ['no PEM', { key: 'hidden' }, /^key must be a private key: PEM, a JWK or a KeyObject$/],
    ['no JWK', { key: { kty: 'EC', d: 'hidden' } }, /^key must be a private key/],
    ['nothing', { key: undefined }, /^key must be a private key/],
    ['a secret algorithm', { algorithm: 'HS256' }, /^algorithm must be one of/],
    ['typ', { typ: 'at+jwt' }, /^typ must be one of/],
    ['clientId', { clientId: '' }, /^clientId/],
    ['audience', { audience: '' }, /^audience/],
    ['kid', { kid: '' }, /^kid/],
  ])('%s: TypeError, without the key', (_name, options, message) => {
    const all = { clientId: 'me', key: pem(p256.privateKey), algorithm: 'ES256', ...options } as never
    expect(() => privateKeyJwt(all)).toThrow(message)
    expect(() => privateKeyJwt(all)).not.toThrow(/hidden/)
  })
})

describe('tlsClientAuth(), mtlsFetch() (RFC 8705 section 2)', () => {
  test.each<[string, object, RegExp]>([
    ['clientId', { clientId: '' }, /^clientId/],
    ['cert', { cert: '' }, /^cert must be a non-empty string$/],
    ['key', { key: 7 }, /^key must be a non-empty string$/],
    ['ca', { ca: '' }, /^ca must be a non-empty string$/],
    ['maxConnections', { maxConnections: 0 }, /^maxConnections must be an integer from 1 to 1000/],
    ['a way round verification', { rejectUnauthorized: false }, /unknown option rejectUnauthorized/],
  ])('%s: TypeError', (_name, options, message) => {
    expect(() => tlsClientAuth({ clientId: 'a', cert: 'c', key: 'hidden', ...options } as never)).toThrow(message)
  })

  test('no certificate is shown in the clear', async () => {
    const fetch = mtlsFetch({ cert: 'c', key: 'k' })
    await expect(fetch('http://127.0.0.1:1/', {})).rejects.toThrow(/over TLS only/)
  })
})
