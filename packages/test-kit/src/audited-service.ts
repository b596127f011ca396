import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { freshAddress } from './fresh-caller.js'
import { leaks } from './leaks.js'
import { type RawAnswer, type RawRequest, rawRequest } from './raw-request.js'
import type { ServiceProcess } from './service-process.js'

export interface AuditedRequest extends RawRequest {
  /** Sent as application/json. */
  readonly json?: unknown
}

export interface AuditedAnswer extends RawAnswer {
  readonly traceId: string
  /** The body, where it is JSON. */
  readonly json: Readonly<Record<string, unknown>>
}

export type AuditLine = Readonly<Record<string, unknown>>

/** What a service has left once it was stopped, as far as its tests have to look at it. */
export interface Aftermath {
  readonly exitCode: number | null
  /** What is behind the last line break of its log. */
  readonly unfinishedLine: string
  /** Answers to guarded requests without exactly one audit line, and any others with one. */
  readonly wronglyAudited: readonly AuditedAnswer[]
  readonly secretsInLog: readonly string[]
  readonly secretsOnStderr: readonly string[]
  /** Lines of its own on standard error, but where it listens and what was expected. */
  readonly complaints: readonly string[]
}

/** What a sound service leaves. */
export const NOTHING_WRONG: Aftermath = {
  exitCode: 0,
  unfinishedLine: '',
  wronglyAudited: [],
  secretsInLog: [],
  secretsOnStderr: [],
  complaints: [],
}

/** Travels in queries, cookies and bodies of all tests, and must never turn up in a log. */
export const CANARY = 'canary-5dd1c3f0b7'

const AUDIT_TIMEOUT_MS = 10_000

const running = new Set<ServiceProcess>()

/** Ends the services that failed tests have left behind. */
export const stopLeftovers = async (): Promise<void> => {
  await Promise.all([...running].map((process) => process.stop('SIGKILL')))
}

/** One service as a process, whose every request is remembered and held against its audit log at the end. */
export class AuditedService {
  readonly process: ServiceProcess
  readonly answers: AuditedAnswer[] = []
  readonly #name: string
  readonly #auditLog: string | undefined
  readonly #secrets = new Set([CANARY])
  readonly #complaints: RegExp[] = []

  /**
   * @param env - What `process` was started with: its log is the file that `AUDIT_LOG` names, or else standard output.
   * @throws Error unless `process` has said who it is, as in `orders: listening on ...`.
   */
  constructor(process: ServiceProcess, env: Readonly<Record<string, string>>) {
    running.add(process)
    const name = /^(\S+): listening/m.exec(process.stderr())?.[1]
    if (name === undefined) throw new Error(`the service did not say who it is: ${process.stderr()}`)
    this.process = process
    this.#name = name
    this.#auditLog = env.AUDIT_LOG || undefined
  }

  /** One request over a socket of its own; what is left out is a fresh address and a fresh trace id. */
  protected async ask({ json, ...request }: AuditedRequest, port = this.process.port): Promise<AuditedAnswer> {
    const traceId = randomBytes(16).toString('hex')
    const headers: [string, string][] = [['traceparent', `00-${traceId}-00f067aa0ba902b7-01`]]
    if (json !== undefined) headers.push(['content-type', 'application/json'])
    const answer = await rawRequest(port, {
      from: freshAddress(),
      ...request,
      headers: [...headers, ...(request.headers ?? [])],
      ...(json !== undefined && { body: JSON.stringify(json) }),
    })
    const isJson = /json/.test(answer.headers['content-type'] ?? '') && answer.body !== ''
    const remembered = { ...answer, traceId, json: isJson ? JSON.parse(answer.body) : {} }
    this.answers.push(remembered)
    return remembered
  }

  /** A credential that must never turn up in what the service writes. */
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

  /**
   * The audit lines of one request, once there is one.
   *
   * @throws Error when there is none within 10 seconds.
   */
  async auditLines({ traceId }: { readonly traceId: string }): Promise<readonly string[]> {
    const deadline = performance.now() + AUDIT_TIMEOUT_MS
    for (;;) {
      const lines = this.log.split('\n').filter((line) => line.includes(traceId))
      if (lines.length > 0) return lines
      if (performance.now() > deadline) throw new Error(`no audit line of the request ${traceId}`)
      await pause(10)
    }
  }

  async audit(answer: { readonly traceId: string }): Promise<AuditLine> {
    return JSON.parse((await this.auditLines(answer))[0]!)
  }

  /** Stops the service and says what it has left. */
  protected async end(): Promise<Aftermath> {
    const exitCode = await this.process.stop()
    running.delete(this.process)
    const stderr = this.process.stderr()
    const lines = this.log.split('\n')
    const unfinishedLine = lines.pop() ?? ''
    const counts = new Map<unknown, number>()
    for (const line of lines) {
      const { traceId } = JSON.parse(line)
      counts.set(traceId, (counts.get(traceId) ?? 0) + 1)
    }
    return {
      exitCode,
      unfinishedLine,
      wronglyAudited: this.answers.filter(
        (answer) => (counts.get(answer.traceId) ?? 0) !== (isGuarded(answer) ? 1 : 0),
      ),
      secretsInLog: leaks(this.log, this.#secrets),
      secretsOnStderr: leaks(stderr, this.#secrets),
      complaints: stderr.split('\n').filter((line) => this.#isComplaint(line)),
    }
  }

  #isComplaint(line: string): boolean {
    if (!line.startsWith(`${this.#name}: `) || line.startsWith(`${this.#name}: listening `)) return false
    return !this.#complaints.some((pattern) => pattern.test(line))
  }
}

/** GET /healthz and what Node refuses by itself never meet the guard. */
export const isGuarded = ({ headers }: RawAnswer): boolean => headers['ratelimit-policy'] !== undefined
