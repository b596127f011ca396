import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { judged } from '../../../src/identity/tokens/token-profile.js'
import {
  allow,
  clientSecretBasic,
  type IssuerOptions,
  introspection,
  jwt,
  type TokenProof,
  trustedIssuer,
} from '../../../src/index.js'
import { AUDIENCE, ask, NOW_MS } from '../../support/fake-issuer.js'
import { FakeServer } from '../../support/fake-server.js'
import { party } from '../../support/party.js'

const own = party('https://idp.test')
const server = new FakeServer()
beforeAll(() => server.listen())
afterAll(() => server.close())
beforeEach(() => server.reset())

const refused = {
  kind: 'unauthenticated',
  code: 'token_claim_invalid',
  challenges: [{ scheme: 'Bearer', params: { realm: AUDIENCE, error: 'invalid_token' } }],
}
const fail = (what: unknown): never => {
  throw what
}

type Claims = Readonly<Record<string, unknown>>
type Kind = NonNullable<NonNullable<IssuerOptions['mapping']>['kind']>
/** Fails for tokens with the claim `odd` alone. */
const checkThat = (odd: () => unknown): Partial<IssuerOptions> => ({
  profile: { requiredClaims: {}, check: (claims: Claims) => (claims.odd === true ? (odd() as boolean) : true) },
})
const kindThat = (odd: () => unknown): Partial<IssuerOptions> => ({
  mapping: { kind: (claims) => (claims.odd === true ? (odd() as ReturnType<Kind>) : 'service') },
})

describe.each<[string, Partial<IssuerOptions>]>([
  ['profile.check throws', checkThat(() => fail(new TypeError('claims.org is undefined')))],
  ['profile.check throws undefined', checkThat(() => fail(undefined))],
  ['profile.check gives 1', checkThat(() => 1)],
  ['profile.check gives a Promise', checkThat(async () => true)],
  ['mapping.kind throws', kindThat(() => fail(new TypeError('claims.org is undefined')))],
  ['mapping.kind throws undefined', kindThat(() => fail(undefined))],
  ['mapping.kind gives nothing', kindThat(() => undefined)],
  ['mapping.kind gives null', kindThat(() => null)],
  ['mapping.kind gives another kind', kindThat(() => 'admin')],
  ['mapping.kind gives a kind in capitals', kindThat(() => 'User')],
  ['mapping.kind gives a list', kindThat(() => ['user'])],
  ['mapping.kind gives a Promise', kindThat(async () => 'user')],
])('%s: 401 for that token, and nothing to others', (_name, options) => {
  test('of JWTs', async () => {
    const guard = jwt(own.options(options))
    const odd = own.token({ odd: true })
    for (let i = 0; i < 2; i++) expect(await ask(guard, odd)).toMatchObject(refused)
    expect(await ask(guard, own.token())).toMatchObject({ allowed: true })
  })

  test('of introspected tokens: the issuer is well', async () => {
    const guard = server.guard(options as object)
    const odd = server.opaque(server.answer({ odd: true }))
    for (let i = 0; i < 2; i++) expect(await ask(guard, odd)).toMatchObject(refused)
    expect(await ask(guard, server.opaque(server.answer()))).toMatchObject({ allowed: true })
    expect(server.asked).toHaveLength(2)
  })
})

test.each<[string, Partial<IssuerOptions>, string]>([
  ['profile.check', checkThat(() => fail(new TypeError('claims.org is undefined'))), 'claims.org is undefined'],
  ['mapping.kind', kindThat(() => fail(new TypeError('claims.org is undefined'))), 'claims.org is undefined'],
  ['another kind', kindThat(() => 'admin'), 'what mapping.kind gives must be one of user, service, got "admin"'],
])('the audit trail is told why: %s', async (_name, options, message) => {
  const odd = server.opaque(server.answer({ odd: true }))
  for (const answer of [
    await ask(jwt(own.options(options)), own.token({ odd: true })),
    await ask(server.guard(options as object), odd),
  ]) {
    expect(answer).toMatchObject({ ...refused, cause: { message } })
  }
})

test('a kind that is told once, and not to a guard with other proofs, is a 401 there', async () => {
  const told: string[] = []
  const kind: Kind = () => (told.push('') > 1 ? fail(new Error('told before')) : 'user')
  const clientAuth = clientSecretBasic({ clientId: 'orders', clientSecret: 'secret' })
  const lookUp = introspection({ clientAuth })
  const issuers = [
    trustedIssuer({ issuer: server.issuer, audience: AUDIENCE, mapping: { kind }, introspection: lookUp }),
  ]
  const proof: TokenProof = {
    proof: 'mtls',
    confirms: 'x5t#S256',
    scheme: 'Bearer',
    challenge: {},
    required: false,
    prove: () => allow(),
  }
  const token = server.opaque(server.answer())
  expect(await ask(jwt({ issuers }), token)).toMatchObject({ facts: { principal: { kind: 'user' } } })
  expect(await ask(jwt({ issuers, proofs: [proof] }), token)).toMatchObject(refused)
  expect(server.asked).toHaveLength(1)
})

test.each<[string, Partial<IssuerOptions>]>([
  ['profile.check', checkThat(async () => fail(new Error('later')))],
  ['mapping.kind', kindThat(async () => fail(new Error('later')))],
])('%s that rejects later refuses the token, and ends nothing', async (_name, options) => {
  const rejections: unknown[] = []
  const note = (reason: unknown) => void rejections.push(reason)
  process.on('unhandledRejection', note)
  try {
    const answer = await ask(jwt(own.options(options)), own.token({ odd: true }))
    expect(answer).toMatchObject({ ...refused, cause: { message: 'it must answer at once, and not by a promise' } })
    await new Promise((resolve) => setImmediate(resolve))
    expect(rejections).toEqual([])
  } finally {
    process.off('unhandledRejection', note)
  }
})

test('an introspected token on which a function failed for once is looked up again in a second', async () => {
  let isWell = false
  const options = checkThat(() => isWell || fail(new Error('not yet')))
  const guard = server.guard(options as object)
  const token = server.opaque(server.answer({ odd: true }))
  expect(await ask(guard, token)).toMatchObject(refused)
  isWell = true
  expect(await ask(guard, token, NOW_MS + 999)).toMatchObject(refused)
  expect(await ask(guard, token, NOW_MS + 1_000)).toMatchObject({ allowed: true })
  expect(server.asked).toHaveLength(2)
})

test('what else throws is no refusal: it says nothing of the token', () => {
  expect(() => judged(() => fail(new RangeError('of our own')))).toThrow(RangeError)
})
