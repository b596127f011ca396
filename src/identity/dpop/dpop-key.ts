import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { isObject, isText, type JsonObject } from '../../lib/json-value.js'
import { algorithmOf, type JwtAlgorithm } from '../keys/algorithms.js'
import { publicKey } from '../keys/public-key.js'
import { type SignatureVerifier, signatureVerifier } from '../keys/signature.js'

/** Members of private and symmetric keys (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1, RFC 8037 section 2). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** Keys to keep, ready to verify with. Importing one takes as long as verifying with it. */
const MAX_KEYS = 1_000

/**
 * The keys of proofs. A proof brings its own; which one it may be, the token says. Keys of tokens that were found good
 * are kept, the longest unused forgotten first, so strangers cannot fill the memory.
 */
export class DpopKeys {
  readonly #known = new LRUCache<string, SignatureVerifier>({ max: MAX_KEYS })

  /** The key of a proof (RFC 9449 section 4.3), or why it is none to verify with. */
  find(
    jwk: unknown,
    algorithm: JwtAlgorithm,
    thumbprint: string,
  ): SignatureVerifier | 'dpop_key_refused' | 'dpop_key_mismatch' {
    if (!isPublicJwk(jwk) || algorithmOf(jwk, [algorithm]) === undefined) return 'dpop_key_refused'
    const found = jwkThumbprint(jwk)
    if (found === undefined) return 'dpop_key_refused'
    // Both are public, the caller sent them: how long a comparison takes tells nobody anything.
    if (found !== thumbprint) return 'dpop_key_mismatch'
    const name = `${algorithm} ${thumbprint}`
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const imported = publicKey(jwk)
    if (imported === undefined) return 'dpop_key_refused'
    const verify = signatureVerifier(algorithm, imported.key)
    this.#known.set(name, verify)
    return verify
  }
}

function isPublicJwk(jwk: unknown): jwk is JsonObject {
  if (!isObject(jwk)) return false
  const { use, key_ops } = jwk
  if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) return false
  if (use !== undefined && use !== 'sig') return false
  return key_ops === undefined || (Array.isArray(key_ops) && key_ops.includes('verify'))
}

/** RFC 7638 section 3 and RFC 8037 section 2: the required members alone, in the order of their names. */
function jwkThumbprint({ kty, crv, x, y, n, e }: JsonObject): string | undefined {
  const required = kty === 'RSA' ? { e, kty, n } : kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x }
  if (!Object.values(required).every(isText)) return undefined
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url')
}
