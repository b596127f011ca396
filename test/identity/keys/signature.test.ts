import { constants } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { signatureVerifier } from '../../../src/identity/keys/signature.js'
import type { JwtAlgorithm } from '../../../src/index.js'
import { isPromiseLike } from '../../../src/lib/maybe-promise.js'
import { EVERY_ALGORITHM, type Signer, signer } from './signers.js'

const INPUT = 'header.payload'
const signed = Buffer.from(INPUT)
const THREADED: readonly JwtAlgorithm[] = ['ES384', 'ES512']

const SIGNERS = Object.fromEntries(EVERY_ALGORITHM.map((algorithm) => [algorithm, signer(algorithm)])) as Readonly<
  Record<JwtAlgorithm, Signer>
>

const verifierOf = ({ algorithm, publicKey }: Signer) => signatureVerifier(algorithm, publicKey)

describe.each(EVERY_ALGORITHM)('%s', (algorithm) => {
  const own = SIGNERS[algorithm]
  const verify = verifierOf(own)
  const good = own.sign(INPUT)

  test('a good signature is good, at once where that takes little', async () => {
    const answer = verify(signed, good)
    expect(isPromiseLike(answer)).toBe(THREADED.includes(algorithm))
    expect(await answer).toBe(true)
  })

  test('of another key, or of another text, it is not', async () => {
    expect(await verifierOf(signer(algorithm))(signed, good)).toBe(false)
    expect(await verify(Buffer.from('header.payloae'), good)).toBe(false)
    expect(await verify(Buffer.alloc(0), good)).toBe(false)
  })

  test('any one bit turned over, and it is not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(7), async (position, bit) => {
        const bytes = Buffer.from(good)
        bytes[position % bytes.length]! ^= 1 << bit
        expect(await verify(signed, bytes)).toBe(false)
      }),
      { numRuns: 40 },
    )
  })

  test('bytes of any kind and number are not, and nothing throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat(600), async (bytes, length) => {
        expect(await verify(signed, bytes)).toBe(false)
        expect(await verify(signed, Buffer.concat([good, bytes, Buffer.alloc(1)]))).toBe(false)
        expect(await verify(signed, good.subarray(0, length % good.length))).toBe(false)
      }),
      { numRuns: 40 },
    )
  })

  test('a length that is not its own is refused at once, whatever a thread would say', () => {
    for (const bytes of [good.subarray(1), Buffer.concat([good, good]), Buffer.alloc(0)]) {
      expect(verify(signed, bytes)).toBe(false)
    }
  })

  test.each([0x00, 0x01, 0x7f, 0xff])('its length full of 0x%s is not', async (byte) => {
    expect(await verify(signed, Buffer.alloc(good.length, byte))).toBe(false)
  })
})

describe('what only one family gets wrong', () => {
  const { RSA_PKCS1_PADDING: PKCS1, RSA_PKCS1_PSS_PADDING: PSS } = constants
  const dsaEncoding = 'der'

  test.each([
    ['RS256', 'PSS padding', { padding: PSS, saltLength: 32 }],
    ['RS256', 'another hash', { hash: 'sha384' }],
    ['RS256', 'SHA-1', { hash: 'sha1' }],
    ['RS512', 'another hash', { hash: 'sha256' }],
    ['PS256', 'PKCS 1 padding', { padding: PKCS1, saltLength: undefined }],
    ['PS256', 'no salt', { padding: PSS, saltLength: 0 }],
    ['PS256', 'a salt of 20 bytes', { padding: PSS, saltLength: 20 }],
    ['PS256', 'the longest salt', { padding: PSS, saltLength: constants.RSA_PSS_SALTLEN_MAX_SIGN }],
    ['PS384', 'the salt of PS256', { padding: PSS, saltLength: 32 }],
    ['PS512', 'another hash', { hash: 'sha256' }],
    ['ES256', 'DER', { dsaEncoding }],
    ['ES384', 'DER', { dsaEncoding }],
    ['ES512', 'DER', { dsaEncoding }],
    ['ES256', 'another hash', { hash: 'sha384' }],
    ['ES512', 'another hash', { hash: 'sha384' }],
  ] as const)('%s with %s (RFC 7518 section 3): false', async (algorithm, _name, options) => {
    const own = SIGNERS[algorithm]
    expect(await verifierOf(own)(signed, own.sign(INPUT, options))).toBe(false)
    expect(await verifierOf(own)(signed, own.sign(INPUT))).toBe(true)
  })

  test.each([
    ['ES256', 'prime256v1', 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'],
    [
      'ES384',
      'secp384r1',
      'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    ],
  ] as const)(
    '%s with R or S of 0, or beyond the order of %s: false (CVE-2022-21449)',
    async (algorithm, _curve, hex) => {
      const own = SIGNERS[algorithm]
      const order = Buffer.from(hex, 'hex')
      const zero = Buffer.alloc(order.length)
      const good = own.sign(INPUT)
      const [r, s] = [good.subarray(0, order.length), good.subarray(order.length)]
      for (const [one, two] of [
        [zero, zero],
        [zero, s],
        [r, zero],
        [order, s],
        [r, order],
        [order, order],
        [s, r],
      ]) {
        expect(await verifierOf(own)(signed, Buffer.concat([one!, two!]))).toBe(false)
      }
    },
  )

  test.each(['EdDSA', 'Ed25519'] as const)(
    '%s with S beyond the order: false (RFC 8032 section 8.4)',
    async (algorithm) => {
      const own = SIGNERS[algorithm]
      const good = own.sign(INPUT)
      const order = 2n ** 252n + 27742317777372353535851937790883648493n
      const s = BigInt(`0x${Buffer.from(good.subarray(32)).reverse().toString('hex')}`) + order
      const beyond = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()
      expect(await verifierOf(own)(signed, Buffer.concat([good.subarray(0, 32), beyond]))).toBe(false)
    },
  )

  test('RSA with the modulus added, or its leading zero left out: false (RFC 8017 section 8.2.2)', async () => {
    const own = SIGNERS.RS256
    const modulus = BigInt(`0x${Buffer.from(String(own.jwk.n), 'base64url').toString('hex')}`)
    let text = INPUT
    while (own.sign(text)[0] !== 0) text += ' '
    const good = own.sign(text)
    const more = (BigInt(`0x${good.toString('hex')}`) + modulus).toString(16).padStart(512, '0')
    const verify = verifierOf(own)
    const bytes = Buffer.from(text)
    expect(await verify(bytes, good)).toBe(true)
    expect(await verify(bytes, Buffer.from(more, 'hex'))).toBe(false)
    expect(await verify(bytes, good.subarray(1))).toBe(false)
  })
})
