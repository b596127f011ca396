import { fileURLToPath } from 'node:url'
import {
  type AuditedAnswer,
  type AuditedRequest,
  AuditedService,
  isGuarded,
  NOTHING_WRONG,
  type ServiceProcess,
  startService,
  stopLeftovers,
} from '@wardline/test-kit'
import { afterAll, expect, vi } from 'vitest'
import { challengesOf } from './challenges.js'

const fileOf = (service: string, name: string) =>
  fileURLToPath(new URL(`../../../${service}/dist/${name}.js`, import.meta.url))

/** The services that obey the contract, as rows for `describe.each`. */
export const SERVICES = [
  ['zero-trust', fileOf('zero-trust', 'main')],
  ['zero-trust-koa', fileOf('zero-trust-koa', 'main')],
] as const

export const ISSUE_KEY = fileOf('zero-trust', 'issue-key')

/** Where callers believe the service to be. */
export const ORIGIN = 'https://zero-trust.test:8443'
export const METADATA_URL = `${ORIGIN}/.well-known/oauth-protected-resource`

/** A certificate and its key, as PEM; the certificate may be followed by those above it. */
export interface Identity {
  readonly cert: string
  readonly key: string
}

export interface ServiceRequest extends AuditedRequest {
  /** Sent as `Authorization: <scheme> <token>`. */
  readonly token?: string
  /** Default: Bearer, and DPoP beside a proof. */
  readonly scheme?: string
  /** The DPoP field. */
  readonly proof?: string
  /** The client certificate. */
  readonly identity?: Identity
  /** Of a proxy in front of the service. */
  readonly port?: number
}

/** What a failed test has left behind ends with its file. */
afterAll(stopLeftovers)

/** One service as a process, whose every request is remembered and held against the contract at the end. */
export class ZeroTrustService extends AuditedService {
  readonly #ca: string

  private constructor(process: ServiceProcess, env: Readonly<Record<string, string>>, ca: string) {
    super(process, env)
    this.#ca = ca
  }

  /** @param ca - Whom callers trust with the service's own certificate, as PEM. */
  static async start(script: string, ca: string, env: Readonly<Record<string, string>>): Promise<ZeroTrustService> {
    return new ZeroTrustService(await startService(script, { PORT: '0', ...env }), env, ca)
  }

  get port(): number {
    return this.process.port
  }

  /**
   * One request over a TLS connection of its own; what is left out is a fresh address, a fresh trace id, and no credentials.
   */
  send({ token, scheme, proof, identity, port, headers = [], ...request }: ServiceRequest): Promise<AuditedAnswer> {
    for (const secret of [token, proof]) if (secret !== undefined) this.keepSecret(secret)
    const own: [string, string][] = []
    if (!headers.some(([name]) => name.toLowerCase() === 'host')) own.push(['host', new URL(ORIGIN).host])
    if (token !== undefined) {
      own.push(['authorization', `${scheme ?? (proof === undefined ? 'Bearer' : 'DPoP')} ${token}`])
    }
    if (proof !== undefined) own.push(['dpop', proof])
    const tls = { ca: this.#ca, ...(identity && { cert: identity.cert, key: identity.key }) }
    return this.ask({ ...request, headers: [...own, ...headers], tls }, port)
  }

  /** Waits until the service says that it is well. */
  async healthy(): Promise<void> {
    await vi.waitFor(async () => expect((await this.send({ target: '/healthz' })).status).toBe(200), {
      timeout: 10_000,
      interval: 50,
    })
  }

  /** Status and audit code of an answer: what most rows are about. */
  async verdict(request: ServiceRequest): Promise<readonly [status: number, code: unknown]> {
    const answer = await this.send(request)
    return [answer.status, (await this.audit(answer)).code]
  }

  /** Stops the service and holds all it wrote against the contract. */
  async close(): Promise<void> {
    expect(await this.end()).toEqual(NOTHING_WRONG)
    expect(this.answers.flatMap(faultsOf), 'answers beside the contract').toEqual([])
  }
}

/** What holds for every answer, whatever was asked. */
function faultsOf(answer: AuditedAnswer): readonly string[] {
  if (!isGuarded(answer)) return []
  const { status, headers, json } = answer
  const faults: string[] = []
  const fault = (what: string) => faults.push(`${status} ${what}: ${JSON.stringify(headers)}`)
  if (status >= 500 && status !== 503) fault('an error of the service')
  if (status >= 400 && headers['cache-control'] !== 'no-store') fault('may be cached')
  if (status >= 400 && headers['content-type'] !== 'application/problem+json') fault('is no problem details')
  if (status >= 400 && json.status !== status && answer.body !== '') fault('tells another status')
  if (status === 401 && headers['www-authenticate'] === undefined) fault('without a challenge')
  if (status === 503 && !/^[1-9]\d?$|^1[01]\d$|^120$/.test(headers['retry-after'] ?? '')) fault('without Retry-After')
  for (const { scheme, params } of challengesOf(answer)) {
    const isOauth = scheme === 'Bearer' || scheme === 'DPoP'
    if (isOauth && params.resource_metadata !== METADATA_URL) fault(`${scheme} without resource_metadata`)
  }
  return faults
}
