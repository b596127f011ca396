import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeCertificates } from '../src/certificates.js'
import { zeroTrustConfig } from '../src/config.js'
import { zeroTrustPolicies, zeroTrustSettings } from '../src/policies.js'
import { trustOf } from '../src/trust.js'

const folder = mkdtempSync(join(tmpdir(), 'zero-trust-config-'))
const file = (name: string) => join(folder, name)
beforeAll(async () => {
  await writeCertificates(folder, 'example.org')
  writeFileSync(file('keys.json'), '[]')
  writeFileSync(file('broken.json'), '[{}')
})
afterAll(() => rmSync(folder, { recursive: true }))

type Variables = Readonly<Record<string, string>>

const PEOPLE = { issuer: 'https://people.test', audience: 'a', mode: 'jwt' } as const
const PARTNERS = { ...PEOPLE, issuer: 'https://partners.test', mode: 'introspection', clientId: 'c', clientSecret: 's' }
const issuers = (...list: readonly unknown[]) => ({ ISSUERS: JSON.stringify(list) })

const GOOD: Variables = {
  TLS_CERT: file('server.pem'),
  TLS_KEY: file('server-key.pem'),
  TLS_CLIENT_CA: file('ca.pem'),
  PUBLIC_ORIGIN: 'https://api.test',
  TRUST_DOMAIN: 'example.org',
  API_KEYS: file('keys.json'),
  ...issuers(PEOPLE, PARTNERS),
}

/** All that a service does before it listens. */
function start(env: Variables) {
  const config = zeroTrustConfig(env)
  const trust = trustOf(config, () => {})
  trust.tls.close()
  zeroTrustPolicies(config, trust)
  zeroTrustSettings(config, trust)
  return config
}

describe('what is set', () => {
  test.each<[env: Variables, expected: object]>([
    [{}, { host: '127.0.0.1', port: 8443, auditLog: undefined, trustedProxies: undefined, proxyCertHeader: undefined }],
    [
      { HOST: '::1', PORT: '0' },
      { host: '::1', port: 0 },
    ],
    [
      { HOST: ' ', PORT: '' },
      { host: '127.0.0.1', port: 8443 },
    ],
    [{ TRUST_PROXY: ' 10.0.0.0/8 ,' }, { trustedProxies: ['10.0.0.0/8'], proxyCertHeader: undefined }],
    [{ TRUST_PROXY: '10.0.0.0/8', PROXY_CERT_HEADER: 'Client-Cert' }, { proxyCertHeader: 'client-cert' }],
    [
      { TRUST_PROXY: '10.0.0.0/8', PROXY_CERT_HEADER: 'x-forwarded-client-cert' },
      { proxyCertHeader: 'x-forwarded-client-cert' },
    ],
    [{ PUBLIC_ORIGIN: 'https://127.0.0.1:8443' }, { publicOrigin: 'https://127.0.0.1:8443' }],
    [issuers({ ...PEOPLE, issuer: 'http://127.0.0.1:9000' }), { issuers: [{ issuer: 'http://127.0.0.1:9000' }] }],
  ])('%j', (env, expected) => expect(start({ ...GOOD, ...env })).toMatchObject(expected))
})

describe('what is missing', () => {
  test.each([
    ['TLS_CERT'],
    ['TLS_KEY'],
    ['TLS_CLIENT_CA'],
    ['PUBLIC_ORIGIN'],
    ['ISSUERS'],
    ['TRUST_DOMAIN'],
    ['API_KEYS'],
  ])('%s', (variable) => {
    for (const value of ['', '  ']) {
      expect(() => start({ ...GOOD, [variable]: value })).toThrow(new RegExp(`^${variable} is not set: .* is needed$`))
    }
    const { [variable]: _left, ...rest } = GOOD
    expect(() => start(rest)).toThrow(`${variable} is not set`)
  })
})

describe('what the service cannot work with', () => {
  test.each<[env: Variables, message: RegExp]>([
    [{ PORT: '65536' }, /^PORT must be a port number/],
    [{ TLS_CERT: file('nowhere.pem') }, /^TLS_CERT, TLS_KEY, TLS_CLIENT_CA: certFile: .*nowhere\.pem cannot be read/],
    [{ TLS_KEY: file('ledger-key.pem') }, /^TLS_CERT.*keyFile: .* is not the key of the certificate/],
    [{ TLS_CLIENT_CA: file('keys.json') }, /^TLS_CERT.*clientCaFile/],
    [{ API_KEYS: file('nowhere.json') }, /^API_KEYS: .*nowhere\.json cannot be read/],
    [{ API_KEYS: file('broken.json') }, /^API_KEYS: .*broken\.json cannot be read/],
    [{ PUBLIC_ORIGIN: 'api.test' }, /^PUBLIC_ORIGIN must be an origin/],
    [{ PUBLIC_ORIGIN: 'https://api.test/' }, /^PUBLIC_ORIGIN must be an origin/],
    [{ PUBLIC_ORIGIN: 'https://api.test/v1' }, /^PUBLIC_ORIGIN must be an origin/],
    [{ PUBLIC_ORIGIN: 'https://API.test' }, /^PUBLIC_ORIGIN must be an origin/],
    [{ PUBLIC_ORIGIN: 'https://api.test:443' }, /^PUBLIC_ORIGIN must be an origin/],
    [{ PUBLIC_ORIGIN: 'http://api.test' }, /^PUBLIC_ORIGIN: .*https/],
    [{ TRUST_DOMAIN: 'spiffe://example.org' }, /^TRUST_DOMAIN must be the name of a trust domain/],
    [{ TRUST_DOMAIN: 'Example.org' }, /^TRUST_DOMAIN must be the name of a trust domain/],
    [{ TRUST_DOMAIN: 'a'.repeat(256) }, /^TRUST_DOMAIN must be the name of a trust domain/],
    [{ PROXY_CERT_HEADER: 'client-cert' }, /^PROXY_CERT_HEADER is set, but TRUST_PROXY is not/],
    [{ PROXY_CERT_HEADER: 'x-client', TRUST_PROXY: '10.0.0.0/8' }, /^PROXY_CERT_HEADER must be one of/],
    [{ PROXY_CERT_HEADER: 'client-cert', TRUST_PROXY: 'x' }, /^TRUST_PROXY: trustedProxies .*"x"/],
    [{ PROXY_CERT_HEADER: 'client-cert', TRUST_PROXY: '0.0.0.0/0' }, /^TRUST_PROXY: .*covers every address/],
    [{ TRUST_PROXY: 'x' }, /trustedProxies .*"x"/],
    [{ ISSUERS: 'https://people.test' }, /^ISSUERS must be JSON/],
    [issuers(), /^ISSUERS must be a JSON array of at least one issuer/],
    [{ ISSUERS: '{}' }, /^ISSUERS must be a JSON array/],
    [issuers(null), /^ISSUERS\[0\]\.issuer must be a non-empty string/],
    [issuers({ ...PEOPLE, issuer: 1 }), /^ISSUERS\[0\]\.issuer must be a non-empty string/],
    [issuers({ ...PEOPLE, audience: '' }), /^ISSUERS\[0\]\.audience must be a non-empty string/],
    [issuers({ ...PEOPLE, mode: 'JWT' }), /^ISSUERS\[0\]\.mode must be "jwt" or "introspection"$/],
    [issuers(PEOPLE, { ...PARTNERS, clientSecret: '' }), /^ISSUERS\[1\]\.clientSecret must be a non-empty string/],
    [issuers(PEOPLE, { ...PARTNERS, clientId: undefined }), /^ISSUERS\[1\]\.clientId must be a non-empty string/],
    [issuers(PARTNERS), /^ISSUERS\[0\] is the issuer of people/],
    [issuers(PEOPLE, { ...PARTNERS, issuer: 'http://partners.test' }), /^ISSUERS\[1\]: issuer must be an https URL/],
    [issuers(PEOPLE, PEOPLE), /must not name one issuer twice$/],
    [{ AUDIT_LOG: '/nowhere/audit.jsonl' }, /^AUDIT_LOG: ENOENT/],
  ])('%j', (env, message) => expect(() => start({ ...GOOD, ...env })).toThrow(message))

  test('no error shows the secret of a client', () => {
    const secret = 'a-secret-that-nobody-sees'
    const bad = [{ clientId: '' }, { issuer: 'x' }, { audience: '' }, { mode: 'x' }]
    for (const fault of bad) {
      const env = { ...GOOD, ...issuers(PEOPLE, { ...PARTNERS, clientSecret: secret, ...fault }) }
      expect(() => start(env)).toThrow(expect.not.objectContaining({ message: expect.stringContaining(secret) }))
    }
  })
})

describe('certificates to try the service with', () => {
  test.each([['server'], ['ledger'], ['guest']])('%s: certificate and key belong together', (name) => {
    const [cert, key] = [file(`${name}.pem`), file(`${name}-key.pem`)]
    expect(() => createSecureContext({ cert: readFileSync(cert), key: readFileSync(key) })).not.toThrow()
    expect(statSync(key).mode & 0o777).toBe(0o600)
  })

  const script = fileURLToPath(new URL('../dist/make-certificates.js', import.meta.url))

  test('are made by a script, into a folder that there was not', () => {
    const made = file('made/here')
    const { status, stdout } = spawnSync(process.execPath, [script, made, 'example.com'], { encoding: 'utf8' })
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `ca.pem, and certificates with keys for server, ledger and guest, are in ${made}\n`,
    })
    const ledger = new X509Certificate(readFileSync(join(made, 'ledger.pem')))
    expect(ledger.subjectAltName).toBe('URI:spiffe://example.com/service/ledger-reader')
    expect(ledger.checkIssued(new X509Certificate(readFileSync(join(made, 'ca.pem'))))).toBe(true)
  })

  test.each([[[]], [['a', 'b', 'c']]])('are not made of the arguments %j', (args) => {
    const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'usage: make-certificates FOLDER [TRUST_DOMAIN]\n' })
  })
})
