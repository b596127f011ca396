import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { JwtOptions } from '../../../src/index.js'
import {
  ask,
  encoded,
  FakeIssuer,
  headerOf,
  JWKS_URL,
  signed,
  standardClaims,
  type TestKey,
  testKey,
} from '../../support/fake-issuer.js'

const good = testKey()
const rsa = testKey('RS256')

const allowed = { allowed: true }
const refused = (code: string) => ({ allowed: false, kind: 'unauthenticated', code })

/** A guard whose issuer lists exactly `keys`. */
function guardFor(keys: readonly unknown[], options: Partial<JwtOptions> = {}) {
  const idp = new FakeIssuer()
  idp.fault = () => Response.json({ keys })
  return idp.guard({ jwksUri: JWKS_URL, ...options })
}

const tokenBy = (key: TestKey, header: Readonly<Record<string, unknown>> = {}) =>
  signed(key, { ...headerOf(key), ...header }, standardClaims())

/** The same key with other members; `undefined` leaves one out. */
const listed = ({ jwk }: TestKey, members: Readonly<Record<string, unknown>>) =>
  JSON.parse(JSON.stringify({ ...jwk, ...members }))

test('a key that is listed twice is one, also for a token that names none', async () => {
  const guard = guardFor([rsa.jwk, rsa.jwk])
  expect(await ask(guard, tokenBy(rsa, { kid: undefined }))).toMatchObject(allowed)
})

describe('a key that is no use is left out, and the good one beside it works', () => {
  const weak = testKey('RS256', {}, 1024)
  const privatePart = rsa.privateKey.export({ format: 'jwk' })
  const p384 = { kty: 'EC', crv: 'P-384', x: 'A'.repeat(64), y: 'A'.repeat(64) }

  test.each<[string, unknown, TestKey]>([
    ['RSA of 1024 bits (RFC 7518 section 3.3)', weak.jwk, weak],
    ['use: enc (RFC 7517 section 4.2)', listed(rsa, { use: 'enc' }), rsa],
    ['use of another kind', listed(rsa, { use: 'signature' }), rsa],
    ['use: null', listed(rsa, { use: null }), rsa],
    ['key_ops without verify (RFC 7517 section 4.3)', listed(rsa, { key_ops: ['encrypt'] }), rsa],
    ['empty key_ops', listed(rsa, { key_ops: [] }), rsa],
    ['key_ops as text', listed(rsa, { key_ops: 'verify' }), rsa],
    ['a private key', listed(rsa, privatePart), rsa],
    ['d alone', listed(rsa, { d: 'AQAB' }), rsa],
    ['alg of another key type', listed(rsa, { alg: 'ES256' }), rsa],
    ['alg of HMAC', listed(rsa, { alg: 'HS256' }), rsa],
    ['alg of encryption', listed(rsa, { alg: 'RSA-OAEP' }), rsa],
    ['alg: none', listed(rsa, { alg: 'none' }), rsa],
    ['alg: null', listed(rsa, { alg: null }), rsa],
    ['alg in small letters', listed(rsa, { alg: 'rs256' }), rsa],
    ['no modulus', listed(rsa, { n: undefined }), rsa],
    ['a modulus that is a number', listed(rsa, { n: 3 }), rsa],
    ['a modulus that is not base64url', listed(rsa, { n: '!' }), rsa],
    ['no kty', listed(rsa, { kty: undefined }), rsa],
    ['kty of another type', listed(rsa, { kty: 'oct', k: rsa.jwk.n }), rsa],
    ['kty in small letters', listed(rsa, { kty: 'rsa' }), rsa],
    ['another curve than the algorithm has', { ...p384, alg: 'ES256', kid: rsa.jwk.kid }, rsa],
    ['a point that is not on the curve', listed(good, { x: good.jwk.y, kid: rsa.jwk.kid }), rsa],
    ['Ed448', { kty: 'OKP', crv: 'Ed448', x: 'A'.repeat(76), kid: rsa.jwk.kid }, rsa],
    ['X25519', { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43), kid: rsa.jwk.kid }, rsa],
    ['null', null, rsa],
    ['text', 'key', rsa],
    ['an array', [rsa.jwk], rsa],
    ['an empty object', {}, rsa],
  ])('%s', async (_name, jwk, key) => {
    const guard = guardFor([jwk, good.jwk])
    expect(await ask(guard, tokenBy(good))).toMatchObject(allowed)
    expect(await ask(guard, tokenBy(key))).toMatchObject(refused('token_key_unknown'))
    expect(await ask(guardFor([jwk]), tokenBy(key))).toMatchObject({ allowed: false, code: 'keys_unavailable' })
  })

  test('a symmetric key, with a token it signs', async () => {
    const k = encoded('a secret of 32 bytes, as is right')
    const guard = guardFor([{ kty: 'oct', k, kid: 'shared' }, { kty: 'oct', k, kid: 'shared', alg: 'ES256' }, good.jwk])
    for (const [alg, code] of [
      ['HS256', 'token_algorithm_refused'],
      ['ES256', 'token_key_unknown'],
    ] as const) {
      const input = `${encoded({ alg, typ: 'at+jwt', kid: 'shared' })}.${encoded(standardClaims())}`
      const mac = createHmac('sha256', Buffer.from(k, 'base64url')).update(input).digest('base64url')
      expect(await ask(guard, `${input}.${mac}`)).toMatchObject(refused(code))
    }
  })

  /** RFC 8017 section 9.2: what a signature is once it is raised to the power of the exponent. */
  const paddedDigest = (input: string) => {
    const prefix = Buffer.from('3031300d060960864801650304020105000420', 'hex')
    const digest = Buffer.concat([prefix, createHash('sha256').update(input).digest()])
    return Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(256 - 3 - digest.length, 0xff), Buffer.alloc(1), digest])
  }
  const neutral = Buffer.concat([Buffer.from([1]), Buffer.alloc(31)])

  test.each<[string, object, (input: string) => Buffer]>([
    ['RSA with exponent 1', listed(rsa, { e: 'AQ', kid: 'weak' }), paddedDigest],
    [
      'the neutral point of Ed25519',
      { kty: 'OKP', crv: 'Ed25519', x: encoded(neutral), alg: 'EdDSA', kid: 'weak' },
      () => Buffer.concat([neutral, Buffer.alloc(32)]),
    ],
  ])('%s, with a token that anyone can sign', async (_name, jwk, forged) => {
    const { alg } = jwk as { readonly alg: string }
    const input = `${encoded({ alg, typ: 'at+jwt', kid: 'weak' })}.${encoded(standardClaims())}`
    const token = `${input}.${encoded(forged(input))}`
    expect(await ask(guardFor([jwk, good.jwk]), token)).toMatchObject(refused('token_key_unknown'))
  })

  test('the hundred and first key is not looked at', async () => {
    const others = Array.from({ length: 99 }, () => listed(good, { kid: 'other' }))
    expect(await ask(guardFor([...others, good.jwk]), tokenBy(good))).toMatchObject(allowed)
    expect(await ask(guardFor([...others, {}, good.jwk]), tokenBy(good))).toMatchObject(refused('token_key_unknown'))
  })
})

describe('a key that is of use', () => {
  test.each([
    ['without use', { use: undefined }],
    ['with key_ops', { use: undefined, key_ops: ['verify'] }],
    ['with more key_ops', { key_ops: ['sign', 'verify'] }],
    ['with a certificate chain', { x5c: ['MIIC'], x5t: 'abc', x5u: 'https://evil.example/certificate' }],
    ['with members of its own', { exp: 0, nbf: 0, 'x-unknown': [] }],
  ])('%s', async (_name, members) => {
    expect(await ask(guardFor([listed(rsa, members)]), tokenBy(rsa))).toMatchObject(allowed)
  })
})

describe('one key, one algorithm (RFC 8725 section 3.1)', () => {
  const pss: TestKey = { ...rsa, algorithm: 'PS256' }
  const ed = testKey('EdDSA')
  const { alg: _alg, ...plain } = rsa.jwk

  test.each([
    ['alg RS256', [rsa.jwk], undefined, 'RS256', 'allowed'],
    ['alg RS256', [rsa.jwk], undefined, 'PS256', 'token_key_unknown'],
    ['alg PS256', [{ ...rsa.jwk, alg: 'PS256' }], undefined, 'PS256', 'allowed'],
    ['alg PS256', [{ ...rsa.jwk, alg: 'PS256' }], undefined, 'RS256', 'token_key_unknown'],
    // CVE-2026-22817: the configuration decides, not the header
    ['no alg', [plain], undefined, 'RS256', 'allowed'],
    ['no alg', [plain], undefined, 'PS256', 'token_key_unknown'],
    ['no alg', [plain], ['PS256', 'RS256'], 'PS256', 'allowed'],
    ['no alg', [plain], ['PS256', 'RS256'], 'RS256', 'token_key_unknown'],
    ['no alg', [plain], ['PS256'], 'RS256', 'token_algorithm_refused'],
    ['both', [rsa.jwk, { ...rsa.jwk, alg: 'PS256' }], undefined, 'RS256', 'allowed'],
    ['both', [rsa.jwk, { ...rsa.jwk, alg: 'PS256' }], undefined, 'PS256', 'allowed'],
  ] as const)('an RSA key with %s, %j allows %j: %s is %s', async (_name, keys, algorithms, alg, code) => {
    const token = tokenBy(alg === 'PS256' ? pss : rsa, { alg })
    expect(await ask(guardFor(keys, { algorithms }), token)).toMatchObject(code === 'allowed' ? allowed : refused(code))
  })

  test.each([
    ['EdDSA', 'EdDSA', undefined, 'allowed'],
    ['EdDSA', 'Ed25519', undefined, 'allowed'],
    ['Ed25519', 'EdDSA', undefined, 'allowed'],
    ['Ed25519', 'Ed25519', undefined, 'allowed'],
    [undefined, 'Ed25519', undefined, 'allowed'],
    [undefined, 'EdDSA', ['Ed25519'], 'token_algorithm_refused'],
    ['EdDSA', 'Ed25519', ['Ed25519'], 'allowed'],
    ['Ed448', 'EdDSA', undefined, 'keys_unavailable'],
  ] as const)(
    'an Ed25519 key with alg %s: token alg %s, %j allowed: %s (RFC 9864)',
    async (own, alg, algorithms, code) => {
      const answer = await ask(guardFor([listed(ed, { alg: own })], { algorithms }), tokenBy(ed, { alg }))
      expect(answer).toMatchObject(code === 'allowed' ? allowed : { allowed: false, code })
    },
  )
})

test.each(['ES256', 'ES384'] as const)('an EC key without alg is an %s key by its curve', async (algorithm) => {
  const key = testKey(algorithm, { alg: undefined })
  for (const algorithms of [['ES256', 'ES384'] as const, ['ES384', 'ES256'] as const]) {
    expect(await ask(guardFor([key.jwk], { algorithms }), tokenBy(key, { alg: algorithm }))).toMatchObject(allowed)
  }
})

describe('key ids', () => {
  const ec = testKey('ES256', { kid: 'one' })
  const sameKid = testKey('RS256', { kid: 'one' })
  const nameless = testKey('ES256', { kid: undefined })

  test('two key types under one kid are two keys', async () => {
    for (const keys of [
      [ec, sameKid],
      [sameKid, ec],
    ]) {
      const guard = guardFor(keys.map(({ jwk }) => jwk))
      expect(await ask(guard, tokenBy(ec))).toMatchObject(allowed)
      expect(await ask(guard, tokenBy(sameKid))).toMatchObject(allowed)
    }
  })

  test.each<[string, readonly TestKey[], TestKey, string | undefined, string]>([
    ['a key without, a token without', [nameless], nameless, undefined, 'allowed'],
    ['a key without, a token with', [nameless], nameless, 'one', 'token_key_unknown'],
    ['a key with, a token without', [ec], ec, undefined, 'allowed'],
    ['one key of each type, a token without', [ec, sameKid], sameKid, undefined, 'allowed'],
    ['two of one type, a token without: no guessing', [ec, good], ec, undefined, 'token_key_unknown'],
    ['two of one type, one nameless, a token with', [nameless, ec], ec, 'one', 'allowed'],
    ['another letter case', [ec], ec, 'ONE', 'token_key_unknown'],
    ['a prefix', [ec], ec, 'on', 'token_key_unknown'],
  ])('%s', async (_name, keys, signer, kid, code) => {
    const answer = await ask(guardFor(keys.map(({ jwk }) => jwk)), tokenBy(signer, { kid }))
    expect(answer).toMatchObject(code === 'allowed' ? allowed : refused(code))
  })

  test('of two keys with one kid and one algorithm, the first counts', async () => {
    const second = testKey('ES256', { kid: 'one' })
    const guard = guardFor([ec.jwk, second.jwk])
    expect(await ask(guard, tokenBy(ec))).toMatchObject(allowed)
    expect(await ask(guard, tokenBy(second))).toMatchObject(refused('token_signature_invalid'))
  })

  test('a kid that is no string counts as none', async () => {
    const guard = guardFor([listed(ec, { kid: 1 })])
    expect(await ask(guard, tokenBy(ec, { kid: undefined }))).toMatchObject(allowed)
    expect(await ask(guard, tokenBy(ec, { kid: '1' }))).toMatchObject(refused('token_key_unknown'))
  })

  test('two issuers, one kid: each has its own keys', async () => {
    const twin = testKey('ES256', { kid: 'one' })
    expect(await ask(guardFor([ec.jwk]), tokenBy(twin))).toMatchObject(refused('token_signature_invalid'))
    expect(await ask(guardFor([twin.jwk]), tokenBy(twin))).toMatchObject(allowed)
  })
})
