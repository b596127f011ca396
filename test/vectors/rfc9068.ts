import { AUDIENCE, ISSUER, NOW } from '../support/fake-issuer.js'
import { ACCEPTED_CLAIMS, REFUSED_CLAIMS } from './token-claims.js'
import { ACCEPTED_HEADERS, REFUSED_HEADERS } from './token-headers.js'

type Members = Readonly<Record<string, unknown>>

/** What a verifier is told, and the token that all cases change: see `README.md`. */
export const RFC9068 = {
  verifier: {
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'],
    clockToleranceSeconds: 30,
    nowSeconds: NOW,
  },
  header: { alg: 'ES256', typ: 'at+jwt', kid: 'the key' },
  claims: {
    iss: ISSUER,
    exp: NOW + 300,
    aud: AUDIENCE,
    sub: 'alice',
    client_id: 'shop',
    iat: NOW,
    jti: '7b1c8a52-6f0e-4c8e-9d52-0a6c1e5d9f10',
  },
} as const

/** One member of the header or of the claims, changed or (where it is undefined) left out; signed well all the same. */
export interface AccessTokenCase {
  readonly input: string
  readonly section: string
  readonly part: 'header' | 'claims'
  readonly change: Members
  readonly allowed: boolean
  /** What the audit trail says of it; `allowed` where it is. Another verifier may have other names. */
  readonly code: string
}

interface OneChange {
  readonly input: string
  readonly section: string
  readonly code: string
}

const casesOf = <Row extends OneChange>(
  part: AccessTokenCase['part'],
  rows: readonly Row[],
  changeIn: (row: Row) => Members,
): readonly AccessTokenCase[] =>
  rows.map((row) => ({
    input: row.input,
    section: row.section,
    part,
    change: changeIn(row),
    allowed: row.code === 'allowed',
    code: row.code,
  }))

export const ACCESS_TOKEN_CASES: readonly AccessTokenCase[] = [
  ...casesOf('header', [...ACCEPTED_HEADERS, ...REFUSED_HEADERS], ({ header }) => header),
  ...casesOf('claims', [...ACCEPTED_CLAIMS, ...REFUSED_CLAIMS], ({ claims }) => claims),
]
