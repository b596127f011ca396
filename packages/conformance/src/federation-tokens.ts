import { randomUUID } from 'node:crypto'
import { KID, type Members, type Signatory, signatory, signedJwt } from './signatory.js'
import type { Tokens } from './tokens.js'

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
  return signedJwt({ typ: 'at+jwt', kid: KID }, { ...standard, ...claims }, key)
}
