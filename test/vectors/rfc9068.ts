import { AUDIENCE, encoded, ISSUER, NOW } from '../support/fake-issuer.js'
import { type Choice, choiceOf } from './choice.js'
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
export interface AccessTokenCase extends Choice {
  readonly input: string
  readonly section: string
  readonly part: 'header' | 'claims'
  readonly change: Members
  readonly allowed: boolean
  /** What the audit trail says of it; `allowed` where it is. Another verifier may have other names. */
  readonly code: string
}

interface OneChange extends Choice {
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
    ...choiceOf(row),
  }))

export const ACCESS_TOKEN_CASES: readonly AccessTokenCase[] = [
  ...casesOf('header', [...ACCEPTED_HEADERS, ...REFUSED_HEADERS], ({ header }) => header),
  ...casesOf('claims', [...ACCEPTED_CLAIMS, ...REFUSED_CLAIMS], ({ claims }) => claims),
]

/** The good token, changed outside of its header and claims. */
export interface ForgedTokenCase extends OneChange {
  /** @param good - `RFC9068`, signed well. @param foreign - The same by the key of another, under the same `kid`. */
  readonly forge: (good: string, foreign: string) => string
}

type Parts = readonly [header: string, payload: string, signature: string]

const forged = (
  section: string,
  code: string,
  rows: Readonly<Record<string, (parts: Parts, foreign: string) => string>>,
): readonly ForgedTokenCase[] =>
  Object.entries(rows).map(([input, forge]) => ({
    input,
    section,
    code,
    forge: (good, foreign) => forge(good.split('.') as unknown as Parts, foreign),
  }))

const ADMIN = encoded({ ...RFC9068.claims, sub: 'admin' })
const ADMIN_HEADER = encoded({ ...RFC9068.header, kid: undefined })
const zeros = (bytes: number): string => Buffer.alloc(bytes).toString('base64url')

export const FORGED_TOKENS: readonly ForgedTokenCase[] = [
  ...forged('RFC 7515 section 5.2', 'token_signature_invalid', {
    'signed by another key': (_parts, foreign) => foreign,
    'claims under the signature of others': ([header, , signature]) => `${header}.${ADMIN}.${signature}`,
    'a header under the signature of another': ([, payload, signature]) => `${ADMIN_HEADER}.${payload}.${signature}`,
    // CVE-2022-21449
    'a signature of zeros': ([header, payload]) => `${header}.${payload}.${zeros(64)}`,
    'a signature cut short': ([header, payload, signature]) => `${header}.${payload}.${signature.slice(0, -2)}`,
    'a signature with a byte behind': ([header, payload, signature]) => `${header}.${payload}.${signature}AA`,
  }),
  ...forged('RFC 7515 section 7.1', 'token_malformed', {
    'no signature': ([header, payload]) => `${header}.${payload}.`,
    'alg none, and no signature': ([, payload]) => `${encoded({ ...RFC9068.header, alg: 'none' })}.${payload}.`,
    'no payload': ([header, , signature]) => `${header}..${signature}`,
    'two parts': ([header, payload]) => `${header}.${payload}`,
    'four parts': (parts) => `${parts.join('.')}.`,
    'five parts': (parts) => `${parts.join('.')}.e30.e30`,
  }),
  ...forged('RFC 7515 section 5.2', 'token_malformed', {
    'a signature with padding': (parts) => `${parts.join('.')}==`,
  }),
]
