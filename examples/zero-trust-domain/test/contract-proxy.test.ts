import {
  type AuditedAnswer,
  type CertificateField,
  type CertificateOptions,
  createTestCa,
  startTlsProxy,
  type TestCa,
  type TlsProxy,
} from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CERTIFICATE_FIELDS, chainFields, fieldValue } from './support/certificate-fields.js'
import { certificateToken } from './support/tokens.js'
import { startWorld, type World } from './support/world.js'
import { SERVICES, type ServiceRequest, type ZeroTrustService } from './support/zero-trust-service.js'

const TARGET = '/internal/ledger'
const PROXY = '127.0.0.2'

type Certificate = Awaited<ReturnType<World['identity']>>

let world: World
let good: Certificate
let between: TestCa
let stranger: TestCa
beforeAll(async () => {
  world = await startWorld()
  ;[good, between, stranger] = await Promise.all([
    world.identity(),
    world.ca.intermediate(),
    createTestCa({ name: 'Test CA' }),
  ])
})
afterAll(() => world.close())

const tokenOf = ({ thumbprint }: Pick<Certificate, 'thumbprint'>) => certificateToken(world.machines, thumbprint)

const ROWS = SERVICES.flatMap(([name, script]) => CERTIFICATE_FIELDS.map((field) => [name, field, script] as const))

describe.each(ROWS)('%s, %s', { concurrent: true }, (_name, field, script) => {
  let service: ZeroTrustService
  let proxy: TlsProxy
  beforeAll(async () => {
    service = await world.start(script, { TRUST_PROXY: `${PROXY}/32`, PROXY_CERT_HEADER: field })
    const { certPem, keyPem } = world.server
    const tls = { cert: certPem, key: keyPem, clientCa: world.ca.certPem }
    proxy = await startTlsProxy({ target: { port: service.port, ca: world.ca.certPem }, tls, field })
  })
  afterAll(() => Promise.all([service.close(), proxy.close()]))

  /** What a proxy at `PROXY` would send, byte for byte. */
  const sendAs = async (certificate: Certificate, headers: ServiceRequest['headers'], from = PROXY) =>
    service.send({ target: TARGET, token: await tokenOf(certificate), headers: headers!, from })

  async function expectRefused(answer: AuditedAnswer): Promise<unknown> {
    expect([400, 401, 403]).toContain(answer.status)
    const line = await service.audit(answer)
    expect(line.decision).toBe('deny')
    return line.code
  }

  describe('through a proxy', () => {
    test('a certificate of the one connection is the identity behind it', async () => {
      const answer = await service.send({
        target: TARGET,
        token: await tokenOf(good),
        identity: good,
        port: proxy.port,
      })
      expect(answer.status).toBe(200)
      expect(answer.json.principal).toMatchObject({ proof: 'mtls' })
    })

    test('what the client itself says is not handed on', async () => {
      const asked = { target: TARGET, token: await tokenOf(good), port: proxy.port }
      const headers = CERTIFICATE_FIELDS.map((name) => [name, fieldValue(name, good)] as const)
      expect((await service.send({ ...asked, headers })).status).toBe(401)
    })

    test("another client's token is none of this one's", async () => {
      const identity = await world.identity()
      const answer = await service.send({ target: TARGET, token: await tokenOf(good), identity, port: proxy.port })
      expect(answer.status).toBe(401)
    })

    test('without a certificate', async () => {
      expect((await service.send({ target: TARGET, token: await tokenOf(good), port: proxy.port })).status).toBe(401)
    })

    test('routes that need none go on', async () => {
      const token = await world.machines.sign({ sub: crypto.randomUUID(), scope: 'reports:read' })
      expect((await service.send({ target: '/reports', token, port: proxy.port })).status).toBe(200)
    })
  })

  describe('from the proxy', () => {
    test('a certificate alone, and with the authority in between', async () => {
      expect((await sendAs(good, [[field, fieldValue(field, good)]])).status).toBe(200)
      const below = await world.identity({}, between)
      if (field !== 'x-ssl-client-cert')
        expect((await sendAs(below, chainFields(field, below, between))).status).toBe(200)
    })

    test.each<[what: string, options: CertificateOptions]>([
      ['of another trust domain', { uris: ['spiffe://example.com/service/a'] }],
      ['of a person', { uris: ['spiffe://example.org/person/a'] }],
      ['with two URIs', { uris: ['spiffe://example.org/service/a', 'spiffe://example.org/service/b'] }],
      ['with no URI', { uris: [] }],
      ['of a CA', { ca: true }],
      ['that may sign certificates', { keyUsage: ['digitalSignature', 'keyCertSign'] }],
      ['without key usage', { keyUsage: [] }],
      ['for servers only', { extendedKeyUsage: ['serverAuth'] }],
      ['that has expired', { notAfter: new Date(Date.now() - 60_000) }],
      ['of tomorrow', { notBefore: new Date(Date.now() + 86_400_000), notAfter: new Date(Date.now() + 9e7) }],
    ])('a certificate %s is refused', async (_what, options) => {
      const made = await world.identity(options)
      expect(await expectRefused(await sendAs(made, [[field, fieldValue(field, made)]]))).not.toMatch(/^token_/)
    })

    test('a chain that does not lead to the client CA is refused', async () => {
      const foreign = await stranger.intermediate()
      const made = await world.identity({}, foreign)
      await expectRefused(await sendAs(made, chainFields(field, made, foreign)))
    })

    test('a chain whose parts do not belong together is refused', async () => {
      const made = await world.identity({}, stranger)
      await expectRefused(await sendAs(made, chainFields(field, made, between)))
    })

    test('two lines are refused, also of one certificate', async () => {
      const line = [field, fieldValue(field, good)] as const
      const other = await world.identity()
      for (const headers of [
        [line, line],
        [line, [field, fieldValue(field, other)] as const],
        [line, [field, ''] as const],
      ]) {
        await expectRefused(await sendAs(good, headers))
      }
    })

    test.each<[what: string, mangle: (value: string) => string]>([
      ['nothing', () => ''],
      ['nonsense', () => 'nonsense'],
      ['base64 of nonsense', () => `:${Buffer.from('nonsense').toString('base64')}:`],
      ['half of it', (value) => value.slice(0, value.length / 2)],
      ['it with more behind it', (value) => `${value}x`],
      ['it twice in one line', (value) => `${value}${value}`],
      ['(null)', () => '(null)'],
      ['percent signs', () => '%%%'],
      ['quotes that do not end', () => 'Cert="'],
      ['a thumbprint', ({ length }) => `Hash=${good.der.toString('hex').slice(0, 64)};X=${length}`],
      ['10 000 characters', () => 'A'.repeat(10_000)],
    ])('%s is refused', async (_what, mangle) => {
      await expectRefused(await sendAs(good, [[field, mangle(fieldValue(field, good))]]))
    })

    test('a field of another form, or with other marks, says nothing', async () => {
      const others = CERTIFICATE_FIELDS.filter((name) => name !== field)
      for (const name of [...others, field.replaceAll('-', '_'), `x-${field}`]) {
        const value = fieldValue(others.find((other) => other === name) ?? field, good)
        await expectRefused(await sendAs(good, [[name, value]]))
      }
    })

    test("a certificate of the proxy's own is nobody's behind it", async () => {
      const asked = { target: TARGET, token: await tokenOf(good), identity: good, from: PROXY }
      await expectRefused(await service.send(asked))
    })

    test('the address of the client is the one that the proxy names', async () => {
      const answer = await sendAs(good, [
        [field, fieldValue(field, good)],
        ['x-forwarded-for', '192.0.2.9, 192.0.2.77'],
      ])
      expect(await service.audit(answer)).toMatchObject({ client: '192.0.2.77', status: 200 })
    })
  })

  describe('from a stranger', () => {
    test.each<[target: string]>([[TARGET], ['/reports'], ['/partner'], ['/accounts/me'], ['/nowhere']])(
      'it is refused at %s, with a code of its own',
      async (target) => {
        const headers = [[field, fieldValue(field, good)]] as const
        const answer = await service.send({ target, token: await tokenOf(good), headers })
        expect(await expectRefused(answer)).toBe('certificate_header_refused')
      },
    )

    test('also beside a good certificate of its own', async () => {
      const headers = [[field, fieldValue(field, good)]] as const
      const answer = await service.send({ target: TARGET, token: await tokenOf(good), identity: good, headers })
      expect(await expectRefused(answer)).toBe('certificate_header_refused')
    })

    test.each([['127.0.0.3'], ['127.0.0.1']])('also from %s, in the name of the proxy', async (from) => {
      const headers = [
        [field, fieldValue(field, good)],
        ['x-forwarded-for', PROXY],
        ['forwarded', `for=${PROXY}`],
      ] as const
      expect(await expectRefused(await sendAs(good, headers, from))).toBe('certificate_header_refused')
    })

    test('a certificate of its own is good as ever', async () => {
      const answer = await service.send({ target: TARGET, token: await tokenOf(good), identity: good })
      expect(answer.status).toBe(200)
    })
  })

  if (field === 'x-forwarded-client-cert') {
    const element = ({ certPem }: Certificate) => `Cert="${encodeURIComponent(certPem)}"`

    test('of several elements the last one counts: the one that the own proxy appended', async () => {
      const other = await world.identity()
      expect((await sendAs(good, [[field, `${element(other)},${element(good)}`]])).status).toBe(200)
      await expectRefused(await sendAs(good, [[field, `${element(good)},${element(other)}`]]))
    })

    test('quotes hold commas, semicolons and quotes', async () => {
      const value = `By=spiffe://example.org/proxy;Subject="CN=a,O=\\"b;c\\",Cert=x";${element(good)}`
      expect((await sendAs(good, [[field, value]])).status).toBe(200)
    })

    test('an element inside quotes is none', async () => {
      const other = await world.identity()
      await expectRefused(
        await sendAs(good, [[field, `${element(other)};Subject="x,${element(good).replaceAll('"', '\\"')}"`]]),
      )
    })

    test.each<[what: string, value: (certificate: Certificate) => string]>([
      ['names only', () => 'URI=spiffe://example.org/service/a'],
      ['Cert twice', (made) => `${element(made)};${element(made)}`],
      ['another Hash', (made) => `Hash=${'0'.repeat(64)};${element(made)}`],
    ])('%s is refused', async (_what, value) => {
      await expectRefused(await sendAs(good, [[field, value(good)]]))
    })
  }
})

describe.each(SERVICES)('%s without PROXY_CERT_HEADER', { concurrent: true }, (_name, script) => {
  let service: ZeroTrustService
  beforeAll(async () => {
    service = await world.start(script, { TRUST_PROXY: `${PROXY}/32` })
  })
  afterAll(() => service.close())

  test.each<[field: CertificateField, from: string]>(
    CERTIFICATE_FIELDS.flatMap((field) =>
      [PROXY, '127.0.0.9'].map((from): [CertificateField, string] => [field, from]),
    ),
  )('%s from %s is no certificate', async (field, from) => {
    const headers = [[field, fieldValue(field, good)]] as const
    const answer = await service.send({ target: TARGET, token: await tokenOf(good), headers, from })
    expect([400, 401, 403]).toContain(answer.status)
  })

  test("a certificate of the proxy's own is nobody's behind it", async () => {
    const asked = { target: TARGET, token: await tokenOf(good), identity: good, from: PROXY }
    expect(await service.verdict(asked)).toEqual([401, 'certificate_missing'])
  })

  test("a caller's own is good as ever where no proxy stands between", async () => {
    const asked = { target: TARGET, token: await tokenOf(good), identity: good }
    expect(await service.verdict(asked)).toEqual([200, 'allowed'])
  })
})
