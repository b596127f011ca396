import type { RequestContext } from '../context.js'
import { isPromiseLike } from '../lib/maybe-promise.js'
import type { BucketRequest, RateLimitStore } from './store.js'

/** How a request ended. */
export interface Outcome {
  /** HTTP status of the answer; 499 where the caller left before it was sent. */
  readonly status: number
  /** Bytes sent for it, header section and content, before TLS; on a connection that pipelines requests, about. */
  readonly bytes: number
}

/** What a request owes once its answer has ended: more than it was `charged`, or less where negative. */
export type Correction = (outcome: Outcome, charged: number) => number

/** A charge as it was taken. */
interface Taken {
  readonly limit: { readonly store: RateLimitStore }
  readonly request: BucketRequest
  readonly correction?: Correction | undefined
}

/** Sets a charge that was taken at `takenMs` right when the answer has ended, or the client has left. */
export function correctLater({ limit, request, correction }: Taken, ctx: RequestContext, takenMs: number): void {
  if (correction === undefined) return
  const before = ctx.peer.sentBytes()
  ctx.onFinished((status) => {
    // what was waiting for its turn to be sent is taken off again where the connection ends
    const bytes = Math.max(0, ctx.peer.sentBytes() - before)
    const cost = costOf(correction, { status, bytes }, request)
    if (cost !== 0) correctIn(limit.store, { ...request, cost }, timeOf(ctx, takenMs))
  })
}

/** A clock of the service that fails must neither keep a place for ever nor end the process from a socket's event. */
function timeOf(ctx: RequestContext, takenMs: number): number {
  try {
    return ctx.nowMs
  } catch {
    return takenMs
  }
}

/** The correction of two charges that were taken as one. */
export const bothCorrections = (one: Taken, other: Taken): Correction | undefined =>
  one.correction === undefined && other.correction === undefined
    ? undefined
    : (outcome) => owedBy(one, outcome) + owedBy(other, outcome)

const owedBy = ({ correction, request }: Taken, outcome: Outcome): number => correction?.(outcome, request.cost) ?? 0

/** A function of the service that fails must not make requests free: it costs all that there is. */
function costOf(correction: Correction, outcome: Outcome, { rule, cost: charged }: BucketRequest): number {
  try {
    const cost = correction(outcome, charged)
    return Number.isSafeInteger(cost) ? cost : rule.limit
  } catch {
    return rule.limit
  }
}

/** Nobody is there to be told that it failed; a store on another machine tells so itself. */
function correctIn(store: RateLimitStore, request: BucketRequest, nowMs: number): void {
  try {
    const done = store.correct([request], nowMs)
    if (isPromiseLike(done)) done.then(undefined, () => {})
  } catch {
    // as above
  }
}
