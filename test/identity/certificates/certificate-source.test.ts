import { createTestCa, selfSigned, type TestCertificate } from '@wardline/test-kit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CertificateField,
  type CertificateSourceOptions,
  certificateSource,
  mtls,
  type RequestContext,
  refuseForgedCertificates,
} from '../../../src/index.js'
import { contextFor } from '../../support/context.js'
import { decideNow } from '../../support/guards.js'
import { fieldLines, RFC9440_EXAMPLE, refusedFields } from '../../vectors/mtls.js'

const PROXY = '10.0.0.1'
const FIELDS: readonly CertificateField[] = ['client-cert', 'x-forwarded-client-cert', 'x-ssl-client-cert']

const ca = await createTestCa()
const leaf = await ca.issue({ uris: ['spiffe://example.org/service/a'], dns: ['a.example.org'] })
const other = await ca.issue({ name: 'other' })

const sourceOf = (header: CertificateField, rest: CertificateSourceOptions = {}) =>
  certificateSource({ header, trustedProxies: [PROXY], ca: ca.certPem, ...rest })

type Lines = readonly (readonly [name: string, value: string])[]

const ctxOf = (headers: Lines, client = PROXY, nowMs = Date.now()): RequestContext =>
  contextFor({ headers, client, nowMs })

const ask = (header: CertificateField, headers: Lines, rest: CertificateSourceOptions = {}, client = PROXY) =>
  mtls({ source: sourceOf(header, rest), allow: 'any-verified', identity: 'thumbprint' }).check(
    ctxOf(headers, client),
    {},
  )

describe('a field of a proxy', () => {
  test.each(FIELDS)('%s holds the certificate', (field) => {
    expect(ask(field, fieldLines(field, leaf))).toMatchObject({
      allowed: true,
      facts: { principal: { id: leaf.thumbprint, issuer: 'CN=Test CA', kind: 'service', proof: 'mtls' } },
    })
  })

  test.each(refusedFields(leaf, other).map((row) => [row.input, row.code, row] as const))('%s: %s', (_i, code, row) => {
    expect(ask(row.field, row.lines)).toMatchObject({ kind: 'invalid', code })
  })

  test.each(FIELDS)('%s is not there: certificate_missing', (field) => {
    expect(ask(field, [])).toMatchObject({
      kind: 'unauthenticated',
      code: 'certificate_missing',
      challenges: [{ scheme: 'ClientCertificate' }],
    })
  })

  test('an Envoy that sends no Cert: the operator is told what to set', () => {
    const field = 'x-forwarded-client-cert'
    expect(ask(field, [[field, 'By=spiffe://example.org/proxy;URI=spiffe://example.org/service/a']])).toMatchObject({
      kind: 'invalid',
      code: 'certificate_header_malformed',
      cause: expect.objectContaining({ message: expect.stringContaining('cert: true') }),
    })
    expect(ask(field, [[field, 'By="']])).not.toHaveProperty('cause')
  })

  test('nginx writes none for a client without', () => {
    expect(ask('x-ssl-client-cert', [['x-ssl-client-cert', '']])).toMatchObject({ code: 'certificate_missing' })
  })

  test('the last element of Envoy counts, whatever is ahead of it', () => {
    const [[, first]] = fieldLines('x-forwarded-client-cert', other) as [[string, string]]
    const [[, last]] = fieldLines('x-forwarded-client-cert', leaf) as [[string, string]]
    const subject = 'Subject="CN=a\\"b,c;d=e"'
    const value = `${first},${subject};URI=;Hash=${Buffer.from(leaf.thumbprint, 'base64url').toString('hex')};${last}`
    expect(ask('x-forwarded-client-cert', [['x-forwarded-client-cert', value]])).toMatchObject({
      facts: { principal: { id: leaf.thumbprint } },
    })
  })

  test('another field of a trusted proxy is not read', () => {
    expect(ask('client-cert', fieldLines('x-ssl-client-cert', leaf))).toMatchObject({ code: 'certificate_missing' })
  })

  test('the certificate of the proxy itself is nobody else', () => {
    const ctx = ctxOf([])
    const peer = { ...ctx.peer, certificate: () => expect.fail('asked') as never }
    const guard = mtls({ source: sourceOf('client-cert'), allow: 'any-verified' })
    expect(guard.check({ ...ctx, peer }, {})).toMatchObject({ code: 'certificate_missing' })
  })

  test('the example of RFC 9440', () => {
    const { clientCert, clientCertChain, rootPem, validAtMs, email, issuer } = RFC9440_EXAMPLE
    const guard = mtls({ source: sourceOf('client-cert', { ca: rootPem }), allow: [{ san: { email }, issuer }] })
    const lines = [
      ['Client-Cert', clientCert],
      ['Client-Cert-Chain', clientCertChain],
    ] as const
    expect(guard.check(ctxOf(lines, PROXY, validAtMs), {})).toMatchObject({
      facts: { principal: { id: email, issuer } },
    })
    // the path was remembered, and holds no longer
    expect(guard.check(ctxOf(lines, PROXY, Date.UTC(2031, 0)), {})).toMatchObject({ code: 'certificate_untrusted' })
    expect(guard.check(ctxOf(lines, PROXY, Date.UTC(2022, 0)), {})).toMatchObject({ code: 'certificate_expired' })
    const alone = mtls({ source: sourceOf('client-cert', { ca: rootPem }), allow: [{ san: { email } }] })
    expect(alone.check(ctxOf(lines.slice(0, 1), PROXY, validAtMs), {})).toMatchObject({ code: 'certificate_untrusted' })
  })
})

describe('a field of anybody else', () => {
  const refused = { kind: 'invalid', code: 'certificate_header_refused', event: 'malicious_extraneous' }
  const fields = [...FIELDS, 'client-cert-chain']

  test.each(fields)('%s is refused, whatever is in it', (field) => {
    for (const header of FIELDS) {
      for (const value of ['', 'x', leaf.certPem])
        expect(ask(header, [[field, value]], {}, '10.0.0.2')).toMatchObject(refused)
    }
    const plain = mtls({ allow: 'any-verified' })
    expect(plain.check(ctxOf([[field, 'x']]), {})).toMatchObject(refused)
  })

  test.each(fields)('%s is refused by the guard of a whole service', (field) => {
    const guard = refuseForgedCertificates(sourceOf('client-cert'))
    expect(decideNow(guard, ctxOf([[field, 'x']], '10.0.0.2'))).toMatchObject(refused)
    expect(decideNow(guard, ctxOf([], '10.0.0.2'))).toMatchObject({ allowed: true })
    expect(decideNow(guard, ctxOf([[field, 'x']]))).toMatchObject({ allowed: true })
  })

  test('a peer without an address is nobody', () => {
    const ctx = ctxOf(fieldLines('client-cert', leaf))
    const peer = { ...ctx.peer, address: undefined }
    expect(sourceOf('client-cert').present({ ...ctx, peer })).toMatchObject(refused)
  })
})

describe('the path to an authority', () => {
  const through = async (
    authority: { issue: (typeof ca)['issue']; certPem: string },
    chain: readonly TestCertificate[],
  ) => {
    const issued = await authority.issue()
    return ask('client-cert', [
      ...fieldLines('client-cert', issued),
      ['client-cert-chain', chain.map(({ der }) => `:${der.toString('base64')}:`).join(', ')],
    ])
  }
  const untrusted = { kind: 'unauthenticated', code: 'certificate_untrusted' }

  test('through one and through several intermediates, in any order', async () => {
    const first = await ca.intermediate({ name: 'first' })
    const second = await first.intermediate({ name: 'second' })
    expect(await through(first, [first])).toMatchObject({ allowed: true })
    expect(await through(second, [first, second])).toMatchObject({ allowed: true })
    expect(await through(second, [second])).toMatchObject(untrusted)
  })

  test.each([
    ['no CA', { ca: false }],
    ['no basic constraints', { ca: null }],
    ['no keyCertSign', { keyUsage: ['digitalSignature'] as const }],
    ['expired', { notBefore: new Date(0), notAfter: new Date(1_000_000_000_000) }],
    ['not valid yet', { notBefore: new Date(Date.now() + 3_600_000) }],
    ['for servers only', { extendedKeyUsage: ['serverAuth'] }],
  ])('an intermediate with one fault: %s', async (_fault, options) => {
    const between = await ca.intermediate(options)
    expect(await through(between, [between])).toMatchObject(untrusted)
  })

  test('a path longer than an authority allows', async () => {
    const first = await ca.intermediate({ name: 'short', pathLength: 0 })
    const second = await first.intermediate({ name: 'below' })
    expect(await through(first, [first])).toMatchObject({ allowed: true })
    expect(await through(second, [first, second])).toMatchObject(untrusted)
  })

  test('another authority of the same name, a certificate of its own making', async () => {
    const impostor = await createTestCa()
    expect(await through(impostor, [impostor])).toMatchObject(untrusted)
    expect(ask('client-cert', fieldLines('client-cert', await selfSigned()))).toMatchObject(untrusted)
    // an authority that is trusted is no caller
    expect(ask('client-cert', fieldLines('client-cert', ca))).toMatchObject({ code: 'certificate_is_ca' })
  })

  test('more intermediates than five', async () => {
    const chain = [ca]
    for (let i = 0; i < 6; i++) chain.push(await chain.at(-1)!.intermediate({ name: `depth ${i}` }))
    expect(await through(chain[5]!, chain.slice(1, 6))).toMatchObject({ allowed: true })
    expect(await through(chain[6]!, chain.slice(1))).toMatchObject(untrusted)
  })

  test('an intermediate that was sent once, as a resumed session does not send it again', async () => {
    const between = await ca.intermediate()
    const below = await between.issue()
    let bundle = ca.certPem
    const source = sourceOf('client-cert', { ca: () => bundle })
    const guard = mtls({ source, allow: 'any-verified' })
    const alone = fieldLines('client-cert', below)
    expect(guard.check(ctxOf(alone), {})).toMatchObject(untrusted)
    const chain = [['client-cert-chain', `:${between.der.toString('base64')}:`]] as const
    expect(guard.check(ctxOf([...alone, ...chain]), {})).toMatchObject({ allowed: true })
    const foreign = await (await createTestCa()).intermediate()
    const broken = [['client-cert-chain', `:${foreign.der.toString('base64')}:`]] as const
    expect(guard.check(ctxOf([...alone, ...broken]), {})).toMatchObject(untrusted)
    bundle = `${(await createTestCa({ name: 'Next CA' })).certPem}${ca.certPem}`
    expect(guard.check(ctxOf(alone), {})).toMatchObject({ allowed: true })
  })

  test('an authority that was removed, added, or cannot be had', async () => {
    const next = await createTestCa({ name: 'Next CA' })
    let current: () => string = () => ca.certPem
    const guard = mtls({
      source: sourceOf('client-cert', { ca: () => current() }),
      allow: 'any-verified',
      identity: 'thumbprint',
    })
    const asked = () => guard.check(ctxOf(fieldLines('client-cert', leaf)), {})
    expect(asked()).toMatchObject({ allowed: true })
    current = () => next.certPem
    expect(asked()).toMatchObject(untrusted)
    current = () => next.certPem + ca.certPem
    expect(asked()).toMatchObject({ allowed: true })
    current = () => {
      throw new Error('away')
    }
    expect(asked()).toMatchObject({ kind: 'unavailable', code: 'certificate_authorities_unavailable' })
    current = () => 'garbage'
    expect(asked()).toMatchObject({ kind: 'unavailable', code: 'certificate_authorities_unavailable' })
  })
})

describe('hostile input', () => {
  test.each(FIELDS)('%s: whatever it is, a decision', (field) => {
    const value = fc.oneof(
      fc.string(),
      fc
        .array(
          fc.constantFrom(
            '"',
            '\\',
            ',',
            ';',
            '=',
            'Cert',
            'Hash',
            'URI',
            ':',
            '%',
            '%2',
            'A',
            '-----BEGIN CERTIFICATE-----',
            '-----END CERTIFICATE-----',
          ),
          { maxLength: 60 },
        )
        .map((parts) => parts.join('')),
      fc.tuple(fc.nat(leaf.der.length - 1), fc.nat(255)).map(([at, octet]) => {
        const der = Buffer.from(leaf.der)
        der[at] = octet
        return `:${der.toString('base64')}:`
      }),
    )
    fc.assert(
      fc.property(value, (text) => {
        const answer = ask(field, [[field, text]])
        if ('then' in answer || answer.allowed) return text === `:${leaf.der.toString('base64')}:`
        return ['invalid', 'unauthenticated'].includes(answer.kind)
      }),
      { numRuns: 600 },
    )
  })

  test.each([
    ['quotes', '"'.repeat(60_000)],
    ['elements', ','.repeat(60_000)],
    ['pairs', 'By=a;'.repeat(12_000)],
    ['blocks', encodeURIComponent('-----BEGIN CERTIFICATE-----').repeat(1_500)],
    ['colons', ':'.repeat(60_000)],
  ])('60 kB of %s take no time', (_what, text) => {
    const start = performance.now()
    for (const field of FIELDS) expect(ask(field, [[field, text]])).toMatchObject({ kind: 'invalid' })
    expect(performance.now() - start).toBeLessThan(500)
  })
})

describe('options', () => {
  test.each<[string, CertificateSourceOptions, RegExp]>([
    ['a header without proxies', { header: 'client-cert', ca: ca.certPem }, /header needs trustedProxies/],
    ['a header without authorities', { header: 'client-cert', trustedProxies: [PROXY] }, /header needs ca/],
    ['another header', { header: 'x-cert' as never }, /header must be one of client-cert.*"x-cert"/],
    ['no proxies', { trustedProxies: [] }, /trustedProxies must be an array/],
    ['every proxy', { trustedProxies: ['0.0.0.0/0'] }, /covers every address/],
    ['no PEM', { ca: 'x' }, /ca holds no certificate/],
    ['a broken one', { ca: ca.certPem.replace('MII', 'MIJ') }, /ca holds a certificate that cannot be read/],
    ['a leaf', { ca: [ca.certPem, Buffer.from(leaf.certPem)] }, /ca: "CN=leaf" is no certification authority/],
    ['a number', { ca: 1 as never }, /ca must be PEM text or bytes, got 1/],
    ['a misspelt one', { proxies: [] } as never, /unknown option proxies/],
  ])('%s is a TypeError', (_what, options, message) => {
    expect(() => certificateSource(options)).toThrow(message)
    expect(() => certificateSource(options)).toThrow(TypeError)
  })
})
