import { randomFillSync } from 'node:crypto'
import type { HeaderReader } from '../context.js'

/** W3C Trace Context section 3.2: version, trace-id, parent-id, flags; only versions after 00 may go on. */
const TRACEPARENT = /^(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[^\s]*)?$/

/** The trace id the caller sent, or a new one. */
export function traceId(headers: HeaderReader): string {
  const sent = headers.get('traceparent')
  return (sent === undefined ? undefined : TRACEPARENT.exec(sent)?.[1]) ?? newTraceId()
}

/**
 * Random bytes are drawn, and written out, for many ids at once: sixteen at a time cost a call into the system each, 10 us.
 */
const POOLED = 256
const LENGTH = 32
const bytes = Buffer.alloc((POOLED * LENGTH) / 2)
let pool = ''
let drawn = 0

function newTraceId(): string {
  if (drawn === pool.length) {
    pool = randomFillSync(bytes).toString('hex')
    drawn = 0
  }
  drawn += LENGTH
  return pool.slice(drawn - LENGTH, drawn)
}
