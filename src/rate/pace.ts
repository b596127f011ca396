import type { RequestContext } from '../context.js'
import { type Denial, exhaust, invalid } from '../decision.js'
import type { MaybePromise } from '../lib/maybe-promise.js'
import type { BucketState } from './store.js'

/** How the requests of one limit wait. */
export class Pace {
  readonly #name: string
  readonly #freeMs: number
  readonly #maxWaiting: number
  #waiting = 0

  /**
   * @param freeMs - What a bucket may have in use before requests wait, in milliseconds until it is whole again.
   * @param maxWaiting - Requests that wait at the same time.
   */
  constructor(name: string, freeMs: number, maxWaiting: number) {
    this.#name = name
    this.#freeMs = freeMs
    this.#maxWaiting = maxWaiting
  }

  /** The denial of a request that would wait where all places are taken. */
  full(delayMs: number): Denial | undefined {
    if (this.#waiting < this.#maxWaiting) return undefined
    return exhaust('queue_full', Math.max(1, Math.ceil(delayMs / 1000)), [this.#name])
  }

  /** Milliseconds that a request waits which left its bucket like this. */
  delayMs({ resetMs }: BucketState): number {
    return Math.max(0, resetMs - this.#freeMs)
  }

  /** Waits until the time is up or the client has left; then there is nobody to answer. */
  wait(delayMs: number, ctx: RequestContext): Promise<Denial | undefined> {
    this.#waiting++
    return new Promise((resolve) => {
      const end = (denial?: Denial) => {
        if (timer === undefined) return
        clearTimeout(timer)
        timer = undefined
        this.#waiting--
        resolve(denial)
      }
      let timer: NodeJS.Timeout | undefined = setTimeout(end, delayMs)
      ctx.onFinished(() => end(CLIENT_LEFT))
    })
  }
}

const CLIENT_LEFT: Denial = Object.freeze(
  invalid('client_left', 'The client left while the request waited.', { status: 408 }),
)

/** What was let in, and by which limit. */
interface Granted {
  readonly limit: { readonly pace?: Pace | undefined; readonly guard: string }
}

/** Waits as long as the slowest of the limits wants; a denial where it may not wait, or nobody is left to answer. */
export function paced(
  group: readonly Granted[],
  states: readonly (BucketState | undefined)[],
  ctx: RequestContext,
): MaybePromise<Denial | undefined> {
  let slowest: { readonly pace: Pace; readonly guard: string; readonly delayMs: number } | undefined
  for (let i = 0; i < group.length; i++) {
    const { pace, guard } = group[i]!.limit
    if (pace === undefined) continue
    const delayMs = pace.delayMs(states[i]!)
    if (delayMs > (slowest?.delayMs ?? 0)) slowest = { pace, guard, delayMs }
  }
  if (slowest === undefined) return undefined
  const { pace, guard, delayMs } = slowest
  const full = pace.full(delayMs)
  if (full !== undefined) return { ...full, guard }
  return pace.wait(delayMs, ctx).then((denial) => denial && { ...denial, guard })
}
