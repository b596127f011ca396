import { createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import type { Idp } from '@wardline/test-kit'
import { type Members, signedJwt } from './signatory.js'

/** Where the services of the tables are reached, as far as proofs are concerned: they stand behind a proxy. */
export const PUBLIC_ORIGIN = 'https://api.example.com'

const client = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const { kty, crv, x, y } = client.publicKey.export({ format: 'jwk' })
const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url')
/** RFC 7638. */
const thumbprint = hashOf(JSON.stringify({ crv, kty, x, y }))

/** One proof of the client's for `token`; changed as said, `undefined` leaves a member out. */
export function dpopProof(
  token: string,
  claims: Members = {},
  header: Members = {},
  key: KeyObject = client.privateKey,
) {
  const iat = Math.floor(Date.now() / 1000)
  const standard = { jti: randomUUID(), htm: 'GET', htu: `${PUBLIC_ORIGIN}/bound`, iat, ath: hashOf(token) }
  return signedJwt({ typ: 'dpop+jwt', jwk: { kty, crv, x, y }, ...header }, { ...standard, ...claims }, key)
}

/** A token that is bound to the client's key, and proofs: each is sent once, but for the one that says so. */
export async function dpopTokens(idp: Idp): Promise<Readonly<Record<string, string>>> {
  const now = Math.floor(Date.now() / 1000)
  // scenarios move the clock, and begin long after this
  const token = await idp.sign({ sub: 'prover', scope: 'orders:read', cnf: { jkt: thumbprint }, exp: now + 3600 })
  const proof = (claims: Members = {}, header: Members = {}, key?: KeyObject) => dpopProof(token, claims, header, key)
  return {
    'key-bound': token,
    'proof-good': proof(),
    'proof-good-too': proof(),
    'proof-twice': proof(),
    'proof-query': proof({ htu: `${PUBLIC_ORIGIN}/bound?page=1#top` }),
    'proof-spelled': proof({ htu: 'HTTPS://API.example.com:443/%62ound' }),
    'proof-head': proof({ htm: 'HEAD' }),
    'proof-any': proof(),
    'proof-route': proof({ htu: `${PUBLIC_ORIGIN}/bound-only` }),
    'proof-post': proof({ htm: 'POST' }),
    'proof-elsewhere': proof({ htu: 'https://evil.example/bound' }),
    'proof-by-host': proof({ htu: 'http://127.0.0.1/bound' }),
    'proof-old': proof({ iat: now - 1200 }),
    'proof-early': proof({ iat: now + 3600 }),
    'proof-other-token': proof({ ath: hashOf('another') }),
    'proof-no-jti': proof({ jti: undefined }),
    'proof-typ': proof({}, { typ: 'JWT' }),
    'proof-none': proof({}, { alg: 'none' }),
    'proof-private': proof({}, { jwk: client.privateKey.export({ format: 'jwk' }) }),
    'proof-stranger': proof({}, { jwk: stranger.publicKey.export({ format: 'jwk' }) }, stranger.privateKey),
    'proof-forged': proof({}, {}, stranger.privateKey),
  }
}
