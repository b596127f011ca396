import { auditEvent } from '../audit/event.js'
import { traceId } from '../audit/trace-id.js'
import type { RequestContext } from '../context.js'
import { type Allowance, allowance, type Decision, type Denial } from '../decision.js'
import { statusOf } from '../http/index.js'
import type { Service } from '../service.js'
import type { Mount } from './mount.js'
import type { Notices } from './notices.js'

/** What adapters build for a mount: the context that guards read, and what they noticed. */
export interface NoticingContext extends RequestContext {
  /** Where `report` notes things. */
  readonly notices: Notices
}

/**
 * One request and its answer, as one service sees them: the context that guards read, what mounts have established so
 * far, and the one audit event, written at the denial or when the answer has ended.
 */
export class Exchange {
  /** What guards read of the request. */
  readonly ctx: NoticingContext
  /** What all guards of the service share. */
  readonly service: Service
  readonly #established: { readonly mount: Mount<object>; readonly allowance: Allowance<object> }[] = []
  #last: { readonly policy: string; readonly decision: Decision<object> } | undefined
  readonly #arrivedMs: number
  #traceId: string | undefined
  #endedWith: number | undefined
  #recorded = false

  constructor(service: Service, ctx: NoticingContext) {
    this.service = service
    this.ctx = ctx
    this.#arrivedMs = service.clock()
    ctx.onFinished((status) => {
      this.#endedWith = status
      this.#record(status)
    })
  }

  /** What `mount` allowed earlier in this request. */
  allowanceOf(mount: Mount<object>): Allowance<object> | undefined {
    for (const known of this.#established) if (known.mount === mount) return known.allowance
    return undefined
  }

  /** A mount is at work: what others allowed before is not what holds in the end, even if the client leaves now. */
  begin(): void {
    this.#last = undefined
  }

  /** Headers are sent once, with the answer of the mount that asked for them; facts stay, and so does a reply. */
  allow(mount: Mount<object>, decision: Allowance<object>, policy: string): void {
    this.#established.push({ mount, allowance: allowance(decision.facts, undefined, undefined, decision.reply) })
    this.#last = { policy, decision }
    if (this.#endedWith !== undefined) this.#record(this.#endedWith) // the client left while the guards were at work
  }

  /** Report mode: the denial that would have been. */
  pardon(denial: Denial, event: string): void {
    this.ctx.notices.add({ event, code: denial.code, guard: denial.guard ?? 'unknown' })
  }

  deny(denial: Denial, policy: string): void {
    this.#last = { policy, decision: denial }
    this.#record(this.#endedWith ?? statusOf(denial))
  }

  /** URI of this occurrence for problem details: the trace id as a UUID (RFC 9562 section 4). */
  get instance(): string {
    return `urn:uuid:${this.#trace.replace(UUID_PARTS, '$1-$2-$3-$4-$5')}`
  }

  get #trace(): string {
    this.#traceId ??= traceId(this.ctx.headers)
    return this.#traceId
  }

  #record(status: number): void {
    if (this.#recorded || this.#last === undefined) return
    this.#recorded = true
    const { ctx, service } = this
    const { policy, decision } = this.#last
    try {
      service.audit.record(
        auditEvent({
          ctx,
          decision,
          policy,
          status,
          traceId: this.#trace,
          arrivedMs: this.#arrivedMs,
          endedMs: service.clock(),
          notices: ctx.notices.list,
        }),
      )
    } catch (error) {
      // A trail of the service's own that breaks its word must not end the process from a socket's event.
      console.error(`wardline: the audit trail failed: ${error instanceof Error ? error.message : 'not an error'}`)
    }
  }
}

const UUID_PARTS = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/
