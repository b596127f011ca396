import type { AuditEvent, ServiceSettings } from '../../src/index.js'
import { Exchange, Notices, type NoticingContext, resolveService } from '../../src/mount/index.js'
import { contextFor, type TestRequest } from './context.js'

/** One request, as an adapter would drive it: `finish` ends the response, and `events` is what was audited. */
export interface TestExchange {
  readonly exchange: Exchange
  readonly events: readonly AuditEvent[]
  readonly finish: (status: number) => void
}

/** An exchange without a framework or a socket. */
export function exchangeFor(settings: ServiceSettings = {}, request: TestRequest = {}): TestExchange {
  const events: AuditEvent[] = []
  const listeners: ((status: number) => void)[] = []
  const audit = { record: (event: AuditEvent) => void events.push(event) }
  const service = resolveService({ audit, clock: () => START_MS, ...settings })
  const notices = new Notices()
  const ctx: NoticingContext = {
    ...contextFor(request),
    nowMs: service.clock(),
    notices,
    report: (event) => notices.add(event),
    onFinished: (listener) => void listeners.push(listener),
  }
  const exchange = new Exchange(service, ctx)
  return { exchange, events, finish: (status) => listeners.forEach((listener) => void listener(status)) }
}

/** 2023-11-14T22:13:20Z */
export const START_MS = 1_700_000_000_000
