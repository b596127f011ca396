import { nonEmptyStrings, oneOf } from '../../lib/options.js'

/** Asymmetric signature algorithms (RFC 7518 section 3.1, RFC 8037, RFC 9864). */
export type JwtAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'Ed25519'

/** The key type, and curve where it has one, that each algorithm needs. */
const KEY_TYPES: Readonly<Record<JwtAlgorithm, readonly [kty: string, crv?: string]>> = {
  RS256: ['RSA'],
  RS384: ['RSA'],
  RS512: ['RSA'],
  PS256: ['RSA'],
  PS384: ['RSA'],
  PS512: ['RSA'],
  ES256: ['EC', 'P-256'],
  ES384: ['EC', 'P-384'],
  ES512: ['EC', 'P-521'],
  EdDSA: ['OKP', 'Ed25519'],
  Ed25519: ['OKP', 'Ed25519'],
}

export const ALGORITHMS = Object.keys(KEY_TYPES) as readonly JwtAlgorithm[]

/** `Ed25519` is the fully specified name of what `EdDSA` means for such a key (RFC 9864 section 2.2). */
export const fullName = (algorithm: string): string => (algorithm === 'EdDSA' ? 'Ed25519' : algorithm)

/**
 * The one algorithm of a key: its own `alg` where it has one and it is allowed, otherwise the first allowed one that
 * fits. Never the token's choice (RFC 8725 section 3.1).
 */
export function algorithmOf(
  jwk: { readonly kty?: unknown; readonly crv?: unknown; readonly alg?: unknown },
  allowed: readonly JwtAlgorithm[],
): JwtAlgorithm | undefined {
  return allowed.find((algorithm) => {
    const [kty, crv] = KEY_TYPES[algorithm]
    const named = jwk.alg === undefined || (typeof jwk.alg === 'string' && fullName(jwk.alg) === fullName(algorithm))
    return named && jwk.kty === kty && (crv === undefined || jwk.crv === crv)
  })
}

/** @throws TypeError for anything but a list of one or more of them. */
export const checkedAlgorithms = (name: string, value: unknown): readonly JwtAlgorithm[] =>
  Object.freeze(nonEmptyStrings(name, value).map((algorithm) => oneOf(name, algorithm, ALGORITHMS)))
