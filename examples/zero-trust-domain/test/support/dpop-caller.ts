import { createHash, KeyObject, randomUUID, sign } from 'node:crypto'
import { calculateThumbprint, generateProof, type KeyPair } from 'dpop'
import { ORIGIN } from './zero-trust-service.js'

export type Claims = Readonly<Record<string, unknown>>

/** What a proof is made for. */
export interface Proven {
  readonly method?: string
  readonly target: string
  readonly token: string
  readonly nonce?: string
}

/** Header and claims of a proof, and what signs it. */
export interface ProofParts {
  readonly header: Claims
  readonly claims: Claims
  readonly signer: KeyObject
}

export type DpopAlgorithm = 'ES256' | 'RS256' | 'EdDSA'

const PARAMETERS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  RS256: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
  EdDSA: { name: 'Ed25519' },
} as const

/** Somebody who holds a key that tokens are bound to. */
export class DpopCaller {
  readonly algorithm: DpopAlgorithm
  readonly keys: KeyPair
  /** RFC 7638 thumbprint: the `jkt` of its tokens. */
  readonly jkt: string
  readonly jwk: Claims

  private constructor(algorithm: DpopAlgorithm, keys: KeyPair, jkt: string) {
    this.algorithm = algorithm
    this.keys = keys
    this.jkt = jkt
    this.jwk = KeyObject.from(keys.publicKey).export({ format: 'jwk' }) as Claims
  }

  static async create(algorithm: DpopAlgorithm = 'ES256'): Promise<DpopCaller> {
    const keys = (await crypto.subtle.generateKey(PARAMETERS[algorithm], true, ['sign', 'verify'])) as KeyPair
    return new DpopCaller(algorithm, keys, await calculateThumbprint(keys.publicKey))
  }

  get signer(): KeyObject {
    return KeyObject.from(this.keys.privateKey)
  }

  /** A proof by the dpop package. */
  proof({ method = 'GET', target, token, nonce }: Proven): Promise<string> {
    return generateProof(this.keys, `${ORIGIN}${target}`, method, nonce, token)
  }

  /** A proof made by hand, changed before it is signed. */
  handmade(
    { method = 'GET', target, token, nonce }: Proven,
    change: (parts: ProofParts) => Partial<ProofParts> = () => ({}),
  ): string {
    const parts: ProofParts = {
      header: { typ: 'dpop+jwt', alg: this.algorithm, jwk: this.jwk },
      claims: {
        htm: method,
        htu: `${ORIGIN}${target}`,
        iat: Math.floor(Date.now() / 1000),
        jti: randomUUID(),
        ath: createHash('sha256').update(token).digest('base64url'),
        ...(nonce !== undefined && { nonce }),
      },
      signer: this.signer,
    }
    return signed({ ...parts, ...change(parts) })
  }
}

/** A compact JWS of these parts, signed in the way of the key. */
function signed({ header, claims, signer }: ProofParts): string {
  const input = `${encoded(header)}.${encoded(claims)}`
  const signature = sign(signer.asymmetricKeyType === 'ed25519' ? null : 'sha256', Buffer.from(input), {
    key: signer,
    dsaEncoding: 'ieee-p1363',
  })
  return `${input}.${signature.toString('base64url')}`
}

const encoded = (value: Claims): string => Buffer.from(JSON.stringify(value)).toString('base64url')
