import { createCipheriv, createHmac, randomBytes, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { deflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isPromiseLike } from '../../../src/lib/maybe-promise.js'
import {
  ask,
  DISCOVERY_URL,
  encoded,
  FakeIssuer,
  headerOf,
  JWKS_URL,
  NOW,
  signature,
  signed,
  standardClaims,
  testKey,
} from '../../support/fake-issuer.js'
import { ACCEPTED_HEADERS, REFUSED_HEADER_TEXTS, REFUSED_HEADERS } from '../../vectors/token-headers.js'

const key = testKey()
const foreign = testKey()
const idp = new FakeIssuer(key)
const guard = idp.guard()
const refused = (code: string) => ({ allowed: false, kind: 'unauthenticated', code })

describe('headers that refuse a token', () => {
  test.each(REFUSED_HEADERS)('$input: $code ($section)', async ({ header, code }) => {
    expect(await ask(guard, idp.token({}, header))).toMatchObject(refused(code))
  })

  test.each(REFUSED_HEADER_TEXTS.map(([find, replace, code]) => [find, replace, code] as const))(
    '%s to %j: %s',
    async (find, replace, code) => {
      const text = JSON.stringify(headerOf(key))
      expect(text).toMatch(find)
      expect(await ask(guard, signed(key, text.replace(find, replace), standardClaims()))).toMatchObject(refused(code))
    },
  )

  test('a byte that is not UTF-8: token_malformed', async () => {
    const header = Buffer.from(JSON.stringify({ ...headerOf(key), x: '\xff' }), 'latin1')
    expect(await ask(guard, signed(key, header, standardClaims()))).toMatchObject(refused('token_malformed'))
  })

  test.each(ACCEPTED_HEADERS)('and one that does not: $input ($section)', async ({ header }) => {
    expect(await ask(guard, idp.token({}, header))).toMatchObject({ allowed: true })
  })

  test('nor does the last of several members with one name (RFC 7515 section 4)', async () => {
    const text = JSON.stringify(headerOf(key)).replace('{', '{"alg":"none","typ":"JWT","kid":"other",')
    expect(await ask(guard, signed(key, text, standardClaims()))).toMatchObject({ allowed: true })
  })
})

describe('a public key as an HMAC secret (CVE-2016-5431, CVE-2022-23541, CVE-2023-48223, CVE-2026-34950)', () => {
  const rsa = testKey('RS256')
  const issuer = new FakeIssuer(rsa)
  const pem = String(rsa.publicKey.export({ type: 'spki', format: 'pem' }))
  const { kty, n, e } = rsa.jwk
  const secrets: Readonly<Record<string, string | Buffer>> = {
    'PEM (SPKI)': pem,
    'PEM without the last line break': pem.trimEnd(),
    'PEM with CRLF': pem.replaceAll('\n', '\r\n'),
    'PEM with space ahead': ` ${pem}`,
    'PEM (PKCS 1)': String(rsa.publicKey.export({ type: 'pkcs1', format: 'pem' })),
    'DER (SPKI)': rsa.publicKey.export({ type: 'spki', format: 'der' }),
    'DER (PKCS 1)': rsa.publicKey.export({ type: 'pkcs1', format: 'der' }),
    'base64 DER': rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    JWK: JSON.stringify(rsa.jwk),
    'JWK (RFC 7638)': JSON.stringify({ e, kty, n }),
    modulus: Buffer.from(String(n), 'base64url'),
    'an empty secret': '',
  }
  const rows = Object.keys(secrets).flatMap((name) =>
    ([256, 384, 512] as const).flatMap((bits) => [
      [name, `HS${bits}`, bits, 'token_algorithm_refused'] as const,
      [name, 'RS256', bits, 'token_signature_invalid'] as const,
    ]),
  )

  test.each(rows)('%s, alg %s, HMAC with SHA-%i: %s', async (name, alg, bits, code) => {
    const input = `${encoded({ ...headerOf(rsa), alg })}.${encoded(standardClaims())}`
    const mac = createHmac(`sha${bits}`, secrets[name]!).update(input).digest('base64url')
    expect(await ask(issuer.guard(), `${input}.${mac}`)).toMatchObject(refused(code))
  })
})

describe('signatures that refuse a token (CVE-2020-28042)', () => {
  const [header, payload, good] = idp.token().split('.') as [string, string, string]
  const input = `${header}.${payload}`
  const bytes = Buffer.from(good, 'base64url')
  const lastBits = good.slice(0, -1) + { A: 'B', Q: 'R', g: 'h', w: 'x' }[good.at(-1)!]

  test.each([
    ['blank', 'token_malformed', ''],
    ['the word null', 'token_signature_invalid', encoded('null')],
    ['one character', 'token_malformed', 'A'],
    ['zeros (CVE-2022-21449)', 'token_signature_invalid', encoded(Buffer.alloc(64))],
    ['without the last byte', 'token_signature_invalid', encoded(bytes.subarray(0, -1))],
    ['half', 'token_signature_invalid', encoded(bytes.subarray(0, 32))],
    ['with a byte more', 'token_signature_invalid', encoded(Buffer.concat([bytes, Buffer.from([0])]))],
    ['in DER', 'token_signature_invalid', encoded(sign('sha256', Buffer.from(input), key.privateKey))],
    ['of another token', 'token_signature_invalid', idp.token().split('.')[2]!],
    ['by a foreign key under this kid', 'token_signature_invalid', encoded(signature(foreign, input))],
    ['padded', 'token_malformed', `${good}==`],
    ['in another spelling (RFC 4648 section 3.5)', 'token_malformed', lastBits],
    ['with a part behind', 'token_malformed', `${good}.${good}`],
    ['with a dot behind', 'token_malformed', `${good}.`],
    ['with + in it', 'token_malformed', `+${good.slice(1)}`],
    ['with / in it', 'token_malformed', `/${good.slice(1)}`],
    ['with ~ in it', 'token_malformed', `~${good.slice(1)}`],
  ])('%s: %s', async (_name, code, other) => {
    expect(await ask(guard, `${input}.${other}`)).toMatchObject(refused(code))
    expect(await ask(guard, `${input}.${good}`)).toMatchObject({ allowed: true })
  })

  test("another issuer's token with this issuer's name: token_key_unknown", async () => {
    const token = signed(foreign, headerOf(foreign), standardClaims())
    expect(await ask(guard, token)).toMatchObject(refused('token_key_unknown'))
  })

  test('a payload exchanged for another: token_signature_invalid', async () => {
    const forged = encoded({ ...standardClaims(), sub: 'root' })
    expect(await ask(guard, `${header}.${forged}.${good}`)).toMatchObject(refused('token_signature_invalid'))
  })

  test.each([
    ['no dot', header],
    ['two parts', input],
    ['two parts and a dot', `${input}.`],
    ['no header', `.${payload}.${good}`],
    ['no payload', `${header}..${good}`],
    ['dots', '..'],
    ['four parts', `${input}.${good}.${good}`],
    ['six parts', `${input}.${good}.${good}.${good}.${good}`],
    ['a header of one character', `e.${payload}.${good}`],
  ])('%s: token_malformed', async (_name, token) => {
    expect(await ask(guard, token)).toMatchObject(refused('token_malformed'))
  })
})

describe('length', () => {
  test('10 KiB: token_too_long, unless the service allows it', async () => {
    const long = idp.token({ groups: 'g'.repeat(10 * 1024) })
    expect(await ask(guard, long)).toMatchObject(refused('token_too_long'))
    expect(await ask(idp.guard({ maxTokenLength: 16_384 }), long)).toMatchObject({ allowed: true })
  })

  test('the bound itself passes, one more does not', async () => {
    const token = idp.token({ groups: 'g'.repeat(500) })
    expect(await ask(idp.guard({ maxTokenLength: token.length }), token)).toMatchObject({ allowed: true })
    const shorter = idp.guard({ maxTokenLength: token.length - 1 })
    expect(await ask(shorter, token)).toMatchObject(refused('token_too_long'))
  })
})

describe('encrypted tokens are refused at once, undecrypted', () => {
  const jwe = (header: object, ciphertext: Buffer, tag = randomBytes(16)) =>
    [encoded(header), encoded(randomBytes(40)), encoded(randomBytes(12)), encoded(ciphertext), encoded(tag)].join('.')

  /** A few KiB that inflate to a thousand times as much. */
  const bomb = () => {
    const cipher = createCipheriv('aes-256-gcm', randomBytes(32), randomBytes(12))
    return cipher.update(deflateRawSync(Buffer.alloc(5 * 1024 * 1024)))
  }
  const enc = 'A256GCM'

  test.each([
    [
      'p2c of 2147483647',
      { alg: 'PBES2-HS512+A256KW', enc, p2c: 2_147_483_647, p2s: encoded(randomBytes(16)) },
      randomBytes(64),
    ],
    ['p2c of 1e308', { alg: 'PBES2-HS256+A128KW', enc, p2c: 1e308, p2s: 'AA' }, randomBytes(64)],
    ['a deflate bomb', { alg: 'dir', enc, zip: 'DEF' }, bomb()],
    ['a nested token', { alg: 'RSA-OAEP-256', enc, cty: 'JWT' }, Buffer.from(idp.token())],
  ])('%s: token_malformed', (_name, header, ciphertext) => {
    const token = jwe({ ...header, typ: 'at+jwt', kid: key.jwk.kid }, ciphertext)
    expect(token.length).toBeLessThan(8192)
    const startedAt = performance.now()
    const answer = ask(idp.guard(), token)
    expect(isPromiseLike(answer)).toBe(false)
    expect(answer).toMatchObject(refused('token_malformed'))
    expect(performance.now() - startedAt).toBeLessThan(500)
  })
})

describe('a token that names its own key causes no request but for the issuer', () => {
  const server = createServer((request, response) => {
    arrived.push(request.url ?? '')
    response.end(JSON.stringify({ keys: [foreign.jwk] }))
  })
  const arrived: string[] = []
  let origin = ''
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => new Promise<void>((resolve) => void server.close(() => resolve())))

  test.each(['jku', 'x5u', 'kid', 'iss', 'jwks_uri', 'cty'])('%s', async (member) => {
    const own = new FakeIssuer(key)
    const url = `${origin}/${member}?key=1`
    const claims = { ...standardClaims(), [member]: url, exp: NOW + 300 }
    const token = signed(foreign, { ...headerOf(foreign), [member]: url }, claims)
    expect(await ask(own.guard(), token)).toMatchObject({ allowed: false, kind: 'unauthenticated' })
    expect(arrived).toEqual([])
    expect(own.requests.filter((asked) => asked !== DISCOVERY_URL && asked !== JWKS_URL)).toEqual([])
  })
})
