import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { type Idp, startIdp, tokenFor } from '@wardline/test-kit'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN, type Claims } from './support/callers.js'
import { forge, part, taken } from './support/forge.js'
import { json, type KeyServer, startKeyServer } from './support/key-server.js'
import { OrdersService, SERVICES } from './support/orders-service.js'

const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ownEc = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const bySelf = (input: string) => sign('sha256', Buffer.from(input), own.privateKey)

let idp: Idp
let published: JsonWebKey & { readonly kid: string }
let key: KeyObject
/** Must never be asked: tokens point at it. */
let lure: KeyServer
beforeAll(async () => {
  idp = await startIdp({ clients: [] })
  published = ((await (await fetch(`${idp.issuer}/jwks`)).json()) as { keys: [typeof published] }).keys[0]
  key = createPublicKey({ key: published, format: 'jwk' })
  lure = await startKeyServer(
    json({ keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: 'lure', alg: 'RS256' }] }),
  )
})
afterAll(async () => {
  expect(lure.requests(), 'requests that tokens caused').toBe(0)
  await Promise.all([idp.close(), lure.close()])
})

const claims = (more: Claims = {}): Claims => {
  const now = Math.floor(Date.now() / 1000)
  const standard = { iss: idp.issuer, aud: 'orders-api', sub: 'mallory', client_id: 'x', jti: crypto.randomUUID() }
  return { ...standard, ...ADMIN, iat: now, exp: now + 300, ...more }
}
const header = (more: Claims = {}): Claims => ({ alg: 'RS256', typ: 'at+jwt', kid: published.kid, ...more })

describe.each(SERVICES)('%s', { concurrent: true }, (_name, script) => {
  let service: OrdersService
  beforeAll(async () => {
    service = await OrdersService.start(script, { ISSUER: idp.issuer })
    expect((await service.send({ token: await tokenFor(idp), target: '/nowhere' })).status).toBe(404)
  })
  afterAll(() => service.close())

  async function expectRefused(token: string, code: string | readonly string[] = 'token_signature_invalid') {
    const startedAt = performance.now()
    const answer = await service.send({ token, target: '/nowhere' })
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="orders-api", error="invalid_token"')
    const line = await service.audit(answer)
    expect([code].flat()).toContain(line.code)
    expect(line).not.toHaveProperty('principal')
  }

  describe('alg: none in any letter case', () => {
    test.each([['none'], ['None'], ['NONE'], ['nOnE'], ['none '], ['']])('%j', async (alg) => {
      const [head, body] = [part(header({ alg })), part(claims())]
      // without a signature it has not even the form of a bearer token's three parts
      await expectRefused(`${head}.${body}.`, 'token_malformed')
      await expectRefused(`${head}.${body}.${part('x')}`, 'token_algorithm_refused')
      await expectRefused(`${head}.${body}.${part(bySelf(`${head}.${body}`))}`, 'token_algorithm_refused')
    })

    test.each<[what: string, header: Claims | string, code: string]>([
      ['no alg', { typ: 'at+jwt' }, 'token_malformed'],
      ['null', { alg: null, typ: 'at+jwt' }, 'token_malformed'],
      ['an array', { alg: ['RS256'], typ: 'at+jwt' }, 'token_malformed'],
      ['rs256', { alg: 'rs256', typ: 'at+jwt' }, 'token_algorithm_refused'],
      ['RS1', { alg: 'RS1', typ: 'at+jwt' }, 'token_algorithm_refused'],
      ['RS512', { alg: 'RS512', typ: 'at+jwt' }, 'token_algorithm_refused'],
      ['twice', '{"alg":"none","typ":"at+jwt","alg":"RS256"}', 'token_signature_invalid'],
    ])('alg: %s', async (_what, head, code) => {
      await expectRefused(forge(head, claims(), bySelf), code)
    })
  })

  describe('HS* where asymmetric keys are configured, for every encoding of the public key', () => {
    const pem = (type: 'spki' | 'pkcs1') => key.export({ type, format: 'pem' }).toString()
    test.each<[what: string, secret: () => string | Uint8Array]>([
      ['SPKI PEM', () => pem('spki')],
      ['SPKI PEM without its last line break', () => pem('spki').trimEnd()],
      ['SPKI PEM with CR LF', () => pem('spki').replaceAll('\n', '\r\n')],
      ['PKCS 1 PEM', () => pem('pkcs1')],
      ['SPKI DER', () => key.export({ type: 'spki', format: 'der' })],
      ['PKCS 1 DER', () => key.export({ type: 'pkcs1', format: 'der' })],
      ['the JWK', () => JSON.stringify(published)],
      ['the JWK without kid', () => JSON.stringify(key.export({ format: 'jwk' }))],
      ['the modulus', () => published.n!],
      ['the modulus decoded', () => Buffer.from(published.n!, 'base64url')],
      ['nothing', () => ''],
    ])('%s', async (_what, secret) => {
      for (const bits of [256, 384, 512]) {
        const mac = (input: string) => createHmac(`sha${bits}`, secret()).update(input).digest()
        await expectRefused(forge(header({ alg: `HS${bits}` }), claims(), mac), 'token_algorithm_refused')
      }
    })
  })

  test.each([['PS256'], ['ES256'], ['EdDSA'], ['Ed25519']])(
    'the algorithm comes from the key: %s for a key of RS256',
    async (alg) => {
      await expectRefused(forge(header({ alg }), claims(), bySelf), 'token_key_unknown')
    },
  )

  describe('a key, or where one is, in the token: 401, and no network or file access at all', () => {
    const ownJwk = own.publicKey.export({ format: 'jwk' })
    test.each<[member: string, value: () => unknown]>([
      ['jwk', () => ownJwk],
      ['jku', () => `${lure.origin}/jwks`],
      ['x5u', () => `${lure.origin}/cert.pem`],
      ['x5c', () => [own.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')]],
      ['crit', () => ['exp']],
      ['crit', () => []],
      ['b64', () => false],
      ['zip', () => 'DEF'],
    ])('%s', async (member, value) => {
      const more = { [member]: value() }
      await expectRefused(forge(header(more), claims(), bySelf), 'token_header_refused')
      // also where the signature holds
      const input = `${part(header(more))}.${taken(await tokenFor(idp)).payload}`
      await expectRefused(`${input}.${part(bySelf(input))}`, 'token_header_refused')
    })

    test.each([
      ['a URL', () => `${lure.origin}/jwks`],
      ['a path', () => '../../../../../../dev/null'],
      ['a path with NUL', () => '/etc/passwd\u0000.pem'],
      ['a query', () => "x' UNION SELECT 'key' --"],
      ['a command', () => '| id'],
      ['__proto__', () => '__proto__'],
      ['constructor', () => 'constructor'],
      ['nothing', () => ''],
    ])('kid as %s', async (_what, kid) => {
      await expectRefused(forge(header({ kid: kid() }), claims(), bySelf), 'token_key_unknown')
    })

    test.each([
      ['a number', 1],
      ['null', null],
      ['an array', []],
      ['an object', {}],
      ['257 characters', 'k'.repeat(257)],
    ])('kid as %s', async (_what, kid) => expectRefused(forge(header({ kid }), claims(), bySelf), 'token_malformed'))
  })

  describe('signatures that are none', () => {
    test.each<[what: string, change: (signature: Buffer) => Uint8Array]>([
      ['null bytes', (signature) => Buffer.alloc(signature.length)],
      ['one null byte', () => Buffer.alloc(1)],
      ['truncated', (signature) => signature.subarray(0, -1)],
      ['half', (signature) => signature.subarray(0, 128)],
      ['longer', (signature) => Buffer.concat([signature, Buffer.alloc(1)])],
      ['the modulus', () => Buffer.from(published.n!, 'base64url')],
      ['one bit changed', (signature) => signature.map((byte, index) => (index === 0 ? byte ^ 1 : byte))],
    ])('%s', async (_what, change) => {
      const { header: head, payload, signature } = taken(await tokenFor(idp))
      await expectRefused(`${head}.${payload}.${part(change(Buffer.from(signature, 'base64url')))}`)
    })

    test('blank', async () => {
      const { header: head, payload } = taken(await tokenFor(idp))
      await expectRefused(`${head}.${payload}.`, 'token_malformed')
      await expectRefused(`${head}.${payload}`, 'token_malformed')
    })

    test('foreign', async () => {
      await expectRefused(forge(header(), claims(), bySelf))
      const ec = (input: string) =>
        sign('sha256', Buffer.from(input), { key: ownEc.privateKey, dsaEncoding: 'ieee-p1363' })
      await expectRefused(forge(header({ alg: 'ES256', kid: undefined }), claims(), ec), 'token_key_unknown')
    })

    test('of another token', async () => {
      const [one, other] = [taken(await tokenFor(idp)), taken(await tokenFor(idp, ADMIN))]
      await expectRefused(`${one.header}.${other.payload}.${one.signature}`)
      await expectRefused(`${one.header}.${part({ ...one.claims, ...ADMIN })}.${one.signature}`)
      await expectRefused(`${part({ ...one.headerClaims, extra: 1 })}.${one.payload}.${one.signature}`)
    })
  })

  describe('five parts: 401 in milliseconds', () => {
    const bomb = deflateRawSync(Buffer.alloc(4_000_000)).subarray(0, 5_000)
    test.each<[what: string, header: Claims]>([
      ['p2c bomb', { alg: 'PBES2-HS256+A128KW', enc: 'A128CBC-HS256', p2c: 2_147_483_647, p2s: 'c2FsdA' }],
      ['p2c bomb of 512', { alg: 'PBES2-HS512+A256KW', enc: 'A256CBC-HS512', p2c: 10_000_000, p2s: 'c2FsdA' }],
      ['deflate bomb', { alg: 'dir', enc: 'A128GCM', zip: 'DEF' }],
      ['RSA-OAEP', { alg: 'RSA-OAEP', enc: 'A128GCM' }],
      ['ECDH-ES', { alg: 'ECDH-ES', enc: 'A128GCM', epk: ownEc.publicKey.export({ format: 'jwk' }) }],
    ])('%s', async (_what, head) => {
      await expectRefused([part(head), '', part('iv'), part(bomb), part('tag')].join('.'), 'token_malformed')
      await expectRefused([part({ ...header(), ...head }), part(bomb), part('x')].join('.'), [
        'token_header_refused',
        'token_algorithm_refused',
      ])
    })

    test('a flood of them leaves the service at work', async () => {
      const token = [part({ alg: 'PBES2-HS256+A128KW', p2c: 2_147_483_647 }), 'a', 'b', 'c', 'd'].join('.')
      const startedAt = performance.now()
      await Promise.all(Array.from({ length: 200 }, () => service.send({ token, target: '/nowhere' })))
      expect(performance.now() - startedAt).toBeLessThan(10_000)
      expect((await service.send({ target: '/healthz' })).status).toBe(200)
    })
  })

  describe('another token of this issuer', () => {
    test.each<[what: string, claims: Claims, header: Claims, code: string]>([
      ['id_token', { nonce: 'n', at_hash: 'x' }, { typ: 'JWT' }, 'token_type_refused'],
      ['id_token without typ', { nonce: 'n' }, { typ: undefined }, 'token_type_refused'],
      ['logout token', { events: {} }, { typ: 'logout+jwt' }, 'token_type_refused'],
      ['introspection answer', { token_introspection: {} }, { typ: 'token-introspection+jwt' }, 'token_type_refused'],
      ['jkt-bound token', { cnf: { jkt: 'x' } }, {}, 'token_proof_missing'],
      ['x5t-bound token', { cnf: { 'x5t#S256': 'x' } }, {}, 'token_proof_missing'],
      ['token bound to what nobody knows', { cnf: {} }, {}, 'token_proof_missing'],
      ['token bound to null', { cnf: null }, {}, 'token_proof_missing'],
    ])('%s', async (_what, more, head, code) => {
      await expectRefused(await tokenFor(idp, more, head), code)
    })

    test('DPoP scheme', async () => {
      const token = await tokenFor(idp, { cnf: { jkt: 'x' } })
      service.keepSecret(token)
      const headers = [['authorization', `DPoP ${token}`]] as const
      expect((await service.send({ target: '/nowhere', headers })).status).toBe(401)
    })
  })

  describe("another issuer's key with this issuer's name", () => {
    test('two issuers, one kid', async () => {
      const other = await startIdp({ clients: [] })
      await expectRefused(await tokenFor(other, { iss: idp.issuer }, { kid: published.kid }))
      await expectRefused(await tokenFor(other, { iss: idp.issuer }), 'token_key_unknown')
      await expectRefused(await tokenFor(other), 'token_key_unknown')
      expect(other.requests.size).toBe(0)
      await other.close()
    })
  })

  describe('the verified-token cache: the key is the whole token', () => {
    test('no change of a token that is known is let in', async () => {
      const token = await tokenFor(idp, ADMIN)
      expect((await service.send({ token, target: '/nowhere' })).status).toBe(404)
      const places = fc.sample(fc.nat(token.length - 1), 60)
      const changed = [...new Set([0, token.length - 1, ...places])].map((place) => {
        const next = token[place] === 'A' ? 'B' : 'A'
        return `${token.slice(0, place)}${next}${token.slice(place + 1)}`
      })
      const statuses = await Promise.all(
        changed.map(async (text) => (await service.send({ token: text, target: '/x' })).status),
      )
      expect(new Set(statuses)).toEqual(new Set([401]))
      expect((await service.send({ token, target: '/nowhere' })).status).toBe(404)
    })

    test.each<[what: string, status: number, spell: (token: string) => string]>([
      ['padding', 401, (token) => `${token}=`],
      ['padding of each part', 400, (token) => token.replaceAll('.', '=.')],
      ['a dot more', 401, (token) => `${token}.`],
      ['a dot before', 401, (token) => `.${token}`],
      ['standard base64', 401, (token) => token.replaceAll('-', '+').replaceAll('_', '/')],
      [
        'another spelling of its last character',
        401,
        (token) => `${token.slice(0, -1)}${nextInAlphabet(token.at(-1)!)}`,
      ],
    ])('another spelling of a token that is known: %s', async (_what, status, spell) => {
      let token = await tokenFor(idp)
      while (spell(token) === token) token = await tokenFor(idp)
      expect((await service.send({ token, target: '/nowhere' })).status).toBe(404)
      expect((await service.send({ token: spell(token), target: '/nowhere' })).status).toBe(status)
    })
  })

  test('claims that are no JSON object are refused, signed or not', async () => {
    for (const payload of ['null', '[]', '"x"', '1', '{', '', '\u0000']) {
      await expectRefused(`${part(header())}.${part(payload)}.${part('x')}`, [
        'token_malformed',
        'token_signature_invalid',
      ])
    }
  })

  test('a token longer than any is refused unread', async () => {
    await expectRefused(await tokenFor(idp, { pad: 'x'.repeat(7_000) }), 'token_too_long')
  })

  test('no credential of any making gets a 5xx or in', async () => {
    const jws = fc
      .tuple(fc.jsonValue(), fc.jsonValue(), fc.uint8Array())
      .map(([head, body, signature]) =>
        [part(JSON.stringify(head)), part(JSON.stringify(body)), part(signature)].join('.'),
      )
    const fields = fc.oneof(
      jws.map((token) => `Bearer ${token}`),
      fc.stringMatching(/^[\x21-\x7e][\x20-\x7e]{0,60}[\x21-\x7e]$/),
      fc.stringMatching(/^Bearer [\x20-\x7e]{0,60}$/),
    )
    const values = fc.sample(fields, 100).map((field) => field.slice(0, 8_000))
    const answers = await Promise.all(
      values.map((value) => service.send({ target: '/nowhere', headers: [['authorization', value]] })),
    )
    for (const { status } of answers) expect([400, 401]).toContain(status)
  })
})

/** The next of the 64, which differs in unused bits only where there are any. */
function nextInAlphabet(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[(alphabet.indexOf(character) + 1) % 64]!
}
