import type { RequestContext } from '../../src/index.js'
import type { LoopMonitor, LoopReading } from '../../src/rate/shed-monitor.js'
import { contextFor, type TestRequest } from '../support/context.js'

/** An event loop in the hands of a test. */
export class HeldLoop implements LoopMonitor {
  reading: LoopReading = { delayMs: 0, utilization: 0 }
  /** What it was asked to do, in order; readings in a row are one. */
  readonly asked: string[] = []

  readonly start = (): void => void this.asked.push('start')
  readonly stop = (): void => void this.asked.push('stop')
  readonly read = (): LoopReading => {
    if (this.asked.at(-1) !== 'read') this.asked.push('read')
    return this.reading
  }
}

/** A request, and the end of it. */
export interface HeldRequest {
  readonly ctx: RequestContext
  readonly finish: (status?: number) => void
}

export function held(request: TestRequest = {}): HeldRequest {
  const listeners: ((status: number) => void)[] = []
  const ctx: RequestContext = { ...contextFor(request), onFinished: (listener) => void listeners.push(listener) }
  return { ctx, finish: (status = 200) => listeners.splice(0).forEach((listener) => void listener(status)) }
}
