import { caseName } from './case-name.js'
import { ALLOWED, type Expected, refused } from './expected.js'

type Members = Readonly<Record<string, unknown>>

/** DPoP proofs with one thing wrong. Everything else about proof, token and request is good. */
export interface ProofCase {
  readonly input: string
  readonly section: string
  /** Members of the header and the payload to change; `undefined` leaves one out. */
  readonly header?: Members
  readonly claims?: Members
  readonly code: string
}

type Part = 'header' | 'claims'

const cases = (section: string, code: string, part: Part, member: string, values: readonly unknown[]): ProofCase[] =>
  values.map((value) => ({
    input: caseName(member, value),
    section,
    [part]: { [member]: value },
    code,
  }))

/** Of the header's `jwk`, which is the client's own, but for what each change says. */
const jwkCases = (section: string, code: string, jwk: Members, changes: readonly Members[]): ProofCase[] =>
  changes.map((change) => ({
    input: `jwk with ${Object.entries(change)
      .map(([member, value]) => caseName(member, value))
      .join(' and ')}`,
    section,
    header: { jwk: { ...jwk, ...change } },
    code,
  }))

const SECTION = 'RFC 9449 section 4.3'

/** Key A.1 of RFC 8037: anyone may sign with it. */
const FOREIGN_JWK = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

/** Of a proof for `GET https://api.example.com/me`, made at `now` in seconds, by an ES256 key with the public part `jwk`. */
export const refusedProofs = (jwk: Members, now: number): readonly ProofCase[] => [
  ...cases(`${SECTION} item 4`, 'dpop_type_refused', 'header', 'typ', [
    undefined,
    '',
    'JWT',
    'at+jwt',
    'dpop+jwt ',
    'DPOP+JWT',
    'application/dpop+jwt',
    'dpop',
  ]),
  ...cases('RFC 7515 section 4.1.9', 'dpop_proof_malformed', 'header', 'typ', [null, 1, ['dpop+jwt']]),
  ...cases(`${SECTION} item 5`, 'dpop_algorithm_refused', 'header', 'alg', [
    'none',
    'None',
    'NONE',
    'HS256',
    'HS512',
    'es256',
    'ES256 ',
    'ES384',
    'ES256K',
    '',
  ]),
  ...cases('RFC 7515 section 4.1.1', 'dpop_proof_malformed', 'header', 'alg', [undefined, null, 1, ['ES256']]),
  ...cases(`${SECTION} item 5`, 'dpop_key_refused', 'header', 'alg', ['RS256', 'PS256', 'EdDSA']),
  ...cases(`${SECTION} item 6`, 'dpop_key_refused', 'header', 'jwk', [
    undefined,
    null,
    '',
    'key',
    1,
    [],
    {},
    [jwk],
    FOREIGN_JWK,
  ]),
  ...jwkCases(`${SECTION} item 6`, 'dpop_key_refused', jwk, [
    { kty: 'oct' },
    { kty: 'RSA' },
    { crv: 'P-384' },
    { crv: 'secp256k1' },
    { x: undefined },
    { y: undefined },
    { x: 1 },
    { y: [] },
    { alg: 'ES384' },
    { alg: 'none' },
    { use: 'enc' },
    { key_ops: ['sign'] },
    { key_ops: 'verify' },
  ]),
  ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].flatMap((member) =>
    jwkCases(`${SECTION} item 7`, 'dpop_key_refused', jwk, [{ [member]: 'AQAB' }, { [member]: null }]),
  ),
  ...jwkCases(`${SECTION} item 12`, 'dpop_key_mismatch', jwk, [
    { x: `${jwk.x}=` },
    { x: `A${String(jwk.x).slice(1)}` },
    { x: jwk.y, y: jwk.x },
  ]),
  ...['jku', 'x5c', 'x5u', 'crit', 'b64', 'zip', 'enc', 'p2c', 'epk'].flatMap((member) =>
    cases('RFC 8725 section 3.10', 'dpop_proof_malformed', 'header', member, [['x'], 'x', false]),
  ),
  ...cases(`${SECTION} item 8`, 'dpop_method_mismatch', 'claims', 'htm', [
    undefined,
    null,
    '',
    'POST',
    'get',
    'GET ',
    'HEAD',
    ['GET'],
    1,
  ]),
  ...cases(`${SECTION} item 9`, 'dpop_uri_mismatch', 'claims', 'htu', [
    undefined,
    null,
    '',
    1,
    ['https://api.example.com/me'],
    '/me',
    '//api.example.com/me',
    'api.example.com/me',
    'http://api.example.com/me',
    'wss://api.example.com/me',
    'https:/api.example.com/me',
    'https:api.example.com/me',
    'https:///api.example.com/me',
    'https://api.example.com',
    'https://api.example.com/',
    'https://api.example.com/me/',
    'https://api.example.com//me',
    'https://api.example.com/ME',
    'https://api.example.com/me2',
    'https://api.example.com/me;a',
    'https://api.example.com/me%2F',
    'https://api.example.com/me%00',
    'https://api.example.com/me%',
    'https://api.example.com/me%2',
    'https://api.example.com/me\\',
    'https:\\\\api.example.com\\me',
    'https://api.example.com/m\te',
    'https://api.example.com/me\n',
    '\nhttps://api.example.com/me',
    ' https://api.example.com/me',
    'https://api.example.com/me ',
    'https://api.example.com/me?a b',
    'https://api.example.com/me#a#b',
    'https://api.example.com:444/me',
    'https://api.example.com:0443/me',
    'https://api.example.com:443a/me',
    'https://api.example.com:80/me',
    'https://api.example.com./me',
    'https://api.example.com.evil.example/me',
    'https://api.example.com@evil.example/me',
    'https://user@api.example.com/me',
    'https://user:pass@api.example.com/me',
    'https://@api.example.com/me',
    'https://api%2Eexample.com/me',
    'https://api.example.com/../..',
    'https://evil.example/me',
    'https://evil.example/me?https://api.example.com/me',
    'https://evil.example#https://api.example.com/me',
    `https://api.example.com/${'a/../'.repeat(1000)}me`,
  ]),
  ...cases(`${SECTION} item 11`, 'dpop_time_invalid', 'claims', 'iat', [
    undefined,
    null,
    String(now),
    [now],
    {},
    true,
    now - 61,
    now - 60.001,
    now + 6,
    now + 3600,
    0,
    -1,
    now * 1000,
    1e300,
  ]),
  ...cases('RFC 7519 section 4.1.4', 'dpop_time_invalid', 'claims', 'exp', [now - 5, 0, String(now + 60), null]),
  ...cases('RFC 7519 section 4.1.5', 'dpop_time_invalid', 'claims', 'nbf', [now + 6, String(now), null]),
  ...cases(`${SECTION} item 12`, 'dpop_token_mismatch', 'claims', 'ath', [
    undefined,
    null,
    '',
    1,
    'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
    [],
  ]),
  ...cases(`${SECTION} item 3`, 'dpop_proof_malformed', 'claims', 'jti', [
    undefined,
    null,
    '',
    1,
    ['a'],
    { a: 1 },
    'x'.repeat(257),
  ]),
]

/** The same proof, and nothing wrong with it. */
export const acceptedProofs = (jwk: Members, now: number): readonly Omit<ProofCase, 'code'>[] => [
  ...cases(`${SECTION} item 9`, '', 'claims', 'htu', [
    'HTTPS://API.EXAMPLE.COM/me',
    'https://api.example.com:443/me',
    'https://api.example.com:/me',
    'https://api.example.com/%6de',
    'https://api.example.com/%6De',
    'https://api.example.com/a/../me',
    'https://api.example.com/./me',
    'https://api.example.com/%2e%2e/me',
    'https://api.example.com/me?a=1',
    'https://api.example.com/me?',
    'https://api.example.com/me#top',
    'https://api.example.com/me?a=/?#/?',
  ]),
  ...cases(`${SECTION} item 11`, '', 'claims', 'iat', [now - 60, now - 59.5, now + 5]),
  ...cases('RFC 7519 section 4.1', '', 'claims', 'exp', [now + 60, now - 4]),
  ...cases('RFC 7519 section 4.1', '', 'claims', 'nbf', [now - 60, now + 5]),
  ...cases('RFC 9449 section 4.2', '', 'claims', 'anything', ['else', null, {}]),
  ...cases('RFC 9449 section 9', '', 'claims', 'nonce', ['whatever', 1, null]),
  ...cases(`${SECTION} item 3`, '', 'claims', 'jti', ['x', 'x'.repeat(256), '\u0000', '../../etc/passwd']),
  ...jwkCases('RFC 7517 section 4', '', jwk, [
    { alg: 'ES256' },
    { use: 'sig' },
    { key_ops: ['verify'], ext: true },
    { kid: 'mine' },
  ]),
  ...cases('RFC 7515 section 4.1.4', '', 'header', 'kid', ['mine']),
]

/** What a client has at hand for one request: each of these is good, but for what its name says. */
export interface ProofParts {
  readonly token: string
  readonly unboundToken: string
  readonly proof: string
  /** For the same request, with another `jti`. */
  readonly secondProof: string
  /** The one of an earlier request. */
  readonly earlierProof: string
  readonly proofOfAnotherKey: string
  readonly proofForAnotherToken: string
  /** Names the client's key, and is signed by another. */
  readonly forgedProof: string
}

/** The fields of one request. */
interface SentFields {
  readonly authorization: string
  /** A field each. */
  readonly proofs: readonly string[]
}

/** A good token and a good proof, with one thing changed in how they are sent. */
export interface SentCase {
  readonly input: string
  readonly section: string
  readonly send: (parts: ProofParts) => Partial<SentFields>
  /** Whether the verifier refuses tokens that are bound to no key. */
  readonly required?: boolean
  readonly expected: Expected
}

const sent = (
  section: string,
  expected: Expected,
  rows: Readonly<Record<string, SentCase['send']>>,
): readonly SentCase[] => Object.entries(rows).map(([input, send]) => ({ input, section, send, expected }))

const asProof = (make: (parts: readonly string[]) => string): SentCase['send'] => {
  return ({ proof }) => ({ proofs: [make(proof.split('.'))] })
}

export const SENT_CASES: readonly SentCase[] = [
  ...sent('RFC 9449 section 7.1', refused('dpop_proof_missing', 'invalid_dpop_proof'), {
    'no proof': () => ({ proofs: [] }),
  }),
  ...sent(`${SECTION} item 1`, refused('dpop_proof_repeated', 'invalid_request', 400), {
    'two proofs': ({ proof, secondProof }) => ({ proofs: [proof, secondProof] }),
  }),
  ...sent(`${SECTION} item 2`, refused('dpop_proof_malformed', 'invalid_dpop_proof'), {
    'two proofs in one field': ({ proof, secondProof }) => ({ proofs: [`${proof}, ${secondProof}`] }),
    'a proof that is no JWT': asProof(() => 'proof'),
    'a proof without signature': asProof(([header, claims]) => `${header}.${claims}.`),
    'a proof of two parts': asProof(([header, claims]) => `${header}.${claims}`),
    'a proof of five parts': asProof((parts) => `${parts.join('.')}.e30.e30`),
    'a proof with padding': asProof((parts) => `${parts.join('.')}==`),
  }),
  ...sent(`${SECTION} item 7`, refused('dpop_signature_invalid', 'invalid_dpop_proof'), {
    'a proof that another key signed': ({ forgedProof }) => ({ proofs: [forgedProof] }),
    'a proof under the signature of another': ({ proof, earlierProof }) => ({
      proofs: [proof.replace(/[^.]+$/, earlierProof.split('.')[2]!)],
    }),
  }),
  ...sent(`${SECTION} item 12`, refused('dpop_key_mismatch', 'invalid_dpop_proof'), {
    'a good proof of another key': ({ proofOfAnotherKey }) => ({ proofs: [proofOfAnotherKey] }),
  }),
  ...sent(`${SECTION} item 12`, refused('dpop_token_mismatch', 'invalid_dpop_proof'), {
    'a good proof for another token': ({ proofForAnotherToken }) => ({ proofs: [proofForAnotherToken] }),
  }),
  ...sent('RFC 9449 section 7.1', refused('token_scheme_mismatch'), {
    'a bound token as Bearer': ({ token }) => ({ authorization: `Bearer ${token}` }),
    'an unbound token as DPoP': ({ unboundToken }) => ({ authorization: `DPoP ${unboundToken}` }),
  }),
  ...sent('RFC 9449 section 7.2', ALLOWED, {
    'an unbound token as Bearer': ({ unboundToken }) => ({ authorization: `Bearer ${unboundToken}`, proofs: [] }),
  }),
  ...sent('RFC 9449 section 7.2', refused('token_proof_missing'), {
    'an unbound token as Bearer where proof is required': ({ unboundToken }) => ({
      authorization: `Bearer ${unboundToken}`,
      proofs: [],
    }),
  }).map((row): SentCase => ({ ...row, required: true })),
]

/** RFC 9449 sections 4.1, 6.1 and 7.1. The proof and the token are the example's own, and so is the time. */
export const RFC9449_EXAMPLE = {
  token: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
  origin: 'https://resource.example.org',
  path: '/protectedresource',
  iat: 1_562_262_618,
  thumbprint: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
  proof: [
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik',
    'VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR',
    'nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE',
    'QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIj',
    'oiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0Z',
    'WRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNF',
    'c05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71E',
    'OptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
  ].join(''),
} as const
