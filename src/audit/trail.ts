import { callable, knownOptions, oneOf, shown } from '../lib/options.js'
import type { AuditEvent, AuditTrail } from '../service.js'
import { jsonLines } from './json-lines.js'

/** Where a trail writes. */
export interface AuditSink {
  /** Takes one event: never blocks, never throws, and counts what it cannot keep. */
  readonly write: (event: AuditEvent) => void
  /** Resolves when everything taken so far is written, or given up and counted. */
  readonly close: () => Promise<void>
}

/** Which events are written, and where. */
export interface AuditTrailOptions {
  /** Default: JSON lines on standard output. */
  readonly sink?: AuditSink | undefined
  /** `denials`: also requests that were allowed with a notice. Default: `all`. */
  readonly include?: 'all' | 'denials' | undefined
}

/** A trail that can be closed. */
export interface ClosableAuditTrail extends AuditTrail {
  /** Writes what is waiting. Call it when the service stops, after the server has closed. */
  readonly close: () => Promise<void>
}

/**
 * The service's audit trail: one event per request that met a guard.
 *
 * @throws TypeError for an unknown option or a sink without `write` and `close`.
 */
export function auditTrail(options: AuditTrailOptions = {}): ClosableAuditTrail {
  knownOptions('auditTrail()', options, ['sink', 'include'])
  const all = oneOf('include', options.include ?? 'all', ['all', 'denials']) === 'all'
  const { sink = jsonLines() } = options
  if (typeof sink !== 'object' || sink === null) {
    throw new TypeError(`sink must have write and close, got ${shown(sink)}`)
  }
  callable('sink.write', sink.write)
  callable('sink.close', sink.close)
  return Object.freeze({
    record: (event: AuditEvent) => {
      if (all || event.decision === 'deny' || event.notices !== undefined) sink.write(event)
    },
    close: () => sink.close(),
  })
}
