import { expect, test } from 'vitest'
import {
  AUDIENCE,
  ask,
  encoded,
  FakeIssuer,
  headerOf,
  ISSUER,
  NOW,
  signed,
  standardClaims,
  testKey,
} from '../../support/fake-issuer.js'
import { joseVerifier } from '../../support/jose-verifier.js'

/** What jwt() refuses and jose's jwtVerify lets pass, and why. The other way round, nothing may differ. */
const STRICTER: Readonly<Record<string, string>> = {
  'header jwk': 'a token may not bring a key, nor say where one is, even where nobody would use it',
  'header jku': 'as above',
  'header x5c': 'as above',
  'header x5u': 'as above',
  'header b64': 'no access token needs RFC 7797',
  'header zip': 'a member of encryption',
  'header enc': 'a member of encryption',
  'header p2c': 'a member of encryption',
  'claim sub': 'RFC 9068 section 2.2: text, and not empty; requiredClaims asks for presence alone',
  'claim client_id': 'as above',
  'claim jti': 'as above',
  'claim iat': 'not issued yet; jose compares iat for maxTokenAge only',
  'claim cnf': 'a bound token is no bearer token; jose leaves that to its caller',
  'infinite exp': 'a token that never ends',
  'infinite nbf': 'not a time',
  'byte order mark': 'not JSON (RFC 8259 section 8.1); jose drops it',
  padded: 'no part has padding (RFC 7515 section 2)',
  'another last character': 'one signature, one spelling (RFC 4648 section 3.5)',
}

const keys = [testKey('RS256'), testKey('PS256'), testKey('ES256'), testKey('EdDSA')] as const
const key = keys[2]
const guard = new FakeIssuer(...keys).guard()

/** Every type of value, and what is nearly right somewhere. */
const VALUES: readonly unknown[] = [
  ...[undefined, null, true, false, 0, -1, 1.5, '', 'x', [], {}, [null], { jkt: 'x' }],
  ...[ISSUER, [ISSUER], `${ISSUER}/`, AUDIENCE, [AUDIENCE], ['x', AUDIENCE], `${AUDIENCE}-v2`],
  ...[NOW, String(NOW), NOW - 29, NOW - 30, NOW - 31, NOW + 29, NOW + 30, NOW + 31, NOW + 300, NOW * 1000],
]
const CLAIMS = ['iss', 'aud', 'exp', 'nbf', 'iat', 'sub', 'client_id', 'jti', 'cnf', 'scope', 'roles', 'tenant']

const HEADERS: Readonly<Record<string, readonly unknown[]>> = {
  alg: [
    undefined,
    null,
    1,
    '',
    'none',
    'NONE',
    'HS256',
    'RS256',
    'PS256',
    'es256',
    'ES256',
    'ES384',
    'EdDSA',
    'Ed25519',
  ],
  typ: [undefined, null, '', 'JWT', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/AT+jwt', 'x/at+jwt', 'at'],
  kid: [undefined, null, 1, '', 'other', ...keys.map(({ jwk }) => jwk.kid)],
  crit: [null, [], ['exp'], ['b64'], 'exp'],
  b64: [true, false],
  jwk: [key.jwk],
  jku: ['https://idp.test/jwks'],
  x5c: [['MIIC']],
  x5u: ['https://idp.test/certificate'],
  x5t: ['abc'],
  zip: ['DEF'],
  enc: ['A256GCM'],
  p2c: [1],
  cty: ['JWT'],
}

const PAYLOADS: readonly (readonly [name: string, find: RegExp, replace: string])[] = [
  ['infinite exp', /"exp":\d+/, '"exp":1e400'],
  ['infinite exp', /"exp":\d+/, '"exp":-1e400'],
  ['infinite nbf', /^{/, '{"nbf":-1e400,'],
  ['iss twice', /}$/, ',"iss":"https://evil.example"}'],
  ['iss twice', /^{/, '{"iss":"https://evil.example",'],
  ['payload', /^.*$/, '[]'],
  ['payload', /^.*$/, '{}'],
  ['payload', /^.*$/, 'null'],
  ['payload', /$/, ' '],
  ['payload', /$/, 'x'],
  ['byte order mark', /^/, '\ufeff'],
]

const SPELLINGS: readonly (readonly [name: string, spell: (token: string) => string])[] = [
  ['another last character', (token) => token.replace(/.$/, (last) => ({ A: 'B', Q: 'R', g: 'h', w: 'x' })[last]!)],
  ['padded', (token) => `${token}==`],
  ['a dot behind', (token) => `${token}.`],
  ['no signature', (token) => token.replace(/[^.]+$/, '')],
  ['no payload', (token) => token.replace(/\.[^.]+\./, '..')],
  ['zeros for a signature', (token) => token.replace(/[^.]+$/, encoded(Buffer.alloc(64)))],
]

type Row = readonly [name: string, token: string]

const claimed = (claims: object, by = key) => signed(by, headerOf(by), { ...standardClaims(), ...claims })
const headed = (header: object) => signed(key, { ...headerOf(key), ...header }, standardClaims())

const VALID: readonly Row[] = keys.flatMap((by) =>
  [{}, { aud: ['x', AUDIENCE] }, { nbf: NOW, exp: NOW + 1 }, { scope: 'a b', roles: ['c'], tenant: 'd' }].map(
    (claims) => ['valid', claimed(claims, by)] as const,
  ),
)
const ONE_THING_CHANGED: readonly Row[] = [
  ...CLAIMS.flatMap((name) => VALUES.map((value) => [`claim ${name}`, claimed({ [name]: value })] as const)),
  ...Object.entries(HEADERS).flatMap(([name, values]) =>
    values.map((value) => [`header ${name}`, headed({ [name]: value })] as const),
  ),
  ...PAYLOADS.map(
    ([name, find, replace]) =>
      [name, signed(key, headerOf(key), JSON.stringify(standardClaims()).replace(find, replace))] as const,
  ),
  ...SPELLINGS.map(([name, spell]) => [name, spell(claimed({}))] as const),
]

const byWardline = async (token: string): Promise<boolean> => (await ask(guard, token)).allowed

const byJose = joseVerifier(
  keys.map(({ jwk }) => jwk),
  ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'],
)

test('both accept what is valid', async () => {
  for (const [, token] of VALID) expect([await byWardline(token), await byJose(token)]).toEqual([true, true])
})

test('with one thing changed, they agree but for the differences above, each of which occurs', async () => {
  expect(ONE_THING_CHANGED.length).toBeGreaterThan(400)
  const stricter = new Set<string>()
  const verdicts = { accepted: 0, refused: 0 }
  for (const [name, token] of ONE_THING_CHANGED) {
    const [wardline, jose] = [await byWardline(token), await byJose(token)]
    if (wardline) expect(jose, name).toBe(true)
    if (jose && !wardline) stricter.add(name)
    verdicts[jose ? 'accepted' : 'refused']++
  }
  expect([...stricter].sort()).toEqual(Object.keys(STRICTER).sort())
  expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(100)
})
