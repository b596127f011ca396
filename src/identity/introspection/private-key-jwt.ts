import { createPrivateKey, createPublicKey, type JsonWebKey, KeyObject, randomUUID } from 'node:crypto'
import { knownOptions, nonEmptyString, oneOf } from '../../lib/options.js'
import { ALGORITHMS, algorithmOf, type JwtAlgorithm } from '../keys/algorithms.js'
import { signatureOver } from '../keys/signature.js'
import type { ClientAuthentication } from './client-authentication.js'

/** A client, and the key that it signs assertions with (RFC 7523 section 2.2). */
export interface PrivateKeyJwtOptions {
  /** The id by which the authorization server knows this service. */
  readonly clientId: string
  /** The private key: PEM (PKCS #8 or the older forms), a JWK, or a `KeyObject`. RSA keys have 2048 bits or more. */
  readonly key: string | Readonly<Record<string, unknown>> | KeyObject
  /** Which of the client's keys it is. Default: the header names none. */
  readonly kid?: string | undefined
  /** Signature algorithm. The key must be one for it. */
  readonly algorithm: JwtAlgorithm
  /** `aud` of the assertion. Default: the issuer identifier of the server that is asked. */
  readonly audience?: string | undefined
  /**
   * Type of the assertion. Default: `client-authentication+jwt` (draft-ietf-oauth-rfc7523bis); `JWT` for servers that take
   * nothing else.
   */
  readonly typ?: 'client-authentication+jwt' | 'JWT' | undefined
}

/** An assertion is made for each request: it need not outlive it. */
const LIFETIME_SECONDS = 60

/**
 * `private_key_jwt`: an assertion that the client signs, and no secret that both sides keep (RFC 7523 section 2.2). A new
 * one for each request: `iss` and `sub` are the client, `jti` is unique, and it is good for a minute.
 *
 * @throws TypeError for an option out of its range, and for a key that does not fit the algorithm; the error does not show
 * the key.
 */
export function privateKeyJwt(options: PrivateKeyJwtOptions): ClientAuthentication {
  knownOptions('privateKeyJwt()', options, ['clientId', 'key', 'kid', 'algorithm', 'audience', 'typ'])
  const clientId = nonEmptyString('clientId', options.clientId)
  const algorithm = oneOf('algorithm', options.algorithm, ALGORITHMS)
  const key = privateKey(options.key, algorithm)
  const kid = options.kid === undefined ? undefined : nonEmptyString('kid', options.kid)
  const audience = options.audience === undefined ? undefined : nonEmptyString('audience', options.audience)
  const typ = oneOf('typ', options.typ ?? 'client-authentication+jwt', ['client-authentication+jwt', 'JWT'])
  const header = encoded({ alg: algorithm, typ, ...(kid !== undefined && { kid }) })
  return Object.freeze({
    clientId,
    method: 'private_key_jwt',
    authenticate: ({ issuer, nowMs }) => {
      const iat = Math.floor(nowMs / 1000)
      const exp = iat + LIFETIME_SECONDS
      const claims = { iss: clientId, sub: clientId, aud: audience ?? issuer, jti: randomUUID(), iat, exp }
      const signed = `${header}.${encoded(claims)}`
      const signature = signatureOver(algorithm, key, Buffer.from(signed)).toString('base64url')
      return {
        form: {
          client_id: clientId,
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: `${signed}.${signature}`,
        },
      }
    },
  } satisfies ClientAuthentication)
}

function privateKey(given: PrivateKeyJwtOptions['key'], algorithm: JwtAlgorithm): KeyObject {
  const key = imported(given)
  if (key?.type !== 'private') throw new TypeError('key must be a private key: PEM, a JWK or a KeyObject')
  const { kty, crv, n } = createPublicKey(key).export({ format: 'jwk' })
  const isFit = algorithmOf({ kty, crv }, [algorithm]) !== undefined
  const isWeak = n !== undefined && Buffer.from(n, 'base64url').length < 256
  if (!isFit || isWeak) throw new TypeError(`key must fit ${algorithm}, got ${isWeak ? 'fewer than 2048 bits' : kty}`)
  return key
}

function imported(given: PrivateKeyJwtOptions['key']): KeyObject | undefined {
  if (given instanceof KeyObject) return given
  try {
    return createPrivateKey(typeof given === 'string' ? given : { key: given as JsonWebKey, format: 'jwk' })
  } catch {
    return undefined // what OpenSSL says of it may quote it
  }
}

const encoded = (members: object): string => Buffer.from(JSON.stringify(members)).toString('base64url')
