import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createTestCa,
  LOOPBACK,
  seesIntermediates,
  startTlsProxy,
  type TestCertificate,
  type TlsProxyOptions,
  tlsFetch,
} from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CertificateField, certificateSource, evaluate, mtls } from '../../../src/index.js'
import { NodeRequest, resolveService } from '../../../src/mount/index.js'
import { SVID } from '../../vectors/svid.js'

const FIELDS: readonly CertificateField[] = ['client-cert', 'x-forwarded-client-cert', 'x-ssl-client-cert']

const ca = await createTestCa()
const between = await ca.intermediate()
const isSeen = await seesIntermediates()
const foreign = await createTestCa()
const served = await ca.issue(LOOPBACK)

describe.each(FIELDS)('behind a proxy that writes %s', (field) => {
  const service = resolveService({ audit: { record: () => {} } })
  const guard = mtls({
    source: certificateSource({ header: field, trustedProxies: ['127.0.0.2'], ca: ca.certPem }),
    allow: [{ spiffe: { trustDomain: 'example.org' } }],
  })
  const server = createServer((request, response) => {
    const view = { target: request.url ?? '', route: undefined, params: {}, body: undefined, raw: request }
    const answer = evaluate(guard, new NodeRequest(request, response, view, service), {})
    response.end('then' in answer ? 'later' : answer.allowed ? answer.facts.principal.id : answer.code)
  })

  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => void server.close())

  const through = async (by: TestCertificate | undefined, options: Partial<TlsProxyOptions> = {}, headers = {}) => {
    const proxy = await startTlsProxy({
      target: { port: (server.address() as AddressInfo).port },
      tls: { cert: served.certPem, key: served.keyPem, clientCa: ca.certPem },
      field,
      ...options,
    })
    const own = by === undefined ? {} : { cert: by.chainPem, key: by.keyPem }
    try {
      return await (await tlsFetch({ ca: ca.certPem, ...own })(`${proxy.origin}/`, { headers })).text()
    } finally {
      await proxy.close()
    }
  }

  test('the client is known', async () => {
    expect(await through(await ca.issue(SVID))).toBe(SVID.uris[0])
  })

  test('through an intermediate, where the field has room for it', async () => {
    const known = isSeen && field !== 'x-ssl-client-cert' ? SVID.uris[0] : 'certificate_untrusted'
    expect(await through(await between.issue(SVID))).toBe(known)
  })

  test('without a certificate it is nobody, whatever it writes', async () => {
    expect(await through(undefined)).toBe('certificate_missing')
    expect(await through(undefined, {}, { [field]: 'x' })).toBe('certificate_missing')
  })

  test('a proxy that verifies nothing is not enough', async () => {
    expect(await through(await foreign.issue(SVID), { verifies: false })).toBe('certificate_untrusted')
  })

  test("a proxy that lets the client's own field through", async () => {
    const code = await through(await ca.issue(SVID), { removes: false }, { [field]: 'x' })
    expect(code).toBe('certificate_header_repeated')
  })

  test('a proxy at another address is a stranger', async () => {
    expect(await through(await ca.issue(SVID), { from: '127.0.0.3' })).toBe('certificate_header_refused')
  })
})
