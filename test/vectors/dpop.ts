import { caseName } from './case-name.js'
import { type Choice, chosen } from './choice.js'
import { ALLOWED, type Expected, refused } from './expected.js'

type Members = Readonly<Record<string, unknown>>

/** DPoP proofs with one thing wrong. Everything else about proof, token and request is good. */
export interface ProofCase extends Choice {
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

/** Header parameters that no proof needs, and the section that each is of. */
const NOT_NEEDED = {
  jku: 'RFC 7515 section 4.1.2',
  x5c: 'RFC 7515 section 4.1.6',
  x5u: 'RFC 7515 section 4.1.5',
  b64: 'RFC 7797 section 3',
  zip: 'RFC 7516 section 4.1.3',
  enc: 'RFC 7516 section 4.1.2',
  p2c: 'RFC 7518 section 4.8.1.2',
  epk: 'RFC 7518 section 4.6.1.1',
} as const

const NO_LENGTH = 'A limit of length, of which RFC 9449 names none.'

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
    'dpop',
  ]),
  ...chosen(
    'As media types they are the same (RFC 7515 section 4.1.9).',
    cases(`${SECTION} item 4`, 'dpop_type_refused', 'header', 'typ', ['DPOP+JWT', 'application/dpop+jwt']),
  ),
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
  ...cases(`${SECTION} item 6`, 'dpop_key_refused', 'header', 'alg', ['RS256', 'PS256', 'EdDSA']),
  ...cases('RFC 9449 section 4.2', 'dpop_key_refused', 'header', 'jwk', [undefined]),
  ...cases(`${SECTION} item 6`, 'dpop_key_refused', 'header', 'jwk', [null, '', 'key', 1, [], {}, [jwk], FOREIGN_JWK]),
  ...jwkCases(`${SECTION} item 6`, 'dpop_key_refused', jwk, [
    { kty: 'oct' },
    { kty: 'RSA' },
    { crv: 'P-384' },
    { crv: 'secp256k1' },
    { x: undefined },
    { y: undefined },
    { x: 1 },
    { y: [] },
  ]),
  ...chosen('This member of a key is optional, to set and to heed.', [
    ...jwkCases('RFC 7517 section 4.4', 'dpop_key_refused', jwk, [{ alg: 'ES384' }, { alg: 'none' }]),
    ...jwkCases('RFC 7517 section 4.2', 'dpop_key_refused', jwk, [{ use: 'enc' }]),
    ...jwkCases('RFC 7517 section 4.3', 'dpop_key_refused', jwk, [{ key_ops: ['sign'] }, { key_ops: 'verify' }]),
  ]),
  ...jwkCases(`${SECTION} item 7`, 'dpop_key_refused', jwk, [{ d: 'AQAB' }]),
  ...chosen('It may be read as no private key.', jwkCases(`${SECTION} item 7`, 'dpop_key_refused', jwk, [{ d: null }])),
  ...chosen(
    'An EC key has no such member.',
    ['p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].flatMap((member) =>
      jwkCases(`${SECTION} item 7`, 'dpop_key_refused', jwk, [{ [member]: 'AQAB' }, { [member]: null }]),
    ),
  ),
  ...jwkCases('RFC 7518 section 6.2.1.2', 'dpop_key_mismatch', jwk, [{ x: `${jwk.x}=` }]),
  ...jwkCases(`${SECTION} item 12`, 'dpop_key_mismatch', jwk, [
    { x: `A${String(jwk.x).slice(1)}` },
    { x: jwk.y, y: jwk.x },
  ]),
  ...cases('RFC 7515 section 4.1.11', 'dpop_proof_malformed', 'header', 'crit', [['x'], 'x', false]),
  ...chosen(
    'A header parameter that may be ignored.',
    Object.entries(NOT_NEEDED).flatMap(([member, section]) =>
      cases(section, 'dpop_proof_malformed', 'header', member, [['x'], 'x', false]),
    ),
  ),
  ...cases(`${SECTION} item 3`, 'dpop_method_mismatch', 'claims', 'htm', [undefined]),
  ...cases(`${SECTION} item 8`, 'dpop_method_mismatch', 'claims', 'htm', [
    null,
    '',
    'POST',
    'get',
    'GET ',
    'HEAD',
    ['GET'],
    1,
  ]),
  ...cases(`${SECTION} item 3`, 'dpop_uri_mismatch', 'claims', 'htu', [undefined]),
  ...cases(`${SECTION} item 9`, 'dpop_uri_mismatch', 'claims', 'htu', [
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
    'https://api.example.com:444/me',
    'https://api.example.com:443a/me',
    'https://api.example.com:80/me',
    'https://api.example.com./me',
    'https://api.example.com.evil.example/me',
    'https://api.example.com@evil.example/me',
    'https://user@api.example.com/me',
    'https://user:pass@api.example.com/me',
    'https://api.example.com/../..',
    'https://evil.example/me',
    'https://evil.example/me?https://api.example.com/me',
    'https://evil.example#https://api.example.com/me',
  ]),
  ...chosen(
    'Query and fragment are ignored, well formed or not.',
    cases(`${SECTION} item 9`, 'dpop_uri_mismatch', 'claims', 'htu', [
      'https://api.example.com/me?a b',
      'https://api.example.com/me#a#b',
    ]),
  ),
  ...chosen(
    'It may be read as another spelling of the same URI.',
    cases(`${SECTION} item 9`, 'dpop_uri_mismatch', 'claims', 'htu', [
      'https://api.example.com:0443/me',
      'https://@api.example.com/me',
      'https://api%2Eexample.com/me',
    ]),
  ),
  ...chosen(
    'A limit of length.',
    cases(`${SECTION} item 9`, 'dpop_uri_mismatch', 'claims', 'htu', [
      `https://api.example.com/${'a/../'.repeat(1000)}me`,
    ]),
  ),
  ...cases(`${SECTION} item 3`, 'dpop_time_invalid', 'claims', 'iat', [undefined]),
  ...cases('RFC 7519 section 4.1.6', 'dpop_time_invalid', 'claims', 'iat', [null, String(now), [now], {}, true]),
  ...cases(`${SECTION} item 11`, 'dpop_time_invalid', 'claims', 'iat', [
    now - 61,
    now - 60.001,
    now + 6,
    now + 3600,
    0,
    -1,
    now * 1000,
    1e300,
  ]),
  ...chosen('RFC 9449 does not ask for this claim.', [
    ...cases('RFC 7519 section 4.1.4', 'dpop_time_invalid', 'claims', 'exp', [now - 5, 0, String(now + 60), null]),
    ...cases('RFC 7519 section 4.1.5', 'dpop_time_invalid', 'claims', 'nbf', [now + 6, String(now), null]),
  ]),
  ...cases(`${SECTION} item 3`, 'dpop_token_mismatch', 'claims', 'ath', [undefined]),
  ...cases(`${SECTION} item 12`, 'dpop_token_mismatch', 'claims', 'ath', [
    null,
    '',
    1,
    'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
    [],
  ]),
  ...cases(`${SECTION} item 3`, 'dpop_proof_malformed', 'claims', 'jti', [undefined]),
  ...cases('RFC 7519 section 4.1.7', 'dpop_proof_malformed', 'claims', 'jti', [null, 1, ['a'], { a: 1 }]),
  ...chosen('No RFC has a least length.', cases('RFC 9449 section 4.2', 'dpop_proof_malformed', 'claims', 'jti', [''])),
  ...chosen(NO_LENGTH, cases('RFC 9449 section 11.1', 'dpop_proof_malformed', 'claims', 'jti', ['x'.repeat(257)])),
]

/** The same proof, and nothing wrong with it. */
export const acceptedProofs = (jwk: Members, now: number): readonly Omit<ProofCase, 'code'>[] => [
  ...chosen(
    'To normalize before comparing is recommended only.',
    cases(SECTION, '', 'claims', 'htu', [
      'HTTPS://API.EXAMPLE.COM/me',
      'https://api.example.com:443/me',
      'https://api.example.com:/me',
      'https://api.example.com/%6de',
      'https://api.example.com/%6De',
      'https://api.example.com/a/../me',
      'https://api.example.com/./me',
      'https://api.example.com/%2e%2e/me',
    ]),
  ),
  ...chosen(
    'In section 4.2 an htu has neither query nor fragment.',
    cases(`${SECTION} item 9`, '', 'claims', 'htu', [
      'https://api.example.com/me?a=1',
      'https://api.example.com/me?',
      'https://api.example.com/me#top',
      'https://api.example.com/me?a=/?#/?',
    ]),
  ),
  ...chosen(
    'The edge of the window need not be in it.',
    cases(`${SECTION} item 11`, '', 'claims', 'iat', [now - 60, now + 5]),
  ),
  ...cases(`${SECTION} item 11`, '', 'claims', 'iat', [now - 59.5]),
  ...cases('RFC 7519 section 4.1.4', '', 'claims', 'exp', [now + 60, now - 4]),
  ...cases('RFC 7519 section 4.1.5', '', 'claims', 'nbf', [now - 60, now + 5]),
  ...cases('RFC 9449 section 4.2', '', 'claims', 'anything', ['else', null, {}]),
  ...cases(`${SECTION} item 10`, '', 'claims', 'nonce', ['whatever']),
  ...chosen('A nonce is text, asked for or not.', cases(`${SECTION} item 10`, '', 'claims', 'nonce', [1, null])),
  ...cases('RFC 9449 section 4.2', '', 'claims', 'jti', ['x', '\u0000', '../../etc/passwd']),
  ...chosen(NO_LENGTH, cases('RFC 9449 section 11.1', '', 'claims', 'jti', ['x'.repeat(256)])),
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
export interface SentCase extends Choice {
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
  }),
  ...sent('RFC 7515 section 5.2', refused('dpop_proof_malformed', 'invalid_dpop_proof'), {
    'a proof with padding': asProof((parts) => `${parts.join('.')}==`),
  }),
  ...sent(`${SECTION} item 6`, refused('dpop_signature_invalid', 'invalid_dpop_proof'), {
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
  ...sent('RFC 9449 section 7.2', refused('token_scheme_mismatch'), {
    'a bound token as Bearer': ({ token }) => ({ authorization: `Bearer ${token}` }),
  }),
  ...sent('RFC 9449 section 7.1', refused('token_scheme_mismatch'), {
    'an unbound token as DPoP': ({ unboundToken }) => ({ authorization: `DPoP ${unboundToken}` }),
  }),
  ...sent('RFC 9449 section 7.2', ALLOWED, {
    'an unbound token as Bearer': ({ unboundToken }) => ({ authorization: `Bearer ${unboundToken}`, proofs: [] }),
  }),
  ...sent('RFC 9728 section 2', refused('token_proof_missing'), {
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
