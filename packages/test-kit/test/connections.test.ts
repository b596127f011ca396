import { X509Certificate } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type CertificateField,
  type ClientTls,
  createTestCa,
  LOOPBACK,
  rawRequest,
  type ServerTls,
  seesIntermediates,
  selfSigned,
  startTlsProxy,
  type TestCa,
  type TestCertificate,
  type TlsProxyOptions,
  tlsFetch,
} from '../src/index.js'

let ca: TestCa
let serverTls: ServerTls
let leaf: TestCertificate
let ownLeaf: TestCertificate
const isSeen = await seesIntermediates()

const URI = 'spiffe://example.org/service/a'

beforeAll(async () => {
  ca = await createTestCa()
  const server = await ca.issue(LOOPBACK)
  serverTls = { cert: server.chainPem, key: server.keyPem, clientCa: ca.certPem }
  leaf = await (await ca.intermediate()).issue({ name: 'a, b', uris: [URI], dns: ['a.test'] })
  ownLeaf = await selfSigned({ uris: [URI] })
})

const tls = (certificate?: TestCertificate): ClientTls => ({
  ca: ca.certPem,
  ...(certificate && { cert: certificate.chainPem, key: certificate.keyPem }),
})

describe('clients over TLS', () => {
  let port: number
  const server = () =>
    createTlsServer(
      {
        cert: serverTls.cert,
        key: serverTls.key,
        ca: serverTls.clientCa,
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) => {
        const socket = request.socket as TLSSocket
        let body = ''
        request.on('data', (chunk) => {
          body += chunk
        })
        request.on('end', () => {
          const subject = socket.getPeerX509Certificate()?.subject
          response.writeHead(request.url === '/empty' ? 204 : 200, { 'set-cookie': ['a=1', 'b=2'] })
          response.end(JSON.stringify({ authorized: socket.authorized, subject, body, from: socket.remoteAddress }))
        })
      },
    )
  let running: ReturnType<typeof server>
  beforeAll(async () => {
    running = server()
    await new Promise<void>((resolve) => running.listen(0, '127.0.0.1', resolve))
    port = (running.address() as AddressInfo).port
  })
  afterAll(() => void running.close())

  test('rawRequest: the certificate, the body and the address it comes from', async () => {
    const answer = await rawRequest(port, { method: 'POST', target: '/', body: 'x', from: '127.0.0.9', tls: tls(leaf) })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toEqual({ authorized: true, subject: 'CN=a\\, b', body: 'x', from: '127.0.0.9' })
  })

  test('rawRequest: without a certificate', async () => {
    const answer = await rawRequest(port, { target: '/', tls: tls() })
    expect(JSON.parse(answer.body)).toMatchObject({ authorized: false })
  })

  test('rawRequest: a server that nobody vouches for', async () => {
    await expect(rawRequest(port, { target: '/', tls: { ca: ownLeaf.certPem } })).rejects.toThrow(/self-signed|verify/)
  })

  test('tlsFetch: a form, several lines of a field, an answer without a body', async () => {
    const fetch = tlsFetch(tls(leaf))
    const init = { method: 'POST', body: new URLSearchParams({ a: '1' }) }
    const answer = await fetch(`https://127.0.0.1:${port}/`, init)
    expect(await answer.json()).toMatchObject({ authorized: true, body: 'a=1' })
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect((await fetch(`https://127.0.0.1:${port}/empty`)).status).toBe(204)
  })
})

describe('a proxy in front', () => {
  let received: IncomingHttpHeaders
  let from: string | undefined
  const service = createServer((request, response) => {
    received = request.headers
    from = request.socket.remoteAddress
    response.end('here')
  })
  beforeAll(() => new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve)))
  afterAll(() => void service.close())

  const through = async (
    certificate: TestCertificate | undefined,
    options: Partial<TlsProxyOptions>,
    headers: readonly (readonly [string, string])[] = [],
  ) => {
    const { port } = service.address() as AddressInfo
    const proxy = await startTlsProxy({ target: { port }, tls: serverTls, field: 'client-cert', ...options })
    try {
      return await rawRequest(proxy.port, { target: '/x', headers, tls: tls(certificate) })
    } finally {
      await proxy.close()
    }
  }
  const derOf = (pem: string) => new X509Certificate(pem).raw.toString('base64')

  test('Client-Cert and Client-Cert-Chain, from an address of its own', async () => {
    expect(await through(leaf, {})).toMatchObject({ status: 200, body: 'here' })
    expect(from).toBe('127.0.0.2')
    expect(received['client-cert']).toBe(`:${derOf(leaf.certPem)}:`)
    const between = isSeen ? `:${derOf(leaf.chainPem.slice(leaf.certPem.length))}:` : undefined
    expect(received['client-cert-chain']).toBe(between)
  })

  test("Envoy's x-forwarded-client-cert", async () => {
    await through(leaf, { field: 'x-forwarded-client-cert' })
    const text = received['x-forwarded-client-cert'] as string
    const cert = /;Cert="([^"]*)"/.exec(text)![1]!
    expect(derOf(decodeURIComponent(cert))).toBe(derOf(leaf.certPem))
    expect(text).toMatch(/^Hash=[0-9a-f]{64};/)
    expect(text).toContain(`;URI=${URI};DNS=a.test`)
    expect(text).toContain(';Subject="CN=a\\, b"')
    expect(decodeURIComponent(/;Chain="([^"]*)"/.exec(text)![1]!).match(/BEGIN/g)).toHaveLength(isSeen ? 2 : 1)
  })

  test("nginx's x-ssl-client-cert", async () => {
    await through(leaf, { field: 'x-ssl-client-cert' })
    expect(derOf(decodeURIComponent(received['x-ssl-client-cert'] as string))).toBe(derOf(leaf.certPem))
  })

  test.each<[field: CertificateField | 'client-cert-chain']>([
    ['client-cert'],
    ['client-cert-chain'],
    ['x-forwarded-client-cert'],
    ['x-ssl-client-cert'],
  ])("a stranger's own %s is removed, unless the proxy is careless", async (field) => {
    await through(undefined, {}, [[field, 'forged']])
    expect(received[field]).toBeUndefined()
    await through(undefined, { removes: false }, [[field, 'forged']])
    expect(received[field]).toBe('forged')
  })

  test('a certificate that nobody vouches for ends there, unless the proxy is careless', async () => {
    await expect(through(ownLeaf, {})).rejects.toThrow()
    expect(await through(ownLeaf, { verifies: false })).toMatchObject({ status: 200 })
  })
})
