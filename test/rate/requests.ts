import { statusOf } from '../../src/http/index.js'
import type { Decision, Guard, RequestContext } from '../../src/index.js'
import { contextFor, type TestRequest } from '../support/context.js'
import { decideNow } from '../support/guards.js'

/** A request from its arrival to its end. */
export interface Journey {
  readonly decision: Decision<object>
  /** Ends the answer, with so many bytes sent. */
  readonly finish: (status?: number, bytes?: number) => void
}

/** Requests to one policy, by a clock of the test's own. */
export function requestsTo(policy: Guard<never, object>) {
  let nowMs = 1_700_000_000_000
  let isStopped = false
  /** Arrives; what comes of it may take a while. */
  const arrive = (request: TestRequest = {}) => {
    const listeners: ((status: number) => void)[] = []
    let sent = 0
    let endedWith: number | undefined
    const base = contextFor(request)
    const ctx: RequestContext = {
      ...base,
      peer: { ...base.peer, sentBytes: () => sent },
      onFinished: (listener) => void (endedWith === undefined ? listeners.push(listener) : listener(endedWith)),
    }
    const read = () => {
      if (isStopped) throw new TypeError('clock must give milliseconds since the epoch')
      return nowMs
    }
    Object.defineProperty(ctx, 'nowMs', { get: read })
    const finish = (status = 200, bytes = 0) => {
      endedWith = status
      sent += bytes
      for (const listener of listeners.splice(0)) listener(status)
    }
    return { answer: decideNow(policy, ctx), finish }
  }
  const ask = async (request?: TestRequest): Promise<Journey> => {
    const { answer, finish } = arrive(request)
    return { decision: await answer, finish }
  }
  return {
    arrive,
    ask,
    /** A request that is answered at once. */
    pass: async (request?: TestRequest, status = 200, bytes = 0) => {
      const { decision, finish } = await ask(request)
      finish(decision.allowed ? status : statusOf(decision), bytes)
      return decision
    },
    wait: (ms: number) => {
      nowMs += ms
      isStopped = false
    },
    /** Until the next wait, whoever reads it has an error. */
    stopClock: () => {
      isStopped = true
    },
  }
}

export const codeOf = (decision: Decision<object>): string => (decision.allowed ? 'allowed' : decision.code)
