import { createHash, X509Certificate } from 'node:crypto'
import { request as requestPlain } from 'node:http'
import { createServer, request as requestTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ServerTls } from './idp-server.js'

/** The field by which a proxy hands on the client's certificate: RFC 9440, Envoy's, nginx's. */
export type CertificateField = 'client-cert' | 'x-forwarded-client-cert' | 'x-ssl-client-cert'

export interface TlsProxyOptions {
  /** Where the service listens. */
  readonly target: { readonly port: number; readonly ca?: string }
  readonly tls: ServerTls
  readonly field: CertificateField
  /** Whether such fields of the client's own are removed, as they must be. Default: true. */
  readonly removes?: boolean
  /** Whether client certificates that nobody vouches for end the handshake. Default: true. */
  readonly verifies?: boolean
  /** Loopback address that it connects to the service from. Default: 127.0.0.2. */
  readonly from?: string
}

export interface TlsProxy {
  readonly origin: string
  readonly port: number
  readonly close: () => Promise<void>
}

const FIELDS: readonly string[] = ['client-cert', 'client-cert-chain', 'x-forwarded-client-cert', 'x-ssl-client-cert']

/** A reverse proxy that ends mutual TLS in front of a service. */
export async function startTlsProxy(options: TlsProxyOptions): Promise<TlsProxy> {
  const { target, tls, field, removes = true, verifies = true, from = '127.0.0.2' } = options
  const chains = new WeakMap<object, readonly X509Certificate[]>()
  const server = createServer(
    { cert: tls.cert, key: tls.key, ca: tls.clientCa, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const chain = chains.get(request.socket) ?? []
      const headers: string[] = []
      for (let i = 0; i < request.rawHeaders.length; i += 2) {
        const [name, value] = [request.rawHeaders[i]!, request.rawHeaders[i + 1]!]
        if (!removes || !FIELDS.includes(name.toLowerCase())) headers.push(name, value)
      }
      if (chain.length > 0) headers.push(...fieldsFor(field, chain))
      const send = target.ca === undefined ? requestPlain : requestTls
      const sent = send({
        host: '127.0.0.1',
        port: target.port,
        localAddress: from,
        method: request.method,
        path: request.url,
        headers,
        agent: false,
        ...(target.ca !== undefined && { ca: target.ca }),
      })
      sent.on('response', (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
        answer.pipe(response)
      })
      sent.on('error', () => {
        if (!response.headersSent) response.writeHead(502)
        response.end()
      })
      request.pipe(sent)
    },
  )
  server.on('secureConnection', (socket) => {
    // Once per connection: whoever asks Node a second time gets the certificate without its issuers.
    const chain = chainOf(socket)
    chains.set(socket, chain)
    // Those without a certificate pass, those with a bad one do not: Node itself knows all or nothing.
    if (verifies && chain.length > 0 && !socket.authorized) socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `https://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The client's certificate and those between it and the root, in the order of the handshake. */
function chainOf(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  const seen = new Set<object>()
  let next = socket.getPeerCertificate(true)
  while (next?.raw !== undefined && !seen.has(next)) {
    seen.add(next)
    const certificate = new X509Certificate(next.raw)
    const isRoot = chain.length > 0 && certificate.checkIssued(certificate)
    if (!isRoot) chain.push(certificate)
    next = next.issuerCertificate
  }
  return chain
}

function fieldsFor(field: CertificateField, [leaf, ...between]: readonly X509Certificate[]): readonly string[] {
  switch (field) {
    case 'client-cert':
      return [
        ...['Client-Cert', structured(leaf!)],
        ...(between.length === 0 ? [] : ['Client-Cert-Chain', between.map(structured).join(', ')]),
      ]
    case 'x-forwarded-client-cert':
      return [field, forwarded(leaf!, between)]
    case 'x-ssl-client-cert':
      return [field, encodeURIComponent(leaf!.toString())]
  }
}

/** RFC 9440 section 2.1: a byte sequence. */
const structured = ({ raw }: X509Certificate): string => `:${raw.toString('base64')}:`

/** Envoy's element, with every key that it can be told to send. */
function forwarded(leaf: X509Certificate, between: readonly X509Certificate[]): string {
  const names = (leaf.subjectAltName ?? '').split(', ')
  const quoted = (text: string) => `"${text.replaceAll('"', '\\"')}"`
  return [
    `Hash=${createHash('sha256').update(leaf.raw).digest('hex')}`,
    `Cert="${encodeURIComponent(leaf.toString())}"`,
    `Chain="${encodeURIComponent([leaf, ...between].map(String).join(''))}"`,
    `Subject=${quoted(leaf.subject.split('\n').reverse().join(','))}`,
    ...names.filter((name) => name.startsWith('URI:')).map((name) => `URI=${name.slice(4)}`),
    ...names.filter((name) => name.startsWith('DNS:')).map((name) => `DNS=${name.slice(4)}`),
  ].join(';')
}
