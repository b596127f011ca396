import { randomUUID } from 'node:crypto'
import type { IssuerOptions } from '../../src/index.js'
import { AUDIENCE, headerOf, NOW, signed, type TestKey, testKey } from './fake-issuer.js'

type Members = Readonly<Record<string, unknown>>

/** One of several issuers, whose keys are known beforehand. */
export interface Party {
  readonly issuer: string
  readonly key: TestKey
  /** What trusts it; `rest` on top. */
  readonly options: (rest?: Partial<IssuerOptions>) => IssuerOptions
  /** A token with its claims and header, changed as said; by another key where one is given. */
  readonly token: (claims?: Members, header?: Members, key?: TestKey) => string
}

export const party = (issuer: string, key: TestKey = testKey(), audience = AUDIENCE): Party => ({
  issuer,
  key,
  options: (rest = {}) => ({ issuer, audience, jwks: { keys: [key.jwk] }, ...rest }),
  token: (claims = {}, header = {}, by = key) =>
    signed(by, { ...headerOf(by), ...header }, { ...claimsOf(issuer, audience), ...claims }),
})

const claimsOf = (issuer: string, audience: string): Members => ({
  iss: issuer,
  exp: NOW + 86_400,
  aud: audience,
  sub: 'alice',
  client_id: 'shop',
  iat: NOW,
  jti: randomUUID(),
})
