import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { TestKey } from '../../support/fake-issuer.js'
import { RFC9068 } from '../rfc9068.js'

type Members = Readonly<Record<string, unknown>>

/** Private keys, published so that anybody may make cases of their own. They protect nothing. */
export const PRIVATE_KEYS = {
  issuer: {
    kty: 'EC',
    crv: 'P-256',
    x: 'LbuG0qrneExQVtuc7zAv8uad5CJxTYLr-xvMDwkBlmw',
    y: '798f4Sv2GIIcQdMGS-ZDSokfZ_R_I9rbFWvwZQ7V5xc',
    d: '3q0K3DoFoTmDAmWKNHX98_Nl3y4zLl_M-yuGtXMitA8',
  },
  client: {
    kty: 'EC',
    crv: 'P-256',
    x: 'OCkKrpcDDuHAzI0VKI9qi_l0PGmaQW8An7Y_HsWi4iY',
    y: 'SzFJv3D7Klvqv3sES-SFo52F3F9rSg78UQhX8rs9Szw',
    d: 'ihu46yN4Aq9rr9-XZvz6KMtDMNY14HdQD9GZG5ijl0o',
  },
  /** Of nobody that the verifier knows. */
  stranger: {
    kty: 'EC',
    crv: 'P-256',
    x: 'OuhsV9i62knp0OUnkMW_qsr0ib0FSwbT2Ycy9VyOUbw',
    y: 'qt2MgoSdcfp9B2C1lSKpVSpgn7Iq1K3B38PEQYWomLE',
    d: '3bvNk1z81KFcw_gvzKW6PdE-iQThEeolxaQwTDtgNLY',
  },
} as const

const keyOf = (key: (typeof PRIVATE_KEYS)[keyof typeof PRIVATE_KEYS], members: Members = {}): TestKey => {
  const { d, ...publicPart } = key
  return {
    algorithm: 'ES256',
    privateKey: createPrivateKey({ key, format: 'jwk' }),
    publicKey: createPublicKey({ key: publicPart, format: 'jwk' }),
    jwk: { ...publicPart, ...members },
  }
}

export const ISSUER_KEY = keyOf(PRIVATE_KEYS.issuer, { alg: 'ES256', kid: RFC9068.header.kid, use: 'sig' })
export const CLIENT_KEY = keyOf(PRIVATE_KEYS.client)
export const STRANGER_KEY = keyOf(PRIVATE_KEYS.stranger)

/** What a verifier is given (RFC 7517 section 5). */
export const ISSUER_JWKS = { keys: [ISSUER_KEY.jwk] }
