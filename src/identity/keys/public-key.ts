import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { isSoundEd25519Point } from './ed25519-point.js'

type Members = Readonly<Record<string, unknown>>

/** A public key, and its members as a JWK writes them, which tell whether another is the same. */
export interface PublicKey {
  readonly key: KeyObject
  readonly members: JsonWebKey
}

/**
 * The public key of a JWK (RFC 7517); undefined for a malformed or a weak one. Importing drops padding, foreign
 * characters and needless bytes without a word, so what was read must be what was written.
 */
export function publicKey({ kty, n, e, crv, x, y }: Members): PublicKey | undefined {
  try {
    const written = { kty, n, e, crv, x, y }
    const key = createPublicKey({ key: written as JsonWebKey, format: 'jwk' })
    const members = key.export({ format: 'jwk' })
    const isCanonical = Object.entries(members).every(
      ([name, value]) => written[name as keyof typeof written] === value,
    )
    return isCanonical && isSound(key, members) ? { key, members } : undefined
  } catch {
    return undefined
  }
}

function isSound(key: KeyObject, { n = '', x = '' }: JsonWebKey): boolean {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return isSoundRsa(key, Buffer.from(n, 'base64url'))
    case 'ec':
      return true // importing asked whether the point is on the curve
    case 'ed25519':
      return isSoundEd25519Point(Buffer.from(x, 'base64url'))
    default:
      return false
  }
}

/** RFC 7518 section 3.3; and the longest that OpenSSL verifies with. */
const MIN_RSA_BITS = 2048
const MAX_RSA_BITS = 16_384
/** FIPS 186-5 allows longer ones, nobody has them, and the work grows with the length. */
const MAX_RSA_EXPONENT = 2n ** 32n

/** An even modulus or exponent is no RSA key, and with exponent 1 every text is its own signature. */
function isSoundRsa({ asymmetricKeyDetails: details }: KeyObject, modulus: Uint8Array): boolean {
  const { modulusLength = 0, publicExponent = 0n } = details ?? {}
  if (modulusLength < MIN_RSA_BITS || modulusLength > MAX_RSA_BITS || !isOdd(modulus)) return false
  return publicExponent > 2n && publicExponent % 2n === 1n && publicExponent < MAX_RSA_EXPONENT
}

const isOdd = (bytes: Uint8Array): boolean => (bytes.at(-1)! & 1) === 1
