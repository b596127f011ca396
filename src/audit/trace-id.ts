import { randomBytes } from 'node:crypto'
import type { HeaderReader } from '../context.js'

/** W3C Trace Context section 3.2: version, trace-id, parent-id, flags; only versions after 00 may go on. */
const TRACEPARENT = /^(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[^\s]*)?$/

/** The trace id the caller sent, or a new one. */
export const traceId = (headers: HeaderReader): string =>
  TRACEPARENT.exec(headers.get('traceparent') ?? '')?.[1] ?? randomBytes(16).toString('hex')
