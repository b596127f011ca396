import { constants, generateKeyPairSync, type KeyObject, type SigningOptions, sign } from 'node:crypto'
import { type JwtAlgorithm, type JwtOptions, jwt } from '../../../src/index.js'
import { AUDIENCE, encoded, ISSUER, JWKS_URL } from '../../support/fake-issuer.js'

export const EVERY_ALGORITHM = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const),
] satisfies readonly JwtAlgorithm[]

/** A key pair for one algorithm, and what it signs. */
export interface Signer {
  readonly algorithm: JwtAlgorithm
  readonly publicKey: KeyObject
  readonly jwk: Readonly<Record<string, unknown>>
  readonly header: Readonly<Record<string, unknown>>
  /** @param rest - Other options, and another hash, than the algorithm has. */
  readonly sign: (input: string, rest?: SigningOptions & { readonly hash?: string }) => Buffer
  readonly token: (header: unknown, payload: unknown) => string
}

export function signer(algorithm: JwtAlgorithm, kid = `key of ${algorithm}`): Signer {
  const { publicKey, privateKey } = keyPair(algorithm)
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' }
  const header = { alg: algorithm, typ: 'at+jwt', kid }
  const signed: Signer['sign'] = (input, { hash = hashOf(algorithm), ...rest } = {}) =>
    sign(hash, Buffer.from(input), { ...optionsOf(algorithm), ...rest, key: privateKey })
  const token: Signer['token'] = (first, payload) => {
    const input = `${encoded(first)}.${encoded(payload)}`
    return `${input}.${signed(input).toString('base64url')}`
  }
  return { algorithm, publicKey, jwk, header, sign: signed, token }
}

/** A guard that takes every algorithm, by the keys listed. */
export const guardOf = (keys: readonly unknown[], options: Partial<JwtOptions> = {}) =>
  jwt({
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: EVERY_ALGORITHM,
    jwksUri: JWKS_URL,
    fetch: async () => Response.json({ keys }),
    ...options,
  })

function keyPair(algorithm: JwtAlgorithm): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  switch (algorithm) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    case 'ES384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' })
    case 'ES512':
      return generateKeyPairSync('ec', { namedCurve: 'P-521' })
    case 'EdDSA':
    case 'Ed25519':
      return generateKeyPairSync('ed25519')
    default:
      return generateKeyPairSync('rsa', { modulusLength: 2048 })
  }
}

const hashOf = (algorithm: JwtAlgorithm): string | null =>
  algorithm.startsWith('Ed') ? null : `sha${algorithm.slice(2)}`

function optionsOf(algorithm: JwtAlgorithm): SigningOptions {
  if (algorithm.startsWith('ES')) return { dsaEncoding: 'ieee-p1363' }
  if (!algorithm.startsWith('PS')) return {}
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: Number(algorithm.slice(2)) / 8 }
}
