import { randomFillSync } from 'node:crypto'
import type { HeaderReader } from '../context.js'

/** W3C Trace Context section 3.2: version, trace-id, parent-id, flags; only versions after 00 may go on. */
const TRACEPARENT = /^(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[^\s]*)?$/

/** The trace id the caller sent, or a new one. */
export function traceId(headers: HeaderReader): string {
  const sent = headers.get('traceparent')
  return (sent === undefined ? undefined : TRACEPARENT.exec(sent)?.[1]) ?? newTraceId()
}

/** Random bytes are drawn for many ids at once: sixteen at a time cost a call into the system each, 10 us. */
const pool = Buffer.alloc(256 * 16)
let drawn = pool.length

function newTraceId(): string {
  if (drawn === pool.length) {
    randomFillSync(pool)
    drawn = 0
  }
  drawn += 16
  return pool.toString('hex', drawn - 16, drawn)
}
