import { describe, expect, test } from 'vitest'
import { type Denial, type DpopOptions, dpop, type ReplayStore, type TokenProof } from '../../../src/index.js'
import { contextFor } from '../../support/context.js'
import { askFor, DpopClient, ORIGIN, requestOf, thumbprintOf } from '../../support/dpop-client.js'
import { encoded, NOW, NOW_MS, signed, type TestAlgorithm, testKey } from '../../support/fake-issuer.js'
import { promisesMadeBy } from '../../support/promises.js'
import { acceptedProofs, RFC9449_EXAMPLE, refusedProofs } from '../../vectors/dpop.js'

const client = new DpopClient()
const guard = client.guard()
const CHALLENGE = { scheme: 'DPoP', params: { realm: 'orders-api', algs: 'ES256 EdDSA Ed25519 RS256 PS256' } }
const challenged = (error: string) => [
  { scheme: 'Bearer', params: { realm: 'orders-api' } },
  { ...CHALLENGE, params: { ...CHALLENGE.params, error } },
]

const sent = (...proofs: readonly string[]) => askFor(guard, requestOf(client.token(), proofs))

describe('one thing wrong with a proof', () => {
  test.each(refusedProofs(client.jwk, NOW).map((row) => [row.input, row.code, row] as const))(
    '%s: %s',
    (_input, code, { header, claims }) => {
      const token = client.token()
      expect(askFor(guard, requestOf(token, [client.proof(token, claims, header)]))).toMatchObject({
        allowed: false,
        kind: 'unauthenticated',
        code,
        challenges: challenged('invalid_dpop_proof'),
      })
    },
  )

  test.each(acceptedProofs(client.jwk, NOW).map((row) => [row.input, row] as const))(
    'and nothing wrong: %s',
    (_input, { header, claims }) => {
      const token = client.token()
      expect(askFor(guard, requestOf(token, [client.proof(token, claims, header)]))).toMatchObject({
        allowed: true,
        facts: { principal: { id: 'alice', proof: 'dpop' } },
      })
    },
  )

  test.each([
    ['no text', ''],
    ['no JWT', 'proof'],
    ['two parts', 'e30.e30'],
    ['five parts', 'e30.e30.e30.e30.e30'],
    ['no object', `${encoded([])}.e30.AA`],
    ['no JSON', `${encoded('{')}.e30.AA`],
    ['an empty signature', `${encoded(client.header())}.e30.`],
    ['a character of another alphabet', `${encoded(client.header())}.e+30.AA`],
    ['two in one field', `${client.proof('')}, ${client.proof('')}`],
    ['too long', client.proof('', { filler: 'x'.repeat(8192) })],
  ])('%s: dpop_proof_malformed', (_input, proof) => {
    expect(sent(proof)).toMatchObject({ kind: 'unauthenticated', code: 'dpop_proof_malformed' })
  })

  test('a payload that is no object', () => {
    for (const payload of ['[]', 'null', '"a"', '{', '\ufeff{}']) {
      expect(sent(signed(client.key, client.header(), payload))).toMatchObject({ code: 'dpop_proof_malformed' })
    }
  })

  test('signed by another key', () => {
    const token = client.token()
    const forged = signed(testKey('ES256'), client.header(), client.claims(token))
    expect(askFor(guard, requestOf(token, [forged]))).toMatchObject({ code: 'dpop_signature_invalid' })
  })

  test('a good proof of another key', () => {
    const token = client.token()
    const other = new DpopClient()
    expect(askFor(guard, requestOf(token, [other.proof(token)]))).toMatchObject({ code: 'dpop_key_mismatch' })
  })

  test('of another token of the same client', () => {
    expect(sent(client.proof(client.token()))).toMatchObject({ code: 'dpop_token_mismatch' })
  })

  test('a key that is weak, whatever the token says', () => {
    const weak = new DpopClient(testKey('RS256', {}, 1024))
    const token = weak.token()
    expect(askFor(weak.guard(), requestOf(token, [weak.proof(token)]))).toMatchObject({ code: 'dpop_key_refused' })
  })
})

describe('the fields', () => {
  test('no proof: 401, and what is asked for', () => {
    expect(sent()).toMatchObject({
      kind: 'unauthenticated',
      code: 'dpop_proof_missing',
      challenges: challenged('invalid_dpop_proof'),
    })
  })

  test('two proofs: 400, each of them good', () => {
    const token = client.token()
    expect(askFor(guard, requestOf(token, [client.proof(token), client.proof(token)]))).toMatchObject({
      kind: 'invalid',
      code: 'dpop_proof_repeated',
      detail: 'There is more than one DPoP field.',
      challenges: challenged('invalid_request'),
    })
  })

  test('a bound token as bearer, with a good proof', () => {
    const token = client.token()
    const headers = [
      ['authorization', `Bearer ${token}`],
      ['dpop', client.proof(token)],
    ] as const
    expect(askFor(guard, contextFor({ path: '/me', headers }))).toMatchObject({
      kind: 'unauthenticated',
      code: 'token_scheme_mismatch',
    })
  })

  test('a token that is bound to nothing, as DPoP', () => {
    const token = client.token({ cnf: undefined })
    expect(askFor(guard, requestOf(token, [client.proof(token)]))).toMatchObject({ code: 'token_scheme_mismatch' })
  })

  test('a token that is bound to nothing, as bearer, passes unless DPoP is required', () => {
    const headers = [['authorization', `Bearer ${client.token({ cnf: undefined })}`]] as const
    expect(askFor(guard, contextFor({ headers }))).toMatchObject({ facts: { principal: { proof: 'bearer' } } })
    expect(askFor(client.guard({ required: true }), contextFor({ headers }))).toMatchObject({
      code: 'token_proof_missing',
      challenges: [{ scheme: 'DPoP', params: { error: 'invalid_token' } }],
    })
  })

  test('Host and forwarding fields say nothing of where the service is', () => {
    const token = client.token()
    const headers = [
      ['host', 'evil.example'],
      ['x-forwarded-host', 'evil.example'],
      ['x-forwarded-proto', 'http'],
    ] as const
    const there = client.proof(token, { htu: 'https://evil.example/me' })
    expect(askFor(guard, requestOf(token, [there], { headers }))).toMatchObject({ code: 'dpop_uri_mismatch' })
    expect(askFor(guard, requestOf(token, [client.proof(token)], { headers }))).toMatchObject({ allowed: true })
  })
})

describe.each<TestAlgorithm>(['ES256', 'EdDSA', 'RS256', 'PS256'])('%s', (algorithm) => {
  const own = new DpopClient(testKey(algorithm))
  const ownGuard = own.guard()

  test('is taken, without a promise', () => {
    const token = own.token()
    const ctx = requestOf(token, [own.proof(token)])
    const { result, promises } = promisesMadeBy(() => askFor(ownGuard, ctx))
    expect(result).toMatchObject({ allowed: true, facts: { principal: { proof: 'dpop' } } })
    expect(promises).toBe(0)
  })

  test('is refused where it is not on the list', () => {
    const token = own.token()
    const others = (['ES256', 'RS256', 'PS256'] as const).filter((name) => name !== algorithm)
    expect(askFor(own.guard({ algorithms: others }), requestOf(token, [own.proof(token)]))).toMatchObject({
      code: 'dpop_algorithm_refused',
    })
  })
})

test('ES384, which a thread verifies, where it is allowed', async () => {
  const own = new DpopClient(testKey('ES384'))
  const token = own.token()
  const ctx = requestOf(token, [own.proof(token)])
  expect(await askFor(own.guard({ algorithms: ['ES384'] }), ctx)).toMatchObject({ allowed: true })
})

test('EdDSA and Ed25519 are one algorithm and two names', () => {
  const own = new DpopClient(testKey('EdDSA'))
  const token = own.token()
  const named = own.proof(token, {}, { alg: 'Ed25519', jwk: { ...own.jwk, alg: 'EdDSA' } })
  expect(askFor(own.guard(), requestOf(token, [named]))).toMatchObject({ allowed: true })
})

describe('once', () => {
  const again = (options: Partial<DpopOptions> = {}) => {
    const token = client.token()
    const ownGuard = client.guard(options)
    return (claims: Readonly<Record<string, unknown>>, nowMs = NOW_MS) =>
      askFor(ownGuard, requestOf(token, [client.proof(token, claims)], { nowMs }))
  }

  test('a proof that comes again is a replay, and is told as one', () => {
    const ask = again()
    expect(ask({ jti: 'a' })).toMatchObject({ allowed: true })
    expect(ask({ jti: 'b' })).toMatchObject({ allowed: true })
    expect(ask({ jti: 'a' })).toMatchObject({
      kind: 'unauthenticated',
      code: 'dpop_replayed',
      event: 'authn_token_reuse',
      challenges: challenged('invalid_dpop_proof'),
    })
  })

  test.each([
    ['until it would be too old', 0],
    ['dated ahead, for longer', 5],
  ])('%s', (_name, ahead) => {
    const ask = again()
    const claims = { jti: 'a', iat: NOW + ahead }
    expect(ask(claims)).toMatchObject({ allowed: true })
    expect(ask(claims, NOW_MS + (60 + ahead) * 1000)).toMatchObject({ code: 'dpop_replayed' })
    expect(ask(claims, NOW_MS + (60 + ahead) * 1000 + 1)).toMatchObject({ code: 'dpop_time_invalid' })
    expect(ask({ jti: 'a', iat: NOW + 120 }, NOW_MS + 120_000)).toMatchObject({ allowed: true })
  })

  test('two clients may name their proofs alike', () => {
    const other = new DpopClient()
    const shared = dpop({ origin: ORIGIN })
    for (const one of [client, other]) {
      const token = one.token()
      const ctx = requestOf(token, [one.proof(token, { jti: 'a' })])
      expect(askFor(one.guard({}, { proofs: [shared] }), ctx)).toMatchObject({ allowed: true })
    }
  })

  test.each([
    ['a proof for another path', { htu: `${ORIGIN}/you` }],
    ['a proof for another method', { htm: 'POST' }],
    ['a proof for another token', { ath: 'x' }],
    ['an old proof', { iat: NOW - 61 }],
  ])('%s claims nothing', (_name, claims) => {
    const ask = again()
    expect(ask({ jti: 'a', ...claims })).toMatchObject({ allowed: false })
    expect(ask({ jti: 'a' })).toMatchObject({ allowed: true })
  })

  test('one request may meet two guards with one proof', () => {
    const proofs = [dpop({ origin: ORIGIN })]
    const token = client.token()
    const proof = client.proof(token)
    const ctx = requestOf(token, [proof])
    expect(askFor(client.guard({}, { proofs }), ctx)).toMatchObject({ allowed: true })
    expect(askFor(client.guard({}, { proofs }), ctx)).toMatchObject({ allowed: true })
    const again = requestOf(token, [proof])
    expect(askFor(client.guard({}, { proofs }), again)).toMatchObject({ code: 'dpop_replayed' })
    expect(askFor(client.guard({}, { proofs }), again)).toMatchObject({ code: 'dpop_replayed' })
  })

  test('and so where minutes lie between them, though the proof is too old for another request by then', () => {
    const proofs = [dpop({ origin: ORIGIN })]
    const token = client.token()
    const request = requestOf(token, [client.proof(token)])
    let nowMs = NOW_MS
    const ctx = Object.defineProperty({ ...request }, 'nowMs', { get: () => nowMs })
    expect(askFor(client.guard({}, { proofs }), ctx)).toMatchObject({ allowed: true })
    nowMs += 120_000
    expect(askFor(client.guard({}, { proofs }), ctx)).toMatchObject({ allowed: true })
    expect(askFor(client.guard({}, { proofs: [dpop({ origin: ORIGIN })] }), ctx)).toMatchObject({
      code: 'dpop_time_invalid',
    })
  })

  const stores: readonly (readonly [string, ReplayStore['claim'], Partial<Denial>])[] = [
    ['full', () => 'full', { kind: 'unavailable', code: 'replay_store_full' }],
    ['full, later', async () => 'full' as const, { kind: 'unavailable', code: 'replay_store_full' }],
    ['rejects', () => Promise.reject(new Error('away')), { kind: 'unavailable', code: 'replay_unavailable' }],
    ['answers nothing', () => undefined as never, { kind: 'unavailable', code: 'replay_unavailable' }],
    ['answers true', () => true as never, { kind: 'unavailable', code: 'replay_unavailable' }],
    ['used, later', async () => 'used' as const, { kind: 'unauthenticated', code: 'dpop_replayed' }],
    [
      'throws',
      () => {
        throw new Error('away')
      },
      { kind: 'unavailable', code: 'replay_unavailable' },
    ],
  ]
  test.each(stores)('a store that is %s', async (_name, claim, denial) => {
    expect(await again({ replay: { claim } })({})).toMatchObject({ allowed: false, ...denial })
  })

  test('a store elsewhere: of ten at once, one passes', async () => {
    const seen = new Set<string>()
    const claim: ReplayStore['claim'] = async (key) => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      if (seen.has(key)) return 'used'
      seen.add(key)
      return 'fresh'
    }
    const ask = again({ replay: { claim } })
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask({ jti: 'a' })))
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(1)
    expect([...seen][0]).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  test('proofs verified on a thread: of ten at once, one passes', async () => {
    const own = new DpopClient(testKey('ES384'))
    const token = own.token()
    const proof = own.proof(token)
    const ownGuard = own.guard({ algorithms: ['ES384'] })
    const answers = await Promise.all(Array.from({ length: 10 }, () => askFor(ownGuard, requestOf(token, [proof]))))
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(1)
  })
})

describe('a token bound to a key and a certificate', () => {
  const certificate = 'A'.repeat(43)
  const mtls = (allows: boolean): TokenProof => ({
    proof: 'mtls',
    confirms: 'x5t#S256',
    scheme: 'Bearer',
    challenge: {},
    required: false,
    prove: (_ctx, { refuse, thumbprint }) =>
      allows && thumbprint === certificate
        ? { allowed: true, facts: {} }
        : refuse('certificate_mismatch', 'invalid_token'),
  })
  const token = client.token({ cnf: { jkt: thumbprintOf(client.jwk), 'x5t#S256': certificate } })

  test.each([
    ['first', 0],
    ['last', 1],
  ])('asks for both, the proof that is used up last, wherever it is listed: %s', (_name, at) => {
    const proof = client.proof(token)
    const own = dpop({ origin: ORIGIN })
    const guardOf = (allows: boolean) =>
      client.guard({}, { proofs: at === 0 ? [own, mtls(allows)] : [mtls(allows), own] })
    expect(askFor(guardOf(false), requestOf(token, [proof]))).toMatchObject({ code: 'certificate_mismatch' })
    expect(askFor(guardOf(true), requestOf(token, []))).toMatchObject({ code: 'dpop_proof_missing' })
    expect(askFor(guardOf(true), requestOf(token, [proof]))).toMatchObject({
      facts: { principal: { proof: 'dpop' } },
    })
  })

  test('is refused where one of them is not asked for', () => {
    expect(askFor(guard, requestOf(token, [client.proof(token)]))).toMatchObject({ code: 'token_proof_missing' })
  })
})

test('the example of RFC 9449', () => {
  const { token, origin, path, iat, thumbprint, proof } = RFC9449_EXAMPLE
  const prove = (nowMs: number, method = 'GET') =>
    dpop({ origin }).prove(contextFor({ method, path, nowMs, headers: [['dpop', proof]] }), {
      token,
      thumbprint,
      refuse: (code) => ({ allowed: false, kind: 'internal', code }),
    })
  expect(prove(iat * 1000)).toMatchObject({ allowed: true })
  expect(prove(iat * 1000 + 60_001)).toMatchObject({ code: 'dpop_time_invalid' })
  expect(prove(iat * 1000, 'POST')).toMatchObject({ code: 'dpop_method_mismatch' })
})
