/** What can be told of a public key of Ed25519 without arithmetic, which importing one does not ask. */

/** The y of the points of small order, in little-endian order: of order 4, 1, 2, 8 and 8. */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])

/** 2^255 - 19 and more: another spelling of a smaller number (RFC 8032 section 5.1.3, step 1). */
const BEYOND_FIELD = /^(?:e[def]|f[0-9a-f])(?:ff){30}7f$/

/** Whether a key is spelled as it must be, and is not of small order: under such a point anyone can sign. */
export function isSoundEd25519Point(bytes: Uint8Array): boolean {
  const y = Buffer.from(bytes)
  y[31]! &= 0x7f // without the sign of x
  const hex = y.toString('hex')
  return !SMALL_ORDER.has(hex) && !BEYOND_FIELD.test(hex)
}
