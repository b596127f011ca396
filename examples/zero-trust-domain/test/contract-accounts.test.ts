import { createHmac, KeyObject } from 'node:crypto'
import { type AuditedAnswer, freshSub, tokenFor } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { challengeOf, challengesOf, PROOF_ALGORITHMS, proofAlgorithms } from './support/challenges.js'
import { type Claims, DpopCaller, type ProofParts } from './support/dpop-caller.js'
import { boundToken, nowSeconds } from './support/tokens.js'
import { startWorld, type World } from './support/world.js'
import { ORIGIN, SERVICES, type ZeroTrustService } from './support/zero-trust-service.js'

const TARGET = '/accounts/me'

let world: World
let caller: DpopCaller
let other: DpopCaller
beforeAll(async () => {
  ;[world, caller, other] = await Promise.all([startWorld(), DpopCaller.create(), DpopCaller.create()])
})
afterAll(() => world.close())

describe.each(SERVICES)('%s', { concurrent: true }, (_name, script) => {
  let service: ZeroTrustService
  beforeAll(async () => {
    service = await world.start(script)
  })
  afterAll(() => service.close())

  const codeOf = async (answer: AuditedAnswer) => (await service.audit(answer)).code

  /** 401 with the one challenge that this route has. */
  async function expectRefused(answer: AuditedAnswer, code: string, error: string | undefined): Promise<void> {
    expect([answer.status, await codeOf(answer)]).toEqual([401, code])
    expect(challengesOf(answer).map(({ scheme }) => scheme)).toEqual(['DPoP'])
    const { algs, error: told } = challengeOf(answer, 'DPoP')!
    expect(proofAlgorithms(algs)).toEqual(PROOF_ALGORITHMS)
    expect(told).toBe(error)
    expect(await service.audit(answer)).not.toHaveProperty('principal')
  }

  describe('a DPoP-bound JWT of the first issuer, scope accounts:read', () => {
    test('is told how it was recognised', async () => {
      const sub = freshSub()
      const token = await boundToken(world.people, caller, { sub })
      const answer = await service.send({ target: TARGET, token, proof: await caller.proof({ target: TARGET, token }) })
      expect(answer.status).toBe(200)
      expect(answer.headers['content-type']).toMatch(/^application\/json/)
      expect(answer.json).toEqual({
        principal: { id: sub, issuer: world.people.issuer, client: 'test', kind: 'user', proof: 'dpop' },
      })
    })

    test('as the provider itself issues it', async () => {
      const token = await world.dpopToken(caller)
      const answer = await service.send({ target: TARGET, token, proof: await caller.proof({ target: TARGET, token }) })
      expect(answer.status).toBe(200)
      expect(answer.json.principal).toMatchObject({ issuer: world.people.issuer, kind: 'service', proof: 'dpop' })
    })

    test.each([['ES256'], ['RS256'], ['EdDSA']] as const)('proven by %s', async (algorithm) => {
      const holder = await DpopCaller.create(algorithm)
      const token = await boundToken(world.people, holder)
      expect(
        (await service.send({ target: TARGET, token, proof: holder.handmade({ target: TARGET, token }) })).status,
      ).toBe(200)
    })

    test.each<[what: string, change: (claims: Claims) => Claims]>([
      ['made 50 s ago', () => ({ iat: nowSeconds() - 50 })],
      ['dated 2 s ahead', () => ({ iat: nowSeconds() + 2 })],
      ['for the URI with a query and a fragment', () => ({ htu: `${ORIGIN}${TARGET}?a=b#c` })],
      ['for another spelling of the URI', () => ({ htu: 'HTTPS://Zero-Trust.TEST:8443/x/../accounts/%6De' })],
      ['with members that nobody knows', () => ({ more: { a: 1 } })],
      ['with a nonce that this route does not ask for', () => ({ nonce: 'x' })],
    ])('a proof %s', async (_what, change) => {
      const token = await boundToken(world.people, caller)
      const proof = caller.handmade({ target: TARGET, token }, ({ claims }) => ({
        claims: { ...claims, ...change(claims) },
      }))
      expect((await service.send({ target: TARGET, token, proof })).status).toBe(200)
    })

    test('whatever the letter case of the scheme, and beside a query', async () => {
      const token = await boundToken(world.people, caller)
      for (const scheme of ['dpop', 'DPOP']) {
        const proof = await caller.proof({ target: TARGET, token })
        expect((await service.send({ target: `${TARGET}?a=b`, token, proof, scheme })).status).toBe(200)
      }
    })

    test('HEAD is another method to a proof', async () => {
      const token = await boundToken(world.people, caller)
      const asked = { method: 'HEAD', target: TARGET, token }
      const forGet = await service.send({ ...asked, proof: caller.handmade({ target: TARGET, token }) })
      const forHead = await service.send({ ...asked, proof: caller.handmade(asked) })
      expect([forGet.status, forHead.status]).toEqual([401, 200])
      expect(await codeOf(forGet)).toBe('dpop_method_mismatch')
    })

    test.each([[''], ['accounts'], ['accounts:reads'], ['ACCOUNTS:READ'], ['payments:write']])(
      'scope %j is a 403',
      async (scope) => {
        const token = await boundToken(world.people, caller, { scope })
        const answer = await service.send({ target: TARGET, token, proof: caller.handmade({ target: TARGET, token }) })
        expect([answer.status, await codeOf(answer)]).toEqual([403, 'scope_missing'])
        expect(challengesOf(answer)).toMatchObject([
          { scheme: 'DPoP', params: { error: 'insufficient_scope', scope: 'accounts:read' } },
        ])
      },
    )
  })

  describe('a bearer token of any kind is refused', () => {
    test.each<[what: string, code: string, error: string | undefined, make: () => Promise<string>, scheme?: string]>([
      [
        'bound to nothing',
        'token_proof_missing',
        'invalid_token',
        () => tokenFor(world.people, { scope: 'accounts:read' }),
      ],
      ['bound to a key', 'token_scheme_mismatch', 'invalid_token', () => boundToken(world.people, caller)],
      [
        'bound to nothing, sent as DPoP',
        'token_proof_missing',
        'invalid_token',
        () => tokenFor(world.people, { scope: 'accounts:read' }),
        'DPoP',
      ],
      [
        'bound to a certificate',
        'token_proof_missing',
        'invalid_token',
        () => tokenFor(world.people, { scope: 'accounts:read', cnf: { 'x5t#S256': caller.jkt } }),
      ],
      [
        'of the second issuer',
        'token_key_unknown',
        'invalid_token',
        () => tokenFor(world.machines, { scope: 'accounts:read' }),
      ],
      ['that is opaque', 'token_malformed', 'invalid_token', () => world.opaqueToken()],
    ])('%s', async (_what, code, error, make, scheme = 'Bearer') => {
      await expectRefused(await service.send({ target: TARGET, token: await make(), scheme }), code, error)
    })

    test('also with a proof beside it', async () => {
      const token = await boundToken(world.people, caller)
      const proof = await caller.proof({ target: TARGET, token })
      const answer = await service.send({ target: TARGET, token, proof, scheme: 'Bearer' })
      await expectRefused(answer, 'token_scheme_mismatch', 'invalid_token')
      // and the proof is not used up by it
      expect((await service.send({ target: TARGET, token, proof })).status).toBe(200)
    })

    test('a bound token of another issuer', async () => {
      const token = await boundToken(world.machines, caller)
      const proof = await caller.proof({ target: TARGET, token })
      await expectRefused(await service.send({ target: TARGET, token, proof }), 'token_key_unknown', 'invalid_token')
    })

    test('an API key', async () => {
      const token = await world.issueKey('--client', 'x', '--scope', 'accounts:read')
      await expectRefused(await service.send({ target: TARGET, token, scheme: 'ApiKey' }), 'token_missing', undefined)
    })

    test('nothing at all', async () => {
      await expectRefused(await service.send({ target: TARGET }), 'token_missing', undefined)
    })
  })

  describe('a proof with one thing wrong', () => {
    type Change = (parts: ProofParts) => Partial<ProofParts>
    const header =
      (more: Claims): Change =>
      ({ header: before }) => ({ header: { ...before, ...more } })
    const claims =
      (more: () => Claims): Change =>
      ({ claims: before }) => ({ claims: { ...before, ...more() } })

    test.each<[what: string, code: string, change: Change]>([
      ['typ JWT', 'dpop_type_refused', header({ typ: 'JWT' })],
      ['no typ', 'dpop_type_refused', header({ typ: undefined })],
      ['typ of a token', 'dpop_type_refused', header({ typ: 'at+jwt' })],
      ['alg none', 'dpop_algorithm_refused', header({ alg: 'none' })],
      ['alg HS256', 'dpop_algorithm_refused', header({ alg: 'HS256' })],
      ['alg PS256', 'dpop_algorithm_refused', header({ alg: 'PS256' })],
      ['alg ES384', 'dpop_algorithm_refused', header({ alg: 'ES384' })],
      ['another alg than that of the key', 'dpop_key_refused', header({ alg: 'RS256' })],
      ['no jwk', 'dpop_key_refused', header({ jwk: undefined })],
      ['a jwk that is text', 'dpop_key_refused', header({ jwk: 'x' })],
      [
        'a private jwk',
        'dpop_key_refused',
        ({ header: before, signer }) => ({
          header: { ...before, jwk: signer.export({ format: 'jwk' }) },
        }),
      ],
      ['a symmetric jwk', 'dpop_key_refused', header({ jwk: { kty: 'oct', k: 'c2VjcmV0' } })],
      ['an unknown crit', 'dpop_proof_malformed', header({ crit: ['x'], x: 1 })],
      ['htm in lower case', 'dpop_method_mismatch', claims(() => ({ htm: 'get' }))],
      ['htm of another method', 'dpop_method_mismatch', claims(() => ({ htm: 'POST' }))],
      ['no htm', 'dpop_method_mismatch', claims(() => ({ htm: undefined }))],
      ['htu of another path', 'dpop_uri_mismatch', claims(() => ({ htu: `${ORIGIN}/payments` }))],
      ['htu in another letter case', 'dpop_uri_mismatch', claims(() => ({ htu: `${ORIGIN}/Accounts/me` }))],
      ['htu with a slash at its end', 'dpop_uri_mismatch', claims(() => ({ htu: `${ORIGIN}${TARGET}/` }))],
      ['htu of another host', 'dpop_uri_mismatch', claims(() => ({ htu: `https://evil.test:8443${TARGET}` }))],
      ['htu without the port', 'dpop_uri_mismatch', claims(() => ({ htu: `https://zero-trust.test${TARGET}` }))],
      ['htu over http', 'dpop_uri_mismatch', claims(() => ({ htu: `http://zero-trust.test:8443${TARGET}` }))],
      [
        'htu where it really listens',
        'dpop_uri_mismatch',
        claims(() => ({ htu: `${service.process.origin}${TARGET}` })),
      ],
      ['htu with userinfo', 'dpop_uri_mismatch', claims(() => ({ htu: `https://a@zero-trust.test:8443${TARGET}` }))],
      ['htu as a list', 'dpop_uri_mismatch', claims(() => ({ htu: [`${ORIGIN}${TARGET}`] }))],
      ['no htu', 'dpop_uri_mismatch', claims(() => ({ htu: undefined }))],
      ['iat 62 s ago', 'dpop_time_invalid', claims(() => ({ iat: nowSeconds() - 62 }))],
      ['iat 65 s ahead', 'dpop_time_invalid', claims(() => ({ iat: nowSeconds() + 65 }))],
      ['iat as text', 'dpop_time_invalid', claims(() => ({ iat: String(nowSeconds()) }))],
      ['no iat', 'dpop_time_invalid', claims(() => ({ iat: undefined }))],
      ['expired', 'dpop_time_invalid', claims(() => ({ exp: nowSeconds() - 60 }))],
      [
        'ath of another token',
        'dpop_token_mismatch',
        claims(() => ({ ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' })),
      ],
      ['no ath', 'dpop_token_mismatch', claims(() => ({ ath: undefined }))],
      ['no jti', 'dpop_proof_malformed', claims(() => ({ jti: undefined }))],
      ['an empty jti', 'dpop_proof_malformed', claims(() => ({ jti: '' }))],
      ['a jti that is a number', 'dpop_proof_malformed', claims(() => ({ jti: 1 }))],
      ['a jti of 5 000 characters', 'dpop_proof_malformed', claims(() => ({ jti: 'x'.repeat(5_000) }))],
      [
        'the key of somebody else',
        'dpop_key_mismatch',
        ({ header: before }) => ({
          header: { ...before, jwk: other.jwk },
          signer: other.signer,
        }),
      ],
      ['the signature of somebody else', 'dpop_signature_invalid', () => ({ signer: other.signer })],
    ])('%s', async (_what, code, change) => {
      const token = await boundToken(world.people, caller)
      const proof = caller.handmade({ target: TARGET, token }, change)
      await expectRefused(await service.send({ target: TARGET, token, proof }), code, 'invalid_dpop_proof')
    })

    test.each<[what: string, code: string, mangle: (proof: string) => string]>([
      ['a signature cut off', 'dpop_proof_malformed', (proof) => `${proof.split('.').slice(0, 2).join('.')}.`],
      ['a signature that is a zero', 'dpop_signature_invalid', (proof) => `${proof.slice(0, -86)}${'A'.repeat(86)}`],
      ['two parts', 'dpop_proof_malformed', (proof) => proof.split('.').slice(0, 2).join('.')],
      ['a list of two', 'dpop_proof_malformed', (proof) => `${proof}, ${proof}`],
      ['padding', 'dpop_proof_malformed', (proof) => `${proof}=`],
      ['text', 'dpop_proof_malformed', () => 'nonsense'],
      ['nothing', 'dpop_proof_malformed', () => ''],
      ['an HMAC with the public key', 'dpop_algorithm_refused', (proof) => hmac(proof)],
    ])('made of %s', async (_what, code, mangle) => {
      const token = await boundToken(world.people, caller)
      const answer = await service.send({
        target: TARGET,
        token,
        proof: mangle(caller.handmade({ target: TARGET, token })),
      })
      await expectRefused(answer, code, 'invalid_dpop_proof')
    })

    const hmac = (proof: string): string => {
      const [, payload] = proof.split('.')
      const head = Buffer.from(JSON.stringify({ typ: 'dpop+jwt', alg: 'HS256', jwk: caller.jwk })).toString('base64url')
      const pem = KeyObject.from(caller.keys.publicKey).export({ format: 'pem', type: 'spki' })
      return `${head}.${payload}.${createHmac('sha256', pem).update(`${head}.${payload}`).digest('base64url')}`
    }

    test('none at all', async () => {
      const token = await boundToken(world.people, caller)
      const answer = await service.send({ target: TARGET, token, scheme: 'DPoP' })
      await expectRefused(answer, 'dpop_proof_missing', 'invalid_dpop_proof')
    })

    test('two fields', async () => {
      const token = await boundToken(world.people, caller)
      const proofs = [1, 2].map(() => ['dpop', caller.handmade({ target: TARGET, token })] as const)
      const answer = await service.send({ target: TARGET, token, scheme: 'DPoP', headers: proofs })
      expect([answer.status, await codeOf(answer)]).toEqual([400, 'dpop_proof_repeated'])
    })

    test('made for another token of the same key', async () => {
      const [token, another] = await Promise.all([boundToken(world.people, caller), boundToken(world.people, caller)])
      const proof = caller.handmade({ target: TARGET, token: another })
      await expectRefused(
        await service.send({ target: TARGET, token, proof }),
        'dpop_token_mismatch',
        'invalid_dpop_proof',
      )
    })

    test('the token itself', async () => {
      const token = await boundToken(world.people, caller)
      await expectRefused(
        await service.send({ target: TARGET, token, proof: token }),
        'dpop_type_refused',
        'invalid_dpop_proof',
      )
    })
  })

  describe('jti once per window', () => {
    test('a proof that is sent again', async () => {
      const token = await boundToken(world.people, caller)
      const asked = { target: TARGET, token, proof: await caller.proof({ target: TARGET, token }) }
      expect((await service.send(asked)).status).toBe(200)
      const again = await service.send(asked)
      await expectRefused(again, 'dpop_replayed', 'invalid_dpop_proof')
      expect(await service.audit(again)).toMatchObject({ event: 'authn_token_reuse' })
    })

    test('sent twenty times at once: exactly one passes', async () => {
      const token = await boundToken(world.people, caller)
      const asked = { target: TARGET, token, proof: await caller.proof({ target: TARGET, token }) }
      const answers = await Promise.all(Array.from({ length: 20 }, () => service.send(asked)))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(19)
    })

    test('another proof with the same jti, for another token of the same key', async () => {
      const jti = crypto.randomUUID()
      const verdicts = []
      for (const token of [await boundToken(world.people, caller), await boundToken(world.people, caller)]) {
        const proof = caller.handmade({ target: TARGET, token }, ({ claims }) => ({ claims: { ...claims, jti } }))
        verdicts.push(await service.verdict({ target: TARGET, token, proof }))
      }
      expect(verdicts).toEqual([
        [200, 'allowed'],
        [401, 'dpop_replayed'],
      ])
    })

    test('the same jti of another key is another proof', async () => {
      const jti = crypto.randomUUID()
      for (const holder of [caller, other]) {
        const token = await boundToken(world.people, holder)
        const proof = holder.handmade({ target: TARGET, token }, ({ claims }) => ({ claims: { ...claims, jti } }))
        expect((await service.send({ target: TARGET, token, proof })).status).toBe(200)
      }
    })

    test('a proof that failed is not used up', async () => {
      const jti = crypto.randomUUID()
      const token = await boundToken(world.people, caller)
      const made = (htm: string) =>
        caller.handmade({ target: TARGET, token }, ({ claims }) => ({ claims: { ...claims, jti, htm } }))
      expect((await service.send({ target: TARGET, token, proof: made('PUT') })).status).toBe(401)
      expect((await service.send({ target: TARGET, token, proof: made('GET') })).status).toBe(200)
    })
  })
})
