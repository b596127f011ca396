import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { AUDIENCE, ask, encoded, ISSUER, NOW, standardClaims } from '../../support/fake-issuer.js'
import { joseVerifier } from '../../support/jose-verifier.js'
import { EVERY_ALGORITHM, guardOf, type Signer, signer } from '../keys/signers.js'

/** Where jose, with the same settings, lets a token pass that jwt() refuses. Nowhere else, and never the other way round. */
const STRICTER: Readonly<Record<string, string>> = {
  'own token with jwk': 'a token may not bring a key, nor say where one is, even where nobody would use it',
  'own token with jku': 'as above',
  'own token with x5c': 'as above',
  'own token with x5u': 'as above',
  'own token with b64 true': 'no access token needs RFC 7797',
  'own token with b64 false': 'as above; jose looks at it only where crit names it',
  'own token with p2c': 'a member of encryption',
  'own token with zip': 'a member of encryption',
  'cnf (RFC 9449, RFC 8705)': 'a bound token is no bearer token; jose leaves that to its caller',
  'sub empty': 'RFC 9068 section 2.2: text; requiredClaims asks for presence alone',
  'iat to come': 'not issued yet; jose compares iat for maxTokenAge only',
  'exp without end': 'a token that never ends',
  'payload with a byte order mark': 'not JSON (RFC 8259 section 8.1); jose drops it',
  'header with a byte order mark': 'as above',
  'padded payload, signed so': 'no part has padding (RFC 7515 section 2)',
  'padded signature': 'as above',
  'without its leading zero':
    'as long as the modulus, and no shorter (RFC 8017 section 8.1.2); OpenSSL asks that of PKCS 1 only',
  'other last bits of the payload, signed so': 'one token, one spelling (RFC 4648 section 3.5)',
  'other last bits of the signature': 'as above',
  'white space in the signature': 'no part has white space (RFC 7515 section 2)',
  'white space behind the signature': 'as above',
}

const signers = EVERY_ALGORITHM.map((algorithm) => signer(algorithm))
const foreign = EVERY_ALGORITHM.map((algorithm) => signer(algorithm))

/** For jose, a key without `alg` is one for both names of Ed25519 (RFC 9864 section 2.2), which it keeps apart. */
const nameless = ({ jwk: { alg, ...rest } }: Signer) => (rest.kty === 'OKP' ? rest : { ...rest, alg })

const guard = guardOf(signers.map(({ jwk }) => jwk))

const byWardline = async (token: string): Promise<boolean> => (await ask(guard, token)).allowed
const byJose = joseVerifier(signers.map(nameless), EVERY_ALGORITHM)

const good = new Map(signers.map((own) => [own, own.token(own.header, standardClaims())]))
/** So that what is changed in a token also meets the memory of the unchanged one. */
beforeAll(async () => {
  for (const token of good.values()) expect([await byWardline(token), await byJose(token)]).toEqual([true, true])
})

type Row = readonly [name: string, token: string]

/** Another token: other members in its header, other claims; signed well. */
const headed = (own: Signer, header: object) => own.token({ ...own.header, ...header }, standardClaims())
const claimed = (own: Signer, claims: object) => own.token(own.header, { ...standardClaims(), ...claims })

/** The last character with its unused bits set; undefined where it has none. */
function otherLastBits(part: string): string | undefined {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return part.length % 4 === 0 ? undefined : part.slice(0, -1) + alphabet[alphabet.indexOf(part.at(-1)!) + 1]
}

function publicKeyAsSecret({ publicKey, jwk, header }: Signer): readonly Row[] {
  const isRsa = jwk.kty === 'RSA'
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const secrets: Readonly<Record<string, string | Buffer>> = {
    'PEM (SPKI)': publicKey.export({ type: 'spki', format: 'pem' }),
    'DER (SPKI)': spki,
    'base64 DER': spki.toString('base64'),
    JWK: JSON.stringify(jwk),
    'the key itself': Buffer.from(String(isRsa ? jwk.n : jwk.x), 'base64url'),
    'no secret': '',
    ...(isRsa && { 'PEM (PKCS 1)': publicKey.export({ type: 'pkcs1', format: 'pem' }) }),
  }
  return Object.entries(secrets).flatMap(([name, secret]) =>
    [256, 384, 512].flatMap((bits) =>
      [`HS${bits}`, header.alg].map((alg) => {
        const input = `${encoded({ ...header, alg })}.${encoded(standardClaims())}`
        const mac = createHmac(`sha${bits}`, secret).update(input).digest('base64url')
        return [`alg ${alg}, HMAC by ${name}`, `${input}.${mac}`] as const
      }),
    ),
  )
}

function headers(own: Signer, stranger: Signer): readonly Row[] {
  const url = 'https://evil.example/keys'
  const embedded = { jwk: stranger.jwk, jku: url, x5u: url, x5c: [String(stranger.jwk.n ?? stranger.jwk.x)] }
  const unsigned = (alg: string) => `${encoded({ ...own.header, alg })}.${encoded(standardClaims())}`
  const signature = good.get(own)!.split('.')[2]!
  return [
    ...['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg) => [
      [`alg ${alg}, no signature`, `${unsigned(alg)}.`] as const,
      [`alg ${alg}, a signature`, `${unsigned(alg)}.${signature}`] as const,
      [`alg ${alg}, signed`, headed(own, { alg })] as const,
    ]),
    ...signers
      .filter(({ algorithm }) => algorithm !== own.algorithm)
      .map(({ algorithm: alg }) => [`alg ${alg}, signed`, headed(own, { alg })] as const),
    ...signers
      .filter((other) => other !== own)
      .map(({ header: { kid } }) => [`kid ${kid}`, headed(own, { kid })] as const),
    ...Object.entries(embedded).flatMap(([name, value]) => [
      [`own token with ${name}`, headed(own, { [name]: value })] as const,
      [`foreign token with ${name}`, headed(stranger, { [name]: value })] as const,
      [`foreign token with ${name}, no kid`, headed(stranger, { [name]: value, kid: undefined })] as const,
    ]),
    ...[url, 'file:///etc/passwd', '../../../dev/null', "' OR 1=1 --", '__proto__', ''].map(
      (kid) => [`kid ${kid}`, headed(stranger, { kid })] as const,
    ),
    ...[['b64'], ['exp'], [], 'exp', null].map(
      (crit) => [`crit ${JSON.stringify(crit)}`, headed(own, { crit })] as const,
    ),
    ['crit b64, b64 false', headed(own, { crit: ['b64'], b64: false })],
    ['own token with b64 false', headed(own, { b64: false })],
    ['own token with b64 true', headed(own, { b64: true })],
    ['own token with p2c', headed(own, { p2c: 2_147_483_647 })],
    ['own token with zip', headed(own, { zip: 'DEF' })],
    ...[undefined, 'JWT', 'id_token+jwt', 'dpop+jwt'].map((typ) => [`typ ${typ}`, headed(own, { typ })] as const),
    ['header with a byte order mark', own.token(`\ufeff${JSON.stringify(own.header)}`, standardClaims())],
    ['a header that is no object', own.token([own.header], standardClaims())],
    ['no key id', headed(own, { kid: undefined })],
  ]
}

function claims(own: Signer): readonly Row[] {
  return [
    ...[[ISSUER], ['https://evil.example', ISSUER], `${ISSUER}/`, undefined, ISSUER.toUpperCase()].map(
      (iss) => [`iss ${JSON.stringify(iss)}`, claimed(own, { iss })] as const,
    ),
    ...[`${AUDIENCE}-v2`, AUDIENCE.slice(0, -1), [`x ${AUDIENCE}`], [], undefined, { 0: AUDIENCE }].map(
      (aud) => [`aud ${JSON.stringify(aud)}`, claimed(own, { aud })] as const,
    ),
    ['aud among others', claimed(own, { aud: ['x', AUDIENCE] })],
    ['cnf (RFC 9449, RFC 8705)', claimed(own, { cnf: { jkt: 'abc' } })],
    ['exp past', claimed(own, { exp: NOW - 31 })],
    ['exp missing', claimed(own, { exp: undefined })],
    ['exp as text', claimed(own, { exp: String(NOW + 300) })],
    ['exp without end', own.token(own.header, JSON.stringify(standardClaims()).replace(/"exp":\d+/, '"exp":1e400'))],
    ['nbf to come', claimed(own, { nbf: NOW + 31 })],
    ['iat to come', claimed(own, { iat: NOW + 31 })],
    ['sub empty', claimed(own, { sub: '' })],
    ['sub missing', claimed(own, { sub: undefined })],
    ['payload with a byte order mark', own.token(own.header, `\ufeff${JSON.stringify(standardClaims())}`)],
    ['a payload that is no object', own.token(own.header, [standardClaims()])],
    ['a payload that is not UTF-8', own.token(own.header, Buffer.from([0x22, 0xff, 0x22]))],
  ]
}

/** One signature by PSS in 256 begins so, by its salt. */
function zeroLed(own: Signer, input: string): Buffer {
  for (;;) {
    const bytes = own.sign(input)
    if (bytes[0] === 0) return bytes
  }
}

function signatures(own: Signer, stranger: Signer): readonly Row[] {
  const token = good.get(own)!
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const input = `${header}.${payload}`
  const bytes = Buffer.from(signature, 'base64url')
  const half = bytes.length / 2
  const zero = Buffer.alloc(half)
  const changed: Readonly<Record<string, Buffer>> = {
    'without its last byte': bytes.subarray(0, -1),
    // a zero is a case of its own, below
    ...(bytes[0] !== 0 && { 'without its first byte': bytes.subarray(1) }),
    'with a byte behind': Buffer.concat([bytes, Buffer.alloc(1)]),
    'with a byte ahead': Buffer.concat([Buffer.alloc(1), bytes]),
    twice: Buffer.concat([bytes, bytes]),
    half: bytes.subarray(0, half),
    'of zeros': Buffer.alloc(bytes.length),
    'of ones': Buffer.alloc(bytes.length, 0xff),
    'with its first half zero': Buffer.concat([zero, bytes.subarray(half)]),
    'with its second half zero': Buffer.concat([bytes.subarray(0, half), zero]),
    'with its halves exchanged': Buffer.concat([bytes.subarray(half), bytes.subarray(0, half)]),
    'the word null': Buffer.from('null'),
    foreign: stranger.sign(input),
    'over the payload alone': own.sign(payload),
    'over nothing': own.sign(''),
    ...(own.algorithm.startsWith('ES') && { 'in DER': own.sign(input, { dsaEncoding: 'der' }) }),
    ...(own.algorithm.startsWith('PS') && {
      'with another salt': own.sign(input, { saltLength: 20 }),
      'without its leading zero': zeroLed(own, input).subarray(1),
    }),
    ...(!own.algorithm.startsWith('Ed') && { 'by SHA-1': own.sign(input, { hash: 'sha1' }) }),
  }
  const spelled = otherLastBits(signature)
  return [
    ['blank', `${input}.`],
    ...Object.entries(changed).map(([name, other]) => [name, `${input}.${other.toString('base64url')}`] as const),
    ['of another token', `${input}.${claimed(own, { sub: 'bob' }).split('.')[2]}`],
    ['padded signature', `${token}${'='.repeat((4 - (signature.length % 4)) % 4) || '===='}`],
    ['white space in the signature', `${input}.${signature.slice(0, 8)} ${signature.slice(8)}`],
    ['white space behind the signature', `${token}\n`],
    ['+ in the signature', `${input}.+${signature.slice(1)}`],
    ...(spelled === undefined ? [] : [['other last bits of the signature', `${input}.${spelled}`] as const]),
    ['one part', header],
    ['two parts', input],
    ['four parts', `${token}.${signature}`],
    ['five parts', `${input}.${signature}.${payload}.${signature}`],
    ['no header', `.${payload}.${signature}`],
    ['no payload', `${header}..${signature}`],
  ]
}

/** Spelled so when it was signed: only the spelling is wrong. */
function spellings(own: Signer): readonly Row[] {
  const claims = { ...standardClaims(), jti: 'x' }
  while (JSON.stringify(claims).length % 3 === 0) claims.jti += 'x'
  const payload = encoded(claims)
  const signedSo = (text: string) => {
    const input = `${encoded(own.header)}.${text}`
    return `${input}.${own.sign(input).toString('base64url')}`
  }
  return [
    ['padded payload, signed so', signedSo(payload + '='.repeat(4 - (payload.length % 4)))],
    ['other last bits of the payload, signed so', signedSo(otherLastBits(payload)!)],
  ]
}

/** Two keys stand here for Ed25519, which has two names: each is good under both, and neither is the only one. */
const passesOnly = ({ algorithm, jwk }: Signer): readonly string[] =>
  jwk.kty === 'OKP' ? [`alg ${algorithm === 'EdDSA' ? 'Ed25519' : 'EdDSA'}, signed`] : ['no key id']

const stricter = new Set<string>()

describe.each(signers.map((own, i) => [own.algorithm, own, foreign[i]!] as const))(
  '%s',
  (_algorithm, own, stranger) => {
    const rows = [
      ...publicKeyAsSecret(own),
      ...headers(own, stranger),
      ...claims(own),
      ...signatures(own, stranger),
      ...spellings(own),
    ]

    test('jwt() lets nothing pass that jose refuses, and refuses nothing else but for the reasons above', async () => {
      const passed: string[] = []
      const onlyByJose: string[] = []
      for (const [name, token] of rows) {
        const [wardline, jose] = [await byWardline(token), await byJose(token)]
        if (wardline) expect(jose, name).toBe(true)
        if (wardline) passed.push(name)
        else if (jose) onlyByJose.push(name)
      }
      expect(onlyByJose.filter((name) => !Object.hasOwn(STRICTER, name))).toEqual([])
      for (const name of onlyByJose) stricter.add(name)
      expect(passed.sort()).toEqual(['aud among others', ...passesOnly(own)].sort())
      expect(rows.length).toBeGreaterThan(130)
    })
  },
)

test('each reason occurs', () => {
  expect([...stricter].sort()).toEqual(Object.keys(STRICTER).sort())
})

describe('tokens with anything changed', () => {
  const parts = fc.constantFrom(...good.values()).map((token) => token.split('.'))
  const bitFlipped = fc.tuple(parts, fc.nat(2), fc.nat(), fc.nat(7)).map(([list, index, position, bit]) => {
    const bytes = Buffer.from(list[index]!, 'base64url')
    bytes[position % bytes.length]! ^= 1 << bit
    return list.with(index, bytes.toString('base64url')).join('.')
  })
  const character = fc.constantFrom(...'ABCxyz019-_.=+/ \n')
  const mistyped = fc
    .tuple(parts, fc.nat(2), fc.nat(), fc.constantFrom(0, 1), fc.oneof(fc.constant(''), character))
    .map(([list, index, position, removed, added]) => {
      const text = list[index]!
      const at = position % (text.length + 1)
      return list.with(index, text.slice(0, at) + added + text.slice(at + removed)).join('.')
    })
  // spaces ahead are the field's, which may have several (RFC 9110 section 11.4), and no part of the token
  const typed = mistyped.filter((token) => !token.startsWith(' '))
  const exchanged = fc
    .tuple(parts, parts, fc.nat(2))
    .map(([list, other, index]) => list.with(index, other[index]!).join('.'))
  const resized = fc.tuple(parts, fc.nat(600), fc.uint8Array({ maxLength: 2 })).map(([list, length, more]) => {
    const bytes = Buffer.from(list[2]!, 'base64url')
    return list.with(2, Buffer.concat([bytes.subarray(0, length), more]).toString('base64url')).join('.')
  })

  const isCanonical = (token: string): boolean =>
    token.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)

  test('are the same to both, but for another spelling', async () => {
    const verdicts = { both: 0, neither: 0 }
    await fc.assert(
      fc.asyncProperty(fc.oneof(bitFlipped, typed, exchanged, resized), async (token) => {
        const [wardline, jose] = [await byWardline(token), await byJose(token)]
        if (wardline !== jose)
          expect({ wardline, jose, canonical: isCanonical(token) }).toEqual({
            wardline: false,
            jose: true,
            canonical: false,
          })
        else verdicts[wardline ? 'both' : 'neither']++
      }),
      { numRuns: 1_500 },
    )
    expect(verdicts.both).toBeGreaterThan(10)
    expect(verdicts.neither).toBeGreaterThan(500)
  })
})
