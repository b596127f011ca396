import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { type CertificateOptions, createTestCa, selfSigned, type TestCertificate } from '../src/index.js'

const ca = await createTestCa()
const read = ({ certPem }: TestCertificate) => new X509Certificate(certPem)

test.each<[algorithm: CertificateOptions['algorithm'], type: string]>([
  ['ES256', 'ec'],
  ['RS256', 'rsa'],
  ['Ed25519', 'ed25519'],
])('%s: the root vouches for the leaf, and the key is its own', async (algorithm, type) => {
  const root = await createTestCa({ algorithm })
  const leaf = await root.issue({ algorithm, dns: ['a.test'] })
  expect(read(leaf).verify(read(root).publicKey)).toBe(true)
  expect(read(leaf).checkIssued(read(root))).toBe(true)
  expect(read(leaf).publicKey.asymmetricKeyType).toBe(type)
  expect(read(leaf).checkPrivateKey(createPrivateKey(leaf.keyPem))).toBe(true)
  expect(leaf.thumbprint).toBe(createHash('sha256').update(read(leaf).raw).digest('base64url'))
  expect(leaf.chainPem).toBe(leaf.certPem)
})

test.each<[what: string, options: CertificateOptions, expected: Partial<X509Certificate>]>([
  ['two URIs', { uris: ['spiffe://a.test/x', 'urn:b'] }, { subjectAltName: 'URI:spiffe://a.test/x, URI:urn:b' }],
  [
    'names of all kinds',
    { dns: ['a.test'], ips: ['127.0.0.1'] },
    { subjectAltName: 'DNS:a.test, IP Address:127.0.0.1' },
  ],
  ['no names', {}, { subjectAltName: undefined as never }],
  ['a name', { name: 'alice' }, { subject: 'CN=alice' }],
  ['an authority', { ca: true, keyUsage: ['keyCertSign'] }, { ca: true }],
  ['a leaf', {}, { ca: false }],
  ['no basic constraints', { ca: null }, { ca: false }],
  ['for clients only', { extendedKeyUsage: ['clientAuth'] }, { keyUsage: ['1.3.6.1.5.5.7.3.2'] }],
  ['for servers and clients', {}, { keyUsage: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'] }],
  ['for anything', { extendedKeyUsage: [] }, { keyUsage: undefined as never }],
  ['expired', { notAfter: new Date('2020-01-02T03:04:05Z') }, { validTo: 'Jan  2 03:04:05 2020 GMT' }],
  ['not valid yet', { notBefore: new Date('2040-01-02T03:04:05Z') }, { validFrom: 'Jan  2 03:04:05 2040 GMT' }],
])('issues a certificate: %s', async (_what, options, expected) => {
  const leaf = read(await ca.issue(options))
  for (const [name, value] of Object.entries(expected)) expect(leaf[name as keyof X509Certificate], name).toEqual(value)
})

/** RFC 5280 section 4.2.1.3: the extension's value, in DER. */
test.each<[usages: CertificateOptions['keyUsage'], der: string]>([
  [['digitalSignature'], '0603551d0f0101ff040403020780'],
  [['keyEncipherment'], '0603551d0f0101ff040403020520'],
  [['digitalSignature', 'keyCertSign'], '0603551d0f0101ff040403020284'],
  [[], ''],
])('key usage %j', async (keyUsage, der) => {
  const hex = (await ca.issue({ keyUsage })).der.toString('hex')
  expect(hex.includes('0603551d0f')).toBe(der !== '')
  expect(hex).toContain(der)
})

test('what an intermediate issues brings it along, and not the root', async () => {
  const between = await ca.intermediate()
  const leaf = await between.issue()
  expect(leaf.chainPem).toBe(leaf.certPem + between.certPem)
  expect(read(leaf).checkIssued(read(between))).toBe(true)
  expect(read(between).checkIssued(read(ca))).toBe(true)
  expect(read(leaf).checkIssued(read(ca))).toBe(false)
})

/** OpenSSL, asked through Node, calls this no authority. */
test('an authority by its basic constraint, though its key may not sign certificates', async () => {
  const { der } = await ca.issue({ ca: true })
  expect(der.toString('hex')).toContain('0603551d130101ff040530030101ff')
})

test('a self-signed certificate is no authority', async () => {
  const own = read(await selfSigned())
  expect(own.verify(own.publicKey)).toBe(true)
  expect(own.ca).toBe(false)
})
