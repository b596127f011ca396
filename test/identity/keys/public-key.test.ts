import fc from 'fast-check'
import { importJWK, type JWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { publicKey } from '../../../src/identity/keys/public-key.js'
import { signer } from './signers.js'

type Members = Readonly<Record<string, unknown>>

const KEYS: Readonly<Record<string, Members>> = {
  RS256: signer('RS256').jwk,
  ES256: signer('ES256').jwk,
  ES384: signer('ES384').jwk,
  ES512: signer('ES512').jwk,
  EdDSA: signer('EdDSA').jwk,
}
const NAMES = Object.keys(KEYS)

const bytesOf = (member: unknown): Buffer => Buffer.from(String(member), 'base64url')
const textOf = (...bytes: readonly (Uint8Array | number)[]): string =>
  Buffer.concat(bytes.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part))).toString('base64url')

/** Usable by jose: imported, and of the length that jose asks for before it verifies. */
async function byJose({ kty, n, e, crv, x, y }: Members, algorithm: string): Promise<boolean> {
  try {
    const key = await importJWK(JSON.parse(JSON.stringify({ kty, n, e, crv, x, y })) as JWK, algorithm)
    if (key instanceof Uint8Array) return false
    return !('modulusLength' in key.algorithm) || (key.algorithm.modulusLength as number) >= 2048
  } catch {
    return false
  }
}

test.each(NAMES)('a key for %s is imported, and tells its members', async (algorithm) => {
  const { kid: _kid, alg: _alg, use: _use, ...members } = KEYS[algorithm]!
  expect(publicKey(KEYS[algorithm]!)?.members).toEqual(members)
  expect(await byJose(members, algorithm)).toBe(true)
})

test.each(NAMES)('members of another type beside those for %s do not matter (RFC 7517 section 4)', (algorithm) => {
  expect(publicKey({ n: 1, e: null, crv: 'none', x: [], y: {}, k: 'AA', ...KEYS[algorithm]! })).toBeDefined()
})

const changed = (algorithm: string, members: Members): Members => ({ ...KEYS[algorithm], ...members })
const rsa = KEYS.RS256!
const ec = KEYS.ES256!
const ed = KEYS.EdDSA!
const modulus = bytesOf(rsa.n)
const lastBits = (member: unknown): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const text = String(member)
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1)!) + 1]!
}

describe('what neither imports', () => {
  test.each<[string, string, Members]>([
    ['RSA without n', 'RS256', { n: undefined }],
    ['RSA without e', 'RS256', { e: undefined }],
    ['RSA with a number for n', 'RS256', { n: 3 }],
    ['RSA of 2047 bits', 'RS256', { n: textOf(0x7f, modulus.subarray(1)) }],
    ['RSA of 1024 bits', 'RS256', { n: textOf(0x80, modulus.subarray(129)) }],
    ['RSA with an empty n', 'RS256', { n: '' }],
    ['RSA with n of zeros', 'RS256', { n: textOf(Buffer.alloc(256)) }],
    [
      'RSA with a character that is none in n',
      'RS256',
      { n: `${String(rsa.n).slice(0, 100)}!${String(rsa.n).slice(101)}` },
    ],
    ['EC without y', 'ES256', { y: undefined }],
    ['EC with x for y', 'ES256', { y: ec.x }],
    ['EC with a short x', 'ES256', { x: textOf(bytesOf(ec.x).subarray(1)) }],
    ['EC at the origin', 'ES256', { x: textOf(Buffer.alloc(32)), y: textOf(Buffer.alloc(32)) }],
    ['EC with x beyond the field', 'ES256', { x: textOf(Buffer.alloc(32, 0xff)) }],
    ['EC of another curve', 'ES256', { crv: 'P-384' }],
    ['EC of no curve', 'ES256', { crv: undefined }],
    ['EC of a curve that is no JWS curve', 'ES256', { crv: 'P-192' }],
    ['EC with the point of P-384', 'ES256', { x: KEYS.ES384!.x, y: KEYS.ES384!.y }],
    ['Ed25519 without x', 'EdDSA', { x: undefined }],
    ['Ed25519 with 31 bytes', 'EdDSA', { x: textOf(Buffer.alloc(31, 1)) }],
    ['Ed25519 with 33 bytes', 'EdDSA', { x: textOf(Buffer.alloc(33, 1)) }],
    ['Ed448', 'EdDSA', { crv: 'Ed448', x: textOf(Buffer.alloc(57, 1)) }],
    ['X25519', 'EdDSA', { crv: 'X25519' }],
    ['oct', 'RS256', { kty: 'oct', k: rsa.n }],
    ['no type', 'RS256', { kty: undefined }],
  ])('%s', async (_name, algorithm, members) => {
    expect(publicKey(changed(algorithm, members))).toBeUndefined()
    expect(await byJose(changed(algorithm, members), algorithm)).toBe(false)
  })
})

describe('what jose imports, and we do not', () => {
  const ONE_SPELLING = 'one key, one spelling (RFC 7515 section 2, RFC 7518 section 2)'

  test.each<[string, string, Members, string]>([
    ['n padded', 'RS256', { n: `${rsa.n}==` }, ONE_SPELLING],
    ['n with other last bits', 'RS256', { n: lastBits(rsa.n) }, ONE_SPELLING],
    ['n with a zero ahead', 'RS256', { n: textOf(0, modulus) }, ONE_SPELLING],
    ['n with a line break', 'RS256', { n: `${String(rsa.n).slice(0, 64)}\n${String(rsa.n).slice(64)}` }, ONE_SPELLING],
    [
      'n in base64',
      'RS256',
      { n: textOf(0xfb, 0xff, modulus.subarray(2)).replace(/-/g, '+').replace(/_/g, '/') },
      ONE_SPELLING,
    ],
    ['e with a zero ahead', 'RS256', { e: 'AAEAAQ' }, ONE_SPELLING],
    ['e padded', 'RS256', { e: 'Aw==' }, ONE_SPELLING],
    ['x with other last bits', 'ES256', { x: lastBits(ec.x) }, ONE_SPELLING],
    ['x padded', 'ES256', { x: `${ec.x}=` }, ONE_SPELLING],
    ['x with a zero ahead', 'ES256', { x: textOf(0, bytesOf(ec.x)) }, ONE_SPELLING],
    ['x of Ed25519 padded', 'EdDSA', { x: `${ed.x}=` }, ONE_SPELLING],
    ['x of Ed25519 with other last bits', 'EdDSA', { x: lastBits(ed.x) }, ONE_SPELLING],
    ['x of Ed25519 beyond the field', 'EdDSA', { x: textOf(0xf0, Buffer.alloc(30, 0xff), 0x7f) }, ONE_SPELLING],
    ['an even modulus', 'RS256', { n: textOf(modulus.subarray(0, -1), 0xfe) }, 'no product of two odd primes'],
    [
      'a modulus of 16 392 bits',
      'RS256',
      { n: textOf(Buffer.alloc(2049, 0xff)) },
      'OpenSSL verifies with none so long',
    ],
    ['exponent 0', 'RS256', { e: 'AA' }, 'every signature says 1'],
    ['exponent 1', 'RS256', { e: 'AQ' }, 'every text is its own signature'],
    ['exponent 2', 'RS256', { e: 'Ag' }, 'no RSA exponent'],
    ['an even exponent', 'RS256', { e: 'AQAA' }, 'no RSA exponent'],
    ['an empty exponent', 'RS256', { e: '' }, 'no RSA exponent'],
    ['an exponent of 2^32 + 1', 'RS256', { e: textOf(1, 0, 0, 0, 1) }, 'work for nothing'],
    ['an exponent as long as the modulus', 'RS256', { e: textOf(Buffer.alloc(256, 0x7f)) }, 'work for nothing'],
    ['the neutral point', 'EdDSA', { x: textOf(1, Buffer.alloc(31)) }, 'anyone can sign for it'],
    ['a point of order 4', 'EdDSA', { x: textOf(Buffer.alloc(32)) }, 'anyone can sign for it'],
  ])('%s', async (_name, algorithm, members) => {
    expect(publicKey(changed(algorithm, members))).toBeUndefined()
    expect(await byJose(changed(algorithm, members), algorithm)).toBe(true)
  })
})

test.each([
  ['Aw', '3'],
  ['EQ', '17'],
  ['AQAB', '65537'],
  ['_____w', '2^32 - 1'],
])('exponent %s is %s, and fine with both', async (e) => {
  expect(publicKey(changed('RS256', { e }))).toBeDefined()
  expect(await byJose(changed('RS256', { e }), 'RS256')).toBe(true)
})

describe('JWKs with anything changed', () => {
  const character = fc.constantFrom(...'ABCxyz019-_=+/ !\n')
  const mistyped = (text: string) =>
    fc
      .tuple(fc.nat(), fc.constantFrom(0, 1), fc.oneof(fc.constant(''), character))
      .map(([position, removed, added]) => {
        const at = position % (text.length + 1)
        return text.slice(0, at) + added + text.slice(at + removed)
      })
  const bitFlipped = (text: string) =>
    fc.tuple(fc.nat(), fc.nat(7)).map(([position, bit]) => {
      const bytes = bytesOf(text)
      if (bytes.length > 0) bytes[position % bytes.length]! ^= 1 << bit
      return bytes.toString('base64url')
    })
  /** WebCrypto makes text of members that a key does not have, and stumbles over what cannot be made into one. */
  const anything = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('toString'))
  const mutated = fc
    .tuple(fc.constantFrom(...NAMES), fc.constantFrom('n', 'e', 'x', 'y', 'crv', 'kty'))
    .chain(([algorithm, name]) => {
      const text = String(KEYS[algorithm]![name] ?? '')
      const others = Object.values(KEYS).map((jwk) => jwk[name])
      return fc
        .oneof(mistyped(text), bitFlipped(text), fc.constantFrom(...others), anything)
        .map((value) => ({ algorithm, jwk: changed(algorithm, { [name]: value }) }))
    })

  /** What is said above of RSA exponents, moduli and points of Edwards curves has its rows; here, only spelling. */
  const isCanonical = (jwk: Members): boolean =>
    ['n', 'e', 'x', 'y'].every((name) => jwk[name] === undefined || jwk[name] === textOf(bytesOf(jwk[name])))

  test('what we import, jose imports; and what jose imports of canonical EC keys, we do', async () => {
    const imported = { both: 0, neither: 0 }
    await fc.assert(
      fc.asyncProperty(mutated, async ({ algorithm, jwk }) => {
        const [own, jose] = [publicKey(jwk) !== undefined, await byJose(jwk, algorithm)]
        if (own) expect(jose).toBe(true)
        if (jose && jwk.kty === 'EC' && isCanonical(jwk)) expect(own).toBe(true)
        if (own === jose) imported[own ? 'both' : 'neither']++
      }),
      { numRuns: 1_500 },
    )
    expect(Math.min(imported.both, imported.neither)).toBeGreaterThan(50)
  })

  test('a JWK of anything is a key or none, and never throws', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('RSA', 'EC', 'OKP', 'P-256', 'Ed25519', 'AQAB'))
    const names = fc.constantFrom('kty', 'n', 'e', 'crv', 'x', 'y', 'd', 'k')
    fc.assert(
      fc.property(fc.dictionary(names, value, { noNullPrototype: true }), (jwk) => {
        expect(publicKey(jwk)).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })
})
