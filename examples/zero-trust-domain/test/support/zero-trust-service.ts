import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type RawAnswer, type RawRequest, rawRequest, type ServiceProcess, startService } from '@wardline/test-kit'
import { afterAll, expect, vi } from 'vitest'
import { leaks } from '../../../orders-domain/test/support/leaks.js'
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

export interface ServiceRequest extends RawRequest {
  /** Sent as `Authorization: <scheme> <token>`. */
  readonly token?: string
  /** Default: Bearer, and DPoP beside a proof. */
  readonly scheme?: string
  /** The DPoP field. */
  readonly proof?: string
  /** Sent as application/json. */
  readonly json?: unknown
  /** The client certificate. */
  readonly identity?: Identity
  /** Of a proxy in front of the service. */
  readonly port?: number
}

export interface ServiceAnswer extends RawAnswer {
  readonly traceId: string
  /** The body, where it is JSON. */
  readonly json: Readonly<Record<string, unknown>>
}

export type AuditLine = Readonly<Record<string, unknown>>

/** Travels in queries, cookies and bodies of all tests, and must never turn up in a log. */
export const CANARY = 'canary-5dd1c3f0b7'

let addresses = 0

/** A loopback address that no request has come from yet: each has a quota of its own. */
export function freshAddress(): string {
  addresses++
  return `127.${10 + (addresses >> 16)}.${(addresses >> 8) & 255}.${addresses & 255}`
}

/** What a failed test has left behind ends with its file. */
const running = new Set<ServiceProcess>()
afterAll(() => Promise.all([...running].map((process) => process.stop('SIGKILL'))))

/** One service as a process, whose every request is remembered and held against the contract at the end. */
export class ZeroTrustService {
  readonly process: ServiceProcess
  readonly #name: string
  readonly #ca: string
  readonly #auditLog: string | undefined
  readonly #answers: ServiceAnswer[] = []
  readonly #secrets = new Set([CANARY])
  readonly #complaints: RegExp[] = []

  private constructor(process: ServiceProcess, name: string, ca: string, auditLog: string | undefined) {
    this.process = process
    running.add(process)
    this.#name = name
    this.#ca = ca
    this.#auditLog = auditLog
  }

  /** @param ca - Whom callers trust with the service's own certificate, as PEM. */
  static async start(script: string, ca: string, env: Readonly<Record<string, string>>): Promise<ZeroTrustService> {
    const process = await startService(script, { PORT: '0', ...env })
    const name = /^(\S+): listening/m.exec(process.stderr())![1]!
    return new ZeroTrustService(process, name, ca, env.AUDIT_LOG || undefined)
  }

  get port(): number {
    return this.process.port
  }

  /**
   * One request over a TLS connection of its own; what is left out is a fresh address, a fresh trace id, and no credentials.
   */
  async send(request: ServiceRequest): Promise<ServiceAnswer> {
    const { token, scheme, proof, json, identity, port = this.port, headers = [], ...rest } = request
    for (const secret of [token, proof]) if (secret !== undefined) this.keepSecret(secret)
    const traceId = randomBytes(16).toString('hex')
    const own: [string, string][] = [['traceparent', `00-${traceId}-00f067aa0ba902b7-01`]]
    if (!headers.some(([name]) => name.toLowerCase() === 'host')) own.push(['host', new URL(ORIGIN).host])
    if (token !== undefined) {
      own.push(['authorization', `${scheme ?? (proof === undefined ? 'Bearer' : 'DPoP')} ${token}`])
    }
    if (proof !== undefined) own.push(['dpop', proof])
    if (json !== undefined) own.push(['content-type', 'application/json'])
    const answer = await rawRequest(port, {
      from: freshAddress(),
      ...rest,
      headers: [...own, ...headers],
      ...(json !== undefined && { body: JSON.stringify(json) }),
      tls: { ca: this.#ca, ...(identity && { cert: identity.cert, key: identity.key }) },
    })
    const isJson = /json/.test(answer.headers['content-type'] ?? '') && answer.body !== ''
    const remembered = { ...answer, traceId, json: isJson ? JSON.parse(answer.body) : {} }
    this.#answers.push(remembered)
    return remembered
  }

  /** Waits until the service says that it is well. */
  async healthy(): Promise<void> {
    await vi.waitFor(async () => expect((await this.send({ target: '/healthz' })).status).toBe(200), {
      timeout: 10_000,
      interval: 50,
    })
  }

  /** A credential that tests send in other ways than `token` and `proof`. */
  keepSecret(secret: string): void {
    this.#secrets.add(secret)
  }

  /** A line on standard error that a test causes. */
  expectComplaint(pattern: RegExp): void {
    this.#complaints.push(pattern)
  }

  get log(): string {
    return this.#auditLog === undefined ? this.process.stdout() : readFileSync(this.#auditLog, 'utf8')
  }

  /** The audit lines of one request, once there is one. */
  async auditLines({ traceId }: { readonly traceId: string }): Promise<readonly string[]> {
    return vi.waitFor(
      () => {
        const lines = this.log.split('\n').filter((line) => line.includes(traceId))
        expect(lines, 'audit lines of the request').not.toHaveLength(0)
        return lines
      },
      { timeout: 10_000, interval: 10 },
    )
  }

  async audit(answer: { readonly traceId: string }): Promise<AuditLine> {
    return JSON.parse((await this.auditLines(answer))[0]!)
  }

  /** Status and audit code of an answer: what most rows are about. */
  async verdict(request: ServiceRequest): Promise<readonly [status: number, code: unknown]> {
    const answer = await this.send(request)
    return [answer.status, (await this.audit(answer)).code]
  }

  /** Stops the service and holds all it wrote against the contract. */
  async close(): Promise<void> {
    expect(await this.process.stop(), 'exit code').toBe(0)
    running.delete(this.process)
    const lines = this.log.split('\n')
    expect(lines.pop(), 'the log ends with a line break').toBe('')
    const counts = new Map<unknown, number>()
    for (const line of lines) {
      const { traceId } = JSON.parse(line)
      counts.set(traceId, (counts.get(traceId) ?? 0) + 1)
    }
    const wrong = this.#answers.filter((answer) => (counts.get(answer.traceId) ?? 0) !== (isGuarded(answer) ? 1 : 0))
    expect(wrong, 'answers without exactly one audit line').toEqual([])
    expect(this.#answers.flatMap(faultsOf), 'answers beside the contract').toEqual([])
    expect(leaks(this.log, this.#secrets), 'secrets in the audit log').toEqual([])
    expect(leaks(this.process.stderr(), this.#secrets), 'secrets on standard error').toEqual([])
    const complaints = this.process
      .stderr()
      .split('\n')
      .filter((line) => line.startsWith(`${this.#name}: `) && !line.startsWith(`${this.#name}: listening `))
      .filter((line) => !this.#complaints.some((pattern) => pattern.test(line)))
    expect(complaints, 'errors of the service').toEqual([])
  }
}

/** GET /healthz and what Node refuses by itself never meet the guard. */
const isGuarded = ({ headers }: RawAnswer): boolean => headers['ratelimit-policy'] !== undefined

/** What holds for every answer, whatever was asked. */
function faultsOf(answer: ServiceAnswer): readonly string[] {
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
