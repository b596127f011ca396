import { createHmac } from 'node:crypto'
import { type AuthorizationServer, clockTolerance, customFetch, validateJwtAccessToken } from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { AUDIENCE, askWith, encoded, ISSUER, JWKS_URL, NOW, NOW_MS, standardClaims } from '../../support/fake-issuer.js'
import { type Seeded, seeded } from '../../support/seeded.js'
import { EVERY_ALGORITHM, guardOf, type Signer, signer } from '../keys/signers.js'

/**
 * Where oauth4webapi, the reference for resource servers, decides otherwise. Nowhere else; and where it comes to decide
 * the same, the row goes.
 */
const DISAGREEMENTS: Readonly<Record<string, readonly [ours: Verdict, theirs: Verdict, reason: string]>> = {
  'header jwk': ['refused', 'allowed', 'a token may not bring a key, even where nobody would use it'],
  'header jku': ['refused', 'allowed', 'nor say where one is'],
  'header x5u': ['refused', 'allowed', 'as above'],
  'header x5c': ['refused', 'allowed', 'as above'],
  'header b64': ['refused', 'allowed', 'no access token needs RFC 7797'],
  'header zip': ['refused', 'allowed', 'a member of encryption'],
  'header p2c': ['refused', 'allowed', 'a member of encryption'],
  'header with a byte order mark': ['refused', 'allowed', 'not JSON (RFC 8259 section 8.1)'],
  'payload with a byte order mark': ['refused', 'allowed', 'as above'],
  'payload that is not UTF-8': ['refused', 'allowed', 'RFC 8725 section 3.7; the reference puts U+FFFD for it'],
  'claim empty': ['refused', 'allowed', 'RFC 9068 section 2.2: an empty text names nobody'],
  'claim iat to come': ['refused', 'allowed', 'not issued yet; the reference leaves iat alone'],
  'claim exp without end': ['refused', 'allowed', 'a token that never ends'],
  'claim cnf empty': ['refused', 'allowed', 'bound to what nobody can prove'],
  'claim act malformed': ['refused', 'allowed', 'RFC 8693 section 4.1; the reference leaves act alone'],
  'token too long': ['refused', 'allowed', 'maxTokenLength'],
  'padded payload, signed so': ['refused', 'allowed', 'RFC 7515 section 2: no padding'],
  'padded signature': ['refused', 'allowed', 'as above'],
  'other last bits of the signature': ['refused', 'allowed', 'RFC 4648 section 3.5: one token, one spelling'],
  'alphabet of plain base64': ['refused', 'allowed', 'RFC 7515 section 2: base64url'],
  'alg Ed25519 for a key of EdDSA': ['allowed', 'refused', 'RFC 9864 section 2.2: two names of one algorithm'],
}

type Verdict = 'allowed' | 'refused'
type Members = Readonly<Record<string, unknown>>

const SIGNERS = EVERY_ALGORITHM.filter((name) => name !== 'Ed25519').map((algorithm) => signer(algorithm))
const FOREIGN = SIGNERS.map(({ algorithm, jwk }) => signer(algorithm, jwk.kid as string))
const keys = SIGNERS.map(({ jwk }) => jwk)

const guard = guardOf(keys)
const as: AuthorizationServer = { issuer: ISSUER, jwks_uri: JWKS_URL }
const options = { [clockTolerance]: 30, [customFetch]: async () => Response.json({ keys }) }

const byWardline = async (authorization: string): Promise<Verdict> =>
  (await askWith(guard, authorization)).allowed ? 'allowed' : 'refused'

const byReference = (authorization: string): Promise<Verdict> =>
  validateJwtAccessToken(
    as,
    new Request('https://orders.test/', { headers: { authorization } }),
    AUDIENCE,
    options,
  ).then(
    () => 'allowed',
    () => 'refused',
  )

/** Makes the Authorization field of one case. */
type Case = (own: Signer, random: Seeded) => string

const bearer = (token: string): string => `Bearer ${token}`
const claimed = (own: Signer, claims: Members): string => own.token(own.header, { ...standardClaims(), ...claims })
const headed = (own: Signer, header: Members): string => own.token({ ...own.header, ...header }, standardClaims())
const resigned = (own: Signer, header: unknown, payload: unknown): string => own.token(header, payload)

const withSignature = (own: Signer, change: (signature: Buffer) => Buffer): string => {
  const [header, payload, signature] = claimed(own, {}).split('.')
  return `${header}.${payload}.${change(Buffer.from(signature!, 'base64url')).toString('base64url')}`
}
const spelled = (own: Signer, change: (signature: string) => string): string => {
  const [header, payload, signature] = claimed(own, {}).split('.')
  return `${header}.${payload}.${change(signature!)}`
}

const NOT_TEXT: readonly unknown[] = [null, 1, true, ['alice'], { a: 1 }]
const NOT_TIME: readonly unknown[] = [null, '1700000060', true, [NOW], {}]
const NAMES = ['sub', 'client_id', 'jti'] as const

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The last character with a bit set that belongs to no byte. */
const otherLastBits = (signature: string): string =>
  signature.slice(0, -1) + ALPHABET[ALPHABET.indexOf(signature.at(-1)!) | 1]

const paddingOf = (text: string): string => '='.repeat((4 - (text.length % 4)) % 4)

/** One whose signature does not end with a whole group of characters: the others have no padding. */
const uneven = (own: Signer): Signer => (own.sign('x').length % 3 === 0 ? SIGNERS[0]! : own)

/** A token whose signature has a character by which the two alphabets differ. */
function inPlainBase64(own: Signer): string {
  for (;;) {
    const token = claimed(own, {})
    const [header, payload, signature] = token.split('.')
    if (/[-_]/.test(signature!)) return `${header}.${payload}.${signature!.replaceAll('-', '+').replaceAll('_', '/')}`
  }
}

const CASES: Readonly<Record<string, Case>> = {
  // good
  'as it is': (own) => bearer(claimed(own, {})),
  'the scheme in other letters': (own, { pick }) => `${pick(['bearer', 'BEARER', 'bEaReR'])} ${claimed(own, {})}`,
  'several spaces behind the scheme': (own) => `Bearer    ${claimed(own, {})}`,
  'typ in another form': (own, { pick }) =>
    bearer(headed(own, { typ: pick(['AT+JWT', 'application/at+jwt', 'Application/AT+jwt']) })),
  'no kid, one key of the algorithm': (own) => bearer(headed(own, { kid: undefined })),
  'unknown members': (own, { number }) =>
    bearer(
      resigned(
        own,
        { ...own.header, x: number(9) },
        { ...standardClaims(), y: number(9), scope: number(9), roles: 'x' },
      ),
    ),
  'aud in a list': (own, { pick }) =>
    bearer(claimed(own, { aud: pick([[AUDIENCE], ['x', AUDIENCE], [AUDIENCE, 1, null]]) })),
  'times at their bounds': (own, { pick }) =>
    bearer(
      claimed(
        own,
        pick([{ exp: NOW - 29 }, { exp: NOW - 29.5 }, { nbf: NOW + 30 }, { nbf: 0 }, { iat: 0 }, { exp: NOW + 0.5 }]),
      ),
    ),
  // the scheme
  'another scheme': (own, { pick }) => `${pick(['Basic', 'DPoP', 'Bearerx', 'Digest', 'Token'])} ${claimed(own, {})}`,
  'no token': (_own, { pick }) => pick(['Bearer', 'Bearer x', 'Bearer .', 'Bearer a.b.c', 'Bearer ..']),
  'two tokens': (own, { pick }) => `Bearer ${claimed(own, {})}${pick([' ', ', Bearer '])}${claimed(own, {})}`,
  'parts missing or added': (own, { pick }) => {
    const token = claimed(own, {})
    return bearer(
      pick([
        `${token}.`,
        `.${token}`,
        `${token}.x.y`,
        token.slice(0, token.lastIndexOf('.')),
        `${token.slice(0, token.lastIndexOf('.'))}.`,
      ]),
    )
  },
  // the header
  'alg none': (own, { pick }) => bearer(headed(own, { alg: pick(['none', 'None', 'NONE', 'nOnE']) })),
  'alg of another kind': (own, { pick }) =>
    bearer(
      headed(own, {
        alg: pick(['HS256', 'ES256K', 'RS1', '', 'dir', null, 1, undefined, ['RS256'], own.algorithm.toLowerCase()]),
      }),
    ),
  'alg of another key': (own, { pick }) =>
    bearer(headed(own, { alg: pick(SIGNERS.filter((one) => one !== own)).algorithm })),
  'kid of another key': (own, { pick }) =>
    bearer(headed(own, { kid: pick(SIGNERS.filter((one) => one !== own)).jwk.kid })),
  'kid of no key': (own, { pick }) =>
    bearer(headed(own, { kid: pick(['', 'x', '__proto__', '../etc/passwd', 'k'.repeat(300), null, 1, ['a']]) })),
  'typ of another token': (own, { pick }) =>
    bearer(
      headed(own, { typ: pick([undefined, '', 'JWT', 'dpop+jwt', 'logout+jwt', 'at+jwt ', 'xat+jwt', 'at+jwt;x=1']) }),
    ),
  'header typ that is no text': (own, { pick }) => bearer(headed(own, { typ: pick([null, 1, true, ['at+jwt'], {}]) })),
  'header crit': (own, { pick }) => bearer(headed(own, { crit: pick([['exp'], [], 'exp', null, ['b64']]) })),
  'header jwk': (own) => bearer(headed(own, { jwk: own.jwk })),
  'header jku': (own) => bearer(headed(own, { jku: JWKS_URL })),
  'header x5u': (own) => bearer(headed(own, { x5u: JWKS_URL })),
  'header x5c': (own) => bearer(headed(own, { x5c: ['MIIC'] })),
  'header b64': (own, { pick }) => bearer(headed(own, { b64: pick([true, false]) })),
  'header zip': (own) => bearer(headed(own, { zip: 'DEF' })),
  'header p2c': (own, { number }) => bearer(headed(own, { p2c: number(2 ** 31) })),
  'header that is no object': (own, { pick }) =>
    bearer(resigned(own, pick(['[]', 'null', '1', '"x"', '{', '']), standardClaims())),
  'header with a byte order mark': (own) =>
    bearer(resigned(own, `\ufeff${JSON.stringify(own.header)}`, standardClaims())),
  'alg Ed25519 for a key of EdDSA': () =>
    bearer(headed(SIGNERS.find(({ algorithm }) => algorithm === 'EdDSA')!, { alg: 'Ed25519' })),
  // the claims
  'claim missing': (own, { pick }) =>
    bearer(claimed(own, { [pick(['iss', 'aud', 'exp', 'iat', ...NAMES])]: undefined })),
  'claim of another type': (own, { pick }) => bearer(claimed(own, { [pick(NAMES)]: pick(NOT_TEXT) })),
  'claim empty': (own, { pick }) => bearer(claimed(own, { [pick(NAMES)]: '' })),
  'time of another type': (own, { pick }) => bearer(claimed(own, { [pick(['exp', 'iat', 'nbf'])]: pick(NOT_TIME) })),
  'claim iss of another': (own, { pick }) =>
    bearer(
      claimed(own, {
        iss: pick([`${ISSUER}/`, ISSUER.toUpperCase(), `${ISSUER}.evil`, '', [ISSUER], null, 'https://evil.example']),
      }),
    ),
  'claim aud of another': (own, { pick }) =>
    bearer(
      claimed(own, {
        aud: pick([
          'x',
          `${AUDIENCE}-2`,
          AUDIENCE.slice(1),
          '',
          [],
          [[AUDIENCE]],
          { 0: AUDIENCE },
          null,
          1,
          [`x ${AUDIENCE}`],
        ]),
      }),
    ),
  'claim exp past': (own, { number }) => bearer(claimed(own, { exp: NOW - 30 - number(9_999) })),
  'claim exp without end': (own) =>
    bearer(resigned(own, own.header, JSON.stringify(standardClaims()).replace(/"exp":\d+/, '"exp":1e400'))),
  'claim nbf to come': (own, { number }) => bearer(claimed(own, { nbf: NOW + 31 + number(9_999) })),
  'claim iat to come': (own, { number }) => bearer(claimed(own, { iat: NOW + 31 + number(9_999) })),
  'claim cnf of a key': (own, { pick }) =>
    bearer(
      claimed(own, {
        cnf: pick([
          { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
          { jkt: 'x' },
          { 'x5t#S256': 'x' },
          { jwk: {} },
          'x',
          null,
          [],
        ]),
      }),
    ),
  'claim cnf empty': (own) => bearer(claimed(own, { cnf: {} })),
  'claim act malformed': (own, { pick }) => bearer(claimed(own, { act: pick([null, 'bot', {}, { sub: 1 }, []]) })),
  'payload that is no object': (own, { pick }) =>
    bearer(resigned(own, own.header, pick(['[]', 'null', '1', '"x"', '{', '{}']))),
  'payload with a byte order mark': (own) =>
    bearer(resigned(own, own.header, `\ufeff${JSON.stringify(standardClaims())}`)),
  'payload that is not UTF-8': (own) =>
    bearer(resigned(own, own.header, Buffer.from(JSON.stringify(standardClaims()).replace('alice', '\xff'), 'latin1'))),
  'token too long': (own, { number }) => bearer(claimed(own, { filler: 'x'.repeat(8_192 + number(999)) })),
  // the signature
  'one bit turned over': (own, { number }) =>
    bearer(
      withSignature(own, (bytes) => {
        bytes[number(bytes.length)]! ^= 1 << number(8)
        return bytes
      }),
    ),
  'signature cut': (own, { number }) => bearer(withSignature(own, (bytes) => bytes.subarray(0, number(bytes.length)))),
  'signature with more behind it': (own, { number }) =>
    bearer(withSignature(own, (bytes) => Buffer.concat([bytes, Buffer.alloc(1 + number(9))]))),
  'signature of zeros': (own) => bearer(withSignature(own, (bytes) => Buffer.alloc(bytes.length))),
  'signature of another token': (own) => bearer(spelled(own, () => claimed(own, {}).split('.')[2]!)),
  'another payload': (own) =>
    bearer(claimed(own, {}).replace(/\.[^.]+\./, `.${encoded({ ...standardClaims(), sub: 'root' })}.`)),
  'a foreign key': (own) => bearer(claimed(FOREIGN[SIGNERS.indexOf(own)]!, {})),
  'HMAC with the public key (CVE-2016-5431)': (own, { pick }) => {
    const input = `${encoded({ ...own.header, alg: 'HS256' })}.${encoded(standardClaims())}`
    const secret = pick([own.publicKey.export({ type: 'spki', format: 'pem' }), JSON.stringify(own.jwk)])
    return bearer(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`)
  },
  'padded payload, signed so': (own) => {
    const payload = encoded(standardClaims())
    const input = `${encoded(own.header)}.${payload}${paddingOf(payload)}`
    return bearer(`${input}.${own.sign(input).toString('base64url')}`)
  },
  'padded signature': (own) => bearer(spelled(uneven(own), (text) => text + paddingOf(text))),
  'other last bits of the signature': (own) => bearer(spelled(uneven(own), otherLastBits)),
  'alphabet of plain base64': (own) => bearer(inPlainBase64(own)),
}

const GOOD: readonly string[] = [
  'as it is',
  'the scheme in other letters',
  'several spaces behind the scheme',
  'typ in another form',
  'no kid, one key of the algorithm',
  'unknown members',
  'aud in a list',
  'times at their bounds',
]

const ROUNDS = 60

beforeAll(() => void vi.useFakeTimers({ now: NOW_MS, toFake: ['Date'] }))
afterAll(() => void vi.useRealTimers())

describe(`oauth4webapi and this guard, on ${ROUNDS * Object.keys(CASES).length} tokens`, () => {
  test.each(Object.entries(CASES))('%s', async (name, make) => {
    const random = seeded(name.length * 7919)
    const agreed: Verdict = GOOD.includes(name) ? 'allowed' : 'refused'
    const [ours, theirs] = DISAGREEMENTS[name] ?? [agreed, agreed]
    for (let round = 0; round < ROUNDS; round++) {
      const authorization = make(random.pick(SIGNERS), random)
      expect([await byWardline(authorization), await byReference(authorization)], authorization).toEqual([ours, theirs])
    }
  })

  test('every disagreement is about a case, and says why', () => {
    expect(Object.keys(DISAGREEMENTS).filter((name) => CASES[name] === undefined)).toEqual([])
    expect(Object.values(DISAGREEMENTS).every(([ours, theirs, reason]) => ours !== theirs && reason !== '')).toBe(true)
  })
})
