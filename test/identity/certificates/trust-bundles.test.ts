import { createTestCa, type TestCertificate } from '@wardline/test-kit'
import { describe, expect, test } from 'vitest'
import { type CertificateSourceOptions, certificateSource, type MtlsOptions, mtls } from '../../../src/index.js'
import { contextFor } from '../../support/context.js'
import { decideNow } from '../../support/guards.js'
import { fieldLines } from '../../vectors/mtls.js'

const PROXY = '10.0.0.1'
const [ours, theirs] = [await createTestCa(), await createTestCa()]
const OURS = 'spiffe://ours.example/service/ledger'
const THEIRS = 'spiffe://theirs.example/service/ledger'
const trustBundles = { 'ours.example': ours.certPem, 'theirs.example': () => theirs.certPem }
const allow = [
  { spiffe: { trustDomain: 'ours.example', paths: ['/service/*'] } },
  { spiffe: { trustDomain: 'theirs.example', paths: ['/service/*'] } },
]

const guardOf = (options: CertificateSourceOptions = { trustBundles }, rules: MtlsOptions['allow'] = allow) =>
  mtls({ source: certificateSource({ header: 'client-cert', trustedProxies: [PROXY], ...options }), allow: rules })

const ask = (certificate: TestCertificate, guard = guardOf()) =>
  decideNow(guard, contextFor({ client: PROXY, nowMs: Date.now(), headers: fieldLines('client-cert', certificate) }))

describe('each trust domain has authorities of its own', async () => {
  test.each([
    [OURS, ours, 'spiffe://ours.example'],
    [THEIRS, theirs, 'spiffe://theirs.example'],
  ] as const)('%s by its own', async (uri, ca, issuer) => {
    expect(ask(await ca.issue({ uris: [uri] }))).toMatchObject({ facts: { principal: { id: uri, issuer } } })
  })

  test.each([
    ['a name of ours by theirs', [OURS], theirs],
    ['a name of theirs by ours', [THEIRS], ours],
    ['a name of a third', ['spiffe://third.example/service/ledger'], ours],
    ['no name', [], ours],
    ['two names', [OURS, THEIRS], ours],
    ['the domain itself', ['spiffe://ours.example'], ours],
    ['another kind of URI', ['https://ours.example/service/ledger'], ours],
  ] as const)('%s: certificate_untrusted', async (_what, uris, ca) => {
    const certificate = await ca.issue({ uris: [...uris], dns: ['ledger.ours.example'] })
    expect(ask(certificate)).toMatchObject({ allowed: false, code: 'certificate_untrusted' })
    const anyOfThem = guardOf({ trustBundles }, 'any-verified')
    expect(ask(certificate, anyOfThem)).toMatchObject({ allowed: false, code: 'certificate_untrusted' })
  })

  test('authorities that cannot be had are a 503 for their own domain alone', async () => {
    const guard = guardOf({ trustBundles: { ...trustBundles, 'theirs.example': () => '' } })
    expect(ask(await theirs.issue({ uris: [THEIRS] }), guard)).toMatchObject({
      kind: 'unavailable',
      code: 'certificate_authorities_unavailable',
    })
    expect(ask(await ours.issue({ uris: [OURS] }), guard)).toMatchObject({ allowed: true })
  })
})

test.each<[string, () => unknown, RegExp]>([
  ['several domains over one set', () => guardOf({ ca: ours.certPem }), /several trust domains.*trustBundles/],
  [
    'several domains, one by a name',
    () => guardOf({ ca: ours.certPem }, [allow[0]!, { san: { uri: ['https://a.b/', THEIRS] } }]),
    /several trust domains.*trustBundles/,
  ],
  [
    'several domains by names alone',
    () => guardOf({ ca: ours.certPem }, [{ san: { uri: OURS } }, { san: { uri: THEIRS } }]),
    /several trust domains/,
  ],
  ['several domains over the TLS layer', () => mtls({ allow }), /several trust domains.*trustBundles/],
  [
    'a domain without a bundle',
    () => guardOf({ trustBundles: { 'ours.example': ours.certPem } }),
    /allow names theirs\.example, which trustBundles has nothing of/,
  ],
  ['both', () => guardOf({ trustBundles, ca: ours.certPem }), /either ca or trustBundles/],
  ['no domain', () => guardOf({ trustBundles: {} }), /trustBundles must be an object of 1 to 1000 trust domains/],
  ['a list', () => guardOf({ trustBundles: [ours.certPem] as never }), /trustBundles must be an object/],
  ['text', () => guardOf({ trustBundles: ours.certPem as never }), /trustBundles must be an object/],
  ['an ID', () => guardOf({ trustBundles: { 'spiffe://a.b': ours.certPem } }), /trustBundles must name trust domains/],
  ['no authority', () => guardOf({ trustBundles: { 'a.b': '' } }), /trustBundles\.a\.b holds no certificate/],
])('%s is a TypeError', (_what, make, message) => {
  expect(make).toThrow(message)
  expect(make).toThrow(TypeError)
})

test('one domain needs no bundle of its own', () => {
  expect(() => guardOf({ ca: ours.certPem }, [allow[0]!, { san: { dns: 'a.example' } }, allow[0]!])).not.toThrow()
})

test('a certificate that no rule lets in is named to the operator', async () => {
  const stranger = await ours.issue({ uris: ['spiffe://ours.example/person/a'] })
  expect(ask(stranger)).toMatchObject({
    code: 'certificate_not_allowed',
    cause: new Error('the certificate of spiffe://ours.example/person/a'),
  })
})
