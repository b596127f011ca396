import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test, vi } from 'vitest'
import { ALLOWED, allow, type Decision, jwt, type RevocationStore, type TokenProof } from '../../../src/index.js'
import { askWith, NOW_MS } from '../../support/fake-issuer.js'
import { party } from '../../support/party.js'

const own = party('https://idp.test')
const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const X5T = 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2'

/** A proof that answers as it is told, and notes what it was asked for. */
function proof(kind: 'dpop' | 'mtls', answer: (() => unknown) | 'refuses' = () => ALLOWED, required = false) {
  const asked: string[] = []
  const parts: TokenProof = {
    proof: kind,
    confirms: kind === 'dpop' ? 'jkt' : 'x5t#S256',
    scheme: kind === 'dpop' ? 'DPoP' : 'Bearer',
    challenge: kind === 'dpop' ? { algs: 'ES256' } : {},
    required,
    prove: (_ctx, { thumbprint, refuse }) => {
      asked.push(thumbprint)
      return answer === 'refuses' ? refuse('proof_wrong', 'invalid_token') : (answer() as Decision)
    },
  }
  return Object.assign(parts, { asked })
}

const plain = own.token()
const keyBound = own.token({ cnf: { jkt: JKT } })
const certificateBound = own.token({ cnf: { 'x5t#S256': X5T } })
const doublyBound = own.token({ cnf: { jkt: JKT, 'x5t#S256': X5T } })
const TOKENS = { plain, keyBound, certificateBound, doublyBound }

describe('which proof a token calls for', () => {
  type Given = readonly ('dpop' | 'mtls' | 'DPOP' | 'MTLS')[]
  // in capitals: a token must be bound so
  test.each<[Given, string, keyof typeof TOKENS, string]>([
    [[], 'Bearer', 'plain', 'bearer'],
    [[], 'DPoP', 'plain', 'token_missing'],
    [[], 'Bearer', 'keyBound', 'token_proof_missing'],
    [[], 'Bearer', 'certificateBound', 'token_proof_missing'],
    [['dpop'], 'Bearer', 'plain', 'bearer'],
    [['dpop'], 'DPoP', 'plain', 'token_scheme_mismatch'],
    [['dpop'], 'DPoP', 'keyBound', 'dpop'],
    [['dpop'], 'Bearer', 'keyBound', 'token_scheme_mismatch'],
    [['dpop'], 'Bearer', 'certificateBound', 'token_proof_missing'],
    [['dpop'], 'DPoP', 'certificateBound', 'token_proof_missing'],
    [['dpop'], 'DPoP', 'doublyBound', 'token_proof_missing'],
    [['mtls'], 'Bearer', 'plain', 'bearer'],
    [['mtls'], 'Bearer', 'certificateBound', 'mtls'],
    [['mtls'], 'Bearer', 'keyBound', 'token_proof_missing'],
    [['mtls'], 'DPoP', 'certificateBound', 'token_missing'],
    [['dpop', 'mtls'], 'DPoP', 'doublyBound', 'dpop'],
    [['dpop', 'mtls'], 'Bearer', 'doublyBound', 'token_scheme_mismatch'],
    [['dpop', 'mtls'], 'Bearer', 'certificateBound', 'mtls'],
    [['DPOP'], 'Bearer', 'plain', 'token_proof_missing'],
    [['DPOP'], 'DPoP', 'keyBound', 'dpop'],
    [['MTLS'], 'Bearer', 'plain', 'token_proof_missing'],
    [['DPOP', 'mtls'], 'Bearer', 'certificateBound', 'token_proof_missing'],
    [['DPOP', 'MTLS'], 'DPoP', 'keyBound', 'token_proof_missing'],
    [['DPOP', 'MTLS'], 'DPoP', 'doublyBound', 'dpop'],
  ])('proofs %j, scheme %s, token %s: %s', async (given, scheme, name, outcome) => {
    const proofs = given.map((kind) =>
      proof(kind.toLowerCase() as 'dpop' | 'mtls', () => ALLOWED, kind === kind.toUpperCase()),
    )
    const guard = jwt({ ...own.options(), proofs })
    for (const turn of ['first', 'remembered']) {
      const answer = await askWith(guard, `${scheme} ${TOKENS[name]}`)
      if (['bearer', 'dpop', 'mtls'].includes(outcome)) {
        expect(answer, turn).toMatchObject({ allowed: true, facts: { principal: { proof: outcome } } })
      } else {
        expect(answer, turn).toMatchObject({ allowed: false, kind: 'unauthenticated', code: outcome })
      }
    }
  })

  test('a token that is not good is refused before its proof is asked', async () => {
    const dpop = proof('dpop')
    const guard = jwt({ ...own.options(), proofs: [dpop] })
    const expired = own.token({ cnf: { jkt: JKT }, exp: NOW_MS / 1000 - 60 })
    expect(await askWith(guard, `DPoP ${expired}`)).toMatchObject({ code: 'token_expired' })
    expect(dpop.asked).toEqual([])
  })

  test('a proof is asked at every request, for the thumbprint of the token', async () => {
    const dpop = proof('dpop')
    const guard = jwt({ ...own.options(), proofs: [dpop] })
    for (let i = 0; i < 3; i++) expect(await askWith(guard, `DPoP ${keyBound}`)).toMatchObject({ allowed: true })
    expect(dpop.asked).toEqual([JKT, JKT, JKT])
  })

  test('of two, both must hold; the one that is used up is asked last', async () => {
    const dpop = proof('dpop')
    const guard = jwt({ ...own.options(), proofs: [dpop, proof('mtls', 'refuses')] })
    expect(await askWith(guard, `DPoP ${doublyBound}`)).toMatchObject({ code: 'proof_wrong' })
    expect(dpop.asked).toEqual([])
  })

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('proof')
      },
    ],
    ['rejects', () => Promise.reject(new Error('proof'))],
    ['gives nothing', () => undefined],
  ])('a proof that %s lets nobody pass', async (_name, answer) => {
    const guard = jwt({ ...own.options(), proofs: [proof('dpop', answer)] })
    for (let i = 0; i < 2; i++) {
      expect(await askWith(guard, `DPoP ${keyBound}`)).toMatchObject({ allowed: false, kind: 'internal' })
    }
  })

  test('response fields of proofs ride on the answer, and are not remembered with the token', async () => {
    let nonce = 0
    const guard = jwt({ ...own.options(), proofs: [proof('dpop', () => allow({}, [['dpop-nonce', String(++nonce)]]))] })
    for (const expected of ['1', '2']) {
      expect(await askWith(guard, `DPoP ${keyBound}`)).toMatchObject({ headers: [['dpop-nonce', expected]] })
    }
  })
})

describe('revocation', () => {
  const store = (isRevoked: RevocationStore['isRevoked']): RevocationStore => ({ revoke: () => {}, isRevoked })
  const REVOKED = { kind: 'unauthenticated', code: 'token_revoked', event: 'authn_token_revoked' }
  const DOWN = { kind: 'unavailable', code: 'revocation_unavailable' }

  test.each<[string, () => unknown, object]>([
    ['false', () => false, { allowed: true }],
    ['a promise of false', async () => false, { allowed: true }],
    ['true', () => true, REVOKED],
    ['a promise of true', async () => true, REVOKED],
    ['undefined', () => undefined, REVOKED],
    ['null', () => null, REVOKED],
    ['0', () => 0, REVOKED],
    ['an empty text', () => '', REVOKED],
    [
      'an exception',
      () => {
        throw new Error('down')
      },
      DOWN,
    ],
    ['a rejection', () => Promise.reject(new Error('down')), DOWN],
  ])('a store that gives %s', async (_name, isRevoked, expected) => {
    const guard = jwt({ ...own.options(), revocation: store(isRevoked as RevocationStore['isRevoked']) })
    for (let i = 0; i < 2; i++) expect(await askWith(guard, `Bearer ${plain}`)).toMatchObject(expected)
  })

  test('a store that never answers is a 503 after two seconds', async () => {
    vi.useFakeTimers()
    try {
      const guard = jwt({ ...own.options(), revocation: store(() => new Promise(() => {})) })
      const answer = askWith(guard, `Bearer ${plain}`)
      await vi.advanceTimersByTimeAsync(2_000)
      expect(await answer).toMatchObject(DOWN)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  test('is asked at every request, remembered tokens included, and acts at once', async () => {
    let isRevoked = false
    const guard = jwt({ ...own.options(), revocation: store(() => isRevoked) })
    expect(await askWith(guard, `Bearer ${plain}`)).toMatchObject({ allowed: true })
    isRevoked = true
    expect(await askWith(guard, `Bearer ${plain}`)).toMatchObject(REVOKED)
  })

  test('is told who and which; without jti, the token by its digest', async () => {
    const seen: unknown[] = []
    const tell: RevocationStore['isRevoked'] = (token) => {
      seen.push(token)
      return false
    }
    const lax = own.options({ profile: { requiredClaims: {} } })
    const guard = jwt({ ...lax, revocation: store(tell) })
    const nameless = own.token({ jti: undefined, iat: undefined, sid: 's-1' })
    await askWith(guard, `Bearer ${nameless}`)
    expect(seen).toEqual([
      {
        issuer: own.issuer,
        tokenId: expect.stringMatching(/^[\w-]{43}$/),
        subject: 'alice',
        client: 'shop',
        sessionId: 's-1',
        issuedAtMs: Number.NEGATIVE_INFINITY,
        expiresAtMs: expect.any(Number),
      },
    ])
  })
})

test('a remembered token is kept once: nothing else holds its text', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const guard = jwt(own.options())
  const used = () => {
    for (let i = 0; i < 3; i++) collect()
    return process.memoryUsage().heapUsed
  }
  const COUNT = 500
  const LENGTH = 8_000
  await askWith(guard, `Bearer ${plain}`)
  const before = used()
  for (let i = 0; i < COUNT; i++) {
    const long = own.token({}, { filler: 'x'.repeat(5_700) })
    expect(long.length).toBeGreaterThan(LENGTH - 300)
    expect((await askWith(guard, `Bearer ${long}`)).allowed).toBe(true)
  }
  expect(used() - before).toBeLessThan(1.6 * COUNT * LENGTH)
  expect((await askWith(guard, `Bearer ${plain}`)).allowed).toBe(true)
})
