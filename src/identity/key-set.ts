import { type CryptoKey, importJWK, type JWK } from 'jose'
import { algorithmOf, type JwtAlgorithm, sameAlgorithm } from './algorithms.js'

/** A public key of an issuer, bound to one algorithm. */
export interface VerificationKey {
  readonly kid: string | undefined
  readonly algorithm: JwtAlgorithm
  readonly key: CryptoKey
  /** The key's public part, to tell whether a later key set holds the same key. */
  readonly material: string
}

/** More than any issuer publishes. */
const MAX_KEYS = 100
/** RFC 7518 section 3.3. */
const MIN_RSA_BITS = 2048

/** The keys of one JWKS (RFC 7517 section 5) that can verify signatures. */
export class KeySet {
  readonly #keys: ReadonlySet<VerificationKey>

  constructor(keys: readonly VerificationKey[]) {
    this.#keys = new Set(keys)
  }

  /** The key that `kid` names, or the only one there is for the algorithm when the token names none. */
  select(kid: string | undefined, algorithm: string): VerificationKey | undefined {
    const fitting = [...this.#keys].filter((key) => sameAlgorithm(key.algorithm, algorithm))
    if (kid !== undefined) return fitting.find((key) => key.kid === kid)
    return fitting.length === 1 ? fitting[0] : undefined
  }

  names(kid: string): boolean {
    return [...this.#keys].some((key) => key.kid === kid)
  }

  has(key: VerificationKey): boolean {
    return this.#keys.has(key)
  }

  same(key: VerificationKey): VerificationKey {
    return [...this.#keys].find((known) => isSame(known, key)) ?? key
  }
}

const isSame = (a: VerificationKey, b: VerificationKey): boolean =>
  a.material === b.material && a.kid === b.kid && a.algorithm === b.algorithm

/**
 * Keys of a JWKS document. A weak, malformed or private key is left out: it is that key's problem, not everyone's.
 * A key that `previous` already holds stays the same object, so that tokens verified by it stay verified.
 *
 * @throws Error when no key is left.
 */
export async function importKeySet(
  document: unknown,
  allowed: readonly JwtAlgorithm[],
  previous: KeySet | undefined,
): Promise<KeySet> {
  const listed = (document as { readonly keys?: unknown } | null)?.keys
  if (!Array.isArray(listed)) throw new Error('the key set has no keys member')
  const imported = await Promise.all(listed.slice(0, MAX_KEYS).map((jwk: unknown) => importKey(jwk, allowed)))
  const keys = imported.filter((key) => key !== undefined).map((key) => previous?.same(key) ?? key)
  if (keys.length === 0) throw new Error('the key set has no usable key')
  return new KeySet(keys)
}

async function importKey(value: unknown, allowed: readonly JwtAlgorithm[]): Promise<VerificationKey | undefined> {
  if (typeof value !== 'object' || value === null) return undefined
  const jwk = value as Readonly<Record<string, unknown>>
  const algorithm = algorithmOf(jwk, allowed)
  if (algorithm === undefined || !isForSignatures(jwk)) return undefined
  const publicPart = { kty: jwk.kty, n: jwk.n, e: jwk.e, crv: jwk.crv, x: jwk.x, y: jwk.y }
  try {
    const key = await importJWK(publicPart as JWK, algorithm)
    if (key instanceof Uint8Array || isWeak(key)) return undefined
    const kid = typeof jwk.kid === 'string' ? jwk.kid : undefined
    return { kid, algorithm, key, material: JSON.stringify(publicPart) }
  } catch {
    return undefined
  }
}

/** RFC 7517 sections 4.2 and 4.3; and no private part, which makes a published key worthless. */
function isForSignatures({ use, key_ops, d }: Readonly<Record<string, unknown>>): boolean {
  if (d !== undefined || (use !== undefined && use !== 'sig')) return false
  return key_ops === undefined || (Array.isArray(key_ops) && key_ops.includes('verify'))
}

const isWeak = ({ algorithm }: CryptoKey): boolean =>
  'modulusLength' in algorithm && (algorithm.modulusLength as number) < MIN_RSA_BITS
