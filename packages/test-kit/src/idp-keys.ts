import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose'

export type SigningAlgorithm = 'RS256' | 'ES256' | 'EdDSA' | 'Ed25519'

/** A key of the provider's. */
export interface SigningKey {
  readonly algorithm: SigningAlgorithm
  readonly privateKey: CryptoKey
  /** Private as well: the provider takes it in this form. */
  readonly jwk: JWK & { readonly kid: string }
}

export async function signingKey(algorithm: SigningAlgorithm): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), alg: algorithm, use: 'sig', kid: crypto.randomUUID() }
  return { algorithm, privateKey, jwk }
}
