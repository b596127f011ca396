import { createHash, randomBytes, type webcrypto } from 'node:crypto'

type X509 = typeof import('@peculiar/x509')

export type KeyUsage =
  | 'digitalSignature'
  | 'nonRepudiation'
  | 'keyEncipherment'
  | 'dataEncipherment'
  | 'keyAgreement'
  | 'keyCertSign'
  | 'cRLSign'

/** What a certificate says. By default a good leaf of today, for servers and clients alike. */
export interface CertificateOptions {
  /** Common name. Default: `leaf`. */
  readonly name?: string
  /** Alternative names, in this order: URIs, DNS names, IP addresses. */
  readonly uris?: readonly string[]
  readonly dns?: readonly string[]
  readonly ips?: readonly string[]
  /** Basic constraint. Default: false; null leaves the extension out. */
  readonly ca?: boolean | null
  readonly pathLength?: number
  /** Default: `digitalSignature`; an empty list leaves the extension out. */
  readonly keyUsage?: readonly KeyUsage[] | undefined
  /** Names, or object identifiers. Default: `serverAuth` and `clientAuth`; an empty list leaves the extension out. */
  readonly extendedKeyUsage?: readonly string[]
  /** Default: an hour ago. */
  readonly notBefore?: Date
  /** Default: in a day. */
  readonly notAfter?: Date
  /** Of its key. Default: `ES256`. */
  readonly algorithm?: 'ES256' | 'RS256' | 'Ed25519' | undefined
}

/** A certificate with its private key. */
export interface TestCertificate {
  readonly certPem: string
  /** PKCS #8. */
  readonly keyPem: string
  /** The certificate and those between it and the root, as a TLS peer sends them. */
  readonly chainPem: string
  readonly der: Buffer
  /** `x5t#S256` (RFC 8705 section 3.1): base64url of the SHA-256 of the certificate's DER. */
  readonly thumbprint: string
}

/** A certification authority of the test's own. */
export interface TestCa extends TestCertificate {
  readonly issue: (options?: CertificateOptions) => Promise<TestCertificate>
  /** An authority below this one; what it issues brings its certificate along. */
  readonly intermediate: (options?: CertificateOptions) => Promise<TestCa>
}

/** A new root. */
export async function createTestCa(options: CertificateOptions = {}): Promise<TestCa> {
  const x509 = await loaded()
  return authority(await sign(x509, { ...AUTHORITY, name: 'Test CA', ...options }))
}

/** A certificate that vouches for itself only. */
export const selfSigned = async (options: CertificateOptions = {}): Promise<TestCertificate> =>
  (await sign(await loaded(), options)).certificate

/** For TLS on loopback. */
export const LOOPBACK = { dns: ['localhost'], ips: ['127.0.0.1'] } as const satisfies CertificateOptions

const AUTHORITY = { ca: true, keyUsage: ['keyCertSign', 'cRLSign'], extendedKeyUsage: [] } as const

interface Signed {
  readonly x509: X509
  readonly certificate: TestCertificate
  readonly keys: webcrypto.CryptoKeyPair
  readonly subject: { CN: string[] }[]
  readonly algorithm: webcrypto.EcdsaParams | webcrypto.AlgorithmIdentifier
  readonly isRoot: boolean
}

const authority = (signed: Signed): TestCa => ({
  ...signed.certificate,
  issue: async (options) => (await sign(signed.x509, options ?? {}, signed)).certificate,
  intermediate: async (options) =>
    authority(await sign(signed.x509, { ...AUTHORITY, name: 'Test Intermediate CA', ...options }, signed)),
})

/** The library needs metadata of classes before it is loaded, and time: both only where certificates are made. */
async function loaded(): Promise<X509> {
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  x509.cryptoProvider.set(crypto as never)
  return x509
}

const HOUR_MS = 3_600_000

/** Signed by `issuer`, or by itself. */
async function sign(x509: X509, options: CertificateOptions, issuer?: Signed): Promise<Signed> {
  const { key, signature } = ALGORITHMS[options.algorithm ?? 'ES256']
  const keys = (await crypto.subtle.generateKey(key, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const subject = [{ CN: [options.name ?? 'leaf'] }]
  const now = Date.now()
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    subject,
    issuer: issuer?.subject ?? subject,
    notBefore: options.notBefore ?? new Date(now - HOUR_MS),
    notAfter: options.notAfter ?? new Date(now + 24 * HOUR_MS),
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: (issuer?.algorithm ?? signature) as never,
    extensions: [
      ...extensionsOf(x509, options),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create((issuer?.keys ?? keys).publicKey),
    ],
  })
  const der = Buffer.from(made.rawData)
  const certPem = `${made.toString('pem')}\n`
  // Whom the other side trusts already is not sent.
  const between = issuer === undefined || issuer.isRoot ? '' : issuer.certificate.chainPem
  const certificate: TestCertificate = {
    certPem,
    keyPem: pem('PRIVATE KEY', Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey))),
    chainPem: certPem + between,
    der,
    thumbprint: createHash('sha256').update(der).digest('base64url'),
  }
  return { x509, certificate, keys, subject, algorithm: signature, isRoot: issuer === undefined }
}

function extensionsOf(x509: X509, options: CertificateOptions) {
  const { ca = false, pathLength, keyUsage = ['digitalSignature'] } = options
  const { uris = [], dns = [], ips = [], extendedKeyUsage = ['serverAuth', 'clientAuth'] } = options
  const names = [
    ...uris.map((value) => ({ type: 'url', value }) as const),
    ...dns.map((value) => ({ type: 'dns', value }) as const),
    ...ips.map((value) => ({ type: 'ip', value }) as const),
  ]
  const usages = keyUsage.reduce((flags, name) => flags | x509.KeyUsageFlags[name], 0)
  const purposes = extendedKeyUsage.map((name) => PURPOSES[name] ?? name)
  return [
    ...(ca === null ? [] : [new x509.BasicConstraintsExtension(ca, pathLength, true)]),
    ...(usages === 0 ? [] : [new x509.KeyUsagesExtension(usages, true)]),
    ...(purposes.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(purposes)]),
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
  ]
}

/** RFC 5280 section 4.2.1.12. */
const PURPOSES: Readonly<Record<string, string>> = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
}

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const
const ALGORITHMS = {
  ES256: { key: { name: 'ECDSA', namedCurve: 'P-256' }, signature: { name: 'ECDSA', hash: 'SHA-256' } },
  RS256: { key: { ...RSA, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }, signature: RSA },
  Ed25519: { key: { name: 'Ed25519' }, signature: { name: 'Ed25519' } },
} as const

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`
