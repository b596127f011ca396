import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  allow,
  clientSecretBasic,
  type Fetch,
  type Guard,
  introspection,
  memoryRevocationStore,
  type Revocation,
  type RevocationStore,
  revokeTokens,
  type TokenProof,
} from '../../../src/index.js'
import { isPromiseLike } from '../../../src/lib/maybe-promise.js'
import { AUDIENCE, ask, askWith, FakeIssuer, ISSUER, NOW, NOW_MS, standardClaims } from '../../support/fake-issuer.js'

const REVOKED = {
  kind: 'unauthenticated',
  code: 'token_revoked',
  event: 'authn_token_revoked',
  challenges: [{ scheme: 'Bearer', params: { realm: AUDIENCE, error: 'invalid_token' } }],
}

const CLAIMS = { jti: 't1', sid: 's1', sub: 'alice', client_id: 'shop' }
const issuer = ISSUER

const REVOCATIONS: readonly (readonly [what: string, revocation: Revocation])[] = [
  ['the token', { by: 'token', issuer, tokenId: 't1' }],
  ['its session', { by: 'session', issuer, sessionId: 's1' }],
  ['its subject', { by: 'subject', issuer, subject: 'alice', beforeMs: NOW_MS }],
  ['its client', { by: 'client', issuer, client: 'shop', beforeMs: NOW_MS }],
]

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** Order of P-256 (FIPS 186-4 section D.1.2.3): where (r, s) is a signature by ECDSA, so is (r, n - s). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

function withTheOtherSignature(token: string): string {
  const end = token.lastIndexOf('.') + 1
  const bytes = Buffer.from(token.slice(end), 'base64url')
  const other = P256_ORDER - BigInt(`0x${bytes.toString('hex', 32)}`)
  bytes.write(other.toString(16).padStart(64, '0'), 32, 'hex')
  return token.slice(0, end) + bytes.toString('base64url')
}

describe('a token that is remembered', () => {
  test.each(REVOCATIONS)('dies at once when %s is revoked, and no other', async (_what, revocation) => {
    const idp = new FakeIssuer()
    const store = memoryRevocationStore()
    const guard = idp.guard({ revocation: store })
    const token = idp.token(CLAIMS)
    const other = idp.token({ jti: 't2', sid: 's2', sub: 'bob', client_id: 'other' })
    for (let i = 0; i < 2; i++) expect(await ask(guard, token)).toMatchObject({ allowed: true })
    await ask(guard, other)

    store.revoke(revocation, NOW_MS + 86_400_000, NOW_MS)

    const answer = ask(guard, token)
    expect(isPromiseLike(answer)).toBe(false)
    expect(answer).toMatchObject(REVOKED)
    expect(ask(guard, other)).toMatchObject({ allowed: true })
  })

  test('without jti is revoked by the digest of what is signed, whichever of its signatures it brings', async () => {
    const idp = new FakeIssuer()
    const store = memoryRevocationStore()
    const guard = idp.guard({ revocation: store, profile: { requiredClaims: {} } })
    const [token, other] = [idp.token({ jti: undefined }), idp.token({ jti: undefined, sub: 'bob' })]
    const twin = withTheOtherSignature(token)
    for (const text of [token, twin]) expect(await ask(guard, text)).toMatchObject({ allowed: true })
    const tokenId = sha256(token.slice(0, token.lastIndexOf('.')))
    store.revoke({ by: 'token', issuer, tokenId }, NOW_MS + 1_000, NOW_MS)
    for (const text of [token, twin]) expect(await ask(guard, text)).toMatchObject(REVOKED)
    expect(await ask(guard, other)).toMatchObject({ allowed: true })
  })

  test('without iat is older than any revocation', async () => {
    const idp = new FakeIssuer()
    const store = memoryRevocationStore()
    const guard = idp.guard({ revocation: store, profile: { requiredClaims: {} } })
    const token = idp.token({ iat: undefined })
    expect(await ask(guard, token)).toMatchObject({ allowed: true })
    store.revoke({ by: 'subject', issuer, subject: 'alice', beforeMs: 0 }, NOW_MS + 1_000, NOW_MS)
    expect(await ask(guard, token)).toMatchObject(REVOKED)
  })

  test('dies when its caller is revoked by the id that a mapping gave', async () => {
    const idp = new FakeIssuer()
    const store = memoryRevocationStore()
    const guard = idp.guard({ revocation: store, mapping: { id: ['oid'] } })
    const token = idp.token({ ...CLAIMS, oid: 'object-1' })
    const answer = await ask(guard, token)
    expect(answer).toMatchObject({ facts: { principal: { id: 'object-1' } } })
    revokeTokens(store, { by: 'subject', issuer, subject: 'object-1' }, { nowMs: NOW_MS })
    expect(await ask(guard, token)).toMatchObject(REVOKED)
  })

  test('that was issued after its subject was signed out lives', async () => {
    const idp = new FakeIssuer()
    const store = memoryRevocationStore()
    const guard = idp.guard({ revocation: store })
    revokeTokens(store, { by: 'subject', issuer, subject: 'alice' }, { nowMs: NOW_MS })
    expect(await ask(guard, idp.token({ iat: NOW }))).toMatchObject(REVOKED)
    expect(await ask(guard, idp.token({ iat: NOW + 1 }), NOW_MS + 1_000)).toMatchObject({ allowed: true })
  })

  test('is of one issuer: what another one revokes is not meant', async () => {
    const idp = new FakeIssuer()
    const store = memoryRevocationStore()
    const guard = idp.guard({ revocation: store })
    for (const [, revocation] of REVOCATIONS)
      store.revoke({ ...revocation, issuer: 'https://other.test' }, NOW_MS + 1_000, NOW_MS)
    expect(await ask(guard, idp.token(CLAIMS))).toMatchObject({ allowed: true })
  })
})

test.each(REVOCATIONS)(
  'an opaque token dies at once when %s is revoked, though introspection remembers it',
  async (_what, r) => {
    const store = memoryRevocationStore()
    let asked = 0
    const fetch: Fetch = async () => {
      asked++
      return Response.json({ active: true, ...standardClaims(), ...CLAIMS })
    }
    const lookUp = introspection({
      endpoint: `${ISSUER}/introspect`,
      clientAuth: clientSecretBasic({ clientId: 'orders', clientSecret: 'secret' }),
    })
    const guard = new FakeIssuer().guard({ revocation: store, introspection: lookUp, fetch })
    for (let i = 0; i < 2; i++) expect(await ask(guard, 'opaque-token')).toMatchObject({ allowed: true })
    store.revoke(r, NOW_MS + 1_000, NOW_MS)
    expect(await ask(guard, 'opaque-token')).toMatchObject(REVOKED)
    expect(asked).toBe(1)
  },
)

test('a bound token is asked for its proof first: who cannot prove it does not learn that it is revoked', async () => {
  const idp = new FakeIssuer()
  const asked: string[] = []
  const store: RevocationStore = { revoke: () => {}, isRevoked: ({ tokenId }) => asked.push(tokenId) > 0 }
  const proof = (isProven: boolean): TokenProof => ({
    proof: 'dpop',
    confirms: 'jkt',
    scheme: 'DPoP',
    challenge: {},
    required: false,
    prove: (_ctx, { refuse }) => (isProven ? allow() : refuse('dpop_proof_missing', 'invalid_dpop_proof')),
  })
  const token = idp.token({ ...CLAIMS, cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } })
  const answerOf = (isProven: boolean) =>
    askWith(idp.guard({ revocation: store, proofs: [proof(isProven)] }), `DPoP ${token}`)
  expect(await answerOf(false)).toMatchObject({ code: 'dpop_proof_missing' })
  expect(asked).toEqual([])
  expect(await answerOf(true)).toMatchObject({ code: 'token_revoked' })
  expect(asked).toEqual(['t1'])
})

test.each<[what: string, isRevoked: RevocationStore['isRevoked'], answer: object]>([
  ['throws', fails, { kind: 'unavailable', code: 'revocation_unavailable' }],
  ['rejects', async () => fails(), { kind: 'unavailable', code: 'revocation_unavailable' }],
  ['says nothing', () => undefined as never, REVOKED],
  ['says null', async () => null as never, REVOKED],
  ['says "false"', () => 'false' as never, REVOKED],
  ['says yes, later', async () => true, REVOKED],
  ['says no, later', async () => false, { allowed: true }],
])('a store that %s', async (_what, isRevoked, answer) => {
  const idp = new FakeIssuer()
  const guard: Guard<object, object> = idp.guard({ revocation: { revoke: () => {}, isRevoked } })
  const token = idp.token()
  for (let i = 0; i < 2; i++) expect(await ask(guard as never, token)).toMatchObject(answer)
})

function fails(): never {
  throw new Error('connect ECONNREFUSED')
}
