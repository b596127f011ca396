import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import type { Tokens } from './tokens.js'

type Members = Readonly<Record<string, unknown>>

/** An issuer whose keys services have beforehand. */
export interface Signatory {
  readonly issuer: string
  readonly audience: string
  readonly jwks: { readonly keys: readonly object[] }
  readonly privateKey: KeyObject
}

/** Both call their keys by one name, as issuers of one make do. */
const KID = '2026-11'

function signatory(issuer: string, audience: string): Signatory {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: KID, alg: 'ES256', use: 'sig' }
  return { issuer, audience, jwks: { keys: [jwk] }, privateKey }
}

export const EAST = signatory('https://east.example', 'orders-east')
export const WEST = signatory('https://west.example', 'orders-west')
export const TENANT = signatory('https://tenant.example', 'orders-tenant')

/** Tokens for services that trust several issuers. */
export const federationTokens = (): Tokens => ({
  'east-alice': tokenOf(EAST, { sub: 'alice', scope: 'orders:read' }),
  'west-alice': tokenOf(WEST, { sub: 'alice', scope: 'orders:read' }),
  'tenant-alice': tokenOf(TENANT, { sub: 'alice' }),
  'east-service': tokenOf(EAST, { sub: 'shop', client_id: 'shop' }),
  'east-by-west': tokenOf(EAST, {}, WEST.privateKey),
  'east-for-west': tokenOf(EAST, { aud: WEST.audience }),
  'north-by-east': tokenOf({ ...EAST, issuer: 'https://north.example' }, {}),
  'both-issuers': tokenOf(EAST, { iss: [EAST.issuer, WEST.issuer] }),
  'east-delegated': tokenOf(EAST, {
    sub: 'alice',
    act: { sub: 'gateway', iss: 'https://west.example', act: { sub: 'kiosk' } },
  }),
  'east-delegated-by-nobody': tokenOf(EAST, { act: { iss: 'https://west.example' } }),
  'failing-tenant': tokenOf({ ...TENANT, issuer: 'https://failing.example' }, {}),
})

function tokenOf({ issuer, audience, privateKey }: Signatory, claims: Members, key = privateKey): string {
  const now = Math.floor(Date.now() / 1000)
  const standard = {
    iss: issuer,
    aud: audience,
    sub: 'bob',
    client_id: 'shop',
    jti: randomUUID(),
    iat: now,
    exp: now + 300,
  }
  const input = [
    { alg: 'ES256', typ: 'at+jwt', kid: KID },
    { ...standard, ...claims },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
