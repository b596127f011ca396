import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export type Members = Readonly<Record<string, unknown>>

/** An issuer whose keys services have beforehand. */
export interface Signatory {
  readonly issuer: string
  readonly audience: string
  readonly jwks: { readonly keys: readonly object[] }
  readonly privateKey: KeyObject
}

/** All call their keys by one name, as issuers of one make do. */
export const KID = '2026-11'

/** @param use - Of its key, as its key set says. */
export function signatory(issuer: string, audience: string, use = 'sig'): Signatory {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: KID, alg: 'ES256', use }
  return { issuer, audience, jwks: { keys: [jwk] }, privateKey }
}

/** A JWT by ES256; `undefined` leaves a member out. */
export function signedJwt(header: Members, claims: Members, key: KeyObject): string {
  const input = [{ alg: 'ES256', ...header }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
