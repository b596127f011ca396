import { algorithmOf, fullName, type JwtAlgorithm } from './algorithms.js'
import { publicKey } from './public-key.js'
import { type SignatureVerifier, signatureVerifier } from './signature.js'

/** A public key of an issuer, bound to one algorithm. */
export interface VerificationKey {
  readonly kid: string | undefined
  readonly algorithm: JwtAlgorithm
  readonly verify: SignatureVerifier
  /** The key's public part, to tell whether a later key set holds the same key. */
  readonly material: string
}

/** More than any issuer publishes. */
const MAX_KEYS = 100

/** The keys of one JWKS (RFC 7517 section 5) that can verify signatures. */
export class KeySet {
  readonly #keys: ReadonlySet<VerificationKey>
  readonly #kids = new Set<string>()
  /** By algorithm and key id; the first of several that share both. */
  readonly #named = new Map<string, VerificationKey>()
  /** By algorithm; undefined where there are several. */
  readonly #only = new Map<string, VerificationKey | undefined>()

  constructor(keys: readonly VerificationKey[]) {
    this.#keys = new Set(keys)
    for (const key of this.#keys) {
      const algorithm = fullName(key.algorithm)
      this.#only.set(algorithm, this.#only.has(algorithm) ? undefined : key)
      if (key.kid === undefined) continue
      const name = `${algorithm} ${key.kid}`
      if (!this.#named.has(name)) this.#named.set(name, key)
      this.#kids.add(key.kid)
    }
  }

  /** The key that `kid` names, or the only one there is for the algorithm when the token names none. */
  select(kid: string | undefined, algorithm: string): VerificationKey | undefined {
    const name = fullName(algorithm)
    return kid === undefined ? this.#only.get(name) : this.#named.get(`${name} ${kid}`)
  }

  names(kid: string): boolean {
    return this.#kids.has(kid)
  }

  has(key: VerificationKey): boolean {
    return this.#keys.has(key)
  }

  kids(): readonly string[] {
    return [...this.#keys].map(nameOf)
  }

  /** Ids of the keys that `other` does not hold. */
  kidsBeside(other: KeySet): readonly string[] {
    return [...this.#keys].filter((key) => !other.has(key)).map(nameOf)
  }

  same(key: VerificationKey): VerificationKey {
    return [...this.#keys].find((known) => isSame(known, key)) ?? key
  }
}

const nameOf = ({ kid }: VerificationKey): string => kid ?? '-'

const isSame = (a: VerificationKey, b: VerificationKey): boolean =>
  a.material === b.material && a.kid === b.kid && a.algorithm === b.algorithm

/**
 * Keys of a JWKS document. A weak, malformed or private key is left out: it is that key's problem, not everyone's.
 * A key that `previous` already holds stays the same object, so that tokens verified by it stay verified.
 *
 * @throws Error when no key is left.
 */
export function importKeySet(
  document: unknown,
  allowed: readonly JwtAlgorithm[],
  use: string,
  previous?: KeySet,
): KeySet {
  const listed = (document as { readonly keys?: unknown } | null)?.keys
  if (!Array.isArray(listed)) throw new Error('the key set has no keys member')
  const imported = listed.slice(0, MAX_KEYS).map((jwk: unknown) => importKey(jwk, allowed, use))
  const keys = imported.filter((key) => key !== undefined).map((key) => previous?.same(key) ?? key)
  if (keys.length === 0) throw new Error('the key set has no usable key')
  return new KeySet(keys.filter((key, index) => keys.findIndex((one) => isSame(one, key)) === index)) // listed twice is one
}

function importKey(value: unknown, allowed: readonly JwtAlgorithm[], wanted: string): VerificationKey | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const jwk = value as Readonly<Record<string, unknown>>
  const algorithm = algorithmOf(jwk, allowed)
  if (algorithm === undefined || !isForSignatures(jwk, wanted)) return undefined
  const imported = publicKey(jwk)
  if (imported === undefined) return undefined
  return {
    kid: typeof jwk.kid === 'string' ? jwk.kid : undefined,
    algorithm,
    verify: signatureVerifier(algorithm, imported.key),
    material: JSON.stringify(imported.members),
  }
}

/**
 * RFC 7517 sections 4.2 and 4.3; and no private part, which makes a published key worthless. A key that names no use is for
 * signatures in general, and for no special use: SPIFFE bundles must name theirs.
 */
function isForSignatures({ use, key_ops, d }: Readonly<Record<string, unknown>>, wanted: string): boolean {
  if (d !== undefined || (use === undefined ? wanted !== 'sig' : use !== wanted)) return false
  return key_ops === undefined || (Array.isArray(key_ops) && key_ops.includes('verify'))
}
