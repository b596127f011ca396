import { randomBytes } from 'node:crypto'
import { type ClientTls, type Idp, type RawAnswer, type RawRequest, rawRequest } from '@wardline/test-kit'
import type { AuditEvent } from 'wardline'
import type { Certificates } from './certificates.js'
import { Connection } from './connection.js'
import type { RowRequest } from './row.js'
import type { StartService } from './service.js'
import { SERVICES, type ServiceName } from './services/index.js'
import type { Surroundings } from './surroundings.js'
import { type Tokens, withKnownTokens, withTokens } from './tokens.js'
import { type World, worldOf } from './world.js'

/** A running service with everything that tests do to it. */
export interface App {
  readonly world: World
  readonly tokens: Tokens
  /** The issuer that the service trusts. */
  readonly idp: Idp
  /** One request over a socket of its own. Its trace id is `traceId`, unless the request has a `traceparent`. */
  readonly send: (request: RowRequest, traceId?: string) => Promise<RawAnswer>
  /** `count` of them at once. */
  readonly burst: (count: number, request: RowRequest) => Promise<readonly RawAnswer[]>
  /** With the client certificate of that name, to a service that ends TLS itself. */
  readonly connect: (certificate?: string) => Connection
  /** Waits for so many events, and then for one too many. */
  readonly events: (count: number, lingerMs?: number) => Promise<readonly AuditEvent[]>
  readonly close: () => Promise<void>
}

export async function startApp(name: ServiceName, start: StartService, surroundings: Surroundings): Promise<App> {
  const { idp, tokens, certificates } = surroundings
  const world = worldOf(surroundings)
  const service = SERVICES[name](world)
  const { port, close } = await start(service)
  const tlsWith = (certificate?: string) =>
    service.tls === undefined ? {} : { tls: clientTls(certificates, certificate) }
  const send: App['send'] = ({ certificate, ...request }, traceId = newTraceId()) =>
    rawRequest(port, { ...tlsWith(certificate), ...traced(completed(request, tokens), traceId) })
  return {
    world,
    tokens,
    idp,
    send,
    burst: (count, request) => Promise.all(Array.from({ length: count }, () => send(request))),
    connect: (certificate) => new Connection(port, tlsWith(certificate)),
    events: (count, lingerMs = 20) => settled(world.events, count, lingerMs),
    close: async () => {
      await close()
      world.close()
    },
  }
}

function clientTls({ authority, clients }: Certificates, name: string | undefined): ClientTls {
  const ca = authority.certPem
  if (name === undefined) return { ca }
  const certificate = clients[name]
  if (certificate === undefined) throw new Error(`no certificate ${name}`)
  return { ca, cert: certificate.chainPem, key: certificate.keyPem }
}

export const newTraceId = (): string => randomBytes(16).toString('hex')

const completed = ({ target, headers = [], body, ...rest }: RawRequest, tokens: Tokens): RawRequest => ({
  ...rest,
  ...(body !== undefined && { body: typeof body === 'string' ? withKnownTokens(body, tokens) : body }),
  target: withTokens(target, tokens),
  headers: headers.map(([name, value]) => [name, withTokens(value, tokens)]),
})

function traced({ headers = [], ...rest }: RawRequest, traceId: string): RawRequest {
  const isTraced = headers.some(([name]) => name === 'traceparent')
  return { ...rest, headers: isTraced ? headers : [...headers, ['traceparent', `00-${traceId}-00f067aa0ba902b7-01`]] }
}

/** Events are written when the answer has ended, which may be after the client has it. */
async function settled(events: readonly AuditEvent[], count: number, lingerMs: number): Promise<readonly AuditEvent[]> {
  const deadline = Date.now() + 3_000
  while (events.length < count && Date.now() < deadline) await pause(2)
  await pause(lingerMs)
  return [...events]
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
