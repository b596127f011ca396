import { X509Certificate } from 'node:crypto'
import { createTestCa, type TestCertificate } from '@wardline/test-kit'
import { describe, expect, test } from 'vitest'
import { certificateSource, type Decision, evaluate, jwt, type MtlsOptions, mtls } from '../../../src/index.js'
import { contextFor } from '../../support/context.js'
import { NOW, NOW_MS } from '../../support/fake-issuer.js'
import { outcomeOf } from '../../support/outcome.js'
import { party } from '../../support/party.js'
import { promisesMadeBy } from '../../support/promises.js'
import { makeCertificates } from '../../vectors/bound-certificates.js'
import { BOUND_TOKEN_CASES, type BoundTokenCase } from '../../vectors/rfc8705.js'
import { ACCEPTED_SVIDS, REFUSED_SVIDS, SVID, TRUST_DOMAIN } from '../../vectors/svid.js'

const ca = await createTestCa({ name: 'Services' })

/** As TLS hands it over. */
const ctxOf = (
  certificate: TestCertificate | undefined,
  nowMs = Date.now(),
  headers: readonly (readonly [string, string])[] = [],
) => {
  const ctx = contextFor({ nowMs, headers })
  const x509 = certificate && new X509Certificate(certificate.der)
  return { ...ctx, peer: { ...ctx.peer, encrypted: true, certificate: () => x509 } }
}

const LEDGER: MtlsOptions = { allow: [{ spiffe: { trustDomain: TRUST_DOMAIN, paths: ['/service/*'] } }] }

describe('an X509-SVID', () => {
  test.each(REFUSED_SVIDS.map((row) => [row.input, row.code, row] as const))(
    '%s: %s',
    async (_input, code, { change }) => {
      const certificate = await ca.issue({ ...SVID, ...change })
      expect(mtls(LEDGER).check(ctxOf(certificate), {})).toMatchObject({
        allowed: false,
        kind: 'unauthenticated',
        code,
      })
    },
  )

  test.each(ACCEPTED_SVIDS.map((row) => [row.input, row] as const))(
    'and nothing wrong: %s',
    async (_input, { change }) => {
      const certificate = await ca.issue({ ...SVID, ...change })
      expect(mtls(LEDGER).check(ctxOf(certificate), {})).toMatchObject({
        allowed: true,
        facts: { principal: { id: SVID.uris[0], issuer: 'spiffe://example.org', kind: 'service', proof: 'mtls' } },
      })
    },
  )

  test.each([
    ['/service/**', 'spiffe://example.org/service/a/b', true],
    ['/service/**', 'spiffe://example.org/service', false],
    ['/service/*/read', 'spiffe://example.org/service/a/read', true],
    ['/service/*/read', 'spiffe://example.org/service/a/b/read', false],
    ['/**', 'spiffe://example.org/anything', true],
    ['/service/a', 'spiffe://example.org/service/A', false],
    ['/service/a.c', 'spiffe://example.org/service/abc', false],
  ])('the pattern %s and %s: %s', async (pattern, uri, allowed) => {
    const guard = mtls({ allow: [{ spiffe: { trustDomain: TRUST_DOMAIN, paths: [pattern] } }] })
    expect(guard.check(ctxOf(await ca.issue({ uris: [uri] })), {})).toMatchObject({ allowed })
  })
})

describe('rules', async () => {
  const certificate = await ca.issue({
    name: 'batch',
    uris: ['urn:service:batch'],
    dns: ['Batch.example.org'],
    ips: ['192.0.2.7', '2001:db8::7'],
  })
  const not = 'certificate_not_allowed'

  test.each<[string, MtlsOptions, string]>([
    ['a DNS name in another case', { allow: [{ san: { dns: 'batch.Example.org' } }] }, 'batch.example.org'],
    ['an address in another spelling', { allow: [{ san: { ip: '2001:DB8:0::7' } }] }, '2001:db8::7'],
    ['one of several', { allow: [{ san: { uri: ['urn:a', 'urn:service:batch'] } }] }, 'urn:service:batch'],
    ['a second rule', { allow: [{ spiffe: { trustDomain: 'a.b' } }, { san: { ip: '192.0.2.7' } }] }, '192.0.2.7'],
    [
      'all members of a rule',
      { allow: [{ issuer: 'CN=Services', thumbprint: certificate.thumbprint }] },
      'urn:service:batch',
    ],
    ['any that is verified', { allow: 'any-verified' }, 'urn:service:batch'],
    ['another identity', { allow: 'any-verified', identity: 'subject' }, 'CN=batch'],
    ['a thumbprint as identity', { allow: 'any-verified', identity: 'thumbprint' }, certificate.thumbprint],
  ])('%s', (_what, options, id) => {
    expect(mtls(options).check(ctxOf(certificate), {})).toMatchObject({
      allowed: true,
      facts: { principal: { id, issuer: 'CN=Services' } },
    })
  })

  test.each<[string, MtlsOptions, string]>([
    ['a longer DNS name', { allow: [{ san: { dns: 'example.org' } }] }, not],
    ['a star', { allow: [{ san: { dns: '*.example.org' } }] }, not],
    ['a URI as DNS name', { allow: [{ san: { dns: 'urn:service:batch' } }] }, not],
    ['a URI in another case', { allow: [{ san: { uri: 'URN:service:batch' } }] }, not],
    ['one member of two', { allow: [{ san: { uri: 'urn:service:batch', dns: 'a.example.org' } }] }, not],
    ['another issuer', { allow: [{ san: { uri: 'urn:service:batch' }, issuer: 'CN=Service' }] }, not],
    ['another thumbprint', { allow: [{ thumbprint: ca.thumbprint }] }, not],
    ['two names of the chosen kind', { allow: 'any-verified', identity: 'ip' }, 'certificate_identity_missing'],
    ['no name of the chosen kind', { allow: 'any-verified', identity: 'email' }, 'certificate_identity_missing'],
  ])('%s: refused', (_what, options, code) => {
    expect(mtls(options).check(ctxOf(certificate), {})).toMatchObject({ allowed: false, kind: 'unauthenticated', code })
  })

  test('a name that hides another one is one name', async () => {
    // CVE-2021-44532: Node prints the names in one line
    const hidden = await ca.issue({ uris: ['urn:x,DNS:admin.example.org'] })
    const guard = mtls({ allow: [{ san: { dns: 'admin.example.org' } }] })
    expect(guard.check(ctxOf(hidden), {})).toMatchObject({ code: not })
  })

  test.each<[string, MtlsOptions, RegExp]>([
    ['no rules', { allow: [] }, /allow must be a list of rules or 'any-verified', got an array/],
    ['an empty rule', { allow: [{}] }, /a rule must not be empty/],
    ['an empty list of names', { allow: [{ san: { dns: [] } }] }, /allow.san.dns must not be empty/],
    ['no address', { allow: [{ san: { ip: 'x' } }] }, /allow.san.ip is no address: "x"/],
    ['a misspelt member', { allow: [{ spife: {} } as never] }, /unknown option spife/],
    ['an ID as trust domain', { allow: [{ spiffe: { trustDomain: 'a/b' } }] }, /trustDomain must be the name/],
    ['a hex thumbprint', { allow: [{ thumbprint: 'ab'.repeat(32) }] }, /thumbprint must be a SHA-256 in base64url/],
    ...['service/*', '', '/', '/a*', '/**/a', '/a//b', '/a/..', '/%61'].map((path): [string, MtlsOptions, RegExp] => [
      `the pattern ${path}`,
      { allow: [{ spiffe: { trustDomain: 'a.b', paths: [path] } }] },
      /allow.spiffe.paths/,
    ]),
    ['no warning', { allow: 'any-verified', expiryWarningDays: 0 }, /expiryWarningDays must be an integer/],
    ['another source', { allow: 'any-verified', source: {} as never }, /source.present must be a function/],
  ])('%s is a TypeError', (_what, options, message) => {
    expect(() => mtls(options)).toThrow(message)
    expect(() => mtls(options)).toThrow(TypeError)
  })
})

describe('a token bound to a certificate (RFC 8705 section 3)', async () => {
  const issuer = party('https://id.example')
  const { root, of } = await makeCertificates()
  const source = certificateSource({ ca: root.certPem })
  const guardThat = (required: boolean) => jwt({ ...issuer.options(), proofs: [mtls({ ...LEDGER, source, required })] })
  const guards = { lenient: guardThat(false), strict: guardThat(true) }

  test.each(BOUND_TOKEN_CASES)(
    '$input ($section)',
    ({ presents, cnf, required = false, expiresIn = 300, expected }: BoundTokenCase) => {
      const token = issuer.token({ exp: NOW + expiresIn, cnf: cnf(of) })
      const certificate = presents === undefined ? undefined : of[presents]
      const ctx = ctxOf(certificate, NOW_MS, [['authorization', `Bearer ${token}`]])
      expect(outcomeOf(evaluate(required ? guards.strict : guards.lenient, ctx, {}) as Decision)).toEqual(expected)
    },
  )

  test.each([
    ['its certificate', issuer.token({ cnf: { 'x5t#S256': of.ledger.thumbprint } }), 'mtls'],
    ['none', issuer.token(), 'bearer'],
  ])('the principal of a token bound to %s', (_what, token, proof) => {
    const ctx = ctxOf(of.ledger, NOW_MS, [['authorization', `Bearer ${token}`]])
    expect(guards.lenient.check(ctx, {})).toMatchObject({ facts: { principal: { id: 'alice', proof } } })
  })
})

describe('at work', () => {
  test('one allowance for all requests of a certificate, and no promise', async () => {
    const guard = mtls(LEDGER)
    const certificate = await ca.issue(SVID)
    const ctx = ctxOf(certificate)
    const first = guard.check(ctx, {})
    expect(guard.check(ctxOf(certificate), {})).toBe(first)
    expect(promisesMadeBy(() => guard.check(ctx, {})).promises).toBe(0)
  })

  test('a certificate that ends between two requests', async () => {
    const guard = mtls(LEDGER)
    const ctx = ctxOf(await ca.issue(SVID))
    expect(guard.check(ctx, {})).toMatchObject({ allowed: true })
    expect(guard.check({ ...ctx, nowMs: ctx.nowMs + 25 * 3_600_000 }, {})).toMatchObject({
      code: 'certificate_expired',
    })
  })

  test('tells of a certificate that ends soon, once an hour', async () => {
    const guard = mtls({ ...LEDGER, expiryWarningDays: 1 })
    const ctx = ctxOf(await ca.issue({ ...SVID, notAfter: new Date(Date.now() + 10 * 3_600_000) }))
    const later = ctxOf(await ca.issue({ ...SVID, notAfter: new Date(Date.now() + 48 * 3_600_000) }))
    for (const afterMs of [0, 1_000, 3_599_000, 3_601_000]) guard.check({ ...ctx, nowMs: ctx.nowMs + afterMs }, {})
    guard.check(later, {})
    const told = { event: 'authn_login_success', code: 'certificate_expiring', guard: 'mtls' }
    expect([ctx.events, later.events]).toEqual([[told, told], []])
  })
})
