import { constants, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { evaluate, type Fetch, type Guard, type JwtOptions, jwt, type Principal } from '../../src/index.js'
import { contextFor } from './context.js'

export const ISSUER = 'https://idp.test'
export const AUDIENCE = 'orders-api'
export const DISCOVERY_URL = `${ISSUER}/.well-known/openid-configuration`
export const JWKS_URL = `${ISSUER}/jwks`
/** The clock of `contextFor`. */
export const NOW_MS = 1_700_000_000_000
export const NOW = NOW_MS / 1000

type Members = Readonly<Record<string, unknown>>
export type TestAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'ES384' | 'EdDSA'

/** A key pair, and its public part as a JWKS lists it. */
export interface TestKey {
  readonly algorithm: TestAlgorithm
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
  readonly jwk: Members
}

/** @param members - Added to the JWK; `undefined` leaves one out. */
export function testKey(algorithm: TestAlgorithm = 'ES256', members: Members = {}, modulusLength = 2048): TestKey {
  const pair = keyPair(algorithm, modulusLength)
  const publicPart = pair.publicKey.export({ format: 'jwk' })
  const jwk = JSON.parse(JSON.stringify({ ...publicPart, alg: algorithm, kid: randomUUID(), use: 'sig', ...members }))
  return { algorithm, ...pair, jwk }
}

function keyPair(algorithm: TestAlgorithm, modulusLength: number) {
  switch (algorithm) {
    case 'RS256':
    case 'PS256':
      return generateKeyPairSync('rsa', { modulusLength })
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    case 'ES384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' })
    case 'EdDSA':
      return generateKeyPairSync('ed25519')
  }
}

/** The claims that RFC 9068 section 2.2 requires. */
export const standardClaims = (): Members => ({
  iss: ISSUER,
  exp: NOW + 300,
  aud: AUDIENCE,
  sub: 'alice',
  client_id: 'shop',
  iat: NOW,
  jti: randomUUID(),
})

export const headerOf = ({ jwk }: TestKey): Members => ({ alg: jwk.alg, typ: 'at+jwt', kid: jwk.kid })

/** A token of `header` and `payload`, which are text, bytes or members; signed with node:crypto, whatever they say. */
export function signed(key: TestKey, header: unknown, payload: unknown): string {
  const input = `${encoded(header)}.${encoded(payload)}`
  return `${input}.${signature(key, input).toString('base64url')}`
}

export const encoded = (part: unknown): string =>
  Buffer.from(typeof part === 'string' || part instanceof Uint8Array ? part : JSON.stringify(part)).toString(
    'base64url',
  )

export function signature({ algorithm, privateKey }: TestKey, input: string): Buffer {
  const bytes = Buffer.from(input)
  switch (algorithm) {
    case 'RS256':
      return sign('sha256', bytes, privateKey)
    case 'PS256':
      return sign('sha256', bytes, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
    case 'ES256':
      return sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    case 'ES384':
      return sign('sha384', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    case 'EdDSA':
      return sign(null, bytes, privateKey)
  }
}

/** An issuer on a network of its own, which goes wrong when a test says so. */
export class FakeIssuer {
  /** URLs asked for, in order. */
  readonly requests: string[] = []
  keys: readonly TestKey[]
  /** What the network does instead of answering. */
  fault: (() => Response | Promise<Response>) | undefined

  constructor(...keys: readonly TestKey[]) {
    this.keys = keys.length === 0 ? [testKey()] : keys
  }

  readonly fetch: Fetch = async (url) => {
    this.requests.push(url)
    if (this.fault !== undefined) return this.fault()
    if (url === DISCOVERY_URL) return Response.json({ issuer: ISSUER, jwks_uri: JWKS_URL })
    if (url === JWKS_URL) return Response.json({ keys: this.keys.map(({ jwk }) => jwk) })
    return new Response(null, { status: 404 })
  }

  guard(options: Partial<JwtOptions> = {}) {
    return jwt({ issuer: ISSUER, audience: AUDIENCE, fetch: this.fetch, ...options })
  }

  /** A token by the newest key; `undefined` leaves a member out. */
  token(claims: Members = {}, header: Members = {}): string {
    const key = this.keys.at(-1)!
    return signed(key, { ...headerOf(key), ...header }, { ...standardClaims(), ...claims })
  }

  /** A new key takes the place of all others. */
  rotate(): void {
    this.keys = [testKey(this.keys[0]!.algorithm)]
  }
}

export type JwtGuard = Guard<object, { readonly principal: Principal }>

/** What `guard` makes of `Authorization: Bearer token`. */
export const ask = (guard: JwtGuard, token: string, nowMs = NOW_MS) => askWith(guard, `Bearer ${token}`, nowMs)

/** What `guard` makes of one Authorization field. */
export const askWith = (guard: JwtGuard, authorization: string, nowMs = NOW_MS) =>
  evaluate(guard, contextFor({ headers: [['authorization', authorization]], nowMs }), {})
