import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type RawAnswer, type RawRequest, rawRequest, type ServiceProcess, startService } from '@wardline/test-kit'
import { afterAll, expect, vi } from 'vitest'
import { leaks } from './leaks.js'

const mainOf = (name: string) => fileURLToPath(new URL(`../../../${name}/dist/main.js`, import.meta.url))

/** The services that obey the contract, as rows for `describe.each`. */
export const SERVICES = [
  ['orders', mainOf('orders')],
  ['orders-koa', mainOf('orders-koa')],
] as const

export interface OrdersRequest extends RawRequest {
  readonly token?: string
  /** Sent as application/json. */
  readonly json?: unknown
}

export interface OrdersAnswer extends RawAnswer {
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

/** One service as a process, whose every request is remembered and held against its audit log at the end. */
export class OrdersService {
  readonly process: ServiceProcess
  readonly #auditLog: string | undefined
  readonly #answers: OrdersAnswer[] = []
  readonly #secrets = new Set([CANARY])

  private constructor(process: ServiceProcess, auditLog: string | undefined) {
    this.process = process
    running.add(process)
    this.#auditLog = auditLog
  }

  static async start(script: string, env: Readonly<Record<string, string>>): Promise<OrdersService> {
    return new OrdersService(await startService(script, { PORT: '0', ...env }), env.AUDIT_LOG || undefined)
  }

  /** One request over a socket of its own; what is left out is a fresh address, a fresh trace id and no credentials. */
  async send({ token, json, ...request }: OrdersRequest): Promise<OrdersAnswer> {
    if (token !== undefined) this.keepSecret(token)
    const traceId = randomBytes(16).toString('hex')
    const headers: [string, string][] = [['traceparent', `00-${traceId}-00f067aa0ba902b7-01`]]
    if (token !== undefined) headers.push(['authorization', `Bearer ${token}`])
    if (json !== undefined) headers.push(['content-type', 'application/json'])
    const answer = await rawRequest(this.process.port, {
      from: freshAddress(),
      ...request,
      headers: [...headers, ...(request.headers ?? [])],
      ...(json !== undefined && { body: JSON.stringify(json) }),
    })
    const isJson = /json/.test(answer.headers['content-type'] ?? '') && answer.body !== ''
    const remembered = { ...answer, traceId, json: isJson ? JSON.parse(answer.body) : {} }
    this.#answers.push(remembered)
    return remembered
  }

  /** A credential that tests send in other ways than `token`. */
  keepSecret(secret: string): void {
    this.#secrets.add(secret)
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
    expect(leaks(this.log, this.#secrets), 'secrets in the audit log').toEqual([])
    expect(leaks(this.process.stderr(), this.#secrets), 'secrets on standard error').toEqual([])
    const complaints = this.process
      .stderr()
      .split('\n')
      .filter((line) => /^orders(?:-koa)?: (?!listening )/.test(line))
    expect(complaints, 'errors of the service').toEqual([])
  }
}

/** GET /healthz and what Node refuses by itself never meet the guard. */
const isGuarded = ({ headers }: RawAnswer): boolean => headers['ratelimit-policy'] !== undefined
