import { describe, expect, test } from 'vitest'
import { isSoundEd25519Point } from '../../../src/identity/keys/ed25519-point.js'
import { signer } from './signers.js'

const P = 2n ** 255n - 19n
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n

const mod = (value: bigint): bigint => ((value % P) + P) % P
const bytesOf = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse()

function power(base: bigint, exponent: bigint): bigint {
  if (exponent === 0n) return 1n
  const half = power(base, exponent / 2n)
  return mod(half * half * (exponent % 2n === 1n ? base : 1n))
}

/** Of the point with this y, by adding it to itself (RFC 8032 section 5.1.4); undefined where no step of 8 leads home. */
function orderOf(y: bigint): number | undefined {
  const [u, v] = [mod(y * y - 1n), mod(D * y * y + 1n)]
  const root = mod(u * power(v, 3n) * power(u * power(v, 7n), (P - 5n) / 8n))
  const x = mod(v * root * root) === u ? root : mod(root * power(2n, (P - 1n) / 4n))
  expect(mod(v * x * x)).toBe(u) // on the curve
  let [px, py] = [x, y]
  for (let order = 1; order <= 8; order++) {
    if (px === 0n && py === 1n) return order
    const product = mod(D * px * x * py * y)
    const [nextX, nextY] = [mod(px * y + py * x), mod(py * y + px * x)]
    px = mod(nextX * power(mod(1n + product), P - 2n))
    py = mod(nextY * power(mod(1n - product), P - 2n))
  }
  return undefined
}

describe('a point of a key pair is sound', () => {
  test.each(Array.from({ length: 20 }, () => String(signer('EdDSA').jwk.x)))('%s, of a key pair', (x) => {
    expect(isSoundEd25519Point(Buffer.from(x, 'base64url'))).toBe(true)
  })

  test('the same with the other sign of x', () => {
    const bytes = Buffer.from(String(signer('EdDSA').jwk.x), 'base64url')
    bytes[31]! ^= 0x80
    expect(isSoundEd25519Point(bytes)).toBe(true)
  })
})

describe('a point of small order is none: anyone can sign for it', () => {
  const EIGHT = 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'
  const OTHER_EIGHT = '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'

  test.each([
    ['1', 1, bytesOf(1n)],
    ['2', 2, bytesOf(P - 1n)],
    ['4', 4, bytesOf(0n)],
    ['8', 8, Buffer.from(EIGHT, 'hex')],
    ['8, the other', 8, Buffer.from(OTHER_EIGHT, 'hex')],
  ])('order %s', (_name, order, bytes) => {
    expect(orderOf(BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`))).toBe(order)
    const negative = Buffer.from(bytes)
    negative[31]! |= 0x80
    expect(isSoundEd25519Point(bytes)).toBe(false)
    expect(isSoundEd25519Point(negative)).toBe(false)
  })
})

test.each(Array.from({ length: 19 }, (_, i) => i))('p + %i is a second spelling, and no point', (i) => {
  expect(isSoundEd25519Point(bytesOf(P + BigInt(i)))).toBe(false)
})
