import type { Server } from 'node:http'
import { addressMatcher } from '../../lib/address.js'
import { integerBetween, knownOptions, shown } from '../../lib/options.js'

/** What a server puts up with. */
export interface HardenServerOptions {
  /**
   * From the first byte of a request, or the opening of a connection, to the end of the head, in milliseconds,
   * 100 to `requestTimeoutMs`. A head is one packet or a few: 10 seconds are many retransmissions. Default: 10 000.
   */
  readonly headersTimeoutMs?: number | undefined
  /**
   * For the whole request, body included, in milliseconds, 100 to 3 600 000: 1 MiB at 35 KiB a second. Longer where
   * callers upload more. Default: 30 000.
   */
  readonly requestTimeoutMs?: number | undefined
  /**
   * How long a connection may wait for its next request, in milliseconds, 100 to 3 600 000. Behind a load balancer longer
   * than its own, so that it never sends into a connection about to close. Default: 5000.
   */
  readonly keepAliveTimeoutMs?: number | undefined
  /**
   * How long nothing may move on a connection while an answer is due or being sent, in milliseconds, 100 to 86 400 000. Ends
   * clients that do not read, and handlers that say nothing for longer than proxies wait. Default: 60 000.
   */
  readonly socketTimeoutMs?: number | undefined
  /** For the TLS handshake, in milliseconds, 100 to 120 000. It is three packets: 10 seconds are plenty. Default: 10 000. */
  readonly handshakeTimeoutMs?: number | undefined
  /** Fields in the head of a request, 10 to 1900: more are a 431, and none is dropped unseen. Default: 100, as Apache has it. */
  readonly maxHeaders?: number | undefined
  /**
   * Bytes of the head of a request, 1024 to 1 048 576: room for a large token and cookies. Times `maxConnections` it bounds
   * what unfinished heads can hold. Default: 16 384.
   */
  readonly maxHeaderBytes?: number | undefined
  /**
   * Requests on one connection before it is closed, 1 to 1 000 000, so that long-lived callers are balanced anew.
   * Default: 1000, as nginx has it.
   */
  readonly maxRequestsPerConnection?: number | undefined
  /**
   * Requests of one connection that wait for their answer at once, 1 to 1000. One more ends the connection. Few clients
   * pipeline at all. Default: 16.
   */
  readonly maxPipelinedRequests?: number | undefined
  /** Open connections in all, 1 to 1 000 000, below the process's limit of open files. Default: 4096. */
  readonly maxConnections?: number | undefined
  /**
   * Open connections of one client, an IPv4 address or an IPv6 /64, 1 to `maxConnections`: no caller alone fills the
   * server, and an office behind one address gets in. Default: 256, or `maxConnections` where that is less.
   */
  readonly maxConnectionsPerClient?: number | undefined
  /**
   * Addresses and CIDR ranges of your own proxies, as for `clientAddress()`. All connections come from them, so that
   * `maxConnectionsPerClient` does not count theirs. Default: none.
   */
  readonly trustedProxies?: readonly string[] | undefined
}

/** The options, checked. */
export interface Limits {
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  readonly socketTimeoutMs: number
  readonly handshakeTimeoutMs: number
  readonly maxHeaders: number
  readonly maxHeaderBytes: number
  readonly maxRequestsPerConnection: number
  readonly maxPipelinedRequests: number
  readonly maxConnections: number
  readonly maxConnectionsPerClient: number
  readonly isProxy: (address: string) => boolean
  /** How often connections are looked at. */
  readonly checkMs: number
}

const HOUR_MS = 3_600_000

export function limitsOf(options: HardenServerOptions): Limits {
  knownOptions('hardenServer()', options, OPTIONS)
  const within = (name: Counted, fallback: number, min: number, max: number) =>
    integerBetween(name, options[name] ?? Math.min(fallback, max), min, max)
  const requestTimeoutMs = within('requestTimeoutMs', 30_000, 100, HOUR_MS)
  const headersTimeoutMs = within('headersTimeoutMs', 10_000, 100, requestTimeoutMs)
  const keepAliveTimeoutMs = within('keepAliveTimeoutMs', 5_000, 100, HOUR_MS)
  const handshakeTimeoutMs = within('handshakeTimeoutMs', 10_000, 100, 120_000)
  const maxConnections = within('maxConnections', 4_096, 1, 1_000_000)
  const { trustedProxies = [] } = options
  if (!Array.isArray(trustedProxies)) {
    throw new TypeError(`trustedProxies must be an array of addresses and CIDR ranges, got ${shown(trustedProxies)}`)
  }
  const shortestMs = Math.min(headersTimeoutMs, keepAliveTimeoutMs, handshakeTimeoutMs)
  return Object.freeze({
    headersTimeoutMs,
    requestTimeoutMs,
    keepAliveTimeoutMs,
    socketTimeoutMs: within('socketTimeoutMs', 60_000, 100, 24 * HOUR_MS),
    handshakeTimeoutMs,
    maxHeaders: within('maxHeaders', 100, 10, 1_900),
    maxHeaderBytes: within('maxHeaderBytes', 16_384, 1_024, 1_048_576),
    maxRequestsPerConnection: within('maxRequestsPerConnection', 1_000, 1, 1_000_000),
    maxPipelinedRequests: within('maxPipelinedRequests', 16, 1, 1_000),
    maxConnections,
    maxConnectionsPerClient: within('maxConnectionsPerClient', 256, 1, maxConnections),
    isProxy: addressMatcher('trustedProxies', trustedProxies),
    checkMs: Math.min(1_000, Math.ceil(shortestMs / 4)),
  })
}

const COUNTED = [
  'headersTimeoutMs',
  'requestTimeoutMs',
  'keepAliveTimeoutMs',
  'socketTimeoutMs',
  'handshakeTimeoutMs',
  'maxHeaders',
  'maxHeaderBytes',
  'maxRequestsPerConnection',
  'maxPipelinedRequests',
  'maxConnections',
  'maxConnectionsPerClient',
] as const satisfies readonly (keyof HardenServerOptions)[]
type Counted = (typeof COUNTED)[number]
const OPTIONS = [...COUNTED, 'trustedProxies']

/**
 * What `createServer()` takes and the types of Node do not show on a server. Node reads the first two for each connection,
 * and the interval when it begins to listen.
 */
interface CreationOptions {
  maxHeaderSize: number | undefined
  insecureHTTPParser: boolean | undefined
  connectionsCheckingInterval: number
  readonly joinDuplicateHeaders: boolean | undefined
  readonly requireHostHeader: boolean
  readonly httpValidation?: string | undefined
}

/** Gives the server these limits. What it was created with for the same purposes no longer counts. */
export function apply(server: Server, limits: Limits): void {
  server.headersTimeout = limits.headersTimeoutMs
  server.requestTimeout = limits.requestTimeoutMs
  server.keepAliveTimeout = limits.keepAliveTimeoutMs
  server.timeout = limits.socketTimeoutMs
  // Node 20 drops the fields over the limit and goes on: with one field more let in, one too many can be seen.
  server.maxHeadersCount = limits.maxHeaders + 1
  server.maxRequestsPerSocket = limits.maxRequestsPerConnection
  server.maxConnections = limits.maxConnections
  const created = server as unknown as CreationOptions
  created.maxHeaderSize = limits.maxHeaderBytes
  created.connectionsCheckingInterval = limits.checkMs
  // over the flag --insecure-http-parser too
  created.insecureHTTPParser = false
}

/** @throws TypeError for what is no server, listens already, or was created to read requests loosely. */
export function refuseUnfit(server: Server): void {
  if (typeof server?.closeIdleConnections !== 'function' || 'updateSettings' in server) {
    throw new TypeError(`hardenServer(): server must be a Server of node:http or node:https, got ${shown(server)}`)
  }
  if (server.listening) throw new TypeError('hardenServer(): the server listens already: harden it before listen()')
  for (const name of ['maxHeaderSize', 'connectionsCheckingInterval', 'insecureHTTPParser'] as const) {
    if (!Object.hasOwn(server, name)) throw new TypeError(`hardenServer(): ${name} cannot be set on this server`)
  }
  const { insecureHTTPParser, httpValidation, joinDuplicateHeaders, requireHostHeader } =
    server as unknown as CreationOptions
  const unfit = (option: string, why: string) => new TypeError(`hardenServer(): the server has ${option}, ${why}`)
  if (insecureHTTPParser === true) throw unfit('insecureHTTPParser', 'which lets requests be smuggled')
  if (httpValidation !== undefined && httpValidation !== 'strict') {
    throw unfit(`httpValidation ${shown(httpValidation)}`, 'which lets requests be smuggled')
  }
  if (joinDuplicateHeaders === true) throw unfit('joinDuplicateHeaders', 'which makes one credential of two')
  if (requireHostHeader === false) throw unfit('no requireHostHeader', 'which RFC 9112 section 3.2 asks for')
}
