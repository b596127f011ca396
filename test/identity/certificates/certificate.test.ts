import { createTestCa } from '@wardline/test-kit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { certificateOf } from '../../../src/identity/certificates/certificate.js'
import { PURPOSE } from '../../../src/identity/certificates/certificate-extensions.js'
import { pemCertificates } from '../../../src/identity/certificates/certificate-pem.js'
import { type DerValue, derAt, derMembers } from '../../../src/identity/certificates/der.js'
import { lastXfccElement } from '../../../src/identity/certificates/xfcc.js'

const ca = await createTestCa({ pathLength: 3 })
const leaf = await ca.issue({
  uris: ['spiffe://example.org/a'],
  dns: ['a.example.org', 'b.example.org'],
  ips: ['192.0.2.1', '2001:db8::1'],
})

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('DER', () => {
  test.each<[string, string, DerValue | undefined]>([
    ['a short length', '04 02 aabb', { tag: 4, start: 2, end: 4 }],
    ['a length in one octet', `04 81 80 ${'00'.repeat(128)}`, { tag: 4, start: 3, end: 131 }],
    ['nothing', '', undefined],
    ['a tag alone', '04', undefined],
    ['longer than there is', '04 03 aabb', undefined],
    ['an indefinite length', '30 80 0000', undefined],
    ['a length that fits into less', '04 81 02 aabb', undefined],
    ['a length with a leading zero', `04 82 0080 ${'00'.repeat(128)}`, undefined],
    ['a length in four octets', '04 84 00000002 aabb', undefined],
    ['a reserved length', '04 ff', undefined],
    ['a tag of several octets', '1f 81 01 00', undefined],
  ])('%s', (_what, bytes, value) => {
    const der = hex(bytes)
    expect(derAt(der, 0, der.length)).toEqual(value)
  })

  test('more than 1024 members are none', () => {
    const members = (count: number) => Buffer.alloc(2 * count, hex('0500'))
    expect(derMembers(members(1024), { tag: 0x30, start: 0, end: 2048 })).toHaveLength(1024)
    expect(derMembers(members(1025), { tag: 0x30, start: 0, end: 2050 })).toBeUndefined()
  })
})

describe('a certificate', () => {
  test('says what it says', () => {
    expect(certificateOf(leaf.der)).toMatchObject({
      names: {
        uri: ['spiffe://example.org/a'],
        dns: ['a.example.org', 'b.example.org'],
        email: [],
        ip: ['192.0.2.1', '2001:db8::1'],
      },
      isCa: false,
      pathLength: undefined,
      keyUsage: { digitalSignature: true, keyCertSign: false, crlSign: false },
      purposes: new Set([PURPOSE.serverAuth, PURPOSE.clientAuth]),
      isBeyond: false,
      isWellSigned: true,
      thumbprint: leaf.thumbprint,
      issuer: 'CN=Test CA',
      subject: 'CN=leaf',
    })
    expect(certificateOf(ca.der)).toMatchObject({
      isCa: true,
      pathLength: 3,
      keyUsage: { digitalSignature: false, keyCertSign: true, crlSign: true },
      purposes: undefined,
    })
  })

  /** The octets of `leaf` with one run of them replaced by another of the same length. */
  const changed = (from: Buffer, to: Buffer) => {
    const der = Buffer.from(leaf.der)
    const at = der.indexOf(from)
    expect(at).toBeGreaterThan(0)
    to.copy(der, at)
    return der
  }

  test.each([
    ['a NUL in a DNS name', changed(Buffer.from('a.example.org'), Buffer.from('a.examp\0e.org'))],
    ['a letter beyond ASCII in a URI', changed(Buffer.from('org/a'), Buffer.from('org/\xe4', 'latin1'))],
    ['a space in a URI', changed(Buffer.from('org/a'), Buffer.from('org/ '))],
    ['an extension twice', changed(hex('0603551d0e'), hex('0603551d11'))],
    ['key usage that is none', changed(hex('0603551d0f 0101ff 0404 0302'), hex('0603551d0f 0101ff 0404 0402'))],
    ['a critical mark that is neither', changed(hex('0603551d0f 0101ff'), hex('0603551d0f 010101'))],
  ])('with %s is none', (_what, der) => {
    expect(certificateOf(der)).toBeUndefined()
  })

  test('with a critical extension that is unknown', () => {
    expect(certificateOf(changed(hex('0603551d0f 0101ff'), hex('0603551d63 0101ff')))).toMatchObject({ isBeyond: true })
  })

  test('is the same object again', () => {
    expect(certificateOf(Buffer.from(leaf.der))).toBe(certificateOf(leaf.der))
  })

  test('of more than 32 KiB is none', () => {
    expect(certificateOf(Buffer.concat([leaf.der, Buffer.alloc(40_000)]))).toBeUndefined()
  })

  test('whatever the octets are, nothing is thrown', () => {
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .array(fc.tuple(fc.nat(leaf.der.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
        .map((changes) => changes.reduce((der, [at, octet]) => der.fill(octet, at, at + 1), Buffer.from(leaf.der))),
      fc.nat(leaf.der.length).map((length) => leaf.der.subarray(0, length)),
    )
    fc.assert(
      fc.property(octets, (bytes) => {
        const certificate = certificateOf(Buffer.from(bytes))
        return certificate === undefined || certificate.x509.raw.equals(bytes)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('PEM', () => {
  test.each([
    ['one', leaf.certPem, 1, false],
    ['two with words between', `${leaf.certPem}# root\n${ca.certPem}`, 2, true],
    ['none', 'nothing', 0, true],
    ['empty', '', 0, false],
  ])('%s', (_what, text, count, hasMore) => {
    const found = pemCertificates(text, 5)
    expect([found?.certificates.length, found?.hasMore]).toEqual([count, hasMore])
  })

  test.each([
    ['an open block', leaf.certPem.slice(0, -30)],
    ['a broken one behind a good one', `${leaf.certPem}${ca.certPem.replace('MII', 'MIJ')}`],
    ['another alphabet', leaf.certPem.replace('MII', '_II')],
    ['an empty block', '-----BEGIN CERTIFICATE----------END CERTIFICATE-----'],
    ['more than there may be', leaf.certPem.repeat(6)],
  ])('%s is a fault', (_what, text) => {
    expect(pemCertificates(text, 5)).toBeUndefined()
  })
})

describe('the field of Envoy', () => {
  const NOTHING = { hash: undefined, cert: undefined, chain: undefined, uris: [] }

  test.each([
    ['By=a;Hash=b;URI=c;URI=d;DNS=e;DNS=f', { hash: 'b', uris: ['c', 'd'] }],
    ['Hash=a, Hash=b', { hash: 'b' }],
    ['Subject="a;Hash=b,Hash=c";Hash=d', { hash: 'd' }],
    ['Subject="a\\";Hash=b";Hash=d', { hash: 'd' }],
    ['Cert="a%2C";Chain="b\\"\\\\"', { cert: 'a%2C', chain: 'b"\\' }],
    ['hash=a;uri=', { hash: 'a' }],
    ['Subject=""', {}],
  ])('%s', (text, element) => {
    expect(lastXfccElement(text)).toEqual({ ...NOTHING, ...element })
  })

  test.each([
    '',
    ',',
    'Hash=a,',
    'Hash',
    '=a',
    'Hash=a;',
    'Hash=a;Hash=b',
    'Hash=a;hash=b',
    'Hash="a',
    'Hash=a"b"',
    'Hash="a"b',
    'Hash="a""b"',
    'Hash="a\\"',
    'Role=admin',
    'Role=admin,Hash=a',
    'constructor=a',
    Array(66).join('Hash=a,'),
  ])('%j is malformed', (text) => {
    expect(lastXfccElement(text)).toBeUndefined()
  })

  test('whatever a client writes ahead, the element of the proxy counts or none', () => {
    const ahead = fc
      .array(fc.constantFrom('"', '\\', ',', ';', '=', 'Cert', 'Hash', 'URI', 'a', ' ', 'Subject="'), { maxLength: 30 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(ahead, (text) => {
        const element = lastXfccElement(`${text},Hash=${'0'.repeat(64)};Cert="proxy";Subject="CN=a\\"b"`)
        return element === undefined || element.cert === 'proxy'
      }),
      { numRuns: 3_000 },
    )
  })
})
