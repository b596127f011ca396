import { createHash, randomUUID } from 'node:crypto'
import {
  type DpopOptions,
  dpop,
  evaluate,
  type Guard,
  type JwtOptions,
  jwt,
  type RequestContext,
} from '../../src/index.js'
import { contextFor, type TestRequest } from './context.js'
import { AUDIENCE, headerOf, ISSUER, NOW, signed, standardClaims, type TestKey, testKey } from './fake-issuer.js'

type Members = Readonly<Record<string, unknown>>

export const ORIGIN = 'https://api.example.com'

/** RFC 9449 section 4.2, the hash of a token. */
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url')

/** RFC 7638. */
export function thumbprintOf({ kty, crv, x, y, n, e }: Members): string {
  const required = { RSA: { e, kty, n }, EC: { crv, kty, x, y }, OKP: { crv, kty, x } }[kty as string]
  return hashOf(JSON.stringify(required))
}

/** The public part of `key`, as clients put it into a proof. */
const publicJwk = ({ publicKey }: TestKey): Members => publicKey.export({ format: 'jwk' }) as Members

/** An issuer and a client that holds a key; what the client sends, and what is wrong with it as a test says. */
export class DpopClient {
  readonly issuer = testKey('ES256')
  readonly key: TestKey
  readonly jwk: Members

  constructor(key = testKey('ES256')) {
    this.key = key
    this.jwk = publicJwk(key)
  }

  guard(options: Partial<DpopOptions> = {}, rest: Partial<JwtOptions> = {}) {
    const proofs = [dpop({ origin: ORIGIN, ...options })]
    return jwt({ issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [this.issuer.jwk] }, proofs, ...rest })
  }

  /** A token that is bound to the client's key; `undefined` leaves a member out. */
  token(claims: Members = {}): string {
    const bound = { cnf: { jkt: thumbprintOf(this.jwk) } }
    return signed(this.issuer, headerOf(this.issuer), { ...standardClaims(), ...bound, ...claims })
  }

  header(changes: Members = {}): Members {
    return { typ: 'dpop+jwt', alg: this.key.algorithm, jwk: this.jwk, ...changes }
  }

  claims(token: string, changes: Members = {}): Members {
    return { jti: randomUUID(), htm: 'GET', htu: `${ORIGIN}/me`, iat: NOW, ath: hashOf(token), ...changes }
  }

  proof(token: string, claims: Members = {}, header: Members = {}): string {
    return signed(this.key, this.header(header), this.claims(token, claims))
  }
}

/** A request with `token` under the scheme DPoP, and with these proofs. */
export const requestOf = (token: string, proofs: readonly string[], rest: TestRequest = {}): RequestContext =>
  contextFor({
    path: '/me',
    ...rest,
    headers: [
      ['authorization', `DPoP ${token}`],
      ...proofs.map((proof) => ['DPoP', proof] as const),
      ...(rest.headers ?? []),
    ],
  })

export const askFor = <F extends object>(guard: Guard<object, F>, ctx: RequestContext) => evaluate(guard, ctx, {})
